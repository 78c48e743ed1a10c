"""Renewal campaigns: many municipalities are asked at once to propose their people."""

from collections.abc import Iterable
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from municipalities.models import Municipality
from network.enums import Act
from network.models import Designation, MunicipalOffice, ProposalLink, ProposalLinkQuerySet, RenewalCampaign, User
from network.services.audit import record
from network.services.proposals import link_mail
from outbox.services import Row, enqueue_many


@transaction.atomic
def start_campaign(
    *, campaign: RenewalCampaign, municipalities: Iterable[Municipality], also_people: bool, by: User
) -> RenewalCampaign:
    """Make a link for each municipality and queue its mail. Who has no address is in the campaign without one.

    ``also_people``: where no office mailbox is known, write to the last titular. The number of queries does not depend
    on how many municipalities there are. Raises ``ValidationError`` where an open campaign has that name.
    """
    places = list(municipalities)
    if not places:
        raise ValidationError({"municipalities": _("Elija al menos un municipio.")})
    # Held, so that of one form sent twice one campaign is made.
    held = Municipality.objects.select_for_update(no_key=True).filter(pk__in=[place.pk for place in places])
    list(held.order_by("pk").values_list("pk"))
    if RenewalCampaign.objects.filter(
        name=campaign.name, cancelled_at=None, deadline__gte=timezone.localdate()
    ).exists():
        raise ValidationError({"name": _("Ya hay una campaña abierta con ese nombre: véala, o escriba otro nombre.")})
    addresses = addresses_of(places, also_people=also_people)
    campaign.created_by = by
    campaign.save()
    links = ProposalLink.objects.bulk_create(
        ProposalLink(
            municipality=place,
            campaign=campaign,
            email=addresses.get(place.pk, ""),
            ends_on=campaign.deadline,
            created_by=by,
            sent_count=1 if place.pk in addresses else 0,
        )
        for place in places
    )
    enqueue_many(link_mail(link) for link in links if link.email)
    record(Act.MAILED, by=by, of=campaign, recipients=len(addresses))
    return campaign


def addresses_of(places: Iterable[Municipality], *, also_people: bool) -> dict[int, str]:
    """Where each municipality can be written to; who is missing has no address."""
    pks = [place.pk for place in places]
    found: dict[int, str] = {}
    if also_people:
        letters = Designation.objects.counted().filter(municipality__in=pks).exclude(person__email="")
        # The latest titular stands last, so theirs is the address that stays ('titular' sorts after 'suplente').
        for place, email in letters.order_by("kind", "starts_on", "pk").values_list("municipality", "person__email"):
            found[place] = email
    offices = MunicipalOffice.objects.filter(municipality__in=pks).exclude(email="")
    return found | dict(offices.values_list("municipality", "email"))


@transaction.atomic
def remind_campaign(*, campaign: RenewalCampaign, by: User) -> int:
    """Write once more to those who have not answered; returns to how many. The same day it reaches nobody twice."""
    stored = RenewalCampaign.objects.select_for_update().get(pk=campaign.pk)
    if not stored.is_open:
        raise ValidationError(_("La campaña ya terminó: no se puede recordar."))
    today = timezone.localdate()
    waiting = list(to_be_reminded(stored, today).values_list("pk", "email"))
    enqueue_many(_reminder(pk, email, today) for pk, email in waiting)
    ProposalLink.objects.filter(pk__in=[pk for pk, _email in waiting]).update(reminded_on=today)
    if waiting:
        record(Act.MAILED, by=by, of=stored, recipients=len(waiting))
    return len(waiting)


def to_be_reminded(campaign: RenewalCampaign, today: date) -> ProposalLinkQuerySet:
    """Who can be reminded today: open, with an address, without an answer, and not told anything today."""
    links = ProposalLink.objects.open().unanswered().filter(campaign=campaign).exclude(email="")
    return links.exclude(reminded_on=today)


def _reminder(pk: int, email: str, today: date) -> Row:
    return Row(
        kind="network.proposal_link",
        dedupe_key=f"network.proposal_reminder:{pk}:{today}",
        to_email=email,
        params={"link": pk, "reminder": True},
        language="es",
        cause=f"proposal link {pk}",
    )


@transaction.atomic
def cancel_campaign(*, campaign: RenewalCampaign, by: User) -> RenewalCampaign:
    """Its links stop working and its mail still waiting is not sent; what was proposed stays to be decided."""
    stored = RenewalCampaign.objects.select_for_update().get(pk=campaign.pk)
    if stored.cancelled_at is None:
        now = timezone.now()
        stored.cancelled_at, stored.cancelled_by = now, by
        stored.save(update_fields=["cancelled_at", "cancelled_by"])
        stored.links.filter(revoked_at=None).update(revoked_at=now)
        record(Act.CAMPAIGN_CANCELLED, by=by, of=stored)
    return stored
