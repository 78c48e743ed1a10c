"""The letters by which a municipality names its people, and the invitations that follow."""

import secrets
from datetime import date, timedelta

from django.core.files.storage import Storage, storages
from django.core.signing import BadSignature, Signer
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from municipalities.models import Municipality
from network.enums import DesignationKind, DesignationState, InvitationState
from network.models.accounts import User
from network.models.people import Person
from web.search import matching

# Before a designation ends its municipality is reminded twice; the second time the institute is too.
ENDING_FIRST = timedelta(days=60)
ENDING_SECOND = timedelta(days=15)


def private_storage() -> Storage:
    """Where uploads live: never under a public address; views that check permissions serve them."""
    return storages["default"]


def oficio_path(instance: "Designation", filename: str) -> str:
    return f"oficios/{secrets.token_hex(16)}.{filename.rsplit('.', 1)[-1].lower()}"


class DesignationQuerySet(models.QuerySet["Designation"]):
    def matching(self, words: str) -> "DesignationQuerySet":
        """Every word stands in the municipality, the person's name or e-mail, or the letter's number."""
        return matching(self, words, "municipality__name", "person__name", "person__email", "oficio_number")

    def in_force(self) -> "DesignationQuerySet":
        """State *vigente* and today (in the installation's zone) within the period; an open end never passes."""
        today = timezone.localdate()
        return self.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=today), state=DesignationState.IN_FORCE, starts_on__lte=today
        )

    def expired(self) -> "DesignationQuerySet":
        """Still *vigente* in the books although the period is over: to be renewed or concluded."""
        return self.filter(state=DesignationState.IN_FORCE, ends_on__lt=timezone.localdate())

    def ending(self, until: date) -> "DesignationQuerySet":
        """*Vigente* in the books, begun, and its last day is that one or an earlier one."""
        today = timezone.localdate()
        return self.filter(state=DesignationState.IN_FORCE, starts_on__lte=today, ends_on__lte=until)

    def without_scan(self) -> "DesignationQuerySet":
        """*Vigente* in the books, and the letter itself is not in the portal: to be added."""
        return self.filter(state=DesignationState.IN_FORCE, oficio_file="")

    def for_the_desk(self) -> "DesignationQuerySet":
        """In the order of the staff's list: what waits for them first, then by municipality."""
        return self.annotate(waits=Q(state=DesignationState.PROPOSED)).order_by(
            "-waits", "municipality__sort_name", "-kind", "-starts_on", "-pk"
        )

    def titulares(self) -> "DesignationQuerySet":
        return self.filter(kind=DesignationKind.TITULAR)

    def counted(self) -> "DesignationQuerySet":
        """Letters that are or were in force: neither only proposed nor rejected."""
        return self.exclude(state__in=[DesignationState.PROPOSED, DesignationState.REJECTED])

    def overlapping(self, starts_on: date, ends_on: date | None) -> "DesignationQuerySet":
        """Letters that count and share a day with this period; an open end never passes."""
        found = self.counted().filter(Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on))
        return found.filter(starts_on__lte=ends_on) if ends_on else found


