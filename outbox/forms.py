from django import forms
from django.utils.translation import gettext_lazy as _


class ReasonForm(forms.Form):
    """Why somebody of the staff does what they do; kept in the history."""

    reason = forms.CharField(label=_("Motivo"), max_length=200)
