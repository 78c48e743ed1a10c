"""The record of an action."""

import uuid
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MinValueValidator
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from actions.enums import OPEN_STATUSES, ActionKind, Cadence, IndicatorDirection
from actions.forms.facts import FactFields
from actions.forms.fields import (
    AmountField,
    DayField,
    LongTextField,
    RowField,
    RowsField,
    SectorSelect,
    VersionedForm,
    text_field,
)
from actions.forms.progress import EvidenceFields
from actions.imports import Example, examples
from actions.models import Action, ActionQuerySet, Hazard, Indicator, Links, vocabulary
from actions.services import IndicatorValues
from network.models import Pathway, Sector

MAX_LINKED_PATHWAYS = 4


class ActionForm(FactFields, EvidenceFields, VersionedForm):
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
        label=_("Situación"),
        required=False,
        choices=[("", _("Según la fecha de inicio")), *((status.value, status.label) for status in OPEN_STATUSES)],
        error_messages={
            "invalid_choice": _(
                "Aquí solo se elige planeada o en curso. Suspender, cancelar, reanudar y concluir tienen su propio "
                "paso, con su motivo, en la página de la acción ya guardada."
            )
        },
    )
    cadence = forms.ChoiceField(
        label=_("Cada cuándo se da seguimiento"),
        required=False,
        choices=Cadence.choices,
        initial=Cadence.QUARTERLY,
        help_text=_("Se avisa unos días antes de que toque."),
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
    # The example that a new action was begun from, and which of its milestones are wanted.
    example = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    milestones = forms.MultipleChoiceField(
        label=_("Hitos del ejemplo"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Los marcados se agregan al guardar; sus fechas y pesos se cambian después."),
    )

    MORE = (
        (
            _("Fechas, lugar y quiénes participan"),
            ("ends_on", "status", "started_on", "ended_on", "cadence", "place", "point", "partners"),
        ),
        (
            _("A quiénes beneficia"),
            ("beneficiaries_total", "beneficiaries_women", "beneficiaries_men", "people_exposed"),
        ),
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
        (_("De qué instrumento viene"), ("instrument", "instrument_line")),
        (_("Dinero"), ("budget", "funding_source")),
    )
    OWN = (
        "title", "kind", "sector", "pathway", "responsible_area", "starts_on", "description", "ends_on", "status",
        "place", "partners", "budget", "funding_source",
    )  # fmt: skip
    INDICATOR = ("name", "unit", "direction", "baseline", "target")

    def __init__(
        self, data: Any = None, files: Any = None, *, visible: ActionQuerySet, action: Action | None = None,
        given: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """``visible``: what it may be related with. ``given``: what the form is drawn with, over what is stored."""
        # Fields that the institute commented on (actions.forms.reviews.show_comments): their sections stand open.
        self.observed: set[str] = set()
        links = action.links(visible) if action else None
        stored = self._stored(action, links) if action and links else {"request_key": uuid.uuid4()}
        super().__init__(data, files, initial=stored | dict(given or {}))
        self.fields["evidence_title"].required = False
        del self.fields["evidence_of"]  # milestones and readings come later
        self.offer_related(visible, action, related=links.related if links else (), given=given or {})
        sectors = list(Sector.objects.all())
        pathways = list(Pathway.objects.all())
        self._offer("sector", sectors)
        self.fields["sector"].widget.proposals = {str(row.pk): row.entry_pathway_id for row in sectors}
        self._offer("pathway", pathways)
        self._offer("linked_pathways", pathways)
        words = vocabulary()
        self._offer("instrument", words.instruments)
        self._offer("sdgs", words.sdgs, label=lambda row: f"{row.number}. {row.label}")
        if action is not None and not action.is_open:  # changed by a step of its own
            self.fields["status"].choices = [(action.status, action.get_status_display())]
        self._offer("hazards", words.hazards)
        self.begun_from = self._example(action, given or {})
        if self.begun_from is None:
            del self.fields["milestones"]
        else:
            self._begin(self.begun_from, sectors, pathways, {row.number: row.pk for row in words.sdgs})

    def _example(self, action: Action | None, given: Mapping[str, Any]) -> Example | None:
        code = self.data.get("example") if self.is_bound else given.get("example")
        return examples().get(code or "") if action is None else None

    def examples_by_sector(self) -> list[tuple[str, list[Example]]]:
        """What a new action may begin from, under the sectors in their order."""
        sectors = self.fields["sector"]
        assert isinstance(sectors, RowField)
        groups: list[tuple[Any, list[Example]]] = [
            (row, [one for one in examples().values() if one.sector == row.code])
            for row in sectors.rows.values()
            if isinstance(row, Sector)
        ]
        return [(row.label, found) for row, found in groups if found]

    def _begin(
        self, example: Example, sectors: list[Sector], pathways: list[Pathway], goals: Mapping[int, int]
    ) -> None:
        """Be drawn with what an example says, where nothing was typed over it."""
        self.fields["milestones"].choices = [(title, title) for title, _weight in example.milestones]
        by_code = {row.code: row.pk for row in pathways}
        hazards = Hazard.objects.filter(code__in=example.hazards) if example.hazards else Hazard.objects.none()
        begun = {
            "example": example.code,
            "title": example.title,
            "kind": example.kind,
            "description": example.description,
            "sector": next((row.pk for row in sectors if row.code == example.sector), None),
            "pathway": by_code.get(example.pathway),
            "linked_pathways": [by_code[code] for code in example.linked if code in by_code],
            "sdgs": [goals[number] for number in example.sdgs if number in goals],
            "hazards": [] if self.is_bound else [row.pk for row in hazards],
            "indicator_name": example.indicator,
            "indicator_unit": example.unit,
            "milestones": [title for title, _weight in example.milestones],
        }
        self.initial = {**begun, **self.initial}

    def _offer(self, name: str, rows: Iterable[Model], label: Any = str) -> None:
        field = self.fields[name]
        assert isinstance(field, (RowField, RowsField))
        field.offer(rows, label)

    @classmethod
    def _stored(cls, action: Action, links: Links) -> dict[str, Any]:
        """What is stored, in the words of the form."""
        stored = (
            {name: getattr(action, name) for name in cls.OWN}
            | {
                "sector": action.sector_id,
                "pathway": action.pathway_id,
                "linked_pathways": [row.pk for row in links.pathways],
                "sdgs": [row.pk for row in links.sdgs],
                "hazards": [row.pk for row in links.hazards],
                "version": action.version,
                "cadence": action.cadence,
            }
            | cls.stored_facts(action, links.related)
        )
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
        self.clean_facts()
        self.clean_evidence()

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
        if self.begun_from and (given["indicator_name"], given["indicator_unit"], *filled[2:]) == (
            self.begun_from.indicator,
            self.begun_from.unit,
        ):  # only what the example proposed: nobody said what to reach
            given["indicator_name"] = ""
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
            filled = (
                field.value() for field in fields if field.name not in {"status", "cadence", "indicator_direction"}
            )
            found.append(
                {
                    "title": title,
                    "fields": fields,
                    "open": any(filled) or any(field.errors or field.name in self.observed for field in fields),
                }
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
            "values": {name: given[name] for name in self.OWN}
            | {"cadence": given["cadence"] or Cadence.QUARTERLY}
            | self.facts(),
            "linked_pathways": given["linked_pathways"],
            "sdgs": given["sdgs"],
            "hazards": given["hazards"],
            "related": self.related(),
            "evidence": self.evidence(),
            "indicator": indicator,
            "version": given["version"],
            "request_key": given["request_key"],
            "said": self.said(),
            "milestones": [
                (title, weight)
                for title, weight in (self.begun_from.milestones if self.begun_from else ())
                if title in given.get("milestones", ())
            ],
        }

    def said(self) -> dict[str, str]:
        """What each field says in words: as stored, or as typed once the form is valid."""
        typed = self.cleaned_data if self.is_bound else {}
        return {
            bound.name: self._words(bound, typed.get(bound.name) if self.is_bound else bound.initial)
            for bound in self.record_fields()
        }

    def record_fields(self) -> list[forms.BoundField]:
        """What is part of the record: neither its evidence, the words of a search, nor the steps of an example."""
        apart = ("evidence_", "related_words", "milestones")
        return [bound for bound in self.visible_fields() if not bound.name.startswith(apart)]

    def differences(self) -> list[tuple[str, str, str]]:
        """(field, what is stored now, what was typed) wherever the two differ."""
        found = []
        for bound in self.record_fields():
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
        if isinstance(value, tuple):
            value = f"{value[0].normalize():f}, {value[1].normalize():f}"
        values = value if isinstance(value, list) else [value]
        keys = [str(one.pk if isinstance(one, Model) else one) for one in values]
        return ", ".join(choices.get(key, key) for key in keys)
