"""Issued reports and the figures of outside sources that pages quote."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality, Region
from network.models import Organisation, User, private_storage
from web.folios import new_folio


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


class ReportScope(models.TextChoices):
    STATE = "state", _("Toda la entidad")
    REGION = "region", _("Una región")
    MUNICIPALITY = "municipality", _("Un municipio")


class ReportStep(models.TextChoices):
    """What a report in preparation is at; each is reached once, in this order."""

    WAITING = "waiting", _("Espera su turno")
    COUNTING = "counting", _("Se cuentan las cifras")
    DRAWING = "drawing", _("Se dibujan gráficas y mapas")
    SETTING = "setting", _("Se componen las páginas")
    STORING = "storing", _("Se guarda el documento")
    DONE = "done", _("Terminado")


class ReportState(models.TextChoices):
    QUEUED = "queued", _("En espera")
    RUNNING = "running", _("En preparación")
    READY = "ready", _("Listo")
    FAILED = "failed", _("No se pudo preparar")


def report_path(instance: "IssuedReport", filename: str) -> str:
    return f"reports/{instance.folio}.pdf"


class IssuedReportQuerySet(models.QuerySet["IssuedReport"]):
    def unfinished(self) -> "IssuedReportQuerySet":
        return self.filter(state__in=[ReportState.QUEUED, ReportState.RUNNING])

    def unclaimed(self) -> "IssuedReportQuerySet":
        """Unfinished and in nobody's hands: never begun, or begun by a worker whose lease ran out."""
        return self.unfinished().filter(models.Q(claimed_until=None) | models.Q(claimed_until__lt=Now()))

    def ready(self) -> "IssuedReportQuerySet":
        return self.filter(state=ReportState.READY)


class IssuedReport(models.Model):
    """A capacity-building summary that was asked for: scope, period, its frozen figures, its PDF and hash.

    ``figures`` keeps every number printed, so that what was published can be reproduced; ``public_figures`` the same
    without small cells, for the report's public page. ``progress`` is a percentage. ``claim_token`` and
    ``claimed_until`` say which worker is at it and until when, by the database's clock.
    """

    folio = models.CharField(max_length=16, unique=True, default=new_folio, editable=False)
    scope = models.CharField(_("ámbito"), max_length=12, choices=ReportScope, default=ReportScope.STATE)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("región"))
    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="issued_reports",
        verbose_name=_("municipio"),
    )  # fmt: skip
    starts_on = models.DateField(_("desde"))
    ends_on = models.DateField(_("hasta"))
    language = models.CharField(_("idioma"), max_length=2, choices=[("es", "Español"), ("en", "English")], default="es")
    state = models.CharField(max_length=8, choices=ReportState, default=ReportState.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0)
    step = models.CharField(max_length=80, choices=ReportStep, default=ReportStep.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    error = models.CharField(max_length=300, blank=True)
    figures = models.JSONField(default=dict)
    public_figures = models.JSONField(default=dict)
    file = models.FileField(upload_to=report_path, storage=private_storage, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
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
                condition=(
                    models.Q(scope="state", region__isnull=True, municipality__isnull=True)
                    | models.Q(scope="region", region__isnull=False, municipality__isnull=True)
                    | models.Q(scope="municipality", region__isnull=True, municipality__isnull=False)
                ),
                name="reports_issued_scope_complete",
                violation_error_message=_("Elija la región o el municipio del informe, según el ámbito."),
            ),
        ]

    def __str__(self) -> str:
        return self.folio

    @property
    def is_unfinished(self) -> bool:
        return self.state in {ReportState.QUEUED, ReportState.RUNNING}
