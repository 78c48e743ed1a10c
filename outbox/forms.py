import secrets
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from outbox import registry, texts
from outbox.models import Preference
from outbox.registry import Text, TextKind


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
            parts.append(_("No recibirá: {groups}.").format(groups=", ".join(left)))
        if language := dict(settings.LANGUAGES).get(self.cleaned_data["language"]):
            parts.append(_("Idioma: {language}.").format(language=language))
        return " ".join(parts)


class TextForm(forms.Form):
    """The words of a mail. ``version`` is the one that was read; ``key`` makes a test asked for twice leave once."""

    subject = forms.CharField(label=gettext_lazy("Asunto"), max_length=150)
    body = forms.CharField(
        label=gettext_lazy("Texto"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=gettext_lazy(
            "Una línea en blanco separa párrafos; **negritas**, *cursivas*, - listas y [palabras](https://…) para un "
            "enlace. Donde va {datos}, sola en su línea, el mensaje pone sus datos."
        ),
    )
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    key = forms.CharField(max_length=32, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, kind: TextKind, version: int = 0, text: Text | None = None) -> None:
        initial = {"version": version, "key": secrets.token_urlsafe(16)}
        if text:
            initial |= {"subject": text.subject, "body": text.body}
        super().__init__(data, initial=initial)
        self.kind = kind

    def clean_subject(self) -> str:
        subject = " ".join(self.cleaned_data["subject"].split())
        return self._without(texts.problems_of_subject(self.kind, subject), subject)

    def clean_body(self) -> str:
        body = self.cleaned_data["body"].replace("\r\n", "\n")
        return self._without(texts.problems_of_body(self.kind, body), body)

    @staticmethod
    def _without(problems: list[str], words: str) -> str:
        if problems:
            raise forms.ValidationError(problems)
        return words

    @property
    def text(self) -> Text:
        """What was typed, once it is valid."""
        return Text(self.cleaned_data["subject"], self.cleaned_data["body"])

    def go_on_from(self, version: int) -> None:
        """What is typed here goes on from this version, and a next test is another one."""
        self.data = self.data.copy()
        self.data["version"] = str(version)

    def renew_key(self) -> None:
        self.data = self.data.copy()
        self.data["key"] = secrets.token_urlsafe(16)
