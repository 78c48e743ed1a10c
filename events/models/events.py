"""The event itself, and the questions that are asked of all of them."""

import uuid
from datetime import date, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from events.enums import Admission, EventStatus, MaterialKind, RegistrationState, RegistrationStatus
from events.models.contents import EventOrganiser, GuidingQuestion, Material
from events.models.registration import Registration, SeatPool
from events.models.series import Format, Series, in_page_language
from municipalities.models import Municipality
from network.enums import Modality
from network.models import SDG, Pathway, Sector, User
from web import dates

CANCELLED_IN_FEEDS = timedelta(days=90)

# How long after a session its results may take before they are called pending.
RESULTS_DUE = timedelta(days=10)


def is_ahead() -> Q:
    """Not over yet: by the end where an hour is known, else by the day. Undated events are not ahead."""
    return Q(ends_at__gte=timezone.now()) | Q(ends_at__isnull=True, last_day__gte=timezone.localdate())


class EventQuerySet(models.QuerySet["Event"]):
    def public(self) -> "EventQuerySet":
        """Published and cancelled events; drafts do not exist for the public."""
        return self.exclude(status=EventStatus.DRAFT)

    def published(self) -> "EventQuerySet":
        return self.filter(status=EventStatus.PUBLISHED)

    def upcoming(self) -> "EventQuerySet":
        """Not over yet: by its end where an hour is known, else by its day. Undated events are not upcoming."""
        return self.filter(is_ahead()).order_by("first_day", F("starts_at").asc(nulls_first=True), "pk")

    def not_over(self) -> "EventQuerySet":
        """As ``is_over`` says it: what is upcoming, and what has no date."""
        return self.filter(is_ahead() | Q(first_day__isnull=True))

    def taking_registrations(self) -> "EventQuerySet":
        """Where who holds no invitation can register now, as ``registration_status`` says it. Needs ``with_room()``."""
        now = timezone.now()
        return (
            self.published()
            .not_over()
            .filter(
                Q(registration_closes_at__isnull=True) | Q(registration_closes_at__gt=now),
                Q(registration_opens_at__isnull=True) | Q(registration_opens_at__lte=now),
                Q(has_room=True) | Q(waiting_list_enabled=True),
                ~Q(admission=Admission.INVITED),
                registration_enabled=True,
            )
            .order_by(F("first_day").asc(nulls_last=True), F("starts_at").asc(nulls_first=True), "pk")
        )

    def within(self, first: date, last: date) -> "EventQuerySet":
        """On one of the days from ``first`` to ``last``.

        Said so that each half has an index: what begins within, and the few of several days that began before.
        """
        began_before = Q(first_day__lt=first, last_day__gte=first, last_day__gt=F("first_day"))
        return self.filter(Q(first_day__range=(first, last)) | began_before)

    def held(self) -> "EventQuerySet":
        """Published and over."""
        return self.published().filter(
            Q(ends_at__lt=timezone.now()) | Q(ends_at__isnull=True, last_day__lt=timezone.localdate())
        )

    def in_feeds(self) -> "EventQuerySet":
        """What calendars are told: public events with a day, a cancelled one for 90 days after it was called off.

        The 90 days end at a local midnight, so that between two midnights only a revision changes a feed.
        """
        today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        kept_since = today - CANCELLED_IN_FEEDS
        return self.public().filter(
            ~Q(status=EventStatus.CANCELLED)
            | Q(cancelled_at__gte=kept_since)
            | Q(cancelled_at__isnull=True, revised_at__gte=kept_since),
            first_day__isnull=False,
        )

    def with_entry_parts(self) -> "EventQuerySet":
        """Each with what its calendar entry says besides its own columns."""
        return self.select_related("format", "pathway", "municipality")

    def marking_results(self) -> "EventQuerySet":
        """Each with ``left_results``: a summary, an answer to a guiding question or a material of the session."""
        return self.annotate(left_results=models.ExpressionWrapper(left_results(), models.BooleanField()))

    def results_pending(self) -> "EventQuerySet":
        """*Resultado pendiente*: held more than :data:`RESULTS_DUE` ago, and nothing of it was written yet."""
        return self.held().filter(~left_results(), last_day__lt=timezone.localdate() - RESULTS_DUE)

    def undated(self) -> "EventQuerySet":
        return self.filter(first_day__isnull=True)

    def with_room(self, municipality: Municipality | None = None) -> "EventQuerySet":
        """Each with ``has_room``: somebody who comes now, of this municipality where one is given, would get a seat.

        Seats for which somebody waits, or kept for a municipality, are no room for everybody; yet where there is no
        waiting list the kept ones alone keep the registration open. The general ones are nobody's where those on site
        and those online are both counted apart.
        """
        if municipality is None:
            return self.annotate(has_room=room_for_all())
        pools = SeatPool.objects.filter(event=models.OuterRef("pk"))
        kept = Q(models.Exists(pools.kept_and_free().filter(municipality=municipality)))
        has_room = free_to_all() | Q(~models.Exists(pools)) | kept
        return self.annotate(has_room=models.ExpressionWrapper(has_room, models.BooleanField()))

    def marking_kept(self) -> "EventQuerySet":
        """Each with ``only_kept``: seats are free, and all of them are kept for municipalities."""
        return self.annotate(only_kept=only_kept())

    def next_first(self) -> "EventQuerySet":
        """As who plans reads them: what comes next, then what has no date yet, then what is over, the latest first."""
        today = timezone.localdate()
        ahead = models.Case(models.When(last_day__gte=today, then=F("first_day")))
        over = models.Case(models.When(last_day__lt=today, then=1), default=0)
        return self.order_by(
            over,
            ahead.asc(nulls_last=True),
            F("first_day").desc(nulls_last=True),
            F("starts_at").asc(nulls_last=True),
            "pk",
        )

    def with_seats(self) -> "EventQuerySet":
        """Each with ``taken`` and ``seats`` of all its pools, ``limitless`` pools and how many are ``waiting``."""
        pools = SeatPool.objects.filter(event=models.OuterRef("pk")).order_by().values("event")
        waiting = Registration.objects.waiting().filter(event=models.OuterRef("pk")).order_by().values("event")
        return self.annotate(
            taken=models.Subquery(pools.annotate(sum=models.Sum("taken")).values("sum")),
            seats=models.Subquery(pools.annotate(sum=models.Sum("capacity")).values("sum")),
            limitless=models.Subquery(
                pools.annotate(count=models.Count("pk", filter=Q(capacity=None))).values("count")
            ),
            waiting=models.Subquery(waiting.annotate(count=models.Count("pk")).values("count")),
        )

    def with_requests(self) -> "EventQuerySet":
        """Each with ``requested``: how many registrations wait for the institute's approval."""
        asked = Registration.objects.filter(event=models.OuterRef("pk"), state=RegistrationState.REQUESTED).order_by()
        return self.annotate(
            requested=models.Subquery(asked.values("event").annotate(n=models.Count("pk")).values("n"))
        )


