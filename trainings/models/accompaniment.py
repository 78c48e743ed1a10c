"""Technical accompaniment of a municipality (document 003): the file, its experts, sessions, agreements and documents.

A file belongs to the municipality, so it stays when the liaison changes. What it states was done counts once both
sides, the institute and the municipality, confirmed it.
"""

import datetime
import secrets

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from municipalities.models import Municipality
from network.enums import Modality
from network.models import Instrument, Pathway, User, private_storage
from trainings.enums import AccompanimentState, DocumentKind, ExpertSector, SessionKind, Side, Stage

# Minutes of one session: a day has no more.
LONGEST_SESSION = 24 * 60


class Expert(models.Model):
    """Somebody of government or of outside it who accompanies: a record, never a login. Seen by the institute and by
    the municipality that the person accompanies, once the consent is recorded."""

    name = models.CharField(_("nombre"), max_length=160)
    institution = models.CharField(_("institución"), max_length=200)
    sector = models.CharField(_("sector"), max_length=16, choices=ExpertSector)
    topics = models.CharField(_("temas"), max_length=300, blank=True, help_text=_("Separados por comas."))
    consent_on = models.DateField(
        _("consintió que los municipios vean su nombre el"), null=True, blank=True,
        help_text=_("Sin esta fecha los municipios leen solo su institución."),
    )  # fmt: skip
    is_active = models.BooleanField(_("disponible"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("persona experta")
        verbose_name_plural = _("personas expertas")

    def __str__(self) -> str:
        return f"{self.name} ({self.institution})"

    @property
    def shown(self) -> str:
        """As the municipality reads it: by name with consent, else by institution alone."""
        return str(self) if self.consent_on else self.institution


class AccompanimentQuerySet(models.QuerySet["Accompaniment"]):
    def for_lists(self) -> "AccompanimentQuerySet":
        """What a row of a list shows, without the long texts."""
        return self.select_related("municipality__region", "instrument").defer("request", "result", "answer")

    def waiting(self) -> "AccompanimentQuerySet":
        """Requests that the institute has not answered, the oldest first."""
        return self.filter(state=AccompanimentState.REQUESTED).order_by("requested_at", "pk")


class Accompaniment(models.Model):
    """The file of one accompaniment: what a municipality asked for, who accompanies it and what came of it."""

    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, related_name="accompaniments", verbose_name=_("municipio")
    )
    topic = models.CharField(_("tema"), max_length=160)
    instrument = models.ForeignKey(
        Instrument, on_delete=models.PROTECT, related_name="accompaniments", verbose_name=_("instrumento")
    )
    instrument_name = models.CharField(_("cuál instrumento"), max_length=160, blank=True)
    stage = models.CharField(_("etapa"), max_length=16, choices=Stage)
    pathway = models.ForeignKey(
        Pathway, on_delete=models.PROTECT, related_name="accompaniments", verbose_name=_("camino de entrada")
    )
    request = models.TextField(_("qué se pide"), max_length=4000)
    state = models.CharField(
        _("estado"), max_length=10, choices=AccompanimentState, default=AccompanimentState.REQUESTED, editable=False
    )
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    answer = models.TextField(_("respuesta del instituto"), max_length=2000, blank=True, editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)
    answered_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    assignees = models.ManyToManyField(
        User, blank=True, related_name="accompaniments", verbose_name=_("personal asignado")
    )
    experts = models.ManyToManyField(
        Expert, blank=True, related_name="accompaniments", verbose_name=_("personas expertas")
    )
    result = models.TextField(_("resultado"), max_length=4000, blank=True, editable=False)
    closing_at = models.DateTimeField(null=True, editable=False)
    closing_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    closed_at = models.DateTimeField(null=True, editable=False)
    closed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    # One per form that was opened, so that sending it twice makes one file.
    request_key = models.UUIDField(null=True, unique=True, editable=False)
    search_text = models.TextField(editable=False, default="")
    history = HistoricalRecords(excluded_fields=["search_text", "request_key"], m2m_fields=[assignees, experts])

    objects = AccompanimentQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-pk"]
        verbose_name = _("acompañamiento técnico")
        verbose_name_plural = _("acompañamientos técnicos")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="declined") | ~Q(answer=""),
                name="trainings_accompaniment_declined_with_reason",
                violation_error_message=_("Diga por qué no se acepta."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["closing", "closed"]) | ~Q(result=""),
                name="trainings_accompaniment_closed_with_result",
                violation_error_message=_("Diga qué resultó del acompañamiento."),
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) | (~Q(state="closed") & Q(closed_at__isnull=True)),
                name="trainings_accompaniment_closed_by_both",
                violation_error_message=_("Un acompañamiento concluye cuando ambas partes lo confirman."),
            ),
        ]
        indexes = [models.Index(fields=["municipality", "state"], name="trainings_acc_municipality")]

    def __str__(self) -> str:
        return self.topic

    @property
    def instrument_label(self) -> str:
        """The instrument as people read it: the one that was named where the list has none."""
        return self.instrument_name if self.instrument.is_other and self.instrument_name else self.instrument.label

    @property
    def is_under_way(self) -> bool:
        """Sessions are written down and instruments reviewed."""
        return self.state == AccompanimentState.ASSIGNED


