"""What staff write to a segment of the network: whom, and what was written.

Announcements stand among the events because these have the registrations and may look down at designations; in
``network`` the people of a series would need a door upward.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.db import models
from django.db.models import Count, F, Q, Value
from django.db.models.functions import Coalesce, Lower, NullIf, Trim
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from events.enums import Audience, RegistrationState
from events.models.messages import ToMany
from events.models.registration import Registration
from events.models.series import Series, in_page_language
from municipalities.models import Municipality, Region
from network.enums import DesignationKind, DesignationState
from network.models import Designation, municipalities_without_titular

NAMES_SHOWN = 3
# The designated person's own address, else that of the account.
DESIGNATED_ADDRESS = Coalesce(
    NullIf("person__email", Value("")), "person__user__email", Value(""), output_field=models.CharField()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of the network that can be written to. ``kind`` empty: titulares and suplentes; no region and no
    municipality: those of the whole state. Who is in it is always asked anew."""

    audience: str
    region: Region | None = None
    municipalities: Sequence[Municipality] = ()
    kind: str = ""
    series: Series | None = None

    def rows(self) -> models.QuerySet[Any]:
        """The designations or registrations that make a person one of the segment, oldest first."""
        if self.audience == Audience.SERIES:
            live = Registration.objects.live().exclude(state=RegistrationState.UNCONFIRMED)
            return live.filter(event__series=self.series).order_by("pk")
        if self.audience == Audience.VACANT:
            # The portal keeps no address of a municipality itself: these are the letters that are still open there.
            open_letters = Designation.objects.filter(state__in=[DesignationState.PROPOSED, DesignationState.IN_FORCE])
            return open_letters.filter(municipality__in=municipalities_without_titular()).order_by("pk")
        found = Designation.objects.in_force()
        if self.kind:
            found = found.filter(kind=self.kind)
        if self.region:
            found = found.filter(municipality__region=self.region)
        if self.municipalities:
            found = found.filter(municipality__in=self.municipalities)
        return found.order_by("pk")

    def addressed(self) -> models.QuerySet[Any]:
        """The same rows with their ``address``: small letters, empty where none is known."""
        if self.audience == Audience.SERIES:
            return self.rows().annotate(address=F("email_normalised"))
        return self.rows().annotate(address=Lower(Trim(DESIGNATED_ADDRESS)))

    def reachable(self) -> models.QuerySet[Any]:
        """Those with an address, and with what a mail names of them."""
        related = ("municipality",) if self.audience == Audience.SERIES else ("municipality", "person__user")
        return self.addressed().exclude(address="").select_related(*related)

    def size(self) -> tuple[int, int]:
        """How many addresses there are, each once, and how many people have none; one query."""
        counted = self.addressed().aggregate(
            addresses=Count("address", filter=~Q(address=""), distinct=True),
            unreachable=Count("person", filter=Q(address=""), distinct=True),
        )
        return counted["addresses"], counted["unreachable"]

    @property
    def label(self) -> str:
        """The segment in words of the page's language."""
        if self.audience == Audience.SERIES:
            title = self.series.label if self.series else gettext("un ciclo que ya no existe")
            return gettext("Personas inscritas en {series}").format(series=title)
        if self.audience == Audience.VACANT:
            return str(Audience.VACANT.label)
        who = {
            "": gettext("Enlaces vigentes"),
            DesignationKind.TITULAR: gettext("Titulares vigentes"),
            DesignationKind.SUPLENTE: gettext("Suplentes vigentes"),
        }[self.kind]
        return " · ".join(filter(None, [who, self.region.name if self.region else "", self._places()]))

    def _places(self) -> str:
        names = [place.name for place in self.municipalities[:NAMES_SHOWN]]
        if more := len(self.municipalities) - len(names):
            names.append(ngettext("{n} más", "{n} más", more).format(n=more))
        return ", ".join(names)


class AnnouncementQuerySet(models.QuerySet["Announcement"]):
    def with_segments(self) -> "AnnouncementQuerySet":
        return self.select_related("region", "series", "created_by").prefetch_related("municipalities")


class Announcement(ToMany):
    """A message that staff wrote to a segment of the network; each address gets it once, in its person's language."""

    mailing_name = "aviso"
    audience = models.CharField(_("a quiénes"), max_length=12, choices=Audience)
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("región")
    )
    municipalities: "models.ManyToManyField[Municipality, models.Model]" = models.ManyToManyField(
        Municipality, blank=True, related_name="+", verbose_name=_("municipios")
    )
    kind = models.CharField(_("titular o suplente"), max_length=10, choices=DesignationKind, blank=True)
    series = models.ForeignKey(
        Series, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("ciclo")
    )
    subject_en = models.CharField(_("asunto en inglés"), max_length=150, blank=True)
    body_en = models.TextField(_("mensaje en inglés"), max_length=4000, blank=True)

    objects = AnnouncementQuerySet.as_manager()

    class Meta(ToMany.Meta):
        verbose_name = _("aviso")
        verbose_name_plural = _("avisos")
        constraints = [
            models.CheckConstraint(
                condition=Q(audience=Audience.LIAISONS) | Q(region=None, kind=""),
                name="events_announcement_filter_of_liaisons",
                violation_error_message=_("La región y el tipo de designación son solo para enlaces."),
            ),
            models.CheckConstraint(
                condition=Q(audience=Audience.SERIES) | Q(series=None),
                name="events_announcement_filter_of_series",
                violation_error_message=_("El ciclo es solo para personas inscritas."),
            ),
            models.CheckConstraint(
                condition=Q(subject_en="", body_en="") | ~Q(subject_en="") & ~Q(body_en=""),
                name="events_announcement_english_is_whole",
                violation_error_message=_("En inglés escriba el asunto y el mensaje, o ninguno de los dos."),
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def segment(self) -> Segment:
        return Segment(
            audience=self.audience,
            region=self.region,
            municipalities=list(self.municipalities.all()),
            kind=self.kind,
            series=self.series,
        )

    def seal(self, address: str) -> str:
        """An address as the outbox's keys hold it: the same one for the same address, and of no use to who reads it."""
        return sha256(f"{self.key}:{address}".encode()).hexdigest()[:32]

    @property
    def subject_label(self) -> str:
        """The subject in the language of the page, or of the mail."""
        return in_page_language(self.subject, self.subject_en)

    @property
    def body_label(self) -> str:
        return in_page_language(self.body, self.body_en)
