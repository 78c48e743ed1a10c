"""What people type about actions. Vocabularies are read once for each form, and choices are checked in memory."""

import datetime
import re
import uuid
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Model
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.text import capfirst as capitalised
from django.utils.translation import gettext_lazy as _

from actions.enums import ActionKind, ActionStatus, IndicatorDirection, ReviewDecision
from actions.models import Action, Evidence, Hazard, Indicator
from actions.services import EvidenceValues, IndicatorValues
from network.models import SDG, Pathway, Sector
from web.forms import WebAddressField
from web.uploads import check_upload

capfirst = lazy(capitalised, str)
FIRST_YEAR, LAST_YEAR = 2000, 2100
MAX_LINKED_PATHWAYS = 4
# By media type, so that phones offer the camera too; web.uploads proves what really arrives.
ACCEPT = "image/jpeg,image/png,application/pdf"


class DayField(forms.DateField):
    """A day, typed or picked. ``not_after_today`` for what has happened."""

    def __init__(self, *, not_after_today: bool = False, **kwargs: Any) -> None:
        self.not_after_today = not_after_today
        attrs = {"type": "date", "min": f"{FIRST_YEAR}-01-01"}
        super().__init__(widget=forms.DateInput(format="%Y-%m-%d", attrs=attrs), **kwargs)

    def validate(self, value: datetime.date | None) -> None:
        super().validate(value)
        if value is None:
            return
        if not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise forms.ValidationError(_("Escriba una fecha entre 2000 y 2100."), code="range")
        if self.not_after_today and value > timezone.localdate():
            raise forms.ValidationError(_("Esa fecha todavía no llega: escriba hoy o un día anterior."), code="future")


class AmountField(forms.DecimalField):
    """A number as people write it: ``1,250.50`` and ``$ 1250.5`` are the same; ``12,5`` could be 12.5 or 125."""

    THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")

    def __init__(self, **kwargs: Any) -> None:
        kwargs = {"max_digits": 14, "decimal_places": 2} | kwargs
        super().__init__(widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "input-short"}), **kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.replace("$", "").replace("\u00a0", "").replace(" ", "")
            if "," in value and not self.THOUSANDS.fullmatch(value):
                raise forms.ValidationError(
                    _("Use la coma solo para los miles y el punto para los decimales: 1,250.50."), code="comma"
                )
            value = value.replace(",", "")
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        """Stored numbers without the zeros that nobody typed: ``3``, not ``3.00``."""
        return f"{value:,.2f}".removesuffix(".00") if isinstance(value, Decimal) else value


class RowField(forms.TypedChoiceField):
    """One row of a vocabulary, by its id."""

    def offer(self, rows: Iterable[Model], label: Any = str) -> None:
        self.rows = {str(row.pk): row for row in rows}
        self.coerce = self.rows.get
        self.empty_value = None
        self.choices = [("", _("Elija…")), *((pk, label(row)) for pk, row in self.rows.items())]


class RowsField(forms.TypedMultipleChoiceField):
    """Some rows of a vocabulary, by their ids."""

    widget = forms.CheckboxSelectMultiple

    def offer(self, rows: Iterable[Model], label: Any = str) -> None:
        self.rows = {str(row.pk): row for row in rows}
        self.coerce = self.rows.get
        self.choices = [(pk, label(row)) for pk, row in self.rows.items()]


class SectorSelect(forms.Select):
    """Tells the page's script which pathway each sector proposes."""

    proposals: Mapping[str, int | None] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if proposed := self.proposals.get(str(value)):
            option["attrs"]["data-proposes"] = str(proposed)
        return option


class LongTextField(forms.CharField):
    """Paragraphs. Browsers send line ends of two characters; one is stored, so that the same text stays the same."""

    def __init__(self, *, rows: int, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), **kwargs)

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value)


def text_field(model: type[Model], name: str, **kwargs: Any) -> forms.CharField:
    """A text field with label and length of the model's own."""
    column: Any = model._meta.get_field(name)
    kwargs = {
        "label": capfirst(column.verbose_name),
        "max_length": column.max_length,
        "required": not column.blank,
    } | kwargs
    return forms.CharField(**kwargs)


