"""What people ask about their own data (ARCO), the clock of the answer, and how long each kind of data is kept."""

import datetime
import secrets

from django.core.signing import BadSignature, TimestampSigner
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from network.enums import ARCO_CLOSED, ARCO_MOVES, ARCO_WITH_PERSON, ArcoKind, ArcoState
from network.models.accounts import User
from network.models.designations import private_storage
from network.models.people import Person
from network.models.privacy import PrivacyNotice
from web.search import matching

# The link in the mail that proves the address.
CONFIRM_WITHIN = datetime.timedelta(days=3)
_confirm_signer = TimestampSigner(salt="network.arco-confirm", sep=".")


def new_token() -> str:
    """128 random bits for a person's own link."""
    return secrets.token_urlsafe(16)


def arco_file_path(instance: "ArcoStep", filename: str) -> str:
    return f"derechos/{secrets.token_hex(16)}.{filename.rsplit('.', 1)[-1].lower()}"


class NonWorkingDay(models.Model):
    """A day besides Saturdays and Sundays on which the clock of the answers stands still."""

    day = models.DateField(_("día"), unique=True, error_messages={"unique": _("Ese día ya está en el calendario.")})
    name = models.CharField(_("motivo"), max_length=120)

    class Meta:
        ordering = ["day"]
        verbose_name = _("día inhábil")
        verbose_name_plural = _("días inhábiles")

    def __str__(self) -> str:
        return f"{self.day}"


SOME_DAYS = [MinValueValidator(1), MaxValueValidator(120)]


class RightsDeadlines(models.Model):
    """How many working days each step of a request may take. One row; what an institution is bound to, it sets here."""

    answer_days = models.PositiveSmallIntegerField(
        _("para responder"), default=20, help_text=_("Desde que la persona confirma su correo.")
    )
    extension_days = models.PositiveSmallIntegerField(
        _("de ampliación"), default=10, help_text=_("Lo que se suma, una sola vez, si el plazo se amplía.")
    )
    completion_days = models.PositiveSmallIntegerField(
        _("para que la persona complete"),
        default=10,
        help_text=_("Cuando falta información; el plazo para responder empieza de nuevo al recibirla."),
    )
    fulfilment_days = models.PositiveSmallIntegerField(
        _("para hacer efectivo"), default=15, help_text=_("Desde la respuesta procedente.")
    )
    notice_days = models.PositiveSmallIntegerField(
        _("avisar antes"), default=3, help_text=_("Cuántos días hábiles antes de vencer se avisa a la administración.")
    )
    link_days = models.PositiveSmallIntegerField(_("días naturales que sirve el enlace a los propios datos"), default=7)

    class Meta:
        verbose_name = _("plazos de los derechos ARCO")
        verbose_name_plural = _("plazos de los derechos ARCO")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="network_rights_deadlines_single_row")]

    @classmethod
    def current(cls) -> "RightsDeadlines":
        return cls.objects.filter(pk=1).first() or cls(pk=1)


class ArcoRequestQuerySet(models.QuerySet["ArcoRequest"]):
    def matching(self, words: str) -> "ArcoRequestQuerySet":
        """Every word stands in the name, the e-mail or the folio's number."""
        return matching(self, words, "name", "email", "number")

    def confirmed(self) -> "ArcoRequestQuerySet":
        """Those that exist for the desk: whoever asks has proven the address."""
        return self.exclude(state=ArcoState.UNCONFIRMED)

    def open(self) -> "ArcoRequestQuerySet":
        return self.confirmed().exclude(state__in=ARCO_CLOSED)

    def overdue(self) -> "ArcoRequestQuerySet":
        """The desk owes something and its day has passed."""
        return self.open().exclude(state__in=ARCO_WITH_PERSON).filter(due_on__lt=timezone.localdate())

    def urgent_first(self) -> "ArcoRequestQuerySet":
        """What is overdue, what falls due next, and last what is over."""
        closed = Case(When(state__in=ARCO_CLOSED, then=Value(1)), default=Value(0))
        return self.order_by(closed, F("due_on").asc(nulls_last=True), "-pk")

    def to_confirm(self, code: str) -> "ArcoRequestQuerySet":
        """The one whose address this code proves; none where it is not ours or too old."""
        try:
            return self.filter(pk=int(_confirm_signer.unsign(code, max_age=CONFIRM_WITHIN)))
        except (BadSignature, ValueError):
            return self.none()


