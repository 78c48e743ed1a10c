"""How every form of the portal is drawn, and the fields that more than one app asks for."""

import hashlib
import re
import uuid
from datetime import date
from html import escape
from typing import Any, cast
from unicodedata import category

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.forms.renderers import TemplatesSetting
from django.forms.utils import flatatt
from django.http import HttpRequest, QueryDict
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

FIRST_YEAR, LAST_YEAR = 1990, 2100
# What joins two emoji into one is the one invisible character that means something to who reads.
JOINS_EMOJI = re.compile(
    "(?<=[\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d(?=[\u2600-\u27bf\U0001f000-\U0001faff])"
)
django_to_python = forms.CharField.to_python


def without_invisible(text: str) -> str:
    """Without control and format characters: a title made of them is empty, and some turn the text around. Ends of
    lines and tabs stay; so does NUL, which Django refuses."""
    if text.isprintable():
        return text
    joined = {found.start() for found in JOINS_EMOJI.finditer(text)}
    return "".join(
        letter
        for place, letter in enumerate(text)
        if letter in "\n\r\t\0" or place in joined or category(letter) not in {"Cc", "Cf"}
    )


def to_python(field: forms.CharField, value: Any) -> Any:
    """In place of Django's own for every text that is typed (``web.apps``); passwords stay as they are."""
    if field.strip and isinstance(value, str):
        value = without_invisible(value)
    return django_to_python(field, value)


class FormRenderer(TemplatesSetting):
    """Draws ``{{ form }}`` and ``{{ field.as_field_group }}`` with the portal's own components."""

    form_template_name = "components/form.html"
    formset_template_name = "components/formset.html"
    field_template_name = "components/field.html"

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        """A list to choose from is put together here: Django's template costs two includes for each option, which made
        the 125 municipalities the dearest part of most pages."""
        if template_name == "django/forms/widgets/select.html":
            return select(context["widget"])
        return super().render(template_name, context, request)


def select(widget: dict[str, Any]) -> SafeString:
    """The same HTML as Django's ``select.html`` and ``select_option.html``."""
    groups = "".join(_group(name, options) for name, options, _index in widget["optgroups"])
    return mark_safe(f'<select name="{_escaped(widget["name"])}"{flatatt(widget["attrs"])}>{groups}</select>')


def _group(name: str | None, options: list[dict[str, Any]]) -> str:
    drawn = "\n".join(map(_option, options))
    return f'<optgroup label="{_escaped(name)}">{drawn}</optgroup>' if name else drawn


def _option(option: dict[str, Any]) -> str:
    attributes = flatatt(option["attrs"]) if option["attrs"] else ""
    return f'<option value="{_escaped(str(option["value"]))}"{attributes}>{_escaped(option["label"])}</option>'


def _escaped(value: Any) -> str:
    """As Django's ``conditional_escape``, without its question to each text whether it is a lazy one."""
    return value.__html__() if hasattr(value, "__html__") else escape(str(value))


class WebAddressField(forms.URLField):
    """A page on the web: no ftp, one message where it is no address, https where no scheme was typed."""

    default_validators = [URLValidator(schemes=["http", "https"])]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"assume_scheme": "https"} | kwargs))


def check_year(day: date) -> None:
    """A slip of the hand, as year 20 or 9999, is said: zones and days after it would leave the calendar."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValidationError(
            _("Revise el año: escriba uno de {first} a {last}.").format(first=FIRST_YEAR, last=LAST_YEAR)
        )


class DayField(forms.DateField):
    """A day, typed or picked."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    default_validators = [check_year]


class MomentField(forms.DateTimeField):
    """A day and an hour, typed or picked."""

    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
    default_validators = [check_year]


class RequestForm(forms.Form):
    """A form that is opened once and stored once, however often it is sent."""

    request_key = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid.uuid4)

    def was_sent_before(self) -> None:
        """It was stored with something else in it: say so, and let it be sent as a new one."""
        data = cast(QueryDict, self.data).copy()
        data["request_key"] = str(uuid.uuid4())
        self.data = data
        self.add_error(
            None,
            _(
                "Este formulario ya se había enviado, y se guardó lo que decía entonces. Lo que dice ahora no se ha "
                "guardado: si quiere guardarlo además, envíelo otra vez."
            ),
        )


class WatchedForm(forms.Form):
    """A form about something stored that says what was stored when it was drawn (``seen``). Where somebody else saved
    since, it is refused once, with what is stored now; sent again, it holds."""

    watched = False

    def watch(self) -> None:
        """To be called last in ``__init__``, where there is something stored."""
        self.watched = True
        stored = {name: str(self.get_initial_for_field(field, name)) for name, field in self.fields.items()}
        self.initial["seen"] = hashlib.sha256(repr(stored).encode()).hexdigest()
        self.fields["seen"] = forms.CharField(required=False, widget=forms.HiddenInput)

    def full_clean(self) -> None:
        super().full_clean()
        seen = self.cleaned_data.pop("seen", "") if self.is_bound and self.watched else ""
        if not seen or seen == self.initial["seen"]:
            return
        data = cast(QueryDict, self.data).copy()
        data["seen"] = self.initial["seen"]
        self.data = data
        said = [_("Otra persona guardó cambios mientras usted editaba. Si guarda de nuevo, queda lo suyo.")]
        for name in self.changed_data:
            if name != "seen":
                now = self._in_words(name)
                said.append(_("{field} dice ahora: {value}").format(field=self.fields[name].label, value=now))
        self.add_error(None, said)

    def _in_words(self, name: str) -> str:
        field = self.fields[name]
        value = self.get_initial_for_field(field, name)
        if value in (None, ""):
            return _("(vacío)")
        if isinstance(value, date):
            return date_format(value, "DATE_FORMAT")
        choices = {str(key): str(words) for key, words in getattr(field, "choices", ())}
        return choices.get(str(value), str(field.prepare_value(value)))