# Expressions without values of a moment, put together once: that costs as much as many a page.


@cache
def room_for_all() -> models.ExpressionWrapper:
    """``has_room`` for who comes from anywhere."""
    pools = SeatPool.objects.filter(event=models.OuterRef("pk"))
    kept = Q(models.Exists(pools.kept_and_free()), waiting_list_enabled=False)
    return models.ExpressionWrapper(free_to_all() | Q(~models.Exists(pools)) | kept, models.BooleanField())


@cache
def only_kept() -> models.ExpressionWrapper:
    pools = SeatPool.objects.filter(event=models.OuterRef("pk"))
    only = Q(models.Exists(pools.kept_and_free())) & ~free_to_all()
    return models.ExpressionWrapper(only, models.BooleanField())


@cache
def free_to_all() -> Q:
    """That an event has a seat that anybody who comes now would get (see :meth:`EventQuerySet.with_room`)."""
    pools = SeatPool.objects.filter(event=models.OuterRef("pk"), municipality=None)
    waiting = Registration.objects.filter(
        event=models.OuterRef("event"), seat_pool=models.OuterRef("pk"), state=RegistrationState.WAITING
    )
    both_apart = models.Exists(pools.filter(modality=Modality.IN_PERSON)) & models.Exists(
        pools.filter(modality=Modality.VIRTUAL)
    )
    open_now = pools.with_free_seats().filter(~models.Exists(waiting))
    return Q(models.Exists(open_now.exclude(modality=""))) | (
        Q(models.Exists(open_now.filter(modality=""))) & ~both_apart
    )


