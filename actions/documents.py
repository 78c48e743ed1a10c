"""Published actions in the shape of GCoM's Common Reporting Framework, by a versioned mapping (docs/crf.md).

The mapping says which of our fields stands under which heading and in which words; nothing of a person is among them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _

from actions.enums import ActionKind, EstimateKind
from actions.models import ActionQuerySet, EmissionEstimate, Hazard, IndicatorReading

VERSION = 2
SIDES = (("mitigation", ActionKind.MITIGATION), ("adaptation", ActionKind.ADAPTATION))
Sheet = tuple[str, Sequence[Any], Iterable[Sequence[Any]]]


@dataclass(frozen=True)
class CrfMapping:
    """A version of the mapping, as its file has it."""

    version: int
    framework: str
    sectors: Mapping[str, Mapping[str, str]]
    hazards: Mapping[str, str]
    statuses: Mapping[str, str]
    columns: Sequence[Mapping[str, str]]

    def columns_of(self, side: str) -> list[Mapping[str, str]]:
        return [column for column in self.columns if column.get("only", side) == side]


@cache
def crf_mapping(version: int = VERSION) -> CrfMapping:
    with (Path(__file__).parent / "data" / f"crf-{version}.yaml").open(encoding="utf-8") as file:
        return CrfMapping(**yaml.safe_load(file))


def crf_sheets(actions: ActionQuerySet) -> list[Sheet]:
    """The workbook: what it is, mitigation, adaptation, and the vocabularies. An action that is both is on both."""
    mapping = crf_mapping()
    rows = [(action, crf_fields(action, mapping)) for action in _loaded(actions)]
    sheets: list[Sheet] = [(_("Léame"), [_("Con forma CRF")], [[line] for line in _about(mapping)])]
    for side, kind in SIDES:
        columns = mapping.columns_of(side)
        written = [
            [fields[column["field"]] for column in columns]
            for action, fields in rows
            if action.kind in {kind, ActionKind.BOTH}
        ]
        sheets.append((str(kind.label), [column["element"] for column in columns], written))
    return [*sheets, _vocabularies(mapping)]


def crf_fields(action: Any, mapping: CrfMapping) -> dict[str, Any]:
    """Every field that a mapping may name; unknown is an empty cell, and a word without translation says so."""
    sector = mapping.sectors.get(action.sector.code, {})
    no_match = _("sin equivalencia: {word}")
    split = action.beneficiaries_split_is_public
    hazards = {mapping.hazards.get(row.code, no_match.format(word=row.code)) for row in action.threats}
    return {
        "municipality": action.municipality.name,
        "cvegeo": action.municipality.cvegeo,
        "uid": str(action.uid),
        "title": action.title,
        "description": action.description,
        "mitigation_sector": sector.get("mitigation", no_match.format(word=action.sector.code)),
        "adaptation_sector": sector.get("adaptation", no_match.format(word=action.sector.code)),
        "hazards": "; ".join(sorted(hazards)),
        "responsible_area": action.responsible_area,
        "status": mapping.statuses.get(action.status, no_match.format(word=action.status)),
        "progress": action.progress,
        "starts_on": action.starts_on,
        "ends_on": action.ends_on,
        **_greenhouse_gases(list(action.emission_estimates.all())),
        "people_exposed": action.people_exposed,
        "beneficiaries": action.beneficiaries_total,
        "beneficiaries_women": action.beneficiaries_women if split else None,
        "beneficiaries_men": action.beneficiaries_men if split else None,
        "beneficiaries_unknown": action.beneficiaries_unknown if split else None,
        "budget": action.budget,
        "funding_source": action.funding_source,
        "indicators": "\n".join(_measured(row) for row in action.indicators.all()),
        "updated": action.updated_at.date(),
        "url": f"{settings.SITE_URL}{reverse('action_detail', args=[action.slug])}",
    }


def _loaded(actions: ActionQuerySet) -> ActionQuerySet:
    readings = Prefetch("indicators__readings", IndicatorReading.objects.order_by("date", "pk"))
    found = actions.select_related("municipality", "sector").defer("search_text")
    return found.prefetch_related(
        Prefetch("hazards", Hazard.objects.only("code"), to_attr="threats"),
        "indicators",
        readings,
        "emission_estimates",
    ).order_by("municipality__sort_name", "pk")


def _measured(indicator: Any) -> str:
    """«Canales limpios (km): 0; 12; 4 (2026-03-01)», with a question mark for what is unknown."""
    latest = list(indicator.readings.all())[-1:]
    now = f"{latest[0].value.normalize():f} ({latest[0].date.isoformat()})" if latest else "?"
    base = "?" if indicator.baseline is None else f"{indicator.baseline.normalize():f}"
    return f"{indicator.name} ({indicator.unit}): {base}; {indicator.target.normalize():f}; {now}"


def _greenhouse_gases(estimates: Sequence[EmissionEstimate]) -> dict[str, Any]:
    """Tonnes of CO2 equivalent. What is expected each year and what was achieved in a period are never added up."""
    expected = [row.tonnes for row in estimates if row.kind == EstimateKind.EXPECTED]
    achieved = [
        f"{row.tonnes.normalize():f} ({row.starts_on} / {row.ends_on})"
        for row in estimates
        if row.kind == EstimateKind.ACHIEVED
    ]
    return {
        "ghg_expected": sum(expected) if expected else None,
        "ghg_achieved": "\n".join(achieved),
        "ghg_basis": "\n".join(_basis(row) for row in estimates),
    }


def _basis(estimate: EmissionEstimate) -> str:
    """The cited factor with its year and the grade of its evidence; a typed method stays on the public page."""
    if not estimate.factor_name:
        return _("{activity}: método propio, en la página pública").format(activity=estimate.activity)
    said = _("{activity}: {name}, {value} {unit} ({year}, evidencia {grade}; {source})").format(
        activity=estimate.activity,
        name=estimate.factor_name,
        value=f"{estimate.factor_value.normalize():f}" if estimate.factor_value is not None else "?",
        unit=estimate.factor_unit,
        year=estimate.factor_year,
        grade=estimate.factor_evidence,
        source=estimate.factor_source,
    )
    return f"{said} · {_('solo CO₂')}" if estimate.only_co2 else said


def _about(mapping: CrfMapping) -> list[str]:
    return [
        _("Acciones publicadas, con la forma del marco común de reporte (CRF) del Pacto Global de Alcaldes."),
        _("No es un formato oficial del Pacto Global ni un reporte entregado a él."),
        _("Marco leído: {framework}. Correspondencia: versión {version}, explicada en docs/crf.md.").format(
            framework=mapping.framework, version=mapping.version
        ),
        _("Una celda vacía es un dato que el municipio no ha registrado: nunca significa cero."),
        _("No contiene nombres de personas: el área responsable es una oficina."),
    ]


def _vocabularies(mapping: CrfMapping) -> Sheet:
    sectors = [
        (_("Sector"), code, f"{row['mitigation']} / {row['adaptation']}") for code, row in mapping.sectors.items()
    ]
    hazards = [(_("Amenaza"), code, words) for code, words in mapping.hazards.items()]
    statuses = [(_("Situación"), code, words) for code, words in mapping.statuses.items()]
    return _("Vocabularios"), [_("Vocabulario"), _("Código del portal"), _("Palabra del CRF")], [
        *sectors, *hazards, *statuses,
    ]  # fmt: skip