class VersionedForm(forms.Form):
    """A form that knows which version of the action it was drawn from."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def clean_version(self) -> int:
        """A form without a version was drawn from none: 0 is never the current one."""
        return self.cleaned_data.get("version") or 0

    def take_version(self, version: int) -> None:
        """Be drawn again for a newer version, with what was typed."""
        data = cast(QueryDict, self.data).copy()
        data["version"] = str(version)
        self.data = data


class ActionForm(VersionedForm):
    """An action. Few fields are required: the rest can be filled in before it is sent, or never."""

    title = text_field(
        Action, "title", help_text=_("Qué se hace y dónde, en pocas palabras: «Captación de lluvia en tres escuelas».")
    )
    kind = forms.ChoiceField(label=_("Tipo"), choices=ActionKind.choices, widget=forms.RadioSelect)
    sector = RowField(label=_("Sector"), widget=SectorSelect)
    pathway = RowField(
        label=_("Camino de entrada"),
        required=False,
        help_text=_("Si se deja sin elegir, se toma el que corresponde al sector."),
    )
    responsible_area = text_field(
        Action, "responsible_area", help_text=_("La dirección o área del municipio, no el nombre de una persona.")
    )
    starts_on = DayField(label=_("Inicia"))
    description = LongTextField(
        label=_("Descripción"),
        max_length=4000,
        rows=5,
        help_text=_("Qué problema atiende, qué se hará y a quiénes beneficia."),
    )
    ends_on = DayField(label=_("Termina (plan)"), required=False)
    status = forms.ChoiceField(
        label=_("Situación"), required=False, choices=[("", _("Según la fecha de inicio")), *ActionStatus.choices]
    )
    place = text_field(Action, "place")
    partners = text_field(Action, "partners", help_text=_("Instituciones, empresas o grupos que participan."))
    linked_pathways = RowsField(
        label=_("Caminos vinculados"), required=False, help_text=_("Hasta cuatro, además del camino de entrada.")
    )
    sdgs = RowsField(label=_("Objetivos de Desarrollo Sostenible (ODS)"), required=False)
    hazards = RowsField(
        label=_("Amenazas que atiende"), required=False, help_text=_("Solo para acciones de adaptación.")
    )
    budget = AmountField(
        label=_("Presupuesto (pesos)"),
        required=False,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("Si no se conoce, se deja vacío."),
    )
    funding_source = text_field(Action, "funding_source")
    indicator_name = text_field(
        Indicator, "name", required=False, help_text=_("Qué se mide: «Viviendas con captación de lluvia».")
    )
    indicator_unit = text_field(
        Indicator, "unit", required=False, help_text=_("«viviendas», «kg al mes», «hectáreas»…")
    )
    indicator_direction = forms.ChoiceField(
        label=_("Se busca"), required=False, choices=IndicatorDirection.choices, initial=IndicatorDirection.INCREASE
    )
    indicator_baseline = AmountField(
        label=_("Línea base"), required=False, help_text=_("El valor antes de empezar, si se conoce.")
    )
    indicator_target = AmountField(label=_("Meta"), required=False, help_text=_("El valor al que se quiere llegar."))
    request_key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    MORE = (
        (_("Fechas, lugar y quiénes participan"), ("ends_on", "status", "place", "partners")),
        (
            _("Cómo se mide: indicador y meta"),
            (
                "indicator_name",
                "indicator_unit",
                "indicator_direction",
                "indicator_baseline",
                "indicator_target",
            ),
        ),
        (_("Caminos vinculados, ODS y amenazas"), ("linked_pathways", "sdgs", "hazards")),
        (_("Dinero"), ("budget", "funding_source")),
    )
    OWN = (
        "title", "kind", "sector", "pathway", "responsible_area", "starts_on", "description", "ends_on", "status",
        "place", "partners", "budget", "funding_source",
    )  # fmt: skip
    INDICATOR = ("name", "unit", "direction", "baseline", "target")

    def __init__(self, data: Any = None, *, action: Action | None = None) -> None:
        super().__init__(data, initial=self._stored(action) if action else {"request_key": uuid.uuid4()})
        sectors = list(Sector.objects.all())
        pathways = list(Pathway.objects.all())
        self._offer("sector", sectors)
        self.fields["sector"].widget.proposals = {str(row.pk): row.entry_pathway_id for row in sectors}
        self._offer("pathway", pathways)
        self._offer("linked_pathways", pathways)
        self._offer("sdgs", SDG.objects.all(), label=lambda row: f"{row.number}. {row.label}")
        self._offer("hazards", Hazard.objects.filter(applies_inland=True))

    def _offer(self, name: str, rows: Iterable[Model], label: Any = str) -> None:
        field = self.fields[name]
        assert isinstance(field, (RowField, RowsField))
        field.offer(rows, label)

    @classmethod
    def _stored(cls, action: Action) -> dict[str, Any]:
        """What is stored, in the words of the form."""
        links = action.links()
        stored = {name: getattr(action, name) for name in cls.OWN} | {
            "sector": action.sector_id,
            "pathway": action.pathway_id,
            "linked_pathways": [row.pk for row in links.pathways],
            "sdgs": [row.pk for row in links.sdgs],
            "hazards": [row.pk for row in links.hazards],
            "version": action.version,
        }
        indicator = action.indicators.first()
        if indicator is not None:
            stored |= {f"indicator_{name}": getattr(indicator, name) for name in cls.INDICATOR}
        return stored

    def clean(self) -> None:
        given = self.cleaned_data
        if given.get("starts_on") and given.get("ends_on") and given["ends_on"] < given["starts_on"]:
            self.add_error("ends_on", _("La acción termina antes de empezar: revise las dos fechas."))
        if given.get("hazards") and given.get("kind") == ActionKind.MITIGATION:
            self.add_error(
                "hazards", _("Las amenazas se indican en acciones de adaptación. Quítelas o cambie el tipo.")
            )
        self._clean_pathways()
        self._clean_indicator()

    def _clean_pathways(self) -> None:
        given = self.cleaned_data
        entry = given.get("pathway") or (given.get("sector") and given["sector"].entry_pathway_id)
        entry_id = entry.pk if isinstance(entry, Pathway) else entry
        linked = given.get("linked_pathways") or []
        if any(row.pk == entry_id for row in linked):
            self.add_error("linked_pathways", _("El camino de entrada no se repite entre los vinculados."))
        elif len(linked) > MAX_LINKED_PATHWAYS:
            self.add_error("linked_pathways", _("Elija cuatro caminos vinculados como máximo."))

    def _clean_indicator(self) -> None:
        given = self.cleaned_data
        needed = ("indicator_name", "indicator_unit", "indicator_target")
        optional = "indicator_baseline"
        filled = [name for name in (*needed, optional) if given.get(name) not in (None, "")]
        if not filled or any(name in self.errors for name in (*needed, optional)):
            return
        for name in needed:
            if given.get(name) in (None, ""):
                self.add_error(name, _("Para medir hacen falta el nombre, la unidad y la meta del indicador."))
        baseline, target = given.get(optional), given.get("indicator_target")
        if baseline is None or target is None:
            return
        rises = given.get("indicator_direction") != IndicatorDirection.DECREASE
        if baseline == target or rises != (target > baseline):
            self.add_error("indicator_target", _("La meta no va en el sentido elegido: compárela con la línea base."))

    @property
    def more(self) -> list[dict[str, Any]]:
        """The optional fields in sections; one stands open where something in it was filled in or is wrong."""
        found = []
        for title, names in self.MORE:
            fields = [self[name] for name in names]
            filled = (field.value() for field in fields if field.name not in {"status", "indicator_direction"})
            found.append(
                {"title": title, "fields": fields, "open": any(filled) or any(field.errors for field in fields)}
            )
        return found

    def values(self) -> dict[str, Any]:
        """The arguments of :func:`actions.services.save_action`."""
        given = self.cleaned_data
        indicator = None
        if given["indicator_name"]:
            indicator = IndicatorValues(
                name=given["indicator_name"],
                unit=given["indicator_unit"],
                direction=given["indicator_direction"] or IndicatorDirection.INCREASE,
                target=given["indicator_target"],
                baseline=given["indicator_baseline"],
            )
        return {
            "values": {name: given[name] for name in self.OWN},
            "linked_pathways": given["linked_pathways"],
            "sdgs": given["sdgs"],
            "hazards": given["hazards"],
            "indicator": indicator,
            "version": given["version"],
            "request_key": given["request_key"],
        }

    def differences(self) -> list[tuple[str, str, str]]:
        """(field, what is stored now, what was typed) wherever the two differ."""
        found = []
        for bound in self.visible_fields():
            stored, typed = self._words(bound, bound.initial), self._words(bound, self.cleaned_data.get(bound.name))
            if stored != typed:
                found.append((str(bound.label), stored, typed))
        return found

    @staticmethod
    def _words(bound: forms.BoundField, value: Any) -> str:
        if value in (None, "", []):
            return str(_("(vacío)"))
        if isinstance(value, Decimal):
            return f"{value:,.2f}"
        choices = {str(key): str(words) for key, words in getattr(bound.field, "choices", ())}
        values = value if isinstance(value, list) else [value]
        keys = [str(one.pk if isinstance(one, Model) else one) for one in values]
        return ", ".join(choices.get(key, key) for key in keys)


class EvidenceFields(forms.Form):
    """A file, a photo taken on the spot, or a link; with words that say what it shows."""

    evidence_title = text_field(
        Evidence,
        "title",
        label=_("Qué muestra la evidencia"),
        help_text=_("«Acta de entrega», «Foto de la obra terminada»."),
    )
    evidence_file = forms.FileField(
        label=_("Archivo o foto"),
        required=False,
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
        help_text=_("PDF, JPG o PNG. En el teléfono se puede tomar la foto en ese momento."),
    )
    evidence_url = WebAddressField(
        label=_("O un enlace"),
        required=False,
        max_length=500,
        help_text=_("A una página o documento que cualquiera pueda abrir."),
    )
    original_name = ""

    def clean_evidence_file(self) -> Any:
        upload = self.cleaned_data["evidence_file"]
        if not upload:
            return None
        self.original_name = upload.name
        return check_upload(upload)

    def clean_evidence(self) -> None:
        """A title goes with exactly one of file and link."""
        given = self.cleaned_data
        if "evidence_file" in self.errors or "evidence_url" in self.errors:
            return
        file, url = given.get("evidence_file"), given.get("evidence_url")
        if file and url:
            self.add_error("evidence_url", _("Suba un archivo o escriba un enlace: uno de los dos."))
        elif given.get("evidence_title") and not file and not url:
            self.add_error("evidence_file", _("Falta el archivo o el enlace de esta evidencia."))
        elif (file or url) and not given.get("evidence_title") and "evidence_title" not in self.errors:
            self.add_error("evidence_title", _("Diga en pocas palabras qué muestra."))

    def evidence(self) -> EvidenceValues | None:
        given = self.cleaned_data
        if not given["evidence_file"] and not given["evidence_url"]:
            return None
        return EvidenceValues(
            title=given["evidence_title"],
            file=given["evidence_file"],
            original_name=self.original_name,
            url=given["evidence_url"],
        )


class EvidenceForm(EvidenceFields):
    def clean(self) -> None:
        self.clean_evidence()


class FollowUpForm(EvidenceFields):
    """How far the work is; readings of the indicators and an evidence fit in the same step."""

    date = DayField(label=_("Fecha"), not_after_today=True)
    progress = forms.IntegerField(
        label=_("Avance (%)"),
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        widget=forms.NumberInput(attrs={"min": 0, "max": 100, "inputmode": "numeric"}),
        help_text=_("De 0 a 100, en total desde el inicio."),
    )
    status = forms.ChoiceField(label=_("Situación"), choices=ActionStatus.choices)
    text = LongTextField(
        label=_("Qué se hizo"),
        max_length=2000,
        rows=4,
        help_text=_("Se publica con la acción: sin nombres ni datos de personas."),
    )
    request_key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, files: Any = None, *, action: Action) -> None:
        begun = action.status if action.status != ActionStatus.PLANNED else ActionStatus.UNDER_WAY
        super().__init__(
            data,
            files,
            initial={
                "date": timezone.localdate(),
                "progress": action.progress,
                "status": begun,
                "request_key": uuid.uuid4(),
            },
        )
        self.fields["evidence_title"].required = False
        self.indicators = list(action.indicators.all())
        for indicator in self.indicators:
            self.fields[f"reading_{indicator.pk}"] = AmountField(
                label=indicator.name,
                required=False,
                help_text=_("Valor a esa fecha, en %(unit)s. Si no se midió, se deja vacío.")
                % {"unit": indicator.unit},
            )

    def clean(self) -> None:
        self.clean_evidence()

    @property
    def evidence_open(self) -> bool:
        names = ("evidence_title", "evidence_file", "evidence_url")
        return any(self[name].errors or (self.is_bound and self[name].value()) for name in names)

    @property
    def reading_fields(self) -> list[forms.BoundField]:
        return [self[f"reading_{indicator.pk}"] for indicator in self.indicators]

    def values(self) -> dict[str, Any]:
        """The arguments of :func:`actions.services.add_follow_up`."""
        given = self.cleaned_data
        readings = {indicator.pk: given[f"reading_{indicator.pk}"] for indicator in self.indicators}
        own = {name: given[name] for name in ("date", "progress", "status", "text", "request_key")}
        known = {pk: value for pk, value in readings.items() if value is not None}
        return own | {"readings": known, "evidence": self.evidence()}


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
