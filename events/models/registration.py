"""Seats that are counted, who registered for them and what was asked, invitations."""

import secrets
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.enums import CancelCause, QuestionKind, RegistrationState
from events.models.series import in_page_language
from municipalities.models import Municipality
from network.enums import Modality, PersonCategory, Sex
from network.models import Person, PrivacyNotice, User
from web import dates


class SeatPoolQuerySet(models.QuerySet["SeatPool"]):
    def with_free_seats(self) -> "SeatPoolQuerySet":
        """In use, and a seat of it is free."""
        return self.filter(Q(capacity__isnull=True) | Q(taken__lt=F("capacity")), released_at=None)

    def miscounted(self) -> "SeatPoolQuerySet":
        """Those whose ``taken`` is not how many registrations hold a seat of them: with that number, ``counted``."""
        holding = Q(registrations__state__in=[RegistrationState.OFFERED, RegistrationState.CONFIRMED])
        return self.annotate(counted=models.Count("registrations", filter=holding)).exclude(taken=F("counted"))

    def kept_and_free(self) -> "SeatPoolQuerySet":
        """With a free seat that is kept for a municipality."""
        return self.with_free_seats().filter(municipality__isnull=False)


class SeatPool(models.Model):
    """Seats that are counted together. ``capacity`` null: no limit. ``taken`` is moved only by one conditional UPDATE.

    One pool per (event, modality, municipality); an empty modality and a null municipality mean *everybody*.
    """

    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="seat_pools")
    modality = models.CharField(_("modalidad"), max_length=12, choices=Modality, blank=True)
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    capacity = models.PositiveIntegerField(_("cupo"), null=True, blank=True)
    taken = models.PositiveIntegerField(default=0, editable=False)
    release_at = models.DateTimeField(
        _("se libera el"), null=True, blank=True,
        help_text=_("Desde entonces los lugares apartados que queden son de todas las personas."),
    )  # fmt: skip
    released_at = models.DateTimeField(null=True, editable=False)

    objects = SeatPoolQuerySet.as_manager()
    counted: int  # only of rows asked for by miscounted()

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

    event = models.ForeignKey("events.Event", on_delete=models.PROTECT, related_name="registrations")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="registrations")
    seat_pool = models.ForeignKey(SeatPool, on_delete=models.PROTECT, related_name="registrations")
    state = models.CharField(max_length=12, choices=RegistrationState, default=RegistrationState.WAITING)
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
    # When what is asked of the person ends: to accept the seat offered, or to confirm the e-mail.
    expires_at = models.DateTimeField(null=True, editable=False)
    cancelled_at = models.DateTimeField(null=True)
    cancel_cause = models.CharField(max_length=20, choices=CancelCause, blank=True, editable=False)
    cancel_reason = models.CharField(_("motivo"), max_length=300, blank=True)

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
            models.Index(
                fields=["expires_at"],
                condition=Q(state__in=["offered", "unconfirmed"]),
                name="events_registration_expiring",
            ),
            models.Index(fields=["event", "state"], name="events_registration_state"),
            models.Index(fields=["email_normalised"], name="events_registration_email"),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.event}"

    @property
    def addressee(self) -> str:
        """The name beside the address of a mail; none where it came from the public form, for a stranger may have typed
        both."""
        return self.name if self.created_by_id else ""

    @property
    def comes_in_person(self) -> bool:
        """Has a place where there is a door: neither the event nor this registration is only online."""
        online = Modality.VIRTUAL in (self.event.modality, self.modality)
        return self.state == RegistrationState.CONFIRMED and not online

    @property
    def is_late(self) -> bool:
        """The time to confirm the e-mail is over: the registration ends with the next sweep, or before."""
        if self.state != RegistrationState.UNCONFIRMED or self.expires_at is None:
            return False
        return self.expires_at <= timezone.now()

    @property
    def is_offer_over(self) -> bool:
        """The time to accept the seat is over: it passes on with the next sweep."""
        if self.state != RegistrationState.OFFERED or self.expires_at is None:
            return False
        return self.expires_at <= timezone.now()

    @property
    def deadline(self) -> str:
        """``expires_at`` in words, as the clock says it at the event's place."""
        if self.expires_at is None:
            return ""
        zone = self.event.time_zone
        day = dates.day_label(self.expires_at.astimezone(ZoneInfo(zone)).date())
        return f"{day}, {dates.time_label(self.expires_at, zone)}"


