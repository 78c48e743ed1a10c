"""Closed vocabularies of events."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class EventStatus(TextChoices):
    DRAFT = "draft", _("Borrador")
    PUBLISHED = "published", _("Publicado")
    CANCELLED = "cancelled", _("Cancelado")


class RegistrationState(TextChoices):
    WAITING = "waiting", _("En lista de espera")
    CONFIRMED = "confirmed", _("Confirmada")
    CANCELLED = "cancelled", _("Cancelada")


class SpeakerRole(TextChoices):
    SPEAKER = "speaker", _("Ponente")
    MODERATOR = "moderator", _("Modera")
    FACILITATOR = "facilitator", _("Facilita")


class MaterialKind(TextChoices):
    REFERENCE = "reference", _("Documento de referencia")
    SLIDES = "slides", _("Presentación")
    RECORDING = "recording", _("Grabación")
    MINUTES = "minutes", _("Relatoría")
    DOCUMENT = "document", _("Documento")


class AttendanceSource(TextChoices):
    CHECK_IN = "check-in", _("Registro en la entrada")
    STAFF = "staff", _("Lista del personal")
    PAPER = "paper", _("Lista en papel")
    IMPORT = "import", _("Informe de la videollamada")


class RegistrationStatus(TextChoices):
    """What the public reads on an event: words, not counts."""

    NOT_OFFERED = "not-offered", _("Sin inscripción en línea")
    NOT_YET = "not-yet", _("La inscripción aún no abre")
    OPEN = "open", _("Inscripción abierta")
    WAITING_LIST = "waiting-list", _("Lista de espera")
    FULL = "full", _("Cupo lleno")
    CLOSED = "closed", _("Inscripción cerrada")
