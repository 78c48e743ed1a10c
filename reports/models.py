"""Issued reports and the figures of outside sources that pages quote."""

import calendar
import datetime as dt
from typing import Any

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from events.models import Series
from municipalities.models import MetropolitanZone, Municipality, Region
from network.models import Organisation, User, private_storage
from trainings.models import Training
from web.folios import new_folio

MAX_TEXT, MAX_SHORT_TEXT = 6000, 600
LANGUAGES = [("es", "Español"), ("en", "English")]


class DeclaredResult(models.Model):
    """A figure an outside source published, quoted as it stands ("más de 1,088"): no split is ever derived from it."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    code = models.SlugField(max_length=60, unique=True)
    statement = models.CharField(_("texto"), max_length=300)
    minimum_value = models.PositiveIntegerField(_("valor mínimo"), null=True, blank=True)
    source = models.CharField(_("fuente"), max_length=200)
    note = models.CharField(_("nota"), max_length=400, blank=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("resultado declarado")
        verbose_name_plural = _("resultados declarados")

    def __str__(self) -> str:
        return self.statement


class ReportKind(models.TextChoices):
    """What a document is. The second is of one municipality, the third of the whole state."""

    CAPACITY = "capacity", _("Fortalecimiento de capacidades")
    ACTIONS = "actions", _("Acciones climáticas de un municipio")
    NETWORK = "network", _("Informe de la red, con una página por región")


# What can be asked for every municipality at once.
MUNICIPAL_KINDS = (ReportKind.CAPACITY, ReportKind.ACTIONS)


class ReportScope(models.TextChoices):
    """What a report is about. But for the state, the column of the same name says which one."""

    STATE = "state", _("Toda la entidad")
    REGION = "region", _("Una región")
    ZONE = "zone", _("Una zona metropolitana")
    MUNICIPALITY = "municipality", _("Un municipio")
    SERIES = "series", _("Un ciclo")
    TRAINING = "training", _("Una capacitación")
    INSTITUTION = "institution", _("Una institución")


SUBJECTS = tuple(scope.value for scope in ReportScope if scope != ReportScope.STATE)


class ReportLength(models.TextChoices):
    FULL = "full", _("Completo")
    SHORT = "short", _("Corto, de dos páginas")


def only_subject(scope: str) -> models.Q:
    """The condition that a report of this scope names its subject and nothing else."""
    return models.Q(scope=scope, **{f"{name}__isnull": name != scope for name in SUBJECTS})


def any_subject() -> models.Q:
    condition = models.Q()
    for scope in ReportScope:
        condition |= only_subject(scope.value)
    return condition


def period_before(starts_on: dt.date, ends_on: dt.date) -> tuple[dt.date, dt.date]:
    """The period of equal length that ends the day before: whole months where it is made of whole months, else so many
    days.

    >>> period_before(dt.date(2026, 1, 1), dt.date(2026, 3, 31))
    (datetime.date(2025, 10, 1), datetime.date(2025, 12, 31))
    >>> period_before(dt.date(2026, 1, 5), dt.date(2026, 1, 11))
    (datetime.date(2025, 12, 29), datetime.date(2026, 1, 4))
    """
    before = starts_on - dt.timedelta(days=1)
    whole = starts_on.day == 1 and ends_on.day == calendar.monthrange(ends_on.year, ends_on.month)[1]
    if not whole:
        return before - (ends_on - starts_on), before
    months = (ends_on.year - starts_on.year) * 12 + ends_on.month - starts_on.month + 1
    year, month = divmod(starts_on.year * 12 + starts_on.month - 1 - months, 12)
    return dt.date(year, month + 1, 1), before


class ReportStep(models.TextChoices):
    """What a report in preparation is at; each is reached once, in this order."""

    WAITING = "waiting", _("Espera su turno")
    COUNTING = "counting", _("Se cuentan las cifras")
    DRAWING = "drawing", _("Se dibujan gráficas y mapas")
    SETTING = "setting", _("Se componen las páginas")
    STORING = "storing", _("Se guarda el documento")
    DONE = "done", _("Terminado")


class ReportState(models.TextChoices):
    """``cancelled``: left out of its batch before anybody began it."""

    QUEUED = "queued", _("En espera")
    RUNNING = "running", _("En preparación")
    READY = "ready", _("Listo")
    FAILED = "failed", _("No se pudo preparar")
    CANCELLED = "cancelled", _("Cancelado")


def report_path(instance: "IssuedReport", filename: str) -> str:
    return f"reports/{instance.folio}.pdf"


class Every(models.TextChoices):
    MONTH = "month", _("Cada mes")
    QUARTER = "quarter", _("Cada trimestre")


class ReportSchedule(models.Model):
    """Reports of every municipality made by themselves when a month or quarter of the calendar is over.

    ``since``: the first period is the one that this day is in.
    """

    kind = models.CharField(_("documento"), max_length=8, choices=ReportKind, default=ReportKind.ACTIONS)
    every = models.CharField(_("cada cuánto"), max_length=7, choices=Every, default=Every.QUARTER)
    language = models.CharField(_("idioma"), max_length=2, choices=LANGUAGES, default="es")
    length = models.CharField(_("extensión"), max_length=5, choices=ReportLength, default=ReportLength.FULL)
    since = models.DateField()
    is_active = models.BooleanField(default=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("programación de informes")
        verbose_name_plural = _("programaciones de informes")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "every", "language"],
                name="reports_schedule_once",
                violation_error_message=_("Ya hay una programación igual: actívela en la lista."),
            ),
            models.CheckConstraint(
                condition=models.Q(kind=ReportKind.ACTIONS),
                name="reports_schedule_for_liaisons",
                violation_error_message=_("A los municipios se les envía el informe de sus acciones climáticas."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.get_every_display()}"

    @property
    def months(self) -> int:
        return 1 if self.every == Every.MONTH else 3


class ReportBatch(models.Model):
    """One press of the button, or one period of a schedule: a report for each municipality.

    ``key`` came with the form, so that the same form sent twice makes one batch.
    """

    kind = models.CharField(_("documento"), max_length=8, choices=ReportKind, default=ReportKind.ACTIONS)
    starts_on = models.DateField(_("desde"))
    ends_on = models.DateField(_("hasta"))
    language = models.CharField(_("idioma"), max_length=2, choices=LANGUAGES, default="es")
    length = models.CharField(_("extensión"), max_length=5, choices=ReportLength, default=ReportLength.FULL)
    key = models.CharField(max_length=36, unique=True)
    schedule = models.ForeignKey(ReportSchedule, on_delete=models.PROTECT, null=True, related_name="batches")
    requested_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-requested_at", "-pk"]
        verbose_name = _("tanda de informes")
        verbose_name_plural = _("tandas de informes")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                name="reports_batch_period_order",
                violation_error_message=_("El periodo termina antes de empezar: revise las dos fechas."),
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=MUNICIPAL_KINDS),
                name="reports_batch_of_municipalities",
                violation_error_message=_("Ese documento no es de un municipio."),
            ),
            models.UniqueConstraint(fields=["schedule", "starts_on"], name="reports_batch_once_a_period"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.starts_on} – {self.ends_on}"


class IssuedReportQuerySet(models.QuerySet["IssuedReport"]):
    def unfinished(self) -> "IssuedReportQuerySet":
        return self.filter(state__in=[ReportState.QUEUED, ReportState.RUNNING])

    def unclaimed(self) -> "IssuedReportQuerySet":
        """Unfinished and in nobody's hands: never begun, or begun by a worker whose lease ran out."""
        return self.unfinished().filter(models.Q(claimed_until=None) | models.Q(claimed_until__lt=Now()))

    def issued(self) -> "IssuedReportQuerySet":
        """With their document: also while they are printed again."""
        return self.exclude(sha256="")

    def newest(self) -> "IssuedReportQuerySet":
        """The issued ones, each in its newest version. One query more than the chain of versions is long."""
        found = set(self.issued().values_list("pk", flat=True))
        newer = IssuedReport.objects.issued()
        while later := dict(newer.filter(replaces__in=found).values_list("replaces", "pk")):
            found = found - later.keys() | set(later.values())
        return newer.filter(pk__in=found)

    def without_figures(self) -> "IssuedReportQuerySet":
        """What a list shows."""
        return self.defer("figures", "public_figures", "previous_figures", "introduction", "results", "next_steps")

    def with_subject(self) -> "IssuedReportQuerySet":
        return self.select_related(*SUBJECTS)


