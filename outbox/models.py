"""Messages on their way, the addresses that get none, and the pulse of the jobs that move them.

A message is a promise kept in the database: it is written in the same transaction as the fact it tells of, and it says
*what kind* of mail with *which ids*. The text is made when it is sent, from the rows as they are then, and is not kept.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Self

from django.db import connections, models
from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from outbox.enums import CLAIMED_STATES, FINAL_STATES, WAITING_STATES, MessageState, SuppressionReason

# Beyond this a number is shown as "more than".
COUNTED = 10_000


def normalise_email(address: str) -> str:
    """The form under which two spellings of an address are the same one: no blanks around, small letters."""
    return address.strip().lower()


class MessageQuerySet(models.QuerySet["Message"]):
    def waiting(self) -> Self:
        """Not begun yet, whether due or not."""
        return self.filter(state__in=WAITING_STATES)

    def to_address(self, email: str) -> Self:
        """To this address, however it was spelt."""
        return self.alias(address=Lower("to_email")).filter(address=normalise_email(email))

    def by_mailing(self, names: Collection[str]) -> dict[str, dict[str, int]]:
        """How the mails of these mailings stand: mailing → state → number, in one query. A copy that staff sent again
        is not one of them: its original is."""
        counts = self.filter(mailing__in=names).order_by().values_list("mailing", "state").annotate(n=Count("pk"))
        found: dict[str, dict[str, int]] = {}
        for mailing, state, number in counts:
            found.setdefault(str(mailing), {})[state] = number
        return found

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

    def sent_within(self, span: timedelta) -> Self:
        """Sent not longer ago than this, by the database's clock."""
        return self.filter(state=MessageState.SENT, sent_at__gt=Now() - span)

    def counts(self) -> dict[str, int]:
        """How many there are in each state, in one query, and never more than :data:`COUNTED` of each: a million sent
        messages are not counted for a page."""
        one = "SELECT '{0}', (SELECT count(*) FROM (SELECT 1 FROM outbox_message WHERE state = '{0}' LIMIT {1}) AS few)"
        parts = [one.format(state.value, COUNTED) for state in MessageState]  # words of our own
        with connections[self.db].cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts))
            return dict(cursor.fetchall())

    def flow(self) -> dict[str, int]:
        """What left in the last hour and the last day, and copies of messages that may have left already."""
        in_this_hour = Count("pk", filter=Q(sent_at__gt=Now() - timedelta(hours=1)))
        found = self.sent_within(timedelta(days=1)).order_by().aggregate(hour=in_this_hour, day=Count("pk"))
        return found | {"doubled": self.filter(copy_of__state=MessageState.IN_DOUBT).count()}

    def abandoned(self) -> Self:
        """Being sent by a drain that did not come back within its lease: nobody knows whether they left."""
        return self.filter(state=MessageState.SENDING, lease_until__lt=Now())


