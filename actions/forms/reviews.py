"""What the institute answers."""

from django import forms
from django.utils.translation import gettext_lazy as _

from actions.enums import ReviewDecision
from actions.forms.fields import LongTextField, VersionedForm

# What staff decide on the page of an action, and which of it has to be explained to the municipality.
DECISIONS = (
    ReviewDecision.VALIDATED,
    ReviewDecision.RETURNED,
    ReviewDecision.PUBLISHED,
    ReviewDecision.WITHDRAWN,
)


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
        if given.get("decision") == ReviewDecision.RETURNED and not given.get("comment"):
            self.add_error("comment", _("Diga qué falta o qué hay que corregir."))
        if given.get("decision") == ReviewDecision.WITHDRAWN and not given.get("comment"):
            self.add_error("comment", _("Diga por qué deja de ser pública."))
