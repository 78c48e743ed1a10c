"""An event's own questions: the form where staff write them, and the fields that a person meets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Count
from django.utils.datastructures import MultiValueDict
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.enums import QuestionKind
from events.forms.editor import Editor, Lists, RowForm, RowSet, row_set
from events.models import Event, RegistrationQuestion, answer_choices
from events.services.questions import condition_errors, version_of

WITH_OPTIONS = {QuestionKind.CHOICE, QuestionKind.CHOICES}
# More than these are a list to open, not buttons in sight.
FEW_OPTIONS = 7
SHORT_INPUT = forms.Textarea(attrs={"rows": 2, "class": "textarea-short"})
SHORT_NAME = gettext_lazy("Escriba el nombre completo, con tres letras o más.")


class ConditionField(forms.ChoiceField):
    """``"2:yes"``: shown where row 2 is answered with yes. Whether there is such a row is asked of the whole list."""

    def valid_value(self, value: str) -> bool:
        return value.partition(":")[0].isdecimal() and len(value.partition(":")[0]) < 4


def _lines(text: str) -> str:
    """Without empty lines and needless spaces."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return "\n".join(line for line in lines if line)


class QuestionRow(RowForm):
    """One question. ``known``: the stored kind and the number of answers of each stored question, by its id."""

    wide = (
        "text", "text_en", "purpose", "purpose_en", "help_text", "help_text_en", "options", "options_en", "condition",
        "forget",
    )  # fmt: skip
    folded = ("condition", "help_text", "text_en", "purpose_en", "help_text_en", "options_en", "retention_days")
    id = forms.IntegerField(widget=forms.HiddenInput, required=False)
    text = forms.CharField(label=gettext_lazy("Pregunta"), max_length=300, widget=SHORT_INPUT)
    kind = forms.ChoiceField(label=gettext_lazy("Tipo"), choices=QuestionKind, initial=QuestionKind.TEXT)
    is_required = forms.BooleanField(label=gettext_lazy("Es obligatoria"), required=False)
    options = forms.CharField(
        label=gettext_lazy("Opciones"), max_length=2000, required=False,
        help_text=gettext_lazy("Una por línea. Solo para «una opción» y «varias opciones»."),
        widget=forms.Textarea(attrs={"rows": 3, "class": "textarea-short"}),
    )  # fmt: skip
    purpose = forms.CharField(
        label=gettext_lazy("Para qué se pregunta"), max_length=300,
        help_text=gettext_lazy("La persona lo lee junto a la pregunta."),
    )  # fmt: skip
    help_text = forms.CharField(label=gettext_lazy("Ayuda para contestar"), max_length=300, required=False)
    text_en = forms.CharField(label=gettext_lazy("Pregunta en inglés"), max_length=300, required=False)
    purpose_en = forms.CharField(label=gettext_lazy("Para qué se pregunta, en inglés"), max_length=300, required=False)
    help_text_en = forms.CharField(label=gettext_lazy("Ayuda en inglés"), max_length=300, required=False)
    options_en = forms.CharField(
        label=gettext_lazy("Opciones en inglés"), max_length=2000, required=False,
        help_text=gettext_lazy("Una por línea, en el mismo orden."),
        widget=forms.Textarea(attrs={"rows": 3, "class": "textarea-short"}),
    )  # fmt: skip
    condition = ConditionField(label=gettext_lazy("Cuándo se muestra"), required=False)
    retention_days = forms.IntegerField(
        label=gettext_lazy("Días que se guarda la respuesta tras el evento"), min_value=0, max_value=3650, initial=180
    )
    forget = forms.BooleanField(required=False)

    def __init__(self, *args: Any, known: Mapping[int, tuple[str, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self["id"].value()
        kind, answers = known.get(int(stored), ("", 0)) if str(stored).isdecimal() else ("", 0)
        if answers:
            self.fields["kind"].choices = [(kind, QuestionKind(kind).label)]
            self.fields["kind"].help_text = _("Ya hay respuestas: el tipo no se cambia.")
            self.fields["forget"].label = ngettext(
                "Al quitarla, borrar también su {n} respuesta",
                "Al quitarla, borrar también sus {n} respuestas",
                answers,
            ).format(n=answers)
        else:
            del self.fields["forget"]

    def add_fields_done(self) -> None:
        super().add_fields_done()
        if "forget" in self.fields:  # beside the box that takes the question off
            self.fields["forget"] = self.fields.pop("forget")

    def clean_text(self) -> str:
        return " ".join(self.cleaned_data["text"].split())

    def clean_options(self) -> str:
        return _lines(self.cleaned_data["options"])

    def clean_options_en(self) -> str:
        return _lines(self.cleaned_data["options_en"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["row"] = self.row
        asked, _colon, answer = (cleaned.get("condition") or "").partition(":")
        cleaned |= {"shown_if": int(asked) if asked else None, "shown_if_value": answer}
        if cleaned.get("DELETE") or "options" not in cleaned:
            return cleaned
        options, english = cleaned["options"].splitlines(), cleaned.get("options_en", "").splitlines()
        if cleaned.get("kind") not in WITH_OPTIONS:
            cleaned["options"] = cleaned["options_en"] = ""
        elif not options:
            self.add_error("options", _("Escriba las opciones, una por línea."))
        elif len({option.casefold() for option in options}) < len(options):
            self.add_error("options", _("Una opción está dos veces."))
        elif max(map(len, options)) > 150:
            self.add_error("options", _("Una opción pasa de 150 letras: acórtela."))
        elif english and len(english) != len(options):
            message = ngettext(
                "Escriba en inglés la única opción, o ninguna.",
                "Escriba en inglés las {n} opciones, una por línea, o ninguna.",
                len(options),
            )
            self.add_error("options_en", message.format(n=len(options)))
        elif len({option.casefold() for option in english}) < len(english):
            self.add_error("options_en", _("Una opción está dos veces."))
        elif max(map(len, english), default=0) > 150:
            self.add_error("options_en", _("Una opción pasa de 150 letras: acórtela."))
        return cleaned

    @property
    def row(self) -> int:
        """Which row of the form it is: what conditions refer to."""
        return int(str(self.prefix).rsplit("-", 1)[1])


class QuestionRows(RowSet):
    """The list of questions. Each may depend on an answer to an earlier one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered: list[tuple[str, list[tuple[str, str]]]] = []
        for form in self._in_order():
            # Each gets its own copy, so that those which come later are not offered.
            form.fields["condition"].choices = [("", _("Siempre")), *offered]
            text, kind = str(form["text"].value() or ""), str(form["kind"].value() or "")
            options = [" ".join(line.split()) for line in str(form["options"].value() or "").splitlines()]
            answers = answer_choices(kind, [option for option in options if option])
            if text and answers:
                short = Truncator(text).chars(60)
                only = _("Solo si contestó «{answer}» a «{question}»")
                conditions = [
                    (f"{form.row}:{value}", only.format(answer=words, question=short)) for value, words in answers
                ]
                offered.append((_("Según «{question}»").format(question=short), conditions))

    def clean(self) -> None:
        """What is wrong with a condition is said at its question."""
        if any(form.errors for form in self._kept()):
            return
        forms_by_row = {form.row: form for form in self.forms}
        for row, message in condition_errors(self.rows()).items():
            forms_by_row[row].add_error("condition", message)

    def _kept(self) -> list[QuestionRow]:
        return [form for form in self.forms if not form.cleaned_data.get("DELETE")]

    def _in_order(self) -> list[QuestionRow]:
        """The rows in the order asked for, as far as it can be read."""
        asked = [str(form["ORDER"].value() or "") if "ORDER" in form.fields else "" for form in self.forms]
        places = [int(text) if text.isdecimal() and len(text) < 6 else 10**6 for text in asked]
        return [form for _place, form in sorted(zip(places, self.forms, strict=True), key=lambda pair: pair[0])]


QuestionSet = row_set(QuestionRow, title=gettext_lazy("Preguntas"), can_order=True, base=QuestionRows)


class VersionForm(forms.Form):
    version = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)


def questions_editor(*, event: Event, data: MultiValueDict[str, str] | None = None) -> Editor:
    """The form of an event's questions, in two queries."""
    counted = event.registration_questions.annotate(answer_count=Count("answers"))
    stored = list(counted.order_by("order", "pk"))  # counting drops the model's own order
    position = {question.pk: number for number, question in enumerate(stored)}
    names = (
        "id", "text", "text_en", "kind", "is_required", "options", "options_en", "purpose", "purpose_en", "help_text",
        "help_text_en", "retention_days",
    )  # fmt: skip
    rows = [{name: getattr(question, name) for name in names} | _condition(question, position) for question in stored]
    known = {question.pk: (question.kind, question.answer_count) for question in stored}
    lists: Lists = {"questions": (QuestionSet, rows, {"known": known})}
    form = VersionForm(data, initial={"version": version_of(event)})
    return Editor(form=form, lists=lists, data=data)


def forgotten(editor: Editor) -> set[int]:
    """The stored questions taken off together with their answers."""
    gone = [form.cleaned_data for form in editor["questions"].forms if form.cleaned_data.get("DELETE")]
    return {row["id"] for row in gone if row.get("id") and row.get("forget")}


def _condition(question: RegistrationQuestion, position: Mapping[int, int]) -> dict[str, str]:
    asked = position.get(question.shown_if_id) if question.shown_if_id else None
    return {"condition": "" if asked is None else f"{asked}:{question.shown_if_value}"}


# --- What a person meets


def field_name(question_pk: int) -> str:
    return f"pregunta_{question_pk}"


def question_field(question: RegistrationQuestion) -> forms.Field:
    """The field of one question, with its help and its purpose under the label."""
    shared: dict[str, Any] = {"label": question.label, "required": question.is_required, "help_text": question.help}
    kind = question.kind
    if kind == QuestionKind.LONG_TEXT:
        return forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 4}), **shared)
    if kind == QuestionKind.NUMBER:
        return forms.DecimalField(
            max_digits=12, decimal_places=2, widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
            **shared,
        )  # fmt: skip
    if kind == QuestionKind.CHOICES:
        return forms.MultipleChoiceField(choices=question.choices, widget=forms.CheckboxSelectMultiple, **shared)
    if kind in {QuestionKind.CHOICE, QuestionKind.YES_NO}:
        choices = question.choices
        many = len(choices) > FEW_OPTIONS
        empty = _("Elija una opción") if question.is_required else _("Sin respuesta")
        return forms.ChoiceField(
            choices=choices if question.is_required and not many else [("", empty), *choices],
            widget=forms.Select if many else forms.RadioSelect,
            **shared,
        )
    if kind == QuestionKind.CONSENT:
        missing = _("Para inscribirle a este evento necesitamos que lo acepte.")
        return forms.BooleanField(error_messages={"required": missing}, **shared)
    return forms.CharField(max_length=300, **shared)


@dataclass(frozen=True)
class AskedQuestion:
    """One question on the page: its field, and what it waits for (``depends_on`` and ``answer`` name a field and the
    value it must hold)."""

    field: forms.BoundField
    condition: str = ""
    depends_on: str = ""
    answer: str = ""


class QuestionsForm(forms.Form):
    """A form with an event's own questions after its fixed fields.

    All are on the page; what was typed into one whose condition is not met is ignored, and it is not required.
    """

    questions: list[RegistrationQuestion] = []

    def ask(self, questions: Iterable[RegistrationQuestion]) -> None:
        """Add the fields; ``questions`` come in their order, with what they depend on."""
        self.questions = list(questions)
        for question in self.questions:
            field = question_field(question)
            if question.shown_if_id:  # whoever cannot see it must not be stopped by the browser
                field.widget.use_required_attribute = lambda initial: False
            self.fields[field_name(question.pk)] = field

    def ask_plainly(self, questions: Iterable[RegistrationQuestion]) -> None:
        """For a form that is drawn field by field: each condition stands in the help of its field."""
        self.ask(questions)
        for question in self.questions:
            if question.shown_if_id:
                field = self.fields[field_name(question.pk)]
                field.help_text = f"{question.condition} {field.help_text}"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for question in self._hidden(cleaned):
            name = field_name(question.pk)
            self._errors.pop(name, None)
            cleaned.pop(name, None)
        return cleaned

    @property
    def asked(self) -> list[AskedQuestion]:
        return [
            AskedQuestion(
                self[field_name(question.pk)], question.condition,
                field_name(question.shown_if_id) if question.shown_if_id else "", question.shown_if_value,
            )
            for question in self.questions
        ]  # fmt: skip

    @property
    def answers(self) -> dict[int, Any]:
        """What was answered, as it is kept, by the question's id; what was left empty is not there."""
        found = {}
        for question in self.questions:
            value = self.cleaned_data.get(field_name(question.pk))
            if value not in (None, "", []):
                found[question.pk] = _kept(question.kind, value)
        return found

    def _hidden(self, cleaned: dict[str, Any]) -> list[RegistrationQuestion]:
        """The questions whose condition is not met, and those that depend on them. Each comes after what it asks of."""
        shown: dict[int, str] = {}
        hidden = []
        for question in self.questions:
            if question.shown_if_id is None or self._is_answered(question, shown, cleaned):
                shown[question.pk] = field_name(question.pk)
            else:
                hidden.append(question)
        return hidden

    @staticmethod
    def _is_answered(question: RegistrationQuestion, shown: dict[int, str], cleaned: dict[str, Any]) -> bool:
        asked = shown.get(question.shown_if_id or 0)
        answer = cleaned.get(asked) if asked else None
        return question.shown_if_value in answer if isinstance(answer, list) else question.shown_if_value == answer


def _kept(kind: str, value: Any) -> Any:
    if kind == QuestionKind.YES_NO:
        return value == "yes"
    if kind == QuestionKind.NUMBER:
        return int(value) if value == value.to_integral_value() else float(value)
    return value
