"""Messages on their way, the addresses that asked for none, and the pulse of the jobs that move them.

A message is a promise kept in the database: it is written in the same transaction as the fact it tells of, and it says
*what kind* of mail with *which ids*. The text is made when it is sent, from the rows as they are then, and is not kept.
"""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from outbox.enums import CLAIMED_STATES, FINAL_STATES, WAITING_STATES, MessageState, SuppressionReason


def normalise_email(address: str) -> str:
    """The form under which two spellings of an address are the same one: no blanks around, small letters."""
    return address.strip().lower()


class MessageQuerySet(models.QuerySet["Message"]):
    def waiting(self) -> Self:
        """Not begun yet, whether due or not."""
        return self.filter(state__in=WAITING_STATES)

    def unclaimed(self) -> Self:
        """Waiting, and in nobody's hands: never claimed, released, or claimed by a drain whose lease ran out."""
        return self.waiting().filter(Q(lease_until=None) | Q(lease_until__lt=Now()))

    def due(self) -> Self:
        """Unclaimed messages whose turn has come by the database's clock, oldest first."""
        return self.unclaimed().filter(next_attempt_at__lte=Now()).order_by("next_attempt_at", "pk")

    def overdue(self) -> Self:
        """Waiting although their own time has come, also those that wait for another attempt."""
        return self.waiting().filter(due_at__lte=Now())

    def expired(self) -> Self:
        """Waiting, but of no more use: an event that began sends no reminder."""
        return self.waiting().filter(expires_at__lte=Now())

    def abandoned(self) -> Self:
        """Being sent by a drain that did not come back within its lease: nobody knows whether they left."""
        return self.filter(state=MessageState.SENDING, lease_until__lt=Now())


class Message(models.Model):
    """One mail to one address. Written by :mod:`outbox.services`, moved on by :mod:`outbox.drain` alone."""

    state = models.CharField(
        _("estado"),
        max_length=12,
        choices=MessageState,
        default=MessageState.SCHEDULED,
        db_default=MessageState.SCHEDULED,
    )
    kind = models.CharField(_("tipo"), max_length=80, help_text=_("Nombre con que se registró quien redacta el texto."))
    dedupe_key = models.CharField(_("clave única"), max_length=200)
    to_email = models.CharField(_("dirección"), max_length=254)
    to_name = models.CharField(_("nombre"), max_length=160, blank=True, db_default="")
    language = models.CharField(_("idioma"), max_length=10)
    params = models.JSONField(
        _("datos"), default=dict, blank=True, help_text=_("Solo identificadores de filas, nunca textos.")
    )
    payload = models.JSONField(
        _("texto ya redactado"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Solo mientras espera, para enlaces que no se pueden volver a generar; se borra al terminar."),
    )
    cause = models.CharField(
        _("causa"), max_length=200, blank=True, db_default="", help_text=_("Qué hecho la originó.")
    )
    operational = models.BooleanField(
        _("operativo"), default=True, db_default=True, help_text=_("Necesario para un trámite: no admite baja.")
    )
    due_at = models.DateTimeField(_("hora prevista"), db_default=Now())
    expires_at = models.DateTimeField(_("caduca"), null=True, blank=True)
    next_attempt_at = models.DateTimeField(_("siguiente intento"), db_default=Now())
    attempts = models.PositiveSmallIntegerField(_("intentos"), default=0, db_default=0)
    message_id = models.CharField("Message-ID", max_length=255, unique=True)
    subject = models.CharField(_("asunto"), max_length=255, blank=True, db_default="", help_text=_("Como se envió."))
    last_response = models.TextField(_("última respuesta"), blank=True, db_default="")
    claim_token = models.UUIDField(_("turno"), null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(_("turno hasta"), null=True, blank=True, editable=False)
    sent_at = models.DateTimeField(_("enviado"), null=True, blank=True)
    created_at = models.DateTimeField(_("creado"), db_default=Now(), editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("mensaje")
        verbose_name_plural = _("mensajes")
        ordering = ("-due_at", "-pk")
        constraints = [
            models.UniqueConstraint(
                fields=["dedupe_key"],
                name="outbox_message_once",
                violation_error_message=_("Ese mensaje ya estaba en la bandeja de salida."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=MessageState.values),
                name="outbox_message_known_state",
                violation_error_message=_("El estado del mensaje no existe."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=CLAIMED_STATES) | Q(claim_token__isnull=False, lease_until__isnull=False),
                name="outbox_message_claim_has_lease",
                violation_error_message=_("Un mensaje en cola o enviándose tiene turno y plazo."),
            ),
            models.CheckConstraint(
                condition=~Q(state=MessageState.SENT) | Q(sent_at__isnull=False),
                name="outbox_message_sent_has_time",
                violation_error_message=_("Un mensaje enviado tiene hora de envío."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=FINAL_STATES) | Q(payload__isnull=True),
                name="outbox_message_keeps_no_text",
                violation_error_message=_("Un mensaje terminado no conserva su texto."),
            ),
        ]
        indexes = [
            models.Index(
                F("next_attempt_at"), F("id"), name="outbox_message_due", condition=Q(state__in=WAITING_STATES)
            ),
            models.Index(F("lease_until"), name="outbox_message_sending", condition=Q(state=MessageState.SENDING)),
            models.Index(F("due_at").desc(), F("id").desc(), name="outbox_message_newest"),
            models.Index(F("state"), F("due_at").desc(), F("id").desc(), name="outbox_message_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_final(self) -> bool:
        """Whether the portal will do nothing more with it by itself."""
        return self.state in FINAL_STATES


class Suppression(models.Model):
    """An address that gets no mail but what a procedure needs."""

    email = models.CharField(_("dirección"), max_length=254, help_text=_("Sin espacios y en minúsculas."))
    reason = models.CharField(_("motivo"), max_length=12, choices=SuppressionReason)
    since = models.DateTimeField(_("desde"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("dirección suprimida")
        verbose_name_plural = _("direcciones suprimidas")
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                name="outbox_suppression_once",
                violation_error_message=_("Esa dirección ya estaba suprimida."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} {self.pk}"


class Heartbeat(models.Model):
    """When a periodic job last began and last ended well: the only sign of life that is believed.

    A worker process can be alive and deaf (it happens after the broker returns), so nothing asks the process.
    """

    name = models.CharField(_("trabajo"), max_length=80, primary_key=True)
    last_started_at = models.DateTimeField(_("último inicio"), null=True, blank=True)
    last_succeeded_at = models.DateTimeField(_("último término correcto"), null=True, blank=True)
    last_error = models.TextField(_("último error"), blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("latido")
        verbose_name_plural = _("latidos")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
