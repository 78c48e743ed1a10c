"""Closed vocabularies of trainings."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class EnrolmentState(TextChoices):
    """Only *confirmed* holds a place in the training."""

    WAITING = "waiting", _("En lista de espera")
    CONFIRMED = "confirmed", _("Confirmada")
    CANCELLED = "cancelled", _("Cancelada")


# --- Accompaniment


class Side(TextChoices):
    """Who of the two writes, confirms or owes something."""

    INSTITUTE = "institute", _("el instituto")
    MUNICIPALITY = "municipality", _("el municipio")


class Stage(TextChoices):
    DESIGN = "design", _("Diseño")
    IMPLEMENTATION = "implementation", _("Implementación")
    FOLLOW_UP = "follow-up", _("Seguimiento")


class AccompanimentState(TextChoices):
    REQUESTED = "requested", _("Solicitado")
    DECLINED = "declined", _("No aceptado")
    ACCEPTED = "accepted", _("Aceptado, por asignar")
    ASSIGNED = "assigned", _("En curso")
    CLOSING = "closing", _("Cierre por confirmar")
    CLOSED = "closed", _("Concluido")


# From each state to those it may become; the services allow nothing else.
TRANSITIONS: dict[AccompanimentState, frozenset[AccompanimentState]] = {
    AccompanimentState.REQUESTED: frozenset({AccompanimentState.ACCEPTED, AccompanimentState.DECLINED}),
    AccompanimentState.DECLINED: frozenset(),
    AccompanimentState.ACCEPTED: frozenset({AccompanimentState.ASSIGNED}),
    AccompanimentState.ASSIGNED: frozenset({AccompanimentState.CLOSING}),
    AccompanimentState.CLOSING: frozenset({AccompanimentState.CLOSED, AccompanimentState.ASSIGNED}),
    AccompanimentState.CLOSED: frozenset({AccompanimentState.ASSIGNED}),
}


class ExpertSector(TextChoices):
    GOVERNMENT = "government", _("Gobierno")
    PRIVATE = "private", _("Sector privado")
    ACADEMIA = "academia", _("Academia")
    CIVIL_SOCIETY = "civil-society", _("Sociedad civil")


class SessionKind(TextChoices):
    """The two formats of the reference data that are no events."""

    ACCOMPANIMENT = "accompaniment", _("Asesoría")
    DOCUMENT_REVIEW = "document-review", _("Revisión de instrumentos")


class DocumentKind(TextChoices):
    SUPPORT = "support", _("De apoyo")
    VERSION = "version", _("Versión del instrumento")
    RESULT = "result", _("Resultado")


class Priority(TextChoices):
    HIGH = "high", _("Alta")
    MEDIUM = "medium", _("Media")
    LOW = "low", _("Baja")


class Reply(TextChoices):
    """What the municipality makes of a recommendation."""

    ACCEPTED = "accepted", _("Aceptada")
    PARTIAL = "partial", _("Aceptada en parte")
    REJECTED = "rejected", _("No aceptada")


class DutyKind(TextChoices):
    ANSWER = "answer", _("Responder la solicitud")
    ASSIGN = "assign", _("Asignar a quién acompaña")
    RECORD = "record", _("Registrar la sesión")
    CONFIRM = "confirm", _("Confirmar la sesión")
    AGREEMENT = "agreement", _("Cumplir el acuerdo")
    RECOMMEND = "recommend", _("Revisar la versión")
    REPLY = "reply", _("Responder las recomendaciones")
    CLOSE = "close", _("Confirmar el cierre")


# Days from when it became somebody's turn until it is late; an agreement has a day of its own.
DAYS = {
    DutyKind.ANSWER: 10,
    DutyKind.ASSIGN: 5,
    DutyKind.RECORD: 3,
    DutyKind.CONFIRM: 7,
    DutyKind.AGREEMENT: 0,
    DutyKind.RECOMMEND: 15,
    DutyKind.REPLY: 15,
    DutyKind.CLOSE: 7,
}


class TrainingForm(TextChoices):
    """The short forms that the people of a training get by a link."""

    BEFORE = "before", _("Evaluación antes")
    AFTER = "after", _("Evaluación después")
    SATISFACTION = "satisfaction", _("Encuesta de satisfacción")
