"""What the institute answers."""

from django import forms
from django.utils.translation import gettext_lazy as _

from actions.enums import ReviewDecision
from actions.forms.fields import LongTextField, VersionedForm


class ReviewForm(VersionedForm):
    """Validate, or return with a comment."""

    decision = forms.ChoiceField(
        choices=[row for row in ReviewDecision.choices if row[0] != ReviewDecision.SUBMITTED], widget=forms.HiddenInput
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
