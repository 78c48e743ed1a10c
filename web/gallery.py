"""What the gallery of components shows: invented rows, no database."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

from django import forms
from django.core.paginator import Paginator
from django.utils.translation import gettext_lazy as _

from web import charts

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


def sample_charts() -> list[tuple[str, charts.Chart]]:
    """One chart of each kind."""
    formats = [
        charts.Bar(str(_("Webinar")), 12),
        charts.Bar(str(_("Jornada de capacitación y sensibilización")), 5, note=str(_("dos sin fecha"))),
        charts.Bar(str(_("Foro")), None),
    ]
    by_pathway = [charts.Bar(str(row.label), 30 - 5 * n, colour=row.code) for n, row in enumerate(PATHWAYS)]
    sexes = [
        charts.Series(str(_("Mujeres")), (123, 40, None)),
        charts.Series(str(_("Hombres")), (119, 52, None)),
        charts.Series(str(_("Sin dato")), (50, 3, None)),
    ]
    months = ["ene", "feb", "mar", "abr", "may", "jun"]
    lines = [
        charts.Series(str(_("Eventos")), (1, 3, 2, None, 4, 6)),
        charts.Series(str(_("Acciones")), (0, 1, 3, 5, 5, 8)),
    ]
    shares = [
        charts.Bar(str(_("Mujeres")), 123),
        charts.Bar(str(_("Hombres")), 119),
        charts.Bar(str(_("Sin dato")), 50),
    ]
    return [
        (str(_("Eventos por formato")), charts.bars("g1", str(_("Eventos por formato")), formats)),
        (str(_("Acciones por camino")), charts.bars("g2", str(_("Acciones por camino")), by_pathway)),
        (
            str(_("Personas por modalidad y sexo")),
            charts.stacked_bars(
                "g3",
                str(_("Personas por modalidad y sexo")),
                [str(_("Virtual")), str(_("Presencial")), str(_("Híbrida"))],
                sexes,
            ),
        ),
        (str(_("Por mes")), charts.line("g4", str(_("Por mes")), months, lines)),
        (str(_("Personas por sexo")), charts.donut("g5", str(_("Personas por sexo")), shares, unit=str(_("personas")))),
    ]


def context() -> dict[str, object]:
    """The context of ``templates/web/gallery.html``."""
    return {
        "pathways": PATHWAYS,
        "sdgs": SDGS,
        "empty_form": SampleForm(prefix="vacio"),
        "bad_form": SampleForm({"mal-name": "", "mal-email": "sin-arroba", "mal-kind": "a"}, prefix="mal"),
        "filters": SampleFilters({"palabras": "agua", "tipo": "virtual"}),
        "idle_filters": SampleFilters({}),
        "charts": sample_charts(),
        "page": Paginator(range(200), 20).page(4),
        "day": date(2026, 6, 17),
        "start": datetime(2020, 6, 17, 16, tzinfo=UTC),
        "end": datetime(2020, 6, 17, 18, tzinfo=UTC),
    }
