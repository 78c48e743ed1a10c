"""Series, events, registration with counted seats, attendance and the stages of reminders."""

import secrets
import uuid
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from events.enums import AttendanceSource, EventStatus, MaterialKind, RegistrationState, RegistrationStatus, SpeakerRole
from municipalities.models import Municipality
from network.enums import Modality, OrganisationRole, PersonCategory, Sex
from network.models import (
    SDG,
    Organisation,
    Pathway,
    Person,
    PrivacyNotice,
    Sector,
    Translated,
    User,
    private_storage,
)
from web import dates


def in_page_language(text: str, english: str) -> str:
    """The English text on an English page, where there is one; else the Spanish one."""
    return english if english and (get_language() or "es").startswith("en") else text


class Format(Translated):
    """The kind of an event (taller, webinar, GAAD …). Accompaniment and instrument review are not events."""

    code = models.SlugField(max_length=40, unique=True)
    plural = models.CharField(_("plural"), max_length=160)
    glyph = models.CharField(max_length=4, blank=True)
    default_modality = models.CharField(max_length=12, blank=True)
    is_individual = models.BooleanField(_("atención a un municipio"), default=False)
    counts_as_training = models.BooleanField(_("cuenta como capacitación"), default=True)
    definition = models.CharField(_("definición"), max_length=240, blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order"]
        verbose_name = _("formato")
        verbose_name_plural = _("formatos")


class Series(models.Model):
    """A cycle of events with its own counters; numbering inside it runs per format (Webinar 3, GAAD 2)."""

    title = models.CharField(_("título"), max_length=200)
    title_en = models.CharField(_("título en inglés"), max_length=200, blank=True)
    slug = models.SlugField(max_length=210, unique=True, editable=False)
    summary = models.TextField(_("resumen"), max_length=3000, blank=True)
    planned_sessions = models.PositiveSmallIntegerField(_("sesiones anunciadas"), null=True, blank=True)
    topics = models.CharField(_("temas"), max_length=300, blank=True, help_text=_("Separados por comas."))
    period = models.CharField(_("periodo"), max_length=120, blank=True)
    note = models.TextField(_("nota sobre la fuente"), max_length=1000, blank=True)
    source = models.CharField(_("fuente"), max_length=40, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("ciclo")
        verbose_name_plural = _("ciclos")

    def __str__(self) -> str:
        return self.title

    @property
    def label(self) -> str:
        """The title in the language of the page."""
        return in_page_language(self.title, self.title_en)

    @property
    def topic_list(self) -> list[str]:
        return [topic.strip() for topic in self.topics.split(",") if topic.strip()]


class SeriesOrganiser(models.Model):
    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="organisers")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, verbose_name=_("institución"))
    role = models.CharField(_("papel"), max_length=14, choices=OrganisationRole)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["series", "organisation", "role"],
                name="events_series_organiser_once",
                violation_error_message=_("Esa institución ya está con ese papel."),
            )
        ]


class EventQuerySet(models.QuerySet["Event"]):
    def public(self) -> "EventQuerySet":
        """Published and cancelled events; drafts do not exist for the public."""
        return self.exclude(status=EventStatus.DRAFT)

    def published(self) -> "EventQuerySet":
        return self.filter(status=EventStatus.PUBLISHED)

    def upcoming(self) -> "EventQuerySet":
        """Not over yet: by its end where an hour is known, else by its day. Undated events are not upcoming."""
        return self.filter(
            Q(ends_at__gte=timezone.now()) | Q(ends_at__isnull=True, last_day__gte=timezone.localdate())
        ).order_by("first_day", F("starts_at").asc(nulls_first=True), "pk")

    def held(self) -> "EventQuerySet":
        """Published and over."""
        return self.published().filter(
            Q(ends_at__lt=timezone.now()) | Q(ends_at__isnull=True, last_day__lt=timezone.localdate())
        )

    def undated(self) -> "EventQuerySet":
        return self.filter(first_day__isnull=True)

    def with_room(self) -> "EventQuerySet":
        """Each with ``has_room``: somebody who comes now would get a seat."""
        pools = SeatPool.objects.filter(event=models.OuterRef("pk"))
        free = pools.filter(Q(capacity__isnull=True) | Q(taken__lt=F("capacity")))
        return self.annotate(has_room=models.Exists(free) | ~models.Exists(pools))

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
    history = HistoricalRecords(excluded_fields=["search_text"], m2m_fields=[linked_pathways, sectors, sdgs])

    objects = EventQuerySet.as_manager()
    has_room: bool  # only of rows asked for by with_room()

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
    def objective_list(self) -> list[str]:
        return [line.strip() for line in self.objectives.splitlines() if line.strip()]

    @property
    def numbered_name(self) -> str:
        """*Webinar 3*, where the event has a number in its series; else the format's name."""
        if self.number_in_series is None:
            return self.format.label
        return f"{self.format.label.split(' (')[0]} {self.number_in_series}"

    def registration_status(self, *, seats_left: int | None) -> RegistrationStatus:
        """What a person can do now. ``seats_left``: None where capacity is not limited."""
        now = timezone.now()
        closes = self.registration_closes_at or self.ends_at
        if not self.registration_enabled or self.status != EventStatus.PUBLISHED:
            return RegistrationStatus.NOT_OFFERED if self.status != EventStatus.CANCELLED else RegistrationStatus.CLOSED
        if self.is_over or (closes and closes <= now):
            return RegistrationStatus.CLOSED
        if self.registration_opens_at and self.registration_opens_at > now:
            return RegistrationStatus.NOT_YET
        if seats_left is None or seats_left > 0:
            return RegistrationStatus.OPEN
        return RegistrationStatus.WAITING_LIST if self.waiting_list_enabled else RegistrationStatus.FULL


