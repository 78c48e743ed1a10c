"""Columns as the models of actions have them."""

from typing import Any

from django.db.models import Model
from django.utils.text import capfirst

from web.cells import Text
from web.sheets import Column


def text_column(
    model: type[Model], name: str, *, key: str = "", label: Any = "", help: Any = "", lines: bool = False,
    required: bool | None = None,
) -> Column:  # fmt: skip
    """A text column with label and length of the model's own; ``required`` as the model has it where it is not said."""
    field: Any = model._meta.get_field(name)
    needed = not field.blank if required is None else required
    kind = Text(max_length=field.max_length, lines=lines)
    return Column(key or name, label or capfirst(field.verbose_name), kind, required=needed, help=help)
