"""The open interface to trainings: read-only, for everybody, published ones only; the figures of the public pages."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from ninja import Field, Query, Router, Schema

from network.rules import AnyUser
from trainings.figures import ByModality, Sheet, Target, sheets
from trainings.models import Training, TrainingQuerySet
from trainings.rules import visible_trainings
from web.templatetags.components import percent_of

router = Router(tags=["capacitaciones"])
PAGE = 100


class SharesOut(Schema):
    """Each with its denominator in words: ``50.8 % (123 de 242)``."""

    mujeres_de_sexo_conocido: str
    mujeres_de_toda_la_meta: str


class TargetOut(Schema):
    """Whom it is aimed at; null is not known, never zero."""

    personas: int | None
    modalidad_conocida: int
    en_linea: int | None
    presenciales: int | None
    sexo_conocido: int
    mujeres: int | None
    hombres: int | None
    porcentajes: SharesOut | None


class SexOut(Schema):
    mujeres: int
    hombres: int
    otro: int
    prefiere_no_decir: int
    sin_dato: int


class ModalityOut(Schema):
    en_linea: int
    presenciales: int
    sin_dato: int


class ReachOut(Schema):
    """Whom its sessions reached; a null split is withheld, for a cell of one or two persons would tell of them."""

    asistencias: int
    personas_unicas: int
    asistencias_por_sexo: SexOut | None
    personas_por_sexo: SexOut | None
    asistencias_por_modalidad: ModalityOut | None
    personas_por_modalidad: ModalityOut | None


class TrainingOut(Schema):
    slug: str
    titulo: str
    url: str
    formato: str
    modalidad: str
    horas: float | None
    fuente: str
    instituciones: list[str]
    meta: TargetOut
    sesiones_realizadas: int
    alcance: ReachOut | None = Field(description="Null where no attendance was written down by name.")


class TrainingsOut(Schema):
    total: int
    siguiente: int | None = Field(description="The next page, null on the last one.")
    meta_en_conjunto: TargetOut
    capacitaciones: list[TrainingOut]


class ErrorOut(Schema):
    detail: Any


class Filters(Schema):
    camino: str = Field("", max_length=40, description="Code of a pathway.")
    fuente: str = Field("", max_length=40, description="Source document, for example 002.")
    pagina: int = Field(1, ge=1, le=10_000)


@router.get("/capacitaciones/", response={200: TrainingsOut, 422: ErrorOut}, url_name="trainings")
def trainings(request: HttpRequest, filters: Query[Filters]) -> dict[str, Any]:
    """Published trainings, the newest first, :data:`PAGE` a page; the sum of targets is that of all pages."""
    found = _published(request.user)
    if filters.camino:
        found = found.filter(pathway__code=filters.camino)
    if filters.fuente:
        found = found.filter(source=filters.fuente)
    everything = sheets(found.order_by("-created_at", "-pk"))
    last = filters.pagina * PAGE
    return {
        "total": len(everything.rows),
        "siguiente": filters.pagina + 1 if last < len(everything.rows) else None,
        "meta_en_conjunto": _target(everything.target),
        "capacitaciones": [_training(sheet) for sheet in everything.rows[last - PAGE : last]],
    }


@router.get("/capacitaciones/{slug}/", response={200: TrainingOut, 404: ErrorOut, 422: ErrorOut}, url_name="training")
def training(request: HttpRequest, slug: str) -> dict[str, Any]:
    """One published training."""
    row: Training = get_object_or_404(_published(request.user), slug=slug)
    return _training(sheets([row]).rows[0])


def _published(user: AnyUser) -> TrainingQuerySet:
    return visible_trainings(user).published().with_targets()


def _training(sheet: Sheet) -> dict[str, Any]:
    reach = sheet.reach
    return {
        "slug": sheet.slug,
        "titulo": sheet.title,
        "url": reverse("training_detail", args=[sheet.slug]),
        "formato": sheet.format,
        "modalidad": sheet.modality,
        "horas": sheet.hours,
        "fuente": sheet.source,
        "instituciones": sheet.organisations,
        "meta": _target(sheet.target),
        "sesiones_realizadas": sheet.sessions_held,
        "alcance": reach
        and {
            "asistencias": reach.attendances,
            "personas_unicas": reach.persons,
            "asistencias_por_sexo": _sexes(reach.attendances_by_sex),
            "personas_por_sexo": _sexes(reach.persons_by_sex),
            "asistencias_por_modalidad": _modalities(reach.attendances_by_modality),
            "personas_por_modalidad": _modalities(reach.persons_by_modality),
        },
    }


def _target(target: Target) -> dict[str, Any]:
    sexes, ways = bool(target.sex_known), bool(target.modality_known)
    return {
        "personas": target.people or None,
        "modalidad_conocida": target.modality_known,
        "en_linea": target.virtual if ways else target.virtual_alone or None,
        "presenciales": target.in_person if ways else target.in_person_alone or None,
        "sexo_conocido": target.sex_known,
        "mujeres": target.women if sexes else target.women_alone or None,
        "hombres": target.men if sexes else target.men_alone or None,
        "porcentajes": {
            "mujeres_de_sexo_conocido": percent_of(target.women, target.sex_known),
            "mujeres_de_toda_la_meta": percent_of(target.women, target.people),
        }
        if sexes
        else None,
    }


def _sexes(split: Any) -> dict[str, int] | None:
    names = {"women": "mujeres", "men": "hombres", "other": "otro", "undisclosed": "prefiere_no_decir"}
    return split and {names.get(name, "sin_dato"): count for name, count in asdict(split).items()}


def _modalities(split: ByModality | None) -> dict[str, int] | None:
    if split is None:
        return None
    return {"en_linea": split.virtual, "presenciales": split.in_person, "sin_dato": split.unknown}
