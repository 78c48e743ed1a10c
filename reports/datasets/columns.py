"""How a data set is declared: one declaration gives page, dictionary, CSV, XLSX, JSON, GeoJSON, catalogue and API."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from web.filters import unknown_names

Label = str | Promise
Value = str | int | float | bool | dt.date | dt.datetime | list[str] | None
Row = Any
BATCH = 1000
OWN = _("Este portal")
# Lists stand in one cell of a table; no code and no name of ours has this in it.
BETWEEN = "; "


class Kind(Enum):
    """What stands in a column: the words of the dictionary and the type in JSON Schema."""

    TEXT = (_("texto"), {"type": "string"})
    INTEGER = (_("número entero"), {"type": "integer"})
    NUMBER = (_("número"), {"type": "number"})
    BOOLEAN = (_("sí o no"), {"type": "boolean"})
    DAY = (_("fecha (AAAA-MM-DD)"), {"type": "string", "format": "date"})
    MOMENT = (_("fecha y hora con su diferencia (ISO 8601)"), {"type": "string", "format": "date-time"})
    LINK = (_("dirección web"), {"type": "string", "format": "uri"})
    ID = (_("identificador (UUID)"), {"type": "string", "format": "uuid"})
    LIST = (_("lista, separada por «; »"), {"type": "array", "items": {"type": "string"}})

    @property
    def words(self) -> Label:
        return self.value[0]

    @property
    def schema(self) -> dict[str, Any]:
        return dict(self.value[1])


@dataclass(frozen=True)
class Column:
    """``name`` is the same in every file, language and answer. ``read`` takes a row; empty text is unknown, as null is.

    ``always``: no row leaves it unknown. ``choices``: the codes there are, with their words.
    """

    name: str
    kind: Kind
    description: Label
    read: Callable[[Row], Any]
    example: Value = None
    always: bool = False
    choices: Sequence[tuple[str, Label]] = ()
    source: Label = OWN

    def value(self, row: Row) -> Value:
        found = self.read(row)
        if isinstance(found, Decimal):
            return float(found)
        if isinstance(found, UUID):
            return str(found)
        return None if found == "" else found

    @property
    def schema(self) -> dict[str, Any]:
        """The column in JSON Schema (2020-12), in the language of the page."""
        schema = self.kind.schema
        if self.choices:
            schema["enum"] = [code for code, _words in self.choices]
        if not self.always:
            schema["type"] = [schema["type"], "null"]
            if "enum" in schema:
                schema["enum"].append(None)
        if self.example is not None:
            schema["examples"] = [self.example]
        return schema | {"description": self.in_words}

    @property
    def in_words(self) -> str:
        """The description with what each code means."""
        codes = "; ".join(f"{code}: {words}" for code, words in self.choices)
        return f"{self.description} ({codes})" if codes else str(self.description)


@dataclass(frozen=True)
class Shape:
    """A geometry that the rows of a data set have: its GeoJSON file is ``<slug><suffix>.geojson``."""

    suffix: str
    title: Label
    read: Callable[[Row], dict[str, Any] | None]


@dataclass(frozen=True, kw_only=True, eq=False)
class DataSet:
    """Rows of one kind that everybody may take, the same in every form.

    ``rows``: what there is; ``key``: its column that is unique, never null and never changes, by which it is walked.
    ``computed`` stands for both where the rows are worked out of the query and are few. ``prepare`` makes what the columns read of a batch of rows, in a number of queries that does not depend on it.
    ``filters``: the FilterSet (or form) of the page of the same things. ``changed``: rows with one moment each, the
    latest of which is when the content last changed; none where nobody writes that down. ``version`` rises with the
    columns: the first number where one goes or changes its meaning, the second where one comes.
    """

    slug: str
    version: str
    title: Label
    description: Label
    keywords: Sequence[Label]
    columns: Sequence[Column]
    rows: Callable[[], QuerySet[Any]] | None = None
    computed: Callable[[Any], Sequence[Row]] | None = None
    key: str = "pk"
    prepare: Callable[[list[Any]], Sequence[Row]] = lambda batch: batch
    filters: type | None = None
    changed: Callable[[], tuple[QuerySet[Any], str]] | None = None
    shapes: Sequence[Shape] = ()
    page: str = ""  # the name of the address where people read the same
    only_in_api: Sequence[Column] = ()  # texts and lists that one row alone is asked for
    by: str = "slug"  # the column that the address of one row names; empty: a row has none
    note: Label = ""
    is_vocabulary: bool = False
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(column.name for column in self.columns))

    def narrowed(self, data: Mapping[str, str], *, besides: frozenset[str] = frozenset()) -> "Narrowed":
        """What the query leaves. ``besides``: names in it that are no filter. Raises :class:`WrongQuery`."""
        asked = {name: value for name, value in data.items() if name not in besides}
        return Narrowed(self, asked)

    def values(self, rows: Sequence[Row]) -> Iterator[list[Value]]:
        return ([column.value(row) for column in self.columns] for row in rows)

    def record(self, row: Row, *, whole: bool = False) -> dict[str, Value]:
        """One row as the API says it. ``whole``: with what is said of one row alone."""
        columns = [*self.columns, *self.only_in_api] if whole else self.columns
        return {column.name: column.value(row) for column in columns}


class WrongQuery(Exception):
    """A filter does not exist or has a value that does not. ``problems``: the name of each → sentences for a person."""

    def __init__(self, problems: dict[str, list[str]]) -> None:
        super().__init__(" ".join(sentence for sentences in problems.values() for sentence in sentences))
        self.problems = problems


@dataclass(frozen=True)
class Batch:
    """Some rows in the order of the key, and the key after which the next ones come; null where there are no more."""

    rows: Sequence[Row]
    after: Any


class Narrowed:
    """The rows of a data set that a query leaves, walked by their key so that a row is seen once, whatever comes."""

    def __init__(self, dataset: DataSet, asked: Mapping[str, str]) -> None:
        self.dataset = dataset
        form, self._found = _asked(dataset, asked)
        fields = form.fields if form else {}
        problems = {
            name: [f"{fields[name].label}: {line}" if name in fields else str(line) for line in lines]
            for name, lines in (form.errors.items() if form else ())
        }
        if unknown := unknown_names(asked, offered=list(fields), besides=()):
            problems["?"] = [unknown]
        if problems:
            raise WrongQuery(problems)

    def batch(self, after: Any = None, size: int = BATCH) -> Batch:
        if self.dataset.computed:
            return Batch(self._found(), None)
        key = self.dataset.key
        found = self._found().order_by(key)
        if after is not None:
            found = found.filter(**{f"{key}__gt": after})
        models = list(found[: size + 1])
        more, models = len(models) > size, models[:size]
        return Batch(self.dataset.prepare(models), getattr(models[-1], key) if more else None)

    def walk(self) -> Iterator[Row]:
        """Every row. As many queries a thousand rows as one batch has."""
        after = None
        while True:
            batch = self.batch(after)
            yield from batch.rows
            if batch.after is None:
                return
            after = batch.after

    def one(self, value: Any) -> Row | None:
        """The row whose address has this value; None where there is none."""
        models = list(self._found().filter(**{self.dataset.by: value})[:1])
        return self.dataset.prepare(models)[0] if models else None


def _asked(dataset: DataSet, asked: Mapping[str, str]) -> tuple[Any, Callable[[], Any]]:
    """The bound form of the filters, and the rows they leave, asked for once the form is known to be right."""
    kind: Any = dataset.filters
    if dataset.computed:
        form = kind(asked)
        return form, partial(dataset.computed, form)
    assert dataset.rows is not None
    rows = dataset.rows()
    if kind is None:
        return None, lambda: rows
    if issubclass(kind, forms.Form):
        form = kind(asked)
        return form, lambda: form.apply(rows)
    filters = kind(asked, queryset=rows)
    return filters.form, lambda: filters.qs


def parameters(dataset: DataSet) -> dict[str, Any]:
    """The filters of a data set by their name, as fields with label, choices and kind; nothing is asked for."""
    kind: Any = dataset.filters
    if kind is None:
        return {}
    if issubclass(kind, forms.Form):
        return dict(kind.base_fields)
    names = getattr(kind, "names", None) or kind.base_filters
    return {name: kind.base_filters[name] for name in names}


@lru_cache(maxsize=256)
def _around(name: str, language: str, site: str) -> tuple[str, str]:
    before, after = reverse(name, args=["slug"]).rsplit("slug", 1)
    return f"{site}{before}", after


def address_of(name: str, slug: str) -> str:
    """The whole address of a page that its slug names, in the language of the request: not looked up in every row."""
    before, after = _around(name, get_language() or "es", settings.SITE_URL)
    return f"{before}{slug}{after}"