class IssuedReport(models.Model):
    """A capacity-building summary that was asked for: scope, period, its frozen figures, its PDF and hash.

    ``figures`` keeps every number printed, so that what was published can be reproduced; ``public_figures`` the same
    without small cells, for the report's public page; ``previous_figures`` those of the period before, where the report
    ``compares``. What staff wrote (Markdown) is kept with them. None of it changes once it is there: what is corrected
    later is counted into a new version, with a folio of its own, that names the one it ``replaces`` and the ``reason``.
    ``sha256`` is of the first print; ``reprints`` has those of later ones that differ (a new logo is enough).
    ``progress`` is a percentage. ``claim_token`` and ``claimed_until`` say which worker is at it and until when, by the
    database's clock.
    """

    folio = models.CharField(max_length=16, unique=True, default=new_folio, editable=False)
    kind = models.CharField(_("documento"), max_length=8, choices=ReportKind, default=ReportKind.CAPACITY)
    batch = models.ForeignKey(ReportBatch, on_delete=models.PROTECT, null=True, editable=False, related_name="reports")
    scope = models.CharField(_("ámbito"), max_length=12, choices=ReportScope, default=ReportScope.STATE)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("región"))
    zone = models.ForeignKey(
        MetropolitanZone, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("zona metropolitana"),
    )  # fmt: skip
    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="issued_reports",
        verbose_name=_("municipio"),
    )  # fmt: skip
    series = models.ForeignKey(
        Series, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ciclo")
    )
    training = models.ForeignKey(
        Training, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("capacitación")
    )
    institution = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("institución")
    )
    starts_on = models.DateField(_("desde"))
    ends_on = models.DateField(_("hasta"))
    language = models.CharField(_("idioma"), max_length=2, choices=LANGUAGES, default="es")
    length = models.CharField(_("extensión"), max_length=5, choices=ReportLength, default=ReportLength.FULL)
    compares = models.BooleanField(_("comparar con el periodo anterior, de igual duración"), default=True)
    introduction = models.TextField(_("introducción"), max_length=MAX_TEXT, blank=True)
    results = models.TextField(_("resultados"), max_length=MAX_TEXT, blank=True)
    next_steps = models.TextField(_("próximos pasos"), max_length=MAX_TEXT, blank=True)
    state = models.CharField(max_length=9, choices=ReportState, default=ReportState.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0)
    step = models.CharField(max_length=80, choices=ReportStep, default=ReportStep.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    error = models.CharField(max_length=300, blank=True)
    figures = models.JSONField(default=dict)
    public_figures = models.JSONField(default=dict)
    previous_figures = models.JSONField(default=dict)
    file = models.FileField(upload_to=report_path, storage=private_storage, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    reprints = models.JSONField(default=list)
    version = models.PositiveSmallIntegerField(_("versión"), default=1, editable=False)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="replaced_by"
    )
    reason = models.CharField(_("motivo de la nueva versión"), max_length=500, blank=True)
    requested_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    claim_token = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True)

    objects = IssuedReportQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-pk"]
        verbose_name = _("informe")
        verbose_name_plural = _("informes")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                name="reports_issued_period_order",
                violation_error_message=_("El periodo termina antes de empezar: revise las dos fechas."),
            ),
            models.CheckConstraint(
                condition=any_subject(),
                name="reports_issued_scope_complete",
                violation_error_message=_("Elija de qué es el informe, según el ámbito."),
            ),
            models.CheckConstraint(
                condition=models.Q(kind="capacity")
                | models.Q(kind="actions", scope="municipality")
                | models.Q(kind="network", scope="state"),
                name="reports_issued_kind_has_scope",
                violation_error_message=_(
                    "El informe de acciones es de un municipio; el de la red, de toda la entidad."
                ),
            ),
            models.UniqueConstraint(
                fields=["batch", "municipality"],
                name="reports_issued_once_a_batch",
                violation_error_message=_("Este municipio ya tiene su informe en la tanda."),
            ),
            models.CheckConstraint(
                condition=models.Q(version=1, replaces__isnull=True, reason="")
                | models.Q(version__gt=1, replaces__isnull=False) & ~models.Q(reason=""),
                name="reports_issued_version_has_reason",
                violation_error_message=_("Diga qué se corrigió: se imprime en la nueva versión."),
            ),
        ]

    def __str__(self) -> str:
        return self.folio

    @property
    def subject(self) -> Any:
        """The region, municipality, training … that it is about; None for the whole state."""
        return None if self.scope == ReportScope.STATE else getattr(self, self.scope)

    @property
    def subject_label(self) -> str:
        """Empty for the whole state, whose name is the installation's."""
        found = self.subject
        return str(getattr(found, "full_name", None) or getattr(found, "label", None) or found) if found else ""

    @property
    def is_short(self) -> bool:
        """Only the summary of capacities has a short form."""
        return self.length == ReportLength.SHORT and self.kind == ReportKind.CAPACITY

    @property
    def title(self) -> str:
        """What the document is called."""
        titles = {
            ReportKind.CAPACITY: _("Informe de fortalecimiento de capacidades"),
            ReportKind.ACTIONS: _("Informe de acciones climáticas"),
            ReportKind.NETWORK: _("Informe de la red"),
        }
        return str(titles[ReportKind(self.kind)])

    @property
    def is_unfinished(self) -> bool:
        return self.state in {ReportState.QUEUED, ReportState.RUNNING}

    @property
    def is_issued(self) -> bool:
        """It has a document, perhaps one that is being printed again."""
        return bool(self.sha256)

    @property
    def newer(self) -> "IssuedReport | None":
        """The version that replaces it, once that one is issued."""
        found = getattr(self, "replaced_by", None)
        return found if found is not None and found.is_issued else None

    @property
    def hashes(self) -> list[str]:
        """Of every print there was."""
        return [self.sha256, *(one["sha256"] for one in self.reprints)]
