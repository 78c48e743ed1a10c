"""Attendance that comes from a report of a video call or a typed sheet, and who its people are."""

import secrets

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.enums import AttendanceSource, ImportDecision, ImportState, MatchReason, ReportFormat
from municipalities.models import Municipality
from network.enums import PersonCategory, Sex
from network.models import Person, User, private_storage


def import_path(instance: "AttendanceImport", filename: str) -> str:
    return f"attendance/{secrets.token_hex(16)}.{'xlsx' if filename.lower().endswith('.xlsx') else 'csv'}"


class AttendanceImport(models.Model):
    """One report or one typed sheet of an event. Nothing of it is attendance until it is confirmed.

    ``sha256`` is the hash of the file as it came, empty for a sheet; ``replaces`` is the import that this one corrects.
    ``waiting``: lines of people who stayed in the waiting room, left out. The file goes with its retention.
    """

    event = models.ForeignKey("events.Event", on_delete=models.PROTECT, related_name="attendance_imports")
    source = models.CharField(_("fuente"), max_length=10, choices=AttendanceSource, default=AttendanceSource.IMPORT)
    format = models.CharField(_("formato"), max_length=10, choices=ReportFormat)
    file = models.FileField(_("archivo"), upload_to=import_path, storage=private_storage, blank=True)
    file_name = models.CharField(_("nombre del archivo"), max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    lines = models.PositiveIntegerField(default=0)
    waiting = models.PositiveIntegerField(default=0)
    state = models.CharField(_("estado"), max_length=10, choices=ImportState, default=ImportState.PENDING)
    replaces = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replaced_by")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("importación de asistencia")
        verbose_name_plural = _("importaciones de asistencia")
        constraints = [
            models.UniqueConstraint(
                fields=["event", "sha256"],
                condition=Q(state__in=["pending", "confirmed"]) & ~Q(sha256=""),
                name="events_import_file_once",
                violation_error_message=_("Este archivo ya se subió a este evento."),
            )
        ]

    def __str__(self) -> str:
        return self.file_name or str(self.get_format_display())


class ImportedPersonQuerySet(models.QuerySet["ImportedPerson"]):
    def undecided(self) -> "ImportedPersonQuerySet":
        return self.filter(decision="")

    def ready(self) -> "ImportedPersonQuerySet":
        """Who they are is decided, and they count."""
        return self.filter(decision__in=[ImportDecision.PERSON, ImportDecision.NEW])

    def ignored(self) -> "ImportedPersonQuerySet":
        return self.filter(decision=ImportDecision.IGNORE)

    def surely_known(self) -> "ImportedPersonQuerySet":
        """Undecided, with one proposal that nothing speaks against."""
        return self.undecided().filter(is_sure=True, person__isnull=False)

    def like_nobody(self) -> "ImportedPersonQuerySet":
        """Undecided, and nobody known is like them."""
        return self.undecided().filter(candidates=[])


class ImportedPerson(models.Model):
    """One person of a report: what it says of them, who they may be, and what was decided.

    ``spans``: (first moment, last moment, seconds said) of each line, as :data:`events.imports.attendance.Span`.
    ``person``: who it is, or the one sure proposal while ``decision`` is empty. ``candidates``: [key of the person,
    reason] of each proposal, the likeliest first.
    """

    attendance_import = models.ForeignKey(AttendanceImport, on_delete=models.CASCADE, related_name="people")
    line = models.PositiveIntegerField(_("línea"))
    name = models.CharField(_("nombre"), max_length=160)
    other_name = models.CharField(_("otro nombre"), max_length=160, blank=True)
    company = models.CharField(_("entre corchetes"), max_length=120, blank=True)
    email = models.CharField(_("correo"), max_length=254, blank=True)
    sex = models.CharField(_("sexo"), max_length=12, choices=Sex, blank=True)
    category = models.CharField(_("tipo de persona"), max_length=20, choices=PersonCategory, blank=True)
    institution = models.CharField(_("institución"), max_length=200, blank=True)
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    spans = models.JSONField(default=list, blank=True)
    minutes = models.PositiveIntegerField(_("minutos"), null=True)
    arrived_at = models.DateTimeField(_("llegada"), null=True)
    left_at = models.DateTimeField(_("salida"), null=True)
    decision = models.CharField(_("decisión"), max_length=8, choices=ImportDecision, blank=True)
    reason = models.CharField(_("por qué"), max_length=10, choices=MatchReason, blank=True)
    person = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    candidates = models.JSONField(default=list, blank=True)
    is_sure = models.BooleanField(default=False)
    decided_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = ImportedPersonQuerySet.as_manager()

    class Meta:
        ordering = ["line", "pk"]
        verbose_name = _("persona de un informe")
        verbose_name_plural = _("personas de un informe")

    def __str__(self) -> str:
        return self.name