class EventOrganiser(models.Model):
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="organisers")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, verbose_name=_("institución"))
    role = models.CharField(_("papel"), max_length=14, choices=OrganisationRole)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "organisation", "role"],
                name="events_event_organiser_once",
                violation_error_message=_("Esa institución ya está con ese papel."),
            )
        ]


class Speaker(models.Model):
    """Who speaks. Public only with a recorded consent."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="speakers")
    name = models.CharField(_("nombre"), max_length=160)
    affiliation = models.CharField(_("institución o cargo"), max_length=200, blank=True)
    role = models.CharField(_("papel"), max_length=12, choices=SpeakerRole, default=SpeakerRole.SPEAKER)
    consent_on = models.DateField(
        _("consintió publicar su nombre el"), null=True, blank=True,
        help_text=_("Sin esta fecha el nombre no aparece en público."),
    )  # fmt: skip
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("ponente")
        verbose_name_plural = _("ponentes")


class GuidingQuestion(models.Model):
    """A guiding question (*pregunta guía*), in order; its answer is written after the session."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="guiding_questions")
    order = models.PositiveSmallIntegerField(_("orden"), default=0)
    text = models.TextField(_("pregunta"), max_length=600)
    answer = models.TextField(_("respuesta"), max_length=4000, blank=True)

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("pregunta guía")
        verbose_name_plural = _("preguntas guía")


def material_path(instance: "Material", filename: str) -> str:
    return f"materials/{secrets.token_hex(16)}.{filename.rsplit('.', 1)[-1].lower()}"


class Material(models.Model):
    """A reference document, or what a session leaves: slides, recording, minutes. A file or a link."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="materials")
    kind = models.CharField(_("tipo"), max_length=12, choices=MaterialKind, default=MaterialKind.DOCUMENT)
    title = models.CharField(_("título"), max_length=200)
    file = models.FileField(_("archivo"), upload_to=material_path, storage=private_storage, blank=True)
    url = models.URLField(_("enlace"), max_length=500, blank=True)
    language = models.CharField(
        _("idioma"), max_length=2, choices=[("es", _("Español")), ("en", _("Inglés"))], default="es"
    )
    has_captions = models.BooleanField(_("con subtítulos"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["kind", "pk"]
        verbose_name = _("material")
        verbose_name_plural = _("materiales")
        constraints = [
            models.CheckConstraint(
                condition=(Q(file="") & ~Q(url="")) | (~Q(file="") & Q(url="")),
                name="events_material_file_or_link",
                violation_error_message=_("Suba un archivo o escriba un enlace: uno de los dos."),
            )
        ]

    def __str__(self) -> str:
        return self.title


class SeatPool(models.Model):
    """Seats that are counted together. ``capacity`` null: no limit. ``taken`` is moved only by one conditional UPDATE.

    One pool per (event, modality, municipality); an empty modality and a null municipality mean *everybody*.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="seat_pools")
    modality = models.CharField(_("modalidad"), max_length=12, choices=Modality, blank=True)
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    capacity = models.PositiveIntegerField(_("cupo"), null=True, blank=True)
    taken = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(capacity__isnull=True) | Q(taken__lte=F("capacity")),
                name="events_seat_pool_never_oversold",
                violation_error_message=_("El cupo no puede ser menor que los lugares ya ocupados."),
            ),
            # SQLite knows no "nulls are equal", hence two of them.
            models.UniqueConstraint(
                fields=["event", "modality", "municipality"],
                name="events_seat_pool_of_municipality_once",
                violation_error_message=_("Ese grupo ya tiene un cupo."),
            ),
            models.UniqueConstraint(
                fields=["event", "modality"],
                condition=Q(municipality__isnull=True),
                name="events_seat_pool_of_everybody_once",
                violation_error_message=_("Ese grupo ya tiene un cupo."),
            ),
        ]

    @property
    def seats_left(self) -> int | None:
        return None if self.capacity is None else self.capacity - self.taken