SEXES = ("women", "men", "other", "undisclosed", "unknown")


class AccompanimentSessionQuerySet(models.QuerySet["AccompanimentSession"]):
    def begun(self) -> "AccompanimentSessionQuerySet":
        """Of today or before."""
        return self.filter(day__lte=timezone.localdate())

    def confirmed(self) -> "AccompanimentSessionQuerySet":
        """By both sides."""
        return self.filter(institute_confirmed_at__isnull=False, municipality_confirmed_at__isnull=False)

    def to_come(self) -> "AccompanimentSessionQuerySet":
        return self.filter(day__gte=timezone.localdate(), accompaniment__state=AccompanimentState.ASSIGNED)


class AccompanimentSession(models.Model):
    """One session of an accompaniment, planned or held.

    ``minutes`` and the counts of people are null until they are known. Each side's confirmation holds for what was
    written then: a change takes both away.
    """

    accompaniment = models.ForeignKey(Accompaniment, on_delete=models.CASCADE, related_name="sessions")
    kind = models.CharField(_("tipo"), max_length=16, choices=SessionKind, default=SessionKind.ACCOMPANIMENT)
    day = models.DateField(_("fecha"))
    start_time = models.TimeField(_("hora"), null=True, blank=True)
    modality = models.CharField(_("modalidad"), max_length=12, choices=Modality)
    place = models.CharField(_("lugar o liga"), max_length=300, blank=True)
    minutes = models.PositiveSmallIntegerField(
        _("minutos"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(LONGEST_SESSION)]
    )
    people = models.PositiveSmallIntegerField(_("personas en total"), null=True, blank=True)
    women = models.PositiveSmallIntegerField(_("mujeres"), null=True, blank=True)
    men = models.PositiveSmallIntegerField(_("hombres"), null=True, blank=True)
    other = models.PositiveSmallIntegerField(_("otro"), null=True, blank=True)
    undisclosed = models.PositiveSmallIntegerField(_("prefiere no decir"), null=True, blank=True)
    unknown = models.PositiveSmallIntegerField(_("sin dato"), null=True, blank=True)
    product = models.TextField(_("producto"), max_length=2000, blank=True)
    # When what it says was last changed, and so when it became the other side's turn to confirm.
    changed_at = models.DateTimeField(default=timezone.now, editable=False)
    institute_confirmed_at = models.DateTimeField(null=True, editable=False)
    institute_confirmed_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    municipality_confirmed_at = models.DateTimeField(null=True, editable=False)
    municipality_confirmed_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)
    request_key = models.UUIDField(null=True, unique=True, editable=False)
    history = HistoricalRecords(excluded_fields=["request_key"])

    objects = AccompanimentSessionQuerySet.as_manager()

    class Meta:
        ordering = ["day", "start_time", "pk"]
        verbose_name = _("sesión de acompañamiento")
        verbose_name_plural = _("sesiones de acompañamiento")
        constraints = [
            models.CheckConstraint(
                condition=Q(people__isnull=True, **{f"{sex}__isnull": True for sex in SEXES})
                | Q(
                    people=F("women") + F("men") + F("other") + F("undisclosed") + F("unknown"),
                    people__isnull=False,
                    **{f"{sex}__isnull": False for sex in SEXES},
                ),
                name="trainings_session_sexes_sum_to_people",
                violation_error_message=_("Mujeres, hombres, otro, prefiere no decir y sin dato deben sumar el total."),
            ),
            models.CheckConstraint(
                condition=Q(minutes__isnull=True) | Q(minutes__gte=1, minutes__lte=LONGEST_SESSION),
                name="trainings_session_minutes_of_a_day",
                violation_error_message=_("Los minutos de una sesión van de 1 a 1440."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.accompaniment_id} · {self.day}"

    @property
    def has_begun(self) -> bool:
        return self.day <= timezone.localdate()

    @property
    def is_recorded(self) -> bool:
        """Somebody wrote down what happened; only then there is something to confirm."""
        return self.has_begun and bool(self.minutes or self.people is not None or self.product)

    @property
    def is_confirmed(self) -> bool:
        """By both sides."""
        return self.institute_confirmed_at is not None and self.municipality_confirmed_at is not None

    def confirmed_by(self, side: str) -> datetime.datetime | None:
        """When that side confirmed it as it stands."""
        return self.institute_confirmed_at if side == Side.INSTITUTE else self.municipality_confirmed_at


class SessionAgreement(models.Model):
    """Something that one of the two sides promised in a session, perhaps until a day."""

    session = models.ForeignKey(AccompanimentSession, on_delete=models.CASCADE, related_name="agreements")
    text = models.CharField(_("acuerdo"), max_length=400)
    side = models.CharField(_("a cargo de"), max_length=12, choices=Side)
    responsible = models.CharField(_("responsable (área o cargo)"), max_length=160, blank=True)
    due_on = models.DateField(_("para el día"), null=True, blank=True)
    done_at = models.DateTimeField(null=True, editable=False)
    done_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")

    class Meta:
        ordering = ["pk"]
        verbose_name = _("acuerdo de una sesión")
        verbose_name_plural = _("acuerdos de sesiones")

    def __str__(self) -> str:
        return self.text

    @property
    def is_overdue(self) -> bool:
        return self.done_at is None and self.due_on is not None and self.due_on < timezone.localdate()


def document_path(instance: "AccompanimentDocument", filename: str) -> str:
    return f"accompaniment/{secrets.token_hex(16)}.{filename.rsplit('.', 1)[-1].lower()}"


class AccompanimentDocument(models.Model):
    """A file of an accompaniment; only its municipality and the institute may take it."""

    accompaniment = models.ForeignKey(Accompaniment, on_delete=models.CASCADE, related_name="documents")
    kind = models.CharField(_("qué es"), max_length=10, choices=DocumentKind, default=DocumentKind.SUPPORT)
    title = models.CharField(_("título"), max_length=160)
    file = models.FileField(_("archivo"), upload_to=document_path, storage=private_storage)
    original_name = models.CharField(max_length=200, blank=True, editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    side = models.CharField(max_length=12, choices=Side, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("documento de un acompañamiento")
        verbose_name_plural = _("documentos de acompañamientos")
        constraints = [
            models.UniqueConstraint(
                fields=["accompaniment", "kind", "sha256"],
                name="trainings_document_once",
                violation_error_message=_("Ese archivo ya está en el expediente."),
            )
        ]

    def __str__(self) -> str:
        return self.title