class RegistrationQuestion(models.Model):
    """One block of an event's own registration form, with its purpose and how long its answers are kept.

    ``options``: one per line, for the kinds with options; an answer is kept in these words, and ``options_en`` are the
    same ones, line by line. Shown only where the question ``shown_if`` was answered with
    ``shown_if_value`` (``"yes"`` and ``"no"`` for a yes-or-no question), or always where that is empty.
    """

    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="registration_questions")
    order = models.PositiveSmallIntegerField(_("orden"), default=0)
    kind = models.CharField(_("tipo"), max_length=10, choices=QuestionKind, default=QuestionKind.TEXT)
    text = models.CharField(_("pregunta"), max_length=300)
    text_en = models.CharField(_("pregunta en inglés"), max_length=300, blank=True)
    help_text = models.CharField(_("ayuda"), max_length=300, blank=True)
    help_text_en = models.CharField(_("ayuda en inglés"), max_length=300, blank=True)
    purpose = models.CharField(
        _("para qué se pregunta"), max_length=300, help_text=_("La persona lo lee junto a la pregunta.")
    )
    purpose_en = models.CharField(_("para qué se pregunta, en inglés"), max_length=300, blank=True)
    options = models.TextField(_("opciones"), max_length=2000, blank=True, help_text=_("Una por línea."))
    options_en = models.TextField(_("opciones en inglés"), max_length=2000, blank=True)
    is_required = models.BooleanField(_("obligatoria"), default=False)
    shown_if = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="decides_on",
        verbose_name=_("solo si la pregunta"),
    )  # fmt: skip
    shown_if_value = models.CharField(_("se contestó con"), max_length=200, blank=True)
    retention_days = models.PositiveSmallIntegerField(_("días que se guarda la respuesta tras el evento"), default=180)

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("pregunta de la inscripción")
        verbose_name_plural = _("preguntas de la inscripción")

    def __str__(self) -> str:
        return self.text

    @property
    def label(self) -> str:
        """The question in the language of the page."""
        return in_page_language(self.text, self.text_en)

    @property
    def option_list(self) -> list[str]:
        return [line.strip() for line in self.options.splitlines() if line.strip()]

    @property
    def help(self) -> str:
        """The help and the purpose in the language of the page."""
        purpose = _("Para qué: {purpose}").format(purpose=in_page_language(self.purpose, self.purpose_en))
        return f"{in_page_language(self.help_text, self.help_text_en)} {purpose}".strip()

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The answers offered, as (value kept, words in the language of the page); none for kinds without choices."""
        choices, english = answer_choices(self.kind, self.option_list), self.options_en.splitlines()
        if not self.options or len(english) != len(choices):
            return choices
        return [(value, in_page_language(words, other)) for (value, words), other in zip(choices, english, strict=True)]

    @property
    def condition(self) -> str:
        """When it is shown, in words; empty where always."""
        if self.shown_if is None:
            return ""
        answer = dict(self.shown_if.choices).get(self.shown_if_value, self.shown_if_value)
        return _("Solo si contestó «{answer}» a «{question}».").format(answer=answer, question=self.shown_if.label)


def answer_choices(kind: str, options: list[str]) -> list[tuple[str, str]]:
    """The answers that a condition can ask for, as (value kept, words); none for kinds without choices."""
    if kind == QuestionKind.YES_NO:
        return [("yes", str(_("Sí"))), ("no", str(_("No")))]
    return [(option, option) for option in options] if kind in {QuestionKind.CHOICE, QuestionKind.CHOICES} else []


def answer_words(value: Any) -> str:
    """An answer as a person reads it."""
    if isinstance(value, bool):
        return str(_("Sí") if value else _("No"))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


class RegistrationAnswer(models.Model):
    """What a person answered. ``value``: a text, a number, true or false, or a list of options."""

    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey(RegistrationQuestion, on_delete=models.PROTECT, related_name="answers")
    value = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["registration", "question"], name="events_registration_answer_once")
        ]

    @property
    def in_words(self) -> str:
        """In the language of the page."""
        words = dict(self.question.choices) if isinstance(self.value, (str, list)) else {}
        if isinstance(self.value, list):
            return answer_words([words.get(option, option) for option in self.value])
        return words.get(self.value) or answer_words(self.value)


class AccessNeeds(models.Model):
    """What a person needs to take part, apart from the rest of the registration and erased 30 days after the event."""

    registration = models.OneToOneField(Registration, on_delete=models.CASCADE, related_name="access_needs")
    accessibility = models.CharField(_("accesibilidad"), max_length=500, blank=True)
    language = models.CharField(_("lengua o interpretación"), max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("necesidades para participar")
        verbose_name_plural = _("necesidades para participar")


class Invitation(models.Model):
    """An address that may register where registration is closed, or without waiting for approval."""

    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("correo electrónico"))
    email_normalised = models.CharField(max_length=254, editable=False)
    token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    registration = models.OneToOneField(
        Registration, on_delete=models.SET_NULL, null=True, blank=True, related_name="invitation", editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["email_normalised"]
        verbose_name = _("invitación")
        verbose_name_plural = _("invitaciones")
        constraints = [
            models.UniqueConstraint(
                fields=["event", "email_normalised"],
                name="events_invitation_once",
                violation_error_message=_("Ese correo ya está invitado a este evento."),
            )
        ]

    @property
    def is_used(self) -> bool:
        """Somebody came by it, confirmed the e-mail where asked to, and did not cancel."""
        free = {RegistrationState.CANCELLED, RegistrationState.UNCONFIRMED}
        return self.registration is not None and self.registration.state not in free


class PersonalFeed(models.Model):
    """The secret address under which an account's own calendar is read by other programmes; a new token revokes it."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="personal_feed")
    token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("calendario personal")
        verbose_name_plural = _("calendarios personales")