class ArcoRequest(models.Model):
    """What somebody asks about personal data. It counts from the moment the address is confirmed.

    ``clock_from`` is the day from which the working days of the present step are counted and ``due_on`` the last one;
    both are written by the services alone. ``person`` is who it was found to be.
    """

    number = models.CharField(max_length=20, unique=True, null=True, editable=False)
    token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    form_key = models.CharField(max_length=64, unique=True, null=True, editable=False)
    kind = models.CharField(_("derecho"), max_length=16, choices=ArcoKind)
    state = models.CharField(_("estado"), max_length=16, choices=ArcoState, default=ArcoState.UNCONFIRMED)
    name = models.CharField(_("nombre completo"), max_length=160)
    email = models.EmailField(_("correo electrónico"))
    asks = models.TextField(_("qué pide"), max_length=4000)
    represents = models.CharField(_("en nombre de"), max_length=160, blank=True)
    language = models.CharField(max_length=2, default="es")
    privacy_notice = models.ForeignKey(PrivacyNotice, on_delete=models.PROTECT, null=True, related_name="+")
    consented_at = models.DateTimeField(null=True)
    person = models.ForeignKey(
        Person,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="arco_requests",
        verbose_name=_("persona"),
    )
    identity_how = models.CharField(_("cómo se acreditó la identidad"), max_length=300, blank=True)
    identity_at = models.DateTimeField(null=True)
    identity_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    clock_from = models.DateField(null=True)
    due_on = models.DateField(_("vence"), null=True)
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    redacted_at = models.DateTimeField(null=True)

    objects = ArcoRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("solicitud ARCO")
        verbose_name_plural = _("solicitudes ARCO")
        constraints = [
            models.CheckConstraint(
                condition=Q(state=ArcoState.UNCONFIRMED) | Q(confirmed_at__isnull=False, number__isnull=False),
                name="network_arco_confirmed_has_number",
                violation_error_message=_("Una solicitud recibida tiene folio y fecha."),
            ),
            models.CheckConstraint(
                condition=~Q(
                    state__in=[ArcoState.IN_PROGRESS, ArcoState.EXTENDED, ArcoState.GRANTED, ArcoState.FULFILLED]
                )
                | Q(identity_at__isnull=False),
                name="network_arco_granted_to_known",
                violation_error_message=_("Antes de tramitar se acredita la identidad."),
            ),
        ]
        indexes = [models.Index(fields=["state", "due_on"], name="network_arco_due")]

    def __str__(self) -> str:
        return self.folio

    @property
    def folio(self) -> str:
        """What is said on the phone; it opens nothing."""
        return self.number or ""

    @property
    def confirmation_code(self) -> str:
        """What the mail carries and nobody else knows: it proves the address."""
        return _confirm_signer.sign(str(self.pk))

    @property
    def moves(self) -> tuple[ArcoState, ...]:
        """What the desk may make of it now."""
        return ARCO_MOVES.get(self.state, ())

    @property
    def is_closed(self) -> bool:
        return self.state in ARCO_CLOSED

    @property
    def is_overdue(self) -> bool:
        """The same rule as :meth:`ArcoRequestQuerySet.overdue`."""
        waits = self.is_closed or self.state in ARCO_WITH_PERSON
        return not waits and self.due_on is not None and self.due_on < timezone.localdate()


class ArcoStep(models.Model):
    """One step of a request. ``text`` and ``file`` are what desk and person tell each other; ``note`` the desk keeps.

    ``by`` is who of the desk did it; none where it was the person.
    """

    request = models.ForeignKey(ArcoRequest, on_delete=models.CASCADE, related_name="steps")
    state = models.CharField(max_length=16, choices=ArcoState)
    text = models.TextField(_("texto"), max_length=6000, blank=True)
    note = models.CharField(_("nota interna"), max_length=300, blank=True)
    file = models.FileField(_("archivo"), upload_to=arco_file_path, storage=private_storage, blank=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        verbose_name = _("paso de una solicitud ARCO")
        verbose_name_plural = _("pasos de solicitudes ARCO")

    def __str__(self) -> str:
        return f"{self.request_id} {self.state}"


class RetentionDays(models.Model):
    """Days that staff set for a kind of data; without a row its own default counts (``network.registry.Retention``)."""

    name = models.CharField(_("regla"), max_length=60, unique=True)
    days = models.PositiveIntegerField(_("días"))

    class Meta:
        verbose_name = _("plazo de conservación")
        verbose_name_plural = _("plazos de conservación")

    def __str__(self) -> str:
        return self.name


class RetentionRun(models.Model):
    """What the retention took out: which rule, how many, when. No personal data."""

    name = models.CharField(_("regla"), max_length=60)
    days = models.PositiveIntegerField(_("días"))
    erased = models.PositiveIntegerField(_("cuántos"))
    at = models.DateTimeField(_("cuándo"), auto_now_add=True)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("limpieza de datos")
        verbose_name_plural = _("limpiezas de datos")

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"