class Message(models.Model):
    """One mail to one address. Written by :mod:`outbox.services`, moved on by :mod:`outbox.drain` alone."""

    # Set by a claim: a drain died, or took too long, with this message in its hands.
    is_suspect = False

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
    # No blank text: an index of what is not null serves both databases, of what is not blank only one of them.
    mailing = models.CharField(
        _("envío"), max_length=60, null=True, blank=True, help_text=_("Lo que se mandó de una vez a muchas personas.")
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
    bounced = models.BooleanField(
        _("dirección rechazada"), default=False, db_default=False, help_text=_("El servidor dijo que no existe.")
    )
    deaths = models.PositiveSmallIntegerField(
        _("caídas"), default=0, db_default=0, help_text=_("Veces que el proceso murió mientras lo redactaba.")
    )
    copy_of = models.ForeignKey(
        "self",
        verbose_name=_("copia de"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="copies",
        db_index=False,
    )
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
            models.UniqueConstraint(
                fields=["copy_of"],
                condition=Q(copy_of__isnull=False),
                name="outbox_message_one_copy",
                violation_error_message=_("Ese mensaje ya se reenvió."),
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
            models.Index(Lower("to_email"), F("created_at"), name="outbox_message_address"),
            models.Index(F("lease_until"), name="outbox_message_sending", condition=Q(state=MessageState.SENDING)),
            models.Index(F("due_at").desc(), F("id").desc(), name="outbox_message_newest"),
            models.Index(F("state"), F("due_at").desc(), F("id").desc(), name="outbox_message_by_state"),
            models.Index(F("sent_at"), name="outbox_message_sent", condition=Q(state=MessageState.SENT)),
            models.Index(F("mailing"), F("id"), name="outbox_message_mailing", condition=Q(mailing__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_final(self) -> bool:
        """Whether the portal will do nothing more with it by itself."""
        return self.state in FINAL_STATES


class Step(models.Model):
    """What happened to a message between its creation and its end: attempts that failed, doubts, what staff decided.

    That it was sent is a column of the message itself, so most messages have no step.
    """

    message = models.ForeignKey(Message, verbose_name=_("mensaje"), on_delete=models.CASCADE, related_name="steps")
    state = models.CharField(_("estado"), max_length=12, choices=MessageState)
    text = models.TextField(_("qué pasó"), blank=True, db_default="")
    cause = models.CharField(_("causa"), max_length=200, blank=True, db_default="")
    at = models.DateTimeField(_("cuándo"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("paso de un mensaje")
        verbose_name_plural = _("pasos de un mensaje")
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.message_id} {self.state}"


class DigestLineQuerySet(models.QuerySet["DigestLine"]):
    def about(self, subject: str, subject_id: int) -> Self:
        """Everything that was ever told, or is about to be, of one thing."""
        return self.filter(subject=subject, subject_id=subject_id)

    def of_digest(self, dedupe_key: str) -> Self:
        """What the mail with this key tells; a copy that staff send again tells the same."""
        return self.filter(message__dedupe_key=dedupe_key).order_by("pk")


class DigestLine(models.Model):
    """One thing that a digest tells one reader. Its key (thing, occasion, reader) says that it is told once, whichever
    mail carries it. Ids and codes only. It goes with its message (MAIL_KEPT_DAYS).
    """

    message = models.ForeignKey(Message, verbose_name=_("mensaje"), on_delete=models.CASCADE, related_name="lines")
    subject = models.CharField(_("de qué"), max_length=40, help_text=_("Qué clase de cosa: action, designation…"))
    subject_id = models.BigIntegerField(_("número"))
    occasion = models.CharField(_("ocasión"), max_length=60, help_text=_("Por qué se avisa y de qué fecha."))
    reader = models.CharField(_("a quién"), max_length=60)
    rung = models.CharField(_("en calidad de"), max_length=20)

    objects = DigestLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("línea de un aviso")
        verbose_name_plural = _("líneas de un aviso")
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "subject_id", "occasion", "reader"],
                name="outbox_digest_line_once",
                violation_error_message=_("De eso ya se avisó a esa persona."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.subject_id} {self.occasion}"


class MailTextQuerySet(models.QuerySet["MailText"]):
    def newest(self) -> Self:
        """The last version of each text, variant and language."""
        same = {name: OuterRef(name) for name in ("name", "variant", "language")}
        return self.exclude(Exists(MailText.objects.filter(**same, version__gt=OuterRef("version"))))


class MailText(models.Model):
    """One version of the words that staff gave a mail; the newest counts and the older ones stay.

    ``name`` and ``variant`` are those of :class:`outbox.registry.TextKind`; an empty variant stands for all of them.
    """

    name = models.CharField(_("texto"), max_length=80)
    variant = models.CharField(_("variante"), max_length=60, blank=True, db_default="")
    language = models.CharField(_("idioma"), max_length=10)
    version = models.PositiveIntegerField(_("versión"))
    is_original = models.BooleanField(
        _("texto original"), default=False, db_default=False, help_text=_("Volvió a las palabras de origen.")
    )
    subject = models.CharField(_("asunto"), max_length=150, blank=True, db_default="")
    body = models.TextField(_("texto"), blank=True, db_default="")
    cause = models.CharField(_("quién lo escribió"), max_length=200, blank=True, db_default="")
    created_at = models.DateTimeField(_("creado"), db_default=Now(), editable=False)

    objects = MailTextQuerySet.as_manager()

    class Meta:
        verbose_name = _("versión de un texto de correo")
        verbose_name_plural = _("versiones de textos de correo")
        ordering = ("name", "variant", "language", "-version")
        constraints = [
            models.UniqueConstraint(
                fields=["name", "variant", "language", "version"],
                name="outbox_mail_text_version_once",
                violation_error_message=_("Alguien más guardó este texto."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.variant} {self.language} {self.version}"


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def active(self) -> Self:
        return self.filter(lifted_at=None)


class Suppression(models.Model):
    """An address that gets no mail but what a procedure needs, until it is lifted."""

    email = models.CharField(_("dirección"), max_length=254, help_text=_("Sin espacios y en minúsculas."))
    reason = models.CharField(_("motivo"), max_length=12, choices=SuppressionReason)
    last_response = models.TextField(
        _("última respuesta"), blank=True, db_default="", help_text=_("Lo que dijo el servidor de correo.")
    )
    since = models.DateTimeField(_("desde"), db_default=Now(), editable=False)
    lifted_at = models.DateTimeField(_("levantada"), null=True, blank=True)
    lift_reason = models.CharField(_("por qué se levantó"), max_length=300, blank=True, db_default="")
    lift_cause = models.CharField(_("quién la levantó"), max_length=200, blank=True, db_default="")

    objects = SuppressionQuerySet.as_manager()

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


class PreferenceQuerySet(models.QuerySet["Preference"]):
    def of_addresses(self, addresses: Collection[str]) -> dict[str, "Preference"]:
        """What the holders of these (normalised) addresses chose, by address. One query, none for nobody."""
        return {row.email: row for row in self.filter(email__in=addresses)} if addresses else {}


class Preference(models.Model):
    """What the holder of an address chose about the mail that no procedure needs. No row: everything, as it comes.

    It is about the address and not about an account or a registration: most people have none, and the same address may
    have several. Staff see it and cannot change it.
    """

    email = models.CharField(_("dirección"), max_length=254, help_text=_("Sin espacios y en minúsculas."))
    muted = models.JSONField(
        _("no quiere"),
        default=list,
        blank=True,
        help_text=_("Grupos de correo, por su nombre registrado."),
    )
    language = models.CharField(
        _("idioma"), max_length=10, blank=True, db_default="", help_text=_("Vacío: el de cada trámite.")
    )
    changed_at = models.DateTimeField(_("cambió"), db_default=Now(), editable=False)

    objects = PreferenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("preferencia de correo")
        verbose_name_plural = _("preferencias de correo")
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                name="outbox_preference_once",
                violation_error_message=_("Esa dirección ya tiene preferencias."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class Heartbeat(models.Model):
    """When a periodic job last began and last ended well: the only sign of life that is believed.

    A worker process can be alive and deaf (it happens after the broker returns), so nothing asks the process.
    """

    name = models.CharField(_("trabajo"), max_length=80, primary_key=True)
    last_started_at = models.DateTimeField(_("último inicio"), null=True, blank=True)
    last_succeeded_at = models.DateTimeField(_("último término correcto"), null=True, blank=True)
    last_error = models.TextField(_("último error"), blank=True, default="", db_default="")
    watched_since = models.DateTimeField(_("vigilado desde"), db_default=Now(), editable=False)
    alarm_at = models.DateTimeField(
        _("alarma"), null=True, blank=True, help_text=_("Cuándo se avisó, o se intentó avisar, de que no late.")
    )
    alarm_sent = models.BooleanField(_("alarma enviada"), default=False, db_default=False)

    class Meta:
        verbose_name = _("latido")
        verbose_name_plural = _("latidos")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
