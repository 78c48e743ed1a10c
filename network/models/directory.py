"""What the institute keeps of each municipality: how to reach its office, its climate programme, and what was said.

Nothing here has a key to a person: who represents a municipality is told by its designations.
"""

import secrets
from datetime import timedelta

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from municipalities.models import Municipality
from network.enums import CommunicationKind, ProgrammeState
from network.models.accounts import User
from network.models.designations import private_storage
from network.models.instruments import Instrument
from web.search import matching

# A next step whose day is this near stands among what is due.
DUE_SOON = timedelta(days=7)


class MunicipalContact(models.Model):
    """How anybody reaches the office of a municipality. Its mailbox is no part of it (``MunicipalOffice``): that is for
    the institute alone."""

    municipality = models.OneToOneField(
        Municipality, on_delete=models.PROTECT, related_name="contact", verbose_name=_("municipio")
    )
    office = models.CharField(_("oficina"), max_length=160, blank=True)
    address = models.CharField(_("dirección"), max_length=300, blank=True)
    phone = models.CharField(_("teléfono de la oficina"), max_length=60, blank=True)
    website = models.URLField(_("sitio web"), max_length=300, blank=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("contacto de la oficina municipal")
        verbose_name_plural = _("contactos de las oficinas municipales")

    def __str__(self) -> str:
        return f"{self.municipality} · {self.office}"


class ClimateProgrammeQuerySet(models.QuerySet["ClimateProgramme"]):
    def current(self) -> "ClimateProgrammeQuerySet":
        """What holds today: the last row of each municipality."""
        later = ClimateProgramme.objects.filter(municipality=OuterRef("municipality"), number__gt=OuterRef("number"))
        return self.filter(~Exists(later))

    def public_files(self) -> "ClimateProgrammeQuerySet":
        """Those whose document anybody may take: a programme that was published, in force or expired since."""
        known = self.current().filter(state__in=[ProgrammeState.PUBLISHED, ProgrammeState.EXPIRED])
        return known.exclude(file="")


def programme_path(instance: "ClimateProgramme", filename: str) -> str:
    return f"programmes/{secrets.token_hex(16)}.{filename.rsplit('.', 1)[-1].lower()}"


class ClimateProgramme(models.Model):
    """Where a municipality is with its climate programme, since a day. A change is a new row: they are the history.

    A municipality without any row is one of which nothing is known, which is not the same as having none.
    """

    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, related_name="programmes", verbose_name=_("municipio")
    )
    number = models.PositiveIntegerField(editable=False)
    state = models.CharField(_("estado del programa"), max_length=12, choices=ProgrammeState)
    instrument = models.ForeignKey(
        Instrument,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="programmes",
        verbose_name=_("instrumento"),
    )
    year = models.PositiveSmallIntegerField(_("año"), null=True, blank=True)
    valid_until = models.DateField(_("vigente hasta"), null=True, blank=True)
    file = models.FileField(_("archivo"), upload_to=programme_path, storage=private_storage, blank=True)
    note = models.CharField(_("nota"), max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")

    objects = ClimateProgrammeQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        verbose_name = _("estado del programa climático municipal")
        verbose_name_plural = _("estados del programa climático municipal")
        constraints = [
            models.UniqueConstraint(
                fields=["municipality", "number"],
                name="network_programme_number_unique",
                violation_error_message=_("Alguien más acaba de cambiar el estado del programa."),
            ),
            models.CheckConstraint(
                condition=~Q(state="none") | Q(year__isnull=True, valid_until__isnull=True, file=""),
                name="network_programme_none_has_nothing",
                violation_error_message=_("Sin programa no hay año, vigencia ni archivo."),
            ),
            models.CheckConstraint(
                condition=Q(year__isnull=True) | Q(year__range=(1990, 2100)),
                name="network_programme_year_range",
                violation_error_message=_("Escriba un año de 1990 a 2100."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.municipality} · {self.get_state_display()}"

    @property
    def shown_state(self) -> ProgrammeState:
        """The state as it is today: what was published until a day that has passed is expired."""
        if self.state == ProgrammeState.PUBLISHED and self.valid_until and self.valid_until < timezone.localdate():
            return ProgrammeState.EXPIRED
        return ProgrammeState(self.state)

    @property
    def has_public_file(self) -> bool:
        return bool(self.file) and self.state in {ProgrammeState.PUBLISHED, ProgrammeState.EXPIRED}


class CommunicationQuerySet(models.QuerySet["Communication"]):
    def matching(self, words: str) -> "CommunicationQuerySet":
        rows = self.alias(said=Cast("summary", models.CharField()))  # texts and lines do not mix in one expression
        return matching(rows, words, "municipality__name", "subject", "counterpart", "said", "next_step")

    def pending(self) -> "CommunicationQuerySet":
        """With a next step that nobody has done yet."""
        return self.exclude(next_step="").filter(done_at__isnull=True)

    def overdue(self) -> "CommunicationQuerySet":
        return self.pending().filter(due_on__lt=timezone.localdate())

    def due(self) -> "CommunicationQuerySet":
        """What is to be done now or within days, the oldest first; a step without a day is always due."""
        near = Q(due_on__isnull=True) | Q(due_on__lte=timezone.localdate() + DUE_SOON)
        return self.pending().filter(near).order_by(F("due_on").asc(nulls_last=True), "pk")


class Communication(models.Model):
    """A call, letter, visit or mail between the institute and a municipality, and what is to follow.

    Free of personal data: with whom is told by office. It has no history of its own, so that a name that was written by
    mistake is gone when the text is corrected.
    """

    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, related_name="communications", verbose_name=_("municipio")
    )
    kind = models.CharField(_("medio"), max_length=8, choices=CommunicationKind)
    happened_on = models.DateField(_("fecha"), default=timezone.localdate)
    counterpart = models.CharField(_("con quién"), max_length=160, blank=True)
    subject = models.CharField(_("asunto"), max_length=160)
    summary = models.TextField(_("qué se trató"), max_length=4000, blank=True)
    next_step = models.CharField(_("siguiente paso"), max_length=200, blank=True)
    due_on = models.DateField(_("para cuándo"), null=True, blank=True)
    done_at = models.DateTimeField(null=True, editable=False)
    done_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    edited_at = models.DateTimeField(null=True, editable=False)
    edited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)
    # One per form that was opened, so that sending it twice writes one row.
    request_key = models.UUIDField(null=True, unique=True, editable=False)

    objects = CommunicationQuerySet.as_manager()

    class Meta:
        ordering = ["-happened_on", "-pk"]
        verbose_name = _("comunicación")
        verbose_name_plural = _("comunicaciones")
        constraints = [
            models.CheckConstraint(
                condition=~Q(next_step="") | Q(due_on__isnull=True, done_at__isnull=True),
                name="network_communication_due_has_step",
                violation_error_message=_("Escriba el siguiente paso, o quite su fecha."),
            ),
        ]
        indexes = [models.Index(fields=["municipality", "-happened_on"], name="network_comm_municipality")]

    def __str__(self) -> str:
        return self.subject

    @property
    def is_pending(self) -> bool:
        return bool(self.next_step) and self.done_at is None

    @property
    def is_overdue(self) -> bool:
        return self.is_pending and self.due_on is not None and self.due_on < timezone.localdate()
