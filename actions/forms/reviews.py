"""What the institute answers."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from actions.enums import ReviewDecision
from actions.forms.actions import ActionForm
from actions.forms.fields import LongTextField, VersionedForm
from actions.models import Action, ActionQuerySet, FieldComment
from actions.services import Observation

# What staff decide on the page of an action, and which of it has to be explained to the municipality.
DECISIONS = (
    ReviewDecision.VALIDATED,
    ReviewDecision.RETURNED,
    ReviewDecision.PUBLISHED,
    ReviewDecision.WITHDRAWN,
    ReviewDecision.CLOSED,
    ReviewDecision.KEPT_OPEN,
)

WITH_REASON = {
    ReviewDecision.RETURNED: _("Diga qué falta o qué hay que corregir."),
    ReviewDecision.WITHDRAWN: _("Diga por qué deja de ser pública."),
    ReviewDecision.KEPT_OPEN: _("Diga qué falta para cerrarla."),
}


class ReviewForm(VersionedForm):
    """Validate, publish, take off the public pages, or return: the last two say why."""

    decision = forms.ChoiceField(choices=[(row.value, row.label) for row in DECISIONS], widget=forms.HiddenInput)
    publish = forms.BooleanField(
        label=_("Publicar ahora"),
        required=False,
        initial=True,
        help_text=_("Si se deja sin marcar, queda validada y se publica después."),
    )
    comment = LongTextField(
        label=_("Comentario para el municipio"),
        required=False,
        max_length=2000,
        rows=4,
        help_text=_("Necesario para devolver: qué falta o qué hay que corregir."),
    )

    def clean(self) -> None:
        given = self.cleaned_data
        words = WITH_REASON.get(given.get("decision", ""))
        if words and not given.get("comment"):
            self.add_error("comment", words)


class ObserveForm(VersionedForm):
    """Return an action with a comment beside each field that needs one."""

    comment = LongTextField(
        label=_("Comentario general"),
        required=False,
        max_length=2000,
        rows=3,
        help_text=_("Lo que vale para toda la acción. Los comentarios de cada dato se escriben abajo, junto a él."),
    )

    def __init__(self, data: Any = None, *, visible: ActionQuerySet, action: Action) -> None:
        super().__init__(data, initial={"version": action.version})
        self.record = ActionForm(visible=visible, action=action)
        self.said = self.record.said()
        for bound in self.record.record_fields():
            self.fields[f"on_{bound.name}"] = LongTextField(
                label=_("Comentario sobre «%(field)s»") % {"field": bound.label},
                required=False,
                max_length=1000,
                rows=2,
            )

    @property
    def rows(self) -> list[tuple[forms.BoundField, str, forms.BoundField]]:
        """(field of the record, what it says, where the comment is written)."""
        return [(bound, self.said[bound.name], self[f"on_{bound.name}"]) for bound in self.record.record_fields()]

    def observations(self) -> list[Observation]:
        given = self.cleaned_data
        return [
            Observation(field=bound.name, label=str(bound.label), text=given[field.name], stored=said)
            for bound, said, field in self.rows
            if given.get(field.name)
        ]

    def clean(self) -> None:
        given = self.cleaned_data
        if not self.errors and not given.get("comment") and not self.observations():
            self.add_error("comment", WITH_REASON[ReviewDecision.RETURNED])

    def general(self) -> str:
        """A return always says something in general, also where all that matters is said beside the fields."""
        return self.cleaned_data["comment"] or str(_("Vea los comentarios junto a cada dato."))


def show_comments(form: ActionForm, comments: Iterable[FieldComment]) -> None:
    """Put what the institute said of a field into its help, so that it is read beside it, by screen readers too."""
    for comment in comments:
        field = form.fields.get(comment.field)
        if field is None or comment.answered_at is not None:
            continue
        said = format_html('<span class="observation">{} {}</span>', _("El instituto observa:"), comment.text)
        field.help_text = format_html("{} {}", said, field.help_text) if field.help_text else said
        form.observed.add(comment.field)
