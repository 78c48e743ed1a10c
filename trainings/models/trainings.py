"""Trainings aimed at institutions: their sessions (events) and their targets."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from events.enums import RegistrationStatus
from events.models import Attendance, Event, Format
from network.enums import Modality
from network.models import Organisation, Pathway, User
from trainings.enums import EnrolmentState


class TrainingScope(models.TextChoices):
    GROUP = "group", _("Grupal")
    PERSONALISED = "personalised", _("Personalizada")


class TrainingQuerySet(models.QuerySet["Training"]):
    def published(self) -> "TrainingQuerySet":
        return self.filter(is_published=True)

    def miscounted(self) -> "TrainingQuerySet":
        """Those whose ``seats_taken`` is not how many enrolments hold a place: each with that number, ``counted``."""
        holding = Q(enrolments__state=EnrolmentState.CONFIRMED)
        return self.annotate(counted=models.Count("enrolments", filter=holding)).exclude(seats_taken=F("counted"))

    def marking_sessions_ahead(self) -> "TrainingQuerySet":
        """Each with ``sessions_ahead``: a published session is not over yet."""
        return self.annotate(sessions_ahead=has_session_ahead())

    def taking_enrolments(self) -> "TrainingQuerySet":
        """Where a person can enrol now, or wait for a place, as ``enrolment_status`` says it."""
        return self.published().filter(has_session_ahead(), takes_enrolments=True)

    def with_targets(self) -> "TrainingQuerySet":
        """Each with its format and its targets by institution, as the figures need them."""
        return self.select_related("format").prefetch_related("targets__organisation")

    def with_reach(self) -> "TrainingQuerySet":
        """Each with ``attendances`` and unique ``persons`` of its sessions held; null where no attendance was written
        down, for then what was reached is not known. Unique persons are never more than attendances."""
        held = Event.objects.held().order_by().values("pk")
        own = {"event__training_sessions__training": models.OuterRef("pk"), "event__in": held}
        rows = Attendance.objects.filter(**own).order_by()
        came = rows.values("event__training_sessions__training")
        return self.annotate(
            attendances=models.Subquery(came.annotate(n=models.Count("pk")).values("n")),
            persons=models.Subquery(came.annotate(n=models.Count("person", distinct=True)).values("n")),
        )


def has_session_ahead() -> models.Exists:
    """That a published session of a training is not over yet."""
    return models.Exists(Event.objects.published().not_over().filter(training_sessions__training=models.OuterRef("pk")))


class Training(models.Model):
    """A training: objective, format, modality, hours, pathways and the events that are its sessions."""

    title = models.CharField(_("título"), max_length=200)
    slug = models.SlugField(max_length=230, unique=True, editable=False)
    objective = models.TextField(_("objetivo"), max_length=3000, blank=True)
    format = models.ForeignKey(Format, on_delete=models.PROTECT, related_name="trainings", verbose_name=_("formato"))
    modality = models.CharField(_("modalidad"), max_length=12, choices=Modality, blank=True)
    scope = models.CharField(_("alcance"), max_length=12, choices=TrainingScope, default=TrainingScope.GROUP)
    hours = models.DecimalField(
        _("horas"),
        max_digits=6,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.5"))],
    )
    pathway = models.ForeignKey(
        Pathway, on_delete=models.PROTECT, related_name="entry_trainings", verbose_name=_("camino de entrada")
    )
    linked_pathways = models.ManyToManyField(
        Pathway, blank=True, related_name="linked_trainings", verbose_name=_("caminos vinculados")
    )
    topics = models.CharField(_("temas"), max_length=300, blank=True, help_text=_("Separados por comas."))
    takes_enrolments = models.BooleanField(
        _("recibe inscripciones en este portal"), default=False,
        help_text=_("Una sola inscripción vale para todas las sesiones."),
    )  # fmt: skip
    capacity = models.PositiveIntegerField(
        _("cupo"), null=True, blank=True, help_text=_("Vacío: sin límite. Quien no alcanza lugar queda en espera.")
    )
    seats_taken = models.PositiveIntegerField(default=0, editable=False)
    min_minutes_share = models.PositiveSmallIntegerField(
        _("minutos asistidos, al menos (%)"), null=True, blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("De la duración de las sesiones realizadas."),
    )  # fmt: skip
    min_sessions_share = models.PositiveSmallIntegerField(
        _("sesiones asistidas, al menos (%)"), null=True, blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("De las sesiones realizadas."),
    )  # fmt: skip
    min_score = models.DecimalField(
        _("calificación mínima"), max_digits=5, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("De 0 a 100. Vacía: no se pide evaluación."),
    )  # fmt: skip
    note = models.TextField(_("nota sobre la fuente"), max_length=1000, blank=True)
    source = models.CharField(_("fuente"), max_length=40, blank=True)
    is_published = models.BooleanField(_("publicada"), default=False)
    events = models.ManyToManyField(Event, through="TrainingSession", related_name="trainings")
    version = models.PositiveIntegerField(default=1, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    search_text = models.TextField(editable=False, default="")
    history = HistoricalRecords(excluded_fields=["search_text", "seats_taken"], m2m_fields=[linked_pathways])

    objects = TrainingQuerySet.as_manager()
    sessions_ahead: bool  # only of rows asked for by marking_sessions_ahead()
    counted: int  # only of rows asked for by miscounted()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("capacitación")
        verbose_name_plural = _("capacitaciones")
        constraints = [
            models.CheckConstraint(
                condition=Q(capacity__isnull=True) | Q(seats_taken__lte=F("capacity")),
                name="trainings_training_never_oversold",
                violation_error_message=_("El cupo no puede ser menor que los lugares ya ocupados."),
            ),
            models.CheckConstraint(
                condition=Q(min_minutes_share__isnull=True) | Q(min_minutes_share__range=(1, 100)),
                name="trainings_training_minutes_share_percent",
                violation_error_message=_("El mínimo de minutos va de 1 a 100 %."),
            ),
            models.CheckConstraint(
                condition=Q(min_sessions_share__isnull=True) | Q(min_sessions_share__range=(1, 100)),
                name="trainings_training_sessions_share_percent",
                violation_error_message=_("El mínimo de sesiones va de 1 a 100 %."),
            ),
            models.CheckConstraint(
                condition=Q(min_score__isnull=True) | Q(min_score__range=(0, 100)),
                name="trainings_training_score_of_hundred",
                violation_error_message=_("La calificación mínima va de 0 a 100."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def topic_list(self) -> list[str]:
        return [topic.strip() for topic in self.topics.split(",") if topic.strip()]

    @property
    def has_rule(self) -> bool:
        """There is a share of minutes or of sessions to meet, without which nobody is accredited."""
        return self.min_minutes_share is not None or self.min_sessions_share is not None

    def enrolment_status(self, *, sessions_ahead: bool) -> RegistrationStatus:
        """What a person can do now; ``sessions_ahead``: a session is still to come."""
        if not self.is_published or not self.takes_enrolments:
            return RegistrationStatus.NOT_OFFERED
        if not sessions_ahead:
            return RegistrationStatus.CLOSED
        return RegistrationStatus.WAITING_LIST if self.seats_left == 0 else RegistrationStatus.OPEN

    @property
    def seats_left(self) -> int | None:
        """Null: no limit."""
        return None if self.capacity is None else self.capacity - self.seats_taken


class TrainingSession(models.Model):
    """An event that is a session of a training."""

    training = models.ForeignKey(Training, on_delete=models.CASCADE, related_name="sessions")
    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="training_sessions", verbose_name=_("evento")
    )
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["training", "event"],
                name="trainings_session_once",
                violation_error_message=_("Ese evento ya es sesión de esta capacitación."),
            )
        ]


class TrainingTarget(models.Model):
    """Whom a training is aimed at: so many persons of an institution. A target is not attendance.

    ``people`` in all; by modality and by sex where the source or the plan says so, null where it does not.
    """

    training = models.ForeignKey(Training, on_delete=models.CASCADE, related_name="targets")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="training_targets", verbose_name=_("institución")
    )
    people = models.PositiveIntegerField(_("personas"))
    people_virtual = models.PositiveIntegerField(_("en línea"), null=True, blank=True)
    people_in_person = models.PositiveIntegerField(_("presenciales"), null=True, blank=True)
    women = models.PositiveIntegerField(_("mujeres"), null=True, blank=True)
    men = models.PositiveIntegerField(_("hombres"), null=True, blank=True)
    note = models.CharField(_("nota"), max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("meta")
        verbose_name_plural = _("metas")
        constraints = [
            models.CheckConstraint(
                condition=Q(women__isnull=True) | Q(men__isnull=True) | Q(people__gte=F("women") + F("men")),
                name="trainings_target_sexes_within_total",
                violation_error_message=_("Mujeres y hombres suman más que el total de personas."),
            ),
            models.CheckConstraint(
                condition=Q(people_virtual__isnull=True)
                | Q(people_in_person__isnull=True)
                | Q(people__gte=F("people_virtual") + F("people_in_person")),
                name="trainings_target_modalities_within_total",
                violation_error_message=_("En línea y presenciales suman más que el total de personas."),
            ),
        ]
