"""Closed vocabularies of events."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class EventStatus(TextChoices):
    DRAFT = "draft", _("Borrador")
    PUBLISHED = "published", _("Publicado")
    CANCELLED = "cancelled", _("Cancelado")


class Admission(TextChoices):
    """Who may register: everybody, everybody with the institute's approval, or only who was invited."""

    OPEN = "open", _("Abierta a todas las personas")
    APPROVAL = "approval", _("Con aprobación del instituto")
    INVITED = "invited", _("Solo por invitación")


class RegistrationState(TextChoices):
    """Only *offered* and *confirmed* hold a seat."""

    UNCONFIRMED = "unconfirmed", _("Por confirmar el correo")
    REQUESTED = "requested", _("Por aprobar")
    WAITING = "waiting", _("En lista de espera")
    OFFERED = "offered", _("Lugar ofrecido")
    CONFIRMED = "confirmed", _("Confirmada")
    CANCELLED = "cancelled", _("Cancelada")


class CancelCause(TextChoices):
    """Why a registration is not alive any more."""

    PERSON = "person", _("La canceló la persona")
    STAFF = "staff", _("La canceló el instituto")
    NOT_ACCEPTED = "not-accepted", _("No se aprobó")
    OFFER_EXPIRED = "offer-expired", _("Venció el plazo para aceptar el lugar")
    EMAIL_UNCONFIRMED = "email-unconfirmed", _("No confirmó su correo")
    MERGED = "merged", _("La persona estaba inscrita dos veces")


class Audience(TextChoices):
    """To whom an announcement goes."""

    LIAISONS = "liaisons", _("Enlaces vigentes")
    VACANT = "vacant", _("Municipios sin titular vigente")
    SERIES = "series", _("Personas inscritas en un ciclo")


class QuestionKind(TextChoices):
    """The blocks that an event's registration form is built from."""

    TEXT = "text", _("Texto corto")
    LONG_TEXT = "long-text", _("Texto largo")
    CHOICE = "choice", _("Una opción")
    CHOICES = "choices", _("Varias opciones")
    NUMBER = "number", _("Número")
    YES_NO = "yes-no", _("Sí o no")
    CONSENT = "consent", _("Consentimiento")


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


class LibraryKind(TextChoices):
    """What the library keeps of events: a material of each kind, and what was written after the session."""

    RESULTS = "results", _("Resultados de la sesión")
    ANSWER = "answer", _("Respuesta a una pregunta guía")
    RECORDING = "recording", _("Grabación")
    SLIDES = "slides", _("Presentación")
    MINUTES = "minutes", _("Relatoría")
    DOCUMENT = "document", _("Documento")
    REFERENCE = "reference", _("Documento de referencia")
    SESSION = "session", _("Sesión sin resultados aún")


class AttendanceSource(TextChoices):
    CHECK_IN = "check-in", _("Registro en la entrada")
    STAFF = "staff", _("Lista del personal")
    PAPER = "paper", _("Lista en papel")
    IMPORT = "import", _("Informe de la videollamada")
    LIST = "list", _("Lista importada")


class RegistrationStatus(TextChoices):
    """What the public reads on an event: words, not counts."""

    NOT_OFFERED = "not-offered", _("Sin inscripción en línea")
    NOT_YET = "not-yet", _("La inscripción aún no abre")
    OPEN = "open", _("Inscripción abierta")
    WAITING_LIST = "waiting-list", _("Lista de espera")
    FULL = "full", _("Cupo lleno")
    CLOSED = "closed", _("Inscripción cerrada")
    BY_INVITATION = "by-invitation", _("Solo por invitación")


class ReminderAnchor(TextChoices):
    """What a stage of reminders counts from."""

    START = "start", _("el inicio")
    END = "end", _("el término")


class ReminderAudience(TextChoices):
    """Whom a stage of reminders reaches. Where no attendance was taken nobody is known to have stayed away."""

    CONFIRMED = "confirmed", _("Personas con lugar confirmado")
    WAITING = "waiting", _("Personas en lista de espera")
    ATTENDED = "attended", _("Quienes asistieron (o tenían lugar, si no se anotó asistencia)")
    ABSENT = "absent", _("Quienes tenían lugar y no asistieron")


class ReportFormat(TextChoices):
    """Who wrote an attendance report, as far as its shape tells."""

    ZOOM = "zoom", "Zoom"
    TEAMS = "teams", "Microsoft Teams"
    MEET = "meet", "Google Meet"
    OTHER = "other", _("Otro informe")
    SHEET = "sheet", _("Hoja capturada")
    LIST = "list", _("Lista importada")


class ImportState(TextChoices):
    """Only a *confirmed* import counts in the attendance."""

    PENDING = "pending", _("En revisión")
    CONFIRMED = "confirmed", _("Incorporada")
    REPLACED = "replaced", _("Sustituida por otra")
    DISCARDED = "discarded", _("Descartada")


class ImportDecision(TextChoices):
    """Who somebody in an attendance report is. Empty: nobody decided yet."""

    PERSON = "person", _("Es esta persona")
    NEW = "new", _("Es una persona nueva")
    IGNORE = "ignore", _("No cuenta")


class MatchReason(TextChoices):
    """Why the portal knows or supposes who somebody in a report is."""

    EMAIL = "email", _("mismo correo")
    ALIAS = "alias", _("se decidió antes")
    NAME_TOWN = "name-town", _("mismo nombre y municipio")
    NAME = "name", _("mismo nombre")
    NEAR = "near", _("nombre parecido")
    IGNORED = "ignored", _("no contó en otra sesión")
    HAND = "hand", _("decisión del personal")