def new_token() -> str:
    """128 random bits for a person's own link."""
    return secrets.token_urlsafe(16)


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def live(self) -> "RegistrationQuerySet":
        return self.exclude(state=RegistrationState.CANCELLED)

    def confirmed(self) -> "RegistrationQuerySet":
        return self.filter(state=RegistrationState.CONFIRMED)

    def waiting(self) -> "RegistrationQuerySet":
        """The waiting list, first come first."""
        return self.filter(state=RegistrationState.WAITING).order_by("created_at", "pk")


class Registration(models.Model):
    """A person's place in an event. It keeps what was typed and never changes the :class:`network.models.Person`."""

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="registrations")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="registrations")
    seat_pool = models.ForeignKey(SeatPool, on_delete=models.PROTECT, related_name="registrations")
    state = models.CharField(max_length=10, choices=RegistrationState, default=RegistrationState.WAITING)
    token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    self_registered = models.BooleanField(default=True)
    name = models.CharField(_("nombre completo"), max_length=160)
    email = models.EmailField(_("correo electrónico"), blank=True)
    email_normalised = models.CharField(max_length=254, blank=True, editable=False)
    sex = models.CharField(_("sexo"), max_length=12, choices=Sex, blank=True)
    category = models.CharField(_("tipo de persona"), max_length=20, choices=PersonCategory, blank=True)
    institution = models.CharField(_("institución"), max_length=200, blank=True)
    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="registrations",
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

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name = _("inscripción")
        verbose_name_plural = _("inscripciones")
        constraints = [
            models.UniqueConstraint(
                fields=["event", "person"],
                condition=~Q(state="cancelled"),
                name="events_registration_person_once",
                violation_error_message=_("Esta persona ya tiene una inscripción a este evento."),
            ),
            models.UniqueConstraint(
                fields=["event", "email_normalised"],
                condition=Q(self_registered=True) & ~Q(state="cancelled") & ~Q(email_normalised=""),
                name="events_registration_email_once",
                violation_error_message=_("Ya hay una inscripción a este evento con ese correo."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["event", "created_at"], condition=Q(state="waiting"), name="events_registration_waiting"
            ),
            models.Index(fields=["event", "state"], name="events_registration_state"),
            models.Index(fields=["email_normalised"], name="events_registration_email"),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.event}"


class Attendance(models.Model):
    """Somebody was there. Sex, category, institution and municipality are kept as they were on the day.

    ``minutes``: minutes attended; null where unknown (unknown is never zero).
    """

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="attendances")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="attendances")
    registration = models.OneToOneField(
        Registration, on_delete=models.SET_NULL, null=True, blank=True, related_name="attendance"
    )
    source = models.CharField(_("fuente"), max_length=10, choices=AttendanceSource, default=AttendanceSource.STAFF)
    modality = models.CharField(_("modalidad"), max_length=12, choices=Modality, blank=True)
    minutes = models.PositiveIntegerField(_("minutos"), null=True, blank=True)
    sex = models.CharField(max_length=12, choices=Sex, blank=True)
    category = models.CharField(max_length=20, choices=PersonCategory, blank=True)
    institution = models.CharField(max_length=200, blank=True)
    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="attendances"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        verbose_name = _("asistencia")
        verbose_name_plural = _("asistencias")
        constraints = [
            models.UniqueConstraint(
                fields=["event", "person"],
                name="events_attendance_once",
                violation_error_message=_("La asistencia de esta persona ya está anotada."),
            )
        ]


class ReminderStage(models.Model):
    """When a reminder leaves, in minutes before the start; for every event (``event`` null) or for one."""

    code = models.SlugField(max_length=30)
    name = models.CharField(_("nombre"), max_length=80)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, null=True, blank=True, related_name="reminder_stages")
    minutes_before = models.PositiveIntegerField(_("minutos antes del inicio"))
    is_active = models.BooleanField(_("activo"), default=True)

    class Meta:
        ordering = ["-minutes_before"]
        verbose_name = _("etapa de recordatorio")
        verbose_name_plural = _("etapas de recordatorio")
        constraints = [
            models.UniqueConstraint(
                fields=["code", "event"],
                name="events_reminder_stage_of_event_once",
                violation_error_message=_("Este evento ya tiene esa etapa."),
            ),
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(event__isnull=True),
                name="events_reminder_stage_of_all_once",
                violation_error_message=_("Ya hay una etapa con ese código."),
            ),
        ]