class Designation(models.Model):
    """The letter (*oficio*) by which a municipality names a person titular or suplente, for a period."""

    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, related_name="designations", verbose_name=_("municipio")
    )
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="designations", verbose_name=_("persona"))
    kind = models.CharField(_("tipo"), max_length=10, choices=DesignationKind, default=DesignationKind.TITULAR)
    state = models.CharField(_("estado"), max_length=10, choices=DesignationState, default=DesignationState.IN_FORCE)
    oficio_number = models.CharField(_("número de oficio"), max_length=80)
    oficio_date = models.DateField(_("fecha del oficio"), null=True, blank=True)
    signed_by = models.CharField(_("quién firma"), max_length=160, blank=True)
    oficio_file = models.FileField(_("archivo del oficio"), upload_to=oficio_path, storage=private_storage, blank=True)
    oficio_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    starts_on = models.DateField(_("inicia"))
    ends_on = models.DateField(_("termina"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    history = HistoricalRecords()

    objects = DesignationQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-pk"]
        verbose_name = _("designación")
        verbose_name_plural = _("designaciones")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="network_designation_period_order",
                violation_error_message=_("La vigencia termina antes de empezar: revise las dos fechas."),
            ),
            models.UniqueConstraint(
                fields=["municipality"],
                condition=Q(kind="titular", state="in-force"),
                name="network_one_titular_in_force",
                violation_error_message=_(
                    "Este municipio ya tiene una persona titular vigente. Concluya o sustituya primero esa designación."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.municipality} · {self.get_kind_display()}"

    @property
    def is_current(self) -> bool:
        """In force today; the same rule as :meth:`DesignationQuerySet.in_force`."""
        today = timezone.localdate()
        return (
            self.state == DesignationState.IN_FORCE
            and self.starts_on <= today
            and (self.ends_on is None or self.ends_on >= today)
        )

    @property
    def is_expired(self) -> bool:
        """*Vigente* in the books, but its period is over."""
        return (
            self.state == DesignationState.IN_FORCE and self.ends_on is not None and self.ends_on < timezone.localdate()
        )

    @property
    def lacks_scan(self) -> bool:
        """The same rule as :meth:`DesignationQuerySet.without_scan`."""
        return self.state == DesignationState.IN_FORCE and not self.oficio_file

    @property
    def ends_soon(self) -> bool:
        """In force, and near its end: time for the second reminder."""
        return self.is_current and self.ends_on is not None and self.ends_on <= timezone.localdate() + ENDING_SECOND

    @property
    def ending(self) -> str:
        """Which of its ends is told, and of which day: another day is another end. Empty where it has none yet."""
        if self.ends_on is None or self.ends_on > timezone.localdate() + ENDING_FIRST:
            return ""
        stage = "ended" if self.is_expired else "second" if self.ends_soon else "first"
        return f"{stage}:{self.ends_on}"

    @property
    def is_upcoming(self) -> bool:
        return self.state == DesignationState.IN_FORCE and self.starts_on > timezone.localdate()

    @property
    def is_open(self) -> bool:
        """Not concluded, replaced or rejected: it can still be edited, ended or its person invited."""
        return self.state in {DesignationState.PROPOSED, DesignationState.IN_FORCE}


_invitation_signer = Signer(salt="network.invitation", sep=".")


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def pending(self) -> "InvitationQuerySet":
        """Neither accepted nor revoked; it may have expired."""
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True)

    def signed(self, token: str) -> "InvitationQuerySet":
        """The one this link was made for; none where the signature is not ours."""
        try:
            return self.filter(pk=int(_invitation_signer.unsign(token)))
        except (BadSignature, ValueError):
            return self.none()


class Invitation(models.Model):
    """A link that lets the designated person open an account.

    No secret is stored: the link is the row's number signed with the installation's key, made when the mail leaves.
    """

    designation = models.ForeignKey(
        Designation, on_delete=models.CASCADE, related_name="invitations", verbose_name=_("designación")
    )
    email = models.EmailField(_("correo electrónico"))
    created_at = models.DateTimeField(_("creada"), auto_now_add=True)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("quién invitó")
    )
    expires_at = models.DateTimeField(_("caduca"))
    accepted_at = models.DateTimeField(_("aceptada"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("retirada"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("invitación")
        verbose_name_plural = _("invitaciones")
        constraints = [
            models.UniqueConstraint(
                fields=["designation"],
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="network_one_pending_invitation",
                violation_error_message=_("Esta designación ya tiene una invitación pendiente."),
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(revoked_at__isnull=True),
                name="network_invitation_accepted_or_revoked",
                violation_error_message=_("Una invitación aceptada ya no se puede retirar."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.designation_id} · {self.pk}"

    @property
    def token(self) -> str:
        """What stands in the link: the row's number and its signature."""
        return _invitation_signer.sign(str(self.pk))

    @property
    def state(self) -> InvitationState:
        if self.accepted_at:
            return InvitationState.ACCEPTED
        if self.revoked_at:
            return InvitationState.REVOKED
        return InvitationState.EXPIRED if self.expires_at <= timezone.now() else InvitationState.PENDING


def municipalities_without_titular() -> models.QuerySet[Municipality]:
    """Municipalities that have no titular in force today, with what is known of the last one.

    ``last_state`` and ``last_day`` are those of the latest titular letter (None: there never was one); ``has_suplente``
    says whether somebody stands in.
    """
    titulares = Designation.objects.titulares().filter(municipality=OuterRef("pk"))
    last = titulares.order_by("-starts_on", "-pk")
    suplentes = Designation.objects.in_force().filter(municipality=OuterRef("pk"), kind=DesignationKind.SUPLENTE)
    return (
        Municipality.objects.select_related("region")
        .exclude(Exists(titulares.in_force()))
        .annotate(
            last_state=Subquery(last.values("state")[:1]),
            last_day=Subquery(last.values("ends_on")[:1]),
            has_suplente=Exists(suplentes),
        )
    )