def left_results() -> Q:
    """That an event left a summary, an answer to a guiding question or a material of the session."""
    own = {"event": models.OuterRef("pk")}
    answered = models.Exists(GuidingQuestion.objects.filter(**own).exclude(answer=""))
    left = models.Exists(Material.objects.filter(**own).exclude(kind=MaterialKind.REFERENCE))
    return ~Q(results_summary="") | Q(answered) | Q(left)


class Event(models.Model):
    """A webinar, support-group session, workshop …

    Time is kept three ways (PRODUCT rule 7): the wall time typed (``first_day``, ``start_time``, ``last_day``,
    ``end_time``), its IANA ``time_zone``, and the moments in UTC that follow (``starts_at``, ``ends_at``), written by
    ``services.save_event`` alone. No day: *fecha por confirmar*. A day without an hour: all-day, *hora no registrada*,
    no timed reminder. ``start_revision`` rises when the start changes, so that reminders arm again; ``sequence`` is
    iCalendar's SEQUENCE and rises with each change that staff make.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(_("título"), max_length=200)
    title_en = models.CharField(_("título en inglés"), max_length=200, blank=True)
    slug = models.SlugField(max_length=230, unique=True, editable=False)
    format = models.ForeignKey(Format, on_delete=models.PROTECT, related_name="events", verbose_name=_("formato"))
    series = models.ForeignKey(
        Series, on_delete=models.PROTECT, null=True, blank=True, related_name="events", verbose_name=_("ciclo")
    )
    number_in_series = models.PositiveSmallIntegerField(_("número en el ciclo"), null=True, blank=True)
    follows_up = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="followed_by",
        verbose_name=_("en seguimiento a"),
    )  # fmt: skip
    topic = models.CharField(_("tema"), max_length=300, blank=True)
    summary = models.TextField(_("descripción"), max_length=4000, blank=True)
    objectives = models.TextField(_("objetivos"), max_length=4000, blank=True, help_text=_("Uno por línea."))

    first_day = models.DateField(_("día"), null=True, blank=True)
    start_time = models.TimeField(_("hora de inicio"), null=True, blank=True)
    last_day = models.DateField(_("último día"), null=True, blank=True)
    end_time = models.TimeField(_("hora de término"), null=True, blank=True)
    time_zone = models.CharField(_("zona horaria"), max_length=64, default="America/Mexico_City")
    second_time_zone = models.CharField(_("segunda zona horaria"), max_length=64, blank=True)
    starts_at = models.DateTimeField(null=True, editable=False)
    ends_at = models.DateTimeField(null=True, editable=False)

    modality = models.CharField(_("modalidad"), max_length=12, choices=Modality)
    venue = models.CharField(_("sede"), max_length=200, blank=True)
    address = models.CharField(_("domicilio"), max_length=300, blank=True)
    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="events",
        verbose_name=_("municipio sede"),
    )  # fmt: skip
    meeting_url = models.URLField(
        _("enlace de la videollamada"), max_length=500, blank=True,
        help_text=_("Nunca se publica: llega por correo a las personas inscritas."),
    )  # fmt: skip
    pathway = models.ForeignKey(
        Pathway, on_delete=models.PROTECT, related_name="entry_events", verbose_name=_("camino de entrada")
    )
    linked_pathways = models.ManyToManyField(
        Pathway, blank=True, related_name="linked_events", verbose_name=_("caminos vinculados")
    )
    sectors = models.ManyToManyField(Sector, blank=True, related_name="events", verbose_name=_("sectores"))
    sdgs = models.ManyToManyField(SDG, blank=True, related_name="events", verbose_name=_("ODS"))

    registration_enabled = models.BooleanField(_("recibe inscripciones en este portal"), default=True)
    registration_opens_at = models.DateTimeField(_("la inscripción abre"), null=True, blank=True)
    registration_closes_at = models.DateTimeField(_("la inscripción cierra"), null=True, blank=True)
    waiting_list_enabled = models.BooleanField(_("con lista de espera"), default=True)
    admission = models.CharField(_("quién puede inscribirse"), max_length=10, choices=Admission, default=Admission.OPEN)
    confirms_email = models.BooleanField(
        _("pide confirmar el correo en 30 minutos"), default=False,
        help_text=_("Quien se inscribe recibe un enlace; sin abrirlo no ocupa lugar."),
    )  # fmt: skip
    offer_hours = models.PositiveSmallIntegerField(
        _("horas para aceptar un lugar de la lista de espera"), default=24,
        help_text=_("Cerca del inicio el plazo se acorta solo."),
    )  # fmt: skip
    responsible = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("persona responsable en el instituto"),
    )  # fmt: skip

    status = models.CharField(max_length=10, choices=EventStatus, default=EventStatus.DRAFT, editable=False)
    published_at = models.DateTimeField(null=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)
    cancellation_reason = models.CharField(_("motivo de la cancelación"), max_length=300, blank=True)
    results_summary = models.TextField(_("resultados de la sesión"), max_length=6000, blank=True)
    headcount = models.PositiveIntegerField(
        _("aforo declarado"), null=True, blank=True,
        help_text=_("Personas contadas a la vista. Se informa aparte: nunca se suma a la asistencia nominal."),
    )  # fmt: skip
    note = models.TextField(_("nota sobre la fuente"), max_length=1000, blank=True)
    source = models.CharField(_("fuente"), max_length=40, blank=True)
    sequence = models.PositiveIntegerField(default=0, editable=False)
    start_revision = models.PositiveIntegerField(default=0, editable=False)
    revised_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    search_text = models.TextField(editable=False, default="")
    # The entry of the public feeds in each language, as events.services.entries wrote it for this revision: a line that
    # says for which address and revision (events.ical.mark), then the VEVENT.
    vevent_es = models.TextField(editable=False, default="")
    vevent_en = models.TextField(editable=False, default="")
    history = HistoricalRecords(
        excluded_fields=["search_text", "vevent_es", "vevent_en"], m2m_fields=[linked_pathways, sectors, sdgs]
    )

    objects = EventQuerySet.as_manager()
    has_room: bool  # only of rows asked for by with_room()
    only_kept: bool  # only of rows asked for by marking_kept()
    requested: int | None  # only of rows asked for by with_requests()
    left_results: bool  # only of rows asked for by marking_results()
    sources: "list[EventOrganiser]"  # only of rows of the library

    class Meta:
        ordering = [F("first_day").desc(nulls_first=True), F("starts_at").desc(nulls_last=True), "-pk"]
        verbose_name = _("evento")
        verbose_name_plural = _("eventos")
        constraints = [
            models.CheckConstraint(
                condition=Q(first_day__isnull=False) | Q(start_time__isnull=True, last_day__isnull=True),
                name="events_event_hour_needs_day",
                violation_error_message=_("Para poner hora hace falta el día."),
            ),
            models.CheckConstraint(
                condition=Q(last_day__isnull=True) | Q(last_day__gte=F("first_day")),
                name="events_event_days_order",
                violation_error_message=_("El evento termina antes de empezar: revise los días."),
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="events_event_times_order",
                violation_error_message=_("El evento termina antes de empezar: revise las horas."),
            ),
            models.UniqueConstraint(
                fields=["series", "format", "number_in_series"],
                condition=Q(number_in_series__isnull=False),
                name="events_event_number_in_series",
                violation_error_message=_("Ese número ya lo tiene otra sesión de este formato en el ciclo."),
            ),
        ]
        indexes = [
            models.Index(fields=["first_day", "starts_at"], name="events_event_day"),
            models.Index(fields=["ends_at"], condition=Q(status="published"), name="events_event_published_end"),
            models.Index(fields=["revised_at"], name="events_event_revised"),
            models.Index(
                fields=["last_day"], condition=Q(last_day__gt=F("first_day")), name="events_event_several_days"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def label(self) -> str:
        """The title in the language of the page."""
        return in_page_language(self.title, self.title_en)

    @property
    def is_over(self) -> bool:
        """Its end has passed; an undated event is never over."""
        if self.ends_at:
            return self.ends_at < timezone.now()
        return self.last_day is not None and self.last_day < timezone.localdate()

    @property
    def is_results_pending(self) -> bool:
        """*Resultado pendiente*, as ``results_pending()`` says it; of rows asked for by ``marking_results()``."""
        if self.status != EventStatus.PUBLISHED or not self.is_over or self.last_day is None:
            return False
        return not getattr(self, "left_results", True) and self.last_day < timezone.localdate() - RESULTS_DUE

    @property
    def day_label(self) -> str:
        """The day or days in words, as they are at the event's place."""
        return dates.day_range_label(self.first_day, self.last_day) if self.first_day else str(_("Fecha por confirmar"))

    @property
    def time_label(self) -> str:
        """The hours with their zone named; an hour that nobody wrote down is said so."""
        if self.starts_at:
            return dates.time_label(self.starts_at, self.time_zone, self.ends_at)
        if self.first_day is None:
            return ""
        return str(_("Hora no registrada") if self.is_over else _("Hora por confirmar"))

    @property
    def second_time_label(self) -> str:
        """The same moment in the second zone, with the day where it is another one; empty without such a zone."""
        if not self.starts_at or not self.second_time_zone or self.second_time_zone == self.time_zone:
            return ""
        label = dates.time_label(self.starts_at, self.second_time_zone, self.ends_at)
        day = self.starts_at.astimezone(ZoneInfo(self.second_time_zone)).date()
        return label if day == self.first_day else f"{dates.day_label(day)}, {label}"

    @property
    def place(self) -> str:
        """Venue, address and municipality, as far as they are known."""
        parts = [self.venue, self.address, self.municipality.name if self.municipality else ""]
        return ", ".join(part for part in parts if part)

    @property
    def where_label(self) -> str:
        """Where people meet, in words: the place, online, or both."""
        if self.modality == Modality.VIRTUAL:
            return str(_("En línea"))
        place = self.place or str(_("Sede por confirmar"))
        return str(_("{place}, y en línea")).format(place=place) if self.modality == Modality.HYBRID else place

    @property
    def objective_list(self) -> list[str]:
        return [line.strip() for line in self.objectives.splitlines() if line.strip()]

    @property
    def kept_for(self) -> str:
        """The municipalities for which seats are kept and free."""
        names = self.seat_pools.kept_and_free().order_by("municipality__sort_name").values_list("municipality__name")
        return ", ".join(dict.fromkeys(name for (name,) in names))

    @property
    def numbered_name(self) -> str:
        """*Webinar 3*, where the event has a number in its series; else the format's name."""
        if self.number_in_series is None:
            return self.format.label
        return f"{self.format.label.split(' (')[0]} {self.number_in_series}"

    def registration_status(self, *, seats_left: int | None, invited: bool = False) -> RegistrationStatus:
        """What a person can do now.

        ``seats_left``: None where capacity is not limited. ``invited``: holds an invitation or needs none.
        """
        now = timezone.now()
        closes = self.registration_closes_at or self.ends_at
        if not self.registration_enabled or self.status != EventStatus.PUBLISHED:
            return RegistrationStatus.NOT_OFFERED if self.status != EventStatus.CANCELLED else RegistrationStatus.CLOSED
        if self.is_over or (closes and closes <= now):
            return RegistrationStatus.CLOSED
        if self.registration_opens_at and self.registration_opens_at > now:
            return RegistrationStatus.NOT_YET
        if self.admission == Admission.INVITED and not invited:
            return RegistrationStatus.BY_INVITATION
        if seats_left is None or seats_left > 0:
            return RegistrationStatus.OPEN
        return RegistrationStatus.WAITING_LIST if self.waiting_list_enabled else RegistrationStatus.FULL
