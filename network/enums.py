"""Closed vocabularies of the network."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Role(TextChoices):
    """What an account may do besides what its designation gives. A liaison is no role but a designation in force."""

    PARTICIPANT = "participant", _("Participante")
    STAFF = "staff", _("Personal del instituto")
    ADMIN = "admin", _("Administración")


class Sex(TextChoices):
    """Sex as a person states it; an empty value means it is not known (*sin dato*)."""

    WOMAN = "woman", _("Mujer")
    MAN = "man", _("Hombre")
    OTHER = "other", _("Otro")
    UNDISCLOSED = "undisclosed", _("Prefiero no decir")


class PersonCategory(TextChoices):
    """Where a person comes from; an empty value means it is not known."""

    PUBLIC_SERVANT = "public-servant", _("Servidora o servidor público")
    GENERAL_PUBLIC = "general-public", _("Público en general")
    PRIVATE = "private", _("Sector privado")
    ACADEMIA = "academia", _("Academia")
    CIVIL_SOCIETY = "civil-society", _("Sociedad civil")


class AliasKind(TextChoices):
    """What a person is also known by."""

    EMAIL = "email", _("Correo")
    NAME = "name", _("Nombre")


class DuplicateReason(TextChoices):
    """Why two records may be one human."""

    EMAIL = "email", _("Mismo correo")
    PHONE = "phone", _("Mismo teléfono")
    NAME_PLACE = "name-place", _("Mismo nombre y municipio")
    NAME_INSTITUTION = "name-institution", _("Mismo nombre e institución")
    NAME_ONE_PLACE = "name-one-place", _("Mismo nombre; de una no se sabe el municipio")
    CLOSE_NAME = "close-name", _("Nombre igual o muy parecido")
    INSTITUTION = "institution", _("Misma institución")


class OrganisationRole(TextChoices):
    """How an institution takes part in a series or an event (documents 000 and 001)."""

    CONVENES = "convenes", _("Convoca")
    ORGANISES = "organises", _("Organiza")
    SUPPORTS = "supports", _("Apoya")
    FUNDS = "funds", _("Financia")
    PARTICIPATES = "participates", _("Participa")


class Modality(TextChoices):
    VIRTUAL = "virtual", _("Virtual")
    IN_PERSON = "in-person", _("Presencial")
    HYBRID = "hybrid", _("Híbrida")


class DesignationKind(TextChoices):
    TITULAR = "titular", _("Titular")
    SUPLENTE = "suplente", _("Suplente")


class DesignationState(TextChoices):
    PROPOSED = "proposed", _("Propuesta")
    IN_FORCE = "in-force", _("Vigente")
    ENDED = "ended", _("Concluida")
    REPLACED = "replaced", _("Sustituida")
    REJECTED = "rejected", _("Rechazada")


class InvitationState(TextChoices):
    """What became of an invitation; told from its three times, never stored."""

    PENDING = "pending", _("Pendiente")
    ACCEPTED = "accepted", _("Aceptada")
    EXPIRED = "expired", _("Caducada")
    REVOKED = "revoked", _("Retirada")


class LinkState(TextChoices):
    """How far a municipality is that was asked to propose its people; told from its rows, never stored."""

    NO_ADDRESS = "no-address", _("Sin correo")
    SENT = "sent", _("Enlace enviado")
    OPENED = "opened", _("Abierto")
    PROPOSED = "proposed", _("Propuesta")
    REJECTED = "rejected", _("Rechazada")
    VERIFIED = "verified", _("Verificada")


class ProgrammeState(TextChoices):
    """Where a municipality is with its climate programme. *Expired* also follows by itself where its day passed."""

    NONE = "none", _("Sin programa")
    PREPARATION = "preparation", _("En elaboración")
    PUBLISHED = "published", _("Publicado")
    EXPIRED = "expired", pgettext_lazy("programa", "Vencido")

    @property
    def tone(self) -> str:
        """How a badge says it."""
        return {"published": "ok", "preparation": "info", "expired": "warn"}.get(self.value, "neutral")


class CommunicationKind(TextChoices):
    """How the institute and a municipality were in touch."""

    CALL = "call", _("Llamada")
    MAIL = "mail", _("Correo")
    LETTER = "letter", _("Oficio")
    VISIT = "visit", _("Visita")
    MEETING = "meeting", _("Reunión")


class Rung(TextChoices):
    """As what somebody is told that something of a municipality is due: the ladder, from the first to the last."""

    TITULAR = "titular", _("titular")
    SUPLENTE = "suplente", _("suplente")
    INSTITUTE = "institute", _("instituto")


class ArcoKind(TextChoices):
    """What a person asks about the own data."""

    ACCESS = "access", _("Acceso")
    RECTIFICATION = "rectification", _("Rectificación")
    CANCELLATION = "cancellation", _("Cancelación")
    OPPOSITION = "opposition", _("Oposición")


class ArcoState(TextChoices):
    """Where a request about personal data is; :data:`ARCO_MOVES` says what may follow."""

    UNCONFIRMED = "unconfirmed", _("Correo por confirmar")
    RECEIVED = "received", _("Recibida")
    IDENTITY = "identity", _("Identidad por acreditar")
    IN_PROGRESS = "in-progress", _("En trámite")
    INCOMPLETE = "incomplete", _("Prevención: falta información")
    EXTENDED = "extended", _("Plazo ampliado")
    GRANTED = "granted", _("Respondida: procedente")
    DENIED = "denied", _("Respondida: improcedente")
    FULFILLED = "fulfilled", _("Cumplida")
    DISCARDED = "discarded", _("Desechada")


# State → what the desk may make of it.
ARCO_MOVES: dict[str, tuple[ArcoState, ...]] = {
    ArcoState.RECEIVED: (ArcoState.IDENTITY, ArcoState.IN_PROGRESS, ArcoState.DISCARDED),
    ArcoState.IDENTITY: (ArcoState.IN_PROGRESS, ArcoState.DISCARDED),
    ArcoState.IN_PROGRESS: (
        ArcoState.GRANTED,
        ArcoState.DENIED,
        ArcoState.INCOMPLETE,
        ArcoState.EXTENDED,
        ArcoState.DISCARDED,
    ),
    ArcoState.EXTENDED: (ArcoState.GRANTED, ArcoState.DENIED, ArcoState.INCOMPLETE, ArcoState.DISCARDED),
    ArcoState.INCOMPLETE: (ArcoState.IN_PROGRESS, ArcoState.DISCARDED),
    ArcoState.GRANTED: (ArcoState.FULFILLED,),
}
# Nothing more is owed to the person.
ARCO_CLOSED = (ArcoState.DENIED, ArcoState.FULFILLED, ArcoState.DISCARDED)
# The ball is with the person: the desk waits.
ARCO_WITH_PERSON = (ArcoState.UNCONFIRMED, ArcoState.IDENTITY, ArcoState.INCOMPLETE)


class LoadKind(TextChoices):
    """What a spreadsheet holds."""

    ACTIONS = "actions", _("Acciones")
    DESIGNATIONS = "designations", _("Designaciones")
    CONTACTS = "contacts", _("Contactos de los municipios")
    EVENTS = "events", _("Eventos pasados")
    ATTENDANCE = "attendance", _("Asistencia a eventos pasados")


class LoadState(TextChoices):
    PENDING = "pending", _("Por confirmar")
    DONE = "done", _("Cargada")
    DISCARDED = "discarded", _("Descartada")


class Verdict(TextChoices):
    """What a row of a spreadsheet would do. *Kept*: it is there already and says something else, and stays as it is."""

    NEW = "new", _("Nueva")
    CHANGED = "changed", _("Cambia")
    EQUAL = "equal", _("Igual")
    KEPT = "kept", _("Ya está")
    REFUSED = "refused", _("Rechazada")


class Act(TextChoices):
    """What the audit trail knows. Acts of the apps above are named here too: it is one vocabulary for whoever reads."""

    SIGNED_IN = "signed-in", _("Entró")
    PASSWORD_CHANGED = "password-changed", _("Cambió su contraseña")
    FACTOR_ADDED = "factor-added", _("Agregó un segundo paso")
    FACTOR_REMOVED = "factor-removed", _("Quitó un segundo paso")
    SESSIONS_ENDED = "sessions-ended", _("Cerró sus demás sesiones")
    ACCOUNT_DECIDED = "account-decided", _("Cambió el papel o el estado de una cuenta")
    SETTINGS_CHANGED = "settings-changed", _("Cambió los ajustes")
    RETENTION_CHANGED = "retention-changed", _("Cambió plazos de conservación")
    NOTICE_PUBLISHED = "notice-published", _("Publicó un aviso de privacidad")
    PERSON_EDITED = "person-edited", _("Corrigió a una persona")
    PEOPLE_MERGED = "people-merged", _("Unió dos personas")
    MERGE_UNDONE = "merge-undone", _("Deshizo una unión")
    PERSON_ERASED = "person-erased", _("Suprimió a una persona")
    OWN_DATA_SENT = "own-data-sent", _("Envió a una persona sus datos")
    RIGHTS_MOVED = "rights-moved", _("Dio un paso en una solicitud ARCO")
    DESIGNATION_RECORDED = "designation-recorded", _("Registró una designación")
    DESIGNATION_EDITED = "designation-edited", _("Corrigió una designación")
    DESIGNATION_ENDED = "designation-ended", _("Concluyó una designación")
    DESIGNATION_VERIFIED = "designation-verified", _("Verificó una propuesta")
    DESIGNATION_REJECTED = "designation-rejected", _("Rechazó una propuesta")
    LINK_REVOKED = "link-revoked", _("Retiró un enlace para proponer")
    INVITED = "invited", _("Invitó a abrir una cuenta")
    ACTION_REVIEWED = "action-reviewed", _("Revisó una acción")
    CERTIFICATES_ISSUED = "certificates-issued", _("Emitió constancias")
    CERTIFICATE_REPLACED = "certificate-replaced", _("Sustituyó una constancia")
    CERTIFICATE_REVOKED = "certificate-revoked", _("Revocó una constancia")
    REPORT_ISSUED = "report-issued", _("Emitió un informe")
    REPORT_CORRECTED = "report-corrected", _("Corrigió un informe emitido")
    MAILED = "mailed", _("Escribió a muchas personas")
    MAIL_RESENT = "mail-resent", _("Reenvió un mensaje")
    MAIL_GIVEN_UP = "mail-given-up", _("Desistió de un mensaje")
    ADDRESS_LIFTED = "address-lifted", _("Volvió a permitir una dirección")
    CAMPAIGN_CANCELLED = "campaign-cancelled", _("Canceló una campaña de renovación")
    FILE_READ = "file-read", _("Leyó un archivo con datos personales")
    AUDIT_READ = "audit-read", _("Leyó la auditoría")
