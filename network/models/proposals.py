"""How municipalities propose their people themselves: the link they get, what came back, and campaigns."""

from django.core.signing import BadSignature, Signer
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality
from network.enums import DesignationKind, DesignationState, LinkState
from network.models.accounts import User
from network.models.designations import Designation
from network.models.privacy import PrivacyNotice

_link_signer = Signer(salt="network.proposal", sep=".")


class MunicipalOffice(models.Model):
    """The mailbox of a town hall: where letters to the municipality go, whoever works there."""

    municipality = models.OneToOneField(
        Municipality, on_delete=models.CASCADE, primary_key=True, related_name="office", verbose_name=_("municipio")
    )
    email = models.EmailField(_("correo de oficina"))
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")

    class Meta:
        verbose_name = _("oficina municipal")
        verbose_name_plural = _("oficinas municipales")

    def __str__(self) -> str:
        return f"{self.municipality_id}"


class RenewalCampaign(models.Model):
    """Many municipalities asked at once, where their terms end: one link for each, one deadline, one text."""

    name = models.CharField(_("nombre"), max_length=120, help_text=_("Solo lo ve el instituto."))
    text = models.TextField(
        _("mensaje a los municipios"),
        max_length=2000,
        help_text=_("Va en el correo, antes del enlace de cada municipio."),
    )
    deadline = models.DateField(_("fecha límite"), help_text=_("El último día en que sirve el enlace."))
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    cancelled_at = models.DateTimeField(null=True, editable=False)
    cancelled_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("campaña de renovación")
        verbose_name_plural = _("campañas de renovación")

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Municipalities can still answer."""
        return self.cancelled_at is None and self.deadline >= timezone.localdate()


class ProposalLinkQuerySet(models.QuerySet["ProposalLink"]):
    def signed(self, token: str) -> "ProposalLinkQuerySet":
        """The one this link was made for; none where the signature is not ours."""
        try:
            return self.filter(pk=int(_link_signer.unsign(token)))
        except (BadSignature, ValueError):
            return self.none()

    def open(self) -> "ProposalLinkQuerySet":
        """Can still be used today."""
        return self.filter(revoked_at=None, ends_on__gte=timezone.localdate())

    def unanswered(self) -> "ProposalLinkQuerySet":
        """Nothing of it waits for the institute or was verified: a rejected proposal is still to be corrected."""
        answered = Proposal.objects.filter(link=OuterRef("pk")).exclude(designation__state=DesignationState.REJECTED)
        return self.exclude(Exists(answered))


class ProposalLink(models.Model):
    """A link by which a municipality proposes its titular and its suplente, without an account.

    No secret is stored: the link is the row's number signed with the installation's key, made when the mail leaves.
    ``opened_at`` is when somebody there pressed the first button: opening a page writes nothing, because programs that
    look into mail open links too.
    """

    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, related_name="proposal_links", verbose_name=_("municipio")
    )
    campaign = models.ForeignKey(
        RenewalCampaign, on_delete=models.CASCADE, null=True, editable=False, related_name="links"
    )
    email = models.EmailField(_("correo electrónico"), blank=True)
    ends_on = models.DateField(_("último día en que sirve"))
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    sent_count = models.PositiveSmallIntegerField(default=0, editable=False)
    opened_at = models.DateTimeField(null=True, editable=False)
    reminded_on = models.DateField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = ProposalLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("enlace de propuesta")
        verbose_name_plural = _("enlaces de propuesta")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "municipality"],
                name="network_one_link_per_campaign",
                violation_error_message=_("Este municipio ya está en la campaña."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.municipality_id} · {self.pk}"

    @property
    def token(self) -> str:
        """What stands in the link: the row's number and its signature."""
        return _link_signer.sign(str(self.pk))

    @property
    def is_open(self) -> bool:
        return self.revoked_at is None and self.ends_on >= timezone.localdate()

    @property
    def state(self) -> LinkState:
        """How far its municipality is; give the proposals with their designations in ``prefetch_related``."""
        states = {proposal.designation.state for proposal in self.proposals.all()}
        if DesignationState.PROPOSED in states:
            return LinkState.PROPOSED
        if states - {DesignationState.REJECTED}:
            return LinkState.VERIFIED
        if states:
            return LinkState.REJECTED
        if self.opened_at:
            return LinkState.OPENED
        return LinkState.SENT if self.email else LinkState.NO_ADDRESS


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def waiting(self) -> "ProposalQuerySet":
        """For the institute to verify or to reject."""
        return self.filter(designation__state=DesignationState.PROPOSED)


class Proposal(models.Model):
    """What a municipality sent by its link: a designation in state *propuesta*, and what the institute said of it.

    ``round`` counts how often it was sent: a rejected one may be corrected and sent anew.
    """

    link = models.ForeignKey(ProposalLink, on_delete=models.PROTECT, related_name="proposals")
    kind = models.CharField(_("tipo"), max_length=10, choices=DesignationKind)
    designation = models.OneToOneField(Designation, on_delete=models.CASCADE, related_name="proposal")
    notice = models.ForeignKey(PrivacyNotice, on_delete=models.PROTECT, null=True, editable=False, related_name="+")
    round = models.PositiveSmallIntegerField(default=1, editable=False)
    sent_at = models.DateTimeField(_("enviada"))
    decided_at = models.DateTimeField(_("decidida"), null=True, editable=False)
    decided_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    reason = models.TextField(_("motivo"), max_length=1000, blank=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        ordering = ["sent_at", "pk"]
        verbose_name = _("propuesta")
        verbose_name_plural = _("propuestas")
        constraints = [
            models.UniqueConstraint(
                fields=["link", "kind"],
                name="network_one_proposal_of_each_kind",
                violation_error_message=_("Con este enlace ya se envió una propuesta de este tipo."),
            ),
            models.CheckConstraint(
                condition=Q(round__gte=1),
                name="network_proposal_round",
                violation_error_message=_("Una propuesta se envía al menos una vez."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.designation_id} · {self.round}"
