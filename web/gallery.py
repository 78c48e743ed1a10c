"""What the gallery of components shows: invented rows, no database."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

from django import forms
from django.core.paginator import Paginator
from django.utils.translation import gettext_lazy as _

PATHWAYS = [
    SimpleNamespace(code="low-carbon", label=_("Bajo en carbono")),
    SimpleNamespace(code="nature-based", label=_("Basado en la naturaleza")),
    SimpleNamespace(code="circular", label=_("Circular")),
    SimpleNamespace(code="resilient", label=_("Resiliente")),
    SimpleNamespace(code="equitable", label=_("Equitativo y centrado en las personas")),
]
SDGS = [
    SimpleNamespace(number=5, label=_("Igualdad de género"), colour="#FF3A21", text_colour="#000000"),
    SimpleNamespace(number=11, label=_("Ciudades y comunidades sostenibles"), colour="#FD9D24", text_colour="#000000"),
    SimpleNamespace(number=13, label=_("Acción por el clima"), colour="#3F7E44", text_colour="#FFFFFF"),
    SimpleNamespace(number=17, label=_("Alianzas para lograr los objetivos"), colour="#19486A", text_colour="#FFFFFF"),
]


class SampleForm(forms.Form):
    """One field of each kind."""

    sections = [
        (_("Quién"), _("Así aparecerá en la constancia."), ["name", "email", "sex"]),
        (_("Qué y cuándo"), ["pathways", "kind", "day", "notes", "file"]),
    ]
    name = forms.CharField(label=_("Nombre completo"), max_length=80, help_text=_("Como desea que aparezca."))
    email = forms.EmailField(label=_("Correo electrónico"))
    sex = forms.ChoiceField(
        label=_("Sexo"),
        required=False,
        widget=forms.RadioSelect,
        choices=[("m", _("Mujer")), ("h", _("Hombre")), ("n", _("Prefiero no decir"))],
    )
    pathways = forms.MultipleChoiceField(
        label=_("Caminos relacionados"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(row.code, row.label) for row in PATHWAYS],
    )
    kind = forms.ChoiceField(label=_("Tipo"), choices=[("", "—"), ("a", _("Adaptación")), ("m", _("Mitigación"))])
    day = forms.DateField(label=_("Fecha"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    notes = forms.CharField(label=_("Descripción"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    file = forms.FileField(label=_("Evidencia"), required=False, help_text=_("PDF, PNG o JPG de hasta 15 MB."))
    consent = forms.BooleanField(label=_("Leí el aviso de privacidad y acepto el uso de mis datos para este evento."))


class SampleFilters(forms.Form):
    """The filters of a list."""

    palabras = forms.CharField(label=_("Palabras"), required=False)
    tipo = forms.ChoiceField(
        label=_("Modalidad"),
        required=False,
        choices=[("", _("Todas")), ("virtual", _("Virtual")), ("presencial", _("Presencial"))],
    )
    camino = forms.ChoiceField(
        label=_("Camino"), required=False, choices=[("", _("Todos")), *((row.code, row.label) for row in PATHWAYS)]
    )


def context() -> dict[str, object]:
    """The context of ``templates/web/gallery.html``."""
    return {
        "pathways": PATHWAYS,
        "sdgs": SDGS,
        "empty_form": SampleForm(prefix="vacio"),
        "bad_form": SampleForm({"mal-name": "", "mal-email": "sin-arroba", "mal-kind": "a"}, prefix="mal"),
        "filters": SampleFilters({"palabras": "agua", "tipo": "virtual"}),
        "idle_filters": SampleFilters({}),
        "page": Paginator(range(200), 20).page(4),
        "day": date(2026, 6, 17),
        "start": datetime(2020, 6, 17, 16, tzinfo=UTC),
        "end": datetime(2020, 6, 17, 18, tzinfo=UTC),
    }
