from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from outbox import registry
from outbox.models import Preference


class ReasonForm(forms.Form):
    """Why somebody of the staff does what they do; kept in the history."""

    reason = forms.CharField(label=gettext_lazy("Motivo"), max_length=200)


class ChoicesForm(forms.Form):
    """One box for each group of optional mail, ticked where the address gets it, and the language."""

    language = forms.ChoiceField(label=gettext_lazy("Idioma de los correos"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, chosen: Preference, takes_nothing: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups = registry.groups()
        for group in self.groups:
            taken = not takes_nothing and group.name not in chosen.muted
            self.fields[group.name] = forms.BooleanField(
                label=str(group.label), help_text=str(group.says), required=False, initial=taken
            )
        language = self.fields["language"]
        assert isinstance(language, forms.ChoiceField)
        language.choices = [("", _("El que use en cada trámite")), *settings.LANGUAGES]
        language.initial = chosen.language
        self.order_fields([*(group.name for group in self.groups), "language"])

    @property
    def muted(self) -> list[str]:
        """The groups whose box was left empty."""
        return [group.name for group in self.groups if not self.cleaned_data[group.name]]

    def summary(self) -> str:
        """What was saved, in one sentence for each kind of choice."""
        taken = [str(group.label) for group in self.groups if group.name not in self.muted]
        left = [str(group.label) for group in self.groups if group.name in self.muted]
        parts = [_("Guardado.")]
        if taken:
            parts.append(_("Recibirá: {groups}.").format(groups=", ".join(taken)))
        if left:
            parts.append(_("Ya no recibirá: {groups}.").format(groups=", ".join(left)))
        if language := dict(settings.LANGUAGES).get(self.cleaned_data["language"]):
            parts.append(_("Idioma: {language}.").format(language=language))
        return " ".join(parts)
