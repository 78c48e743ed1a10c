"""A long form made of a main form and lists of rows, which works without JavaScript.

``agregar`` (a button with a list's name as its value) adds a row and keeps what was typed; a box takes a row off.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms.formsets import BaseFormSet, formset_factory
from django.forms.utils import ErrorDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

MAX_ROWS = 60


class RowForm(forms.Form):
    """One row of a list. ``id`` names the stored row that it came from; fields of ``wide`` take the whole width, those
    of ``folded`` stand under *more options*."""

    wide: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()
    use_required_attribute = False

    @property
    def open_fields(self) -> list[forms.BoundField]:
        return [bound for bound in self.visible_fields() if bound.name not in self.folded]

    @property
    def folded_fields(self) -> list[forms.BoundField]:
        return [bound for bound in self.visible_fields() if bound.name in self.folded]

    @property
    def is_unfolded(self) -> bool:
        """Something under *more options* is wrong, or is not what it is by itself."""
        return any(bound.errors or bound.value() not in (None, "", bound.field.initial) for bound in self.folded_fields)

    def ask_for_file_again(self) -> None:
        """Say that a file which was chosen is not stored, for the browser sends it once: of rows with files."""

    def add_fields_done(self) -> None:
        """Called once the formset has added its own fields."""
        if "DELETE" in self.fields:
            self.fields["DELETE"].label = _("Quitar")
        if "ORDER" in self.fields:
            self.fields["ORDER"].label = _("Orden")
            self.fields["ORDER"].widget.attrs["class"] = "input-tiny"


class RowSet(BaseFormSet):
    """A list of rows. Those left empty are not there; those ticked *quitar* are taken off."""

    title = ""
    default_error_messages = {
        "missing_management_form": _("Esta lista llegó incompleta y no se guardó nada: vuelva a abrir la página."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound:
            self.initial = self._stored_as_posted()

    def _stored_as_posted(self) -> list[Mapping[str, Any]]:
        """The stored row of each row posted as stored, for somebody else may have changed the list since it was read:
        by its ``id``, and in lists without one by its place. Of a row that is gone nothing is stored."""
        stored, posted = list(self.initial or ()), range(min(self.initial_form_count(), self.total_form_count()))
        if "id" not in self.form.base_fields:
            return stored[: len(posted)]
        by_id = {str(row["id"]): row for row in stored if "id" in row}
        return [by_id.get(self.data.get(f"{self.add_prefix(number)}-id", ""), {}) for number in posted]

    def add_fields(self, form: RowForm, index: int | None) -> None:
        super().add_fields(form, index)
        form.add_fields_done()

    def in_words(self) -> str:
        """The rows as text, to compare two states of a list."""
        lines = []
        for form in self.forms:
            words = [_words(bound) for bound in form.visible_fields() if bound.name not in {"DELETE", "ORDER"}]
            taken_off = form.is_bound and form["DELETE"].value() if "DELETE" in form.fields else False
            if (form.initial or (form.is_bound and form.has_changed())) and not taken_off:
                lines.append(" · ".join(word for word in words if word))
        return "\n".join(lines)

    def rows(self) -> list[dict[str, Any]]:
        """What was typed, in the order asked for."""
        kept = [form for form in self.forms if form.has_changed() or form.initial]
        kept = [form for form in kept if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        if self.can_order:
            last = len(kept) + 1
            kept.sort(key=lambda form: form.cleaned_data.get("ORDER") or last)
        return [
            {name: value for name, value in form.cleaned_data.items() if name not in {"DELETE", "ORDER"}}
            for form in kept
        ]


def row_set(
    form: type[RowForm], *, title: Any, can_order: bool = False, extra: int = 1, base: type[RowSet] = RowSet
) -> type[RowSet]:
    """The class of a list of rows; ``title`` names the list on the page."""
    rows = formset_factory(
        form, formset=base, extra=extra, can_delete=True, can_delete_extra=False, can_order=can_order,
        max_num=MAX_ROWS, absolute_max=MAX_ROWS, validate_max=True,
    )  # fmt: skip
    rows.title = title
    return rows  # type: ignore[return-value]


def _words(bound: forms.BoundField) -> str:
    """What a field holds, as a person reads it."""
    value = bound.value()
    values = [str(one) for one in (value if isinstance(value, (list, tuple)) else [value]) if one not in (None, "")]
    labels = dict(_flat(getattr(bound.field, "choices", ())))
    if isinstance(bound.field.widget, forms.CheckboxInput):
        return str(_("sí") if value else _("no"))
    if not labels:
        values = [str(bound.field.widget.format_value(value) or "")] if values else []
    return ", ".join(sorted(str(labels.get(one, one)) for one in values)).replace("\r\n", "\n").strip()


def _flat(choices: Iterable[tuple[Any, Any]]) -> Iterator[tuple[str, Any]]:
    for key, label in choices:
        if isinstance(label, (list, tuple)):
            yield from _flat(label)
        else:
            yield str(key), label


# A list's name → its class, the rows stored, what each of its forms is given.
Lists = Mapping[str, tuple[type[RowSet], Iterable[Mapping[str, Any]], Mapping[str, Any]]]


class Editor:
    """The main form and its lists, bound together."""

    def __init__(
        self,
        *,
        form: forms.BaseForm,
        lists: Lists,
        data: MultiValueDict[str, str] | None = None,
        files: MultiValueDict[str, UploadedFile] | None = None,
    ) -> None:
        self.form = form
        self.lists: dict[str, RowSet] = {}
        self.adding = data.get("agregar", "") if data is not None else ""
        for name, (kind, stored, arguments) in lists.items():
            if data is not None and self.adding == name:
                data = data.copy()
                data[f"{name}-TOTAL_FORMS"] = _one_more(data.get(f"{name}-TOTAL_FORMS"))
            initial = list(stored)
            self.lists[name] = kind(data, files, prefix=name, initial=initial, form_kwargs=dict(arguments))
        if self.adding:
            self._say_nothing_yet()

    def __getitem__(self, name: str) -> RowSet:
        return self.lists[name]

    def __iter__(self) -> Iterator[forms.BaseForm]:
        """Every form, for the summary of errors."""
        yield self.form
        for rows in self.lists.values():
            yield from rows.forms

    @property
    def asks_for_row(self) -> bool:
        """The button pressed was one that adds a row, not the one that saves."""
        return bool(self.adding)

    @property
    def list_errors(self) -> list[str]:
        """What is wrong with a list as a whole."""
        return [str(text) for rows in self.lists.values() if rows.is_bound for text in rows.non_form_errors()]

    def is_valid(self) -> bool:
        # Each is asked, so that every error is shown at once.
        answers = [self.form.is_valid(), *(rows.is_valid() for rows in self.lists.values())]
        return all(answers)

    def cleaned(self) -> dict[str, Any]:
        """What the service takes: the fields, and each list by its name."""
        return {**self.form.cleaned_data, **{name: rows.rows() for name, rows in self.lists.items()}}

    def add_error(self, error: ValidationError) -> None:
        """Show what a service refused at the field it names, else at the top."""
        messages = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
        for name, texts in messages.items():
            self.form.add_error(name if name in self.form.fields else None, texts)

    def ask_for_files_again(self) -> None:
        """Called before what was typed is drawn again without being stored."""
        for rows in self.lists.values():
            for form in rows.forms:
                form.ask_for_file_again()

    def keep_going_from(self, stored: "Editor") -> list[tuple[str, str, str]]:
        """After somebody else saved: what is typed here goes on from the version stored now.

        Returns where they differ: (label, what is stored, what is typed).
        """
        data = self.form.data.copy()
        data["version"] = str(stored.form["version"].value())
        self.form.data = data
        found = [
            (str(bound.label), _words(stored.form[bound.name]), _words(bound))
            for bound in self.form.visible_fields()
            if _words(stored.form[bound.name]) != _words(bound)
        ]
        for name, rows in self.lists.items():
            theirs, ours = stored.lists[name].in_words(), rows.in_words()
            if theirs != ours:
                found.append((rows.title, theirs, ours))
        return found

    def _say_nothing_yet(self) -> None:
        for form in self:
            form._errors = ErrorDict(renderer=form.renderer)
        for rows in self.lists.values():
            rows._errors, rows._non_form_errors = [{} for _form in rows.forms], rows.error_class()


def _one_more(total: str | None) -> str:
    return str(min(int(total) + 1, MAX_ROWS)) if total and total.isdigit() and len(total) < 5 else "1"
