"""Who takes part in a training, and who gives it."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.models import Registration, new_token
from municipalities.models import Municipality
from network.enums import Modality, PersonCategory, Sex
from network.models import Person, PrivacyNotice, User
from trainings.enums import EnrolmentState
from trainings.models.trainings import Training


class Facilitator(models.Model):
    """Who gives a training. Public only with a recorded consent."""

    training = models.ForeignKey(Training, on_delete=models.CASCADE, related_name="facilitators")
    name = models.CharField(_("nombre"), max_length=160)
    affiliation = models.CharField(_("institución o cargo"), max_length=200, blank=True)
    consent_on = models.DateField(
        _("consintió publicar su nombre el"), null=True, blank=True,
        help_text=_("Sin esta fecha el nombre no aparece en público."),
    )  # fmt: skip
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("persona facilitadora")
        verbose_name_plural = _("personas facilitadoras")


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def live(self) -> "EnrolmentQuerySet":
        return self.exclude(state=EnrolmentState.CANCELLED)

    def confirmed(self) -> "EnrolmentQuerySet":
        return self.filter(state=EnrolmentState.CONFIRMED)

    def waiting(self) -> "EnrolmentQuerySet":
        """The waiting list, first come first."""
        return self.filter(state=EnrolmentState.WAITING).order_by("created_at", "pk")


class Enrolment(models.Model):
    """A person's place in a training, for all its sessions at once. It keeps what was typed and never changes the
    :class:`network.models.Person`.

    ``registrations`` are those that this enrolment made in the sessions: they end with it. ``score``: of the
    evaluation, 0 to 100; null where there is none. ``exception_reason``: why the institute accredits somebody who did
    not meet the rule; such an exception is granted by a person, at a moment, or not at all.
    """

    training = models.ForeignKey(Training, on_delete=models.PROTECT, related_name="enrolments")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="enrolments")
    registrations = models.ManyToManyField(Registration, related_name="enrolments", editable=False)
    state = models.CharField(max_length=12, choices=EnrolmentState, default=EnrolmentState.WAITING)
    token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    self_registered = models.BooleanField(default=True)
    name = models.CharField(_("nombre completo"), max_length=160)
    email = models.EmailField(_("correo electrónico"), blank=True)
    email_normalised = models.CharField(max_length=254, blank=True, editable=False)
    sex = models.CharField(_("sexo"), max_length=12, choices=Sex, blank=True)
    category = models.CharField(_("tipo de persona"), max_length=20, choices=PersonCategory, blank=True)
    institution = models.CharField(_("institución"), max_length=200, blank=True)
    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="enrolments",
        verbose_name=_("municipio"),
    )  # fmt: skip
    modality = models.CharField(_("cómo asistirá"), max_length=12, choices=Modality, blank=True)
    language = models.CharField(max_length=2, default="es")
    privacy_notice = models.ForeignKey(PrivacyNotice, on_delete=models.PROTECT, null=True, related_name="+")
    consented_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(_("motivo"), max_length=300, blank=True)
    score = models.DecimalField(
        _("calificación"), max_digits=5, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )  # fmt: skip
    exception_reason = models.CharField(_("motivo de la excepción"), max_length=300, blank=True)
    exception_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    exception_at = models.DateTimeField(null=True, editable=False)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name = _("inscripción a una capacitación")
        verbose_name_plural = _("inscripciones a capacitaciones")
        constraints = [
            models.UniqueConstraint(
                fields=["training", "person"],
                condition=~Q(state="cancelled"),
                name="trainings_enrolment_person_once",
                violation_error_message=_("Esta persona ya está inscrita en esta capacitación."),
            ),
            models.UniqueConstraint(
                fields=["training", "email_normalised"],
                condition=Q(self_registered=True) & ~Q(state="cancelled") & ~Q(email_normalised=""),
                name="trainings_enrolment_email_once",
                violation_error_message=_("Ya hay una inscripción a esta capacitación con ese correo."),
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=100),
                name="trainings_enrolment_score_of_hundred",
                violation_error_message=_("La calificación va de 0 a 100."),
            ),
            models.CheckConstraint(
                condition=Q(exception_reason="", exception_at__isnull=True)
                | (~Q(exception_reason="") & Q(exception_at__isnull=False)),
                name="trainings_enrolment_exception_has_reason",
                violation_error_message=_("Una excepción necesita su motivo."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["training", "created_at"], condition=Q(state="waiting"), name="trainings_enrolment_waiting"
            ),
            models.Index(fields=["email_normalised"], name="trainings_enrolment_email"),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.training}"

    @property
    def addressee(self) -> str:
        """The name beside the address of a mail; none where it came from the public form, for a stranger may have typed
        both."""
        return self.name if self.created_by_id else ""

    @property
    def has_exception(self) -> bool:
        return self.exception_at is not None
