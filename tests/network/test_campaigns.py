"""Many municipalities asked at once to propose their people."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from network import services
from network.emails import proposal_link
from network.enums import LinkState
from network.models import ProposalLink, RenewalCampaign
from outbox.models import Message
from outbox.registry import NotWanted
from tests import factories as f

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def asked(**fields):
    return {
        "who": "chosen",
        "name": "Renovación de prueba",
        "deadline": (timezone.localdate() + 20 * DAY).isoformat(),
        "text": "Proponga a quien seguirá.",
    } | fields


def start(places, *, also_people=False):
    campaign = RenewalCampaign(
        name=f"C {RenewalCampaign.objects.count()}", text="Texto.", deadline=timezone.localdate() + 20 * DAY
    )
    return services.start_campaign(
        campaign=campaign, municipalities=places, also_people=also_people, by=f.StaffFactory()
    )


def states(campaign):
    return {link.municipality_id: link.state for link in campaign.links.prefetch_related("proposals__designation")}


def test_each_way_of_choosing(desk):
    ending = f.DesignationFactory(ends_on=timezone.localdate() + 5 * DAY).municipality
    later = f.DesignationFactory(ends_on=timezone.localdate() + 90 * DAY).municipality
    vacant = f.MunicipalityFactory()
    until = (timezone.localdate() + 30 * DAY).isoformat()
    for who, more, places in (
        ("ending", {"ends_by": until}, {ending}),
        ("vacant", {}, {vacant}),
        ("chosen", {"municipalities": [later.pk, vacant.pk]}, {later, vacant}),
    ):
        response = desk.post(reverse("staff_campaign_create"), asked(who=who, name=who) | more)
        assert response.status_code == 302, response.content.decode()
        assert {link.municipality for link in RenewalCampaign.objects.get(name=who).links.all()} == places


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"who": "chosen"}, "municipalities"),
        ({"who": "chosen", "municipalities": ["999999"]}, "municipalities"),
        ({"who": "ending"}, "ends_by"),
        ({"who": "ending", "ends_by": "2026-01-01"}, None),
        ({"deadline": "2020-01-01", "who": "vacant"}, "deadline"),
        ({"text": "x" * 3000, "who": "vacant"}, "text"),
    ],
)
def test_what_is_wrong_starts_nothing(desk, fields, field):
    response = desk.post(reverse("staff_campaign_create"), asked(**fields))
    assert response.status_code == 422
    assert response.context["form"].errors
    assert field is None or field in response.context["form"].errors
    assert not RenewalCampaign.objects.exists()


def test_125_at_once_take_a_few_queries():
    def count(number):
        places = [f.MunicipalityFactory() for _ in range(number)]
        for place in places:
            f.MunicipalOfficeFactory(municipality=place)
        with CaptureQueriesContext(connection) as captured:
            start(places)
        return len(captured)

    # SQLite takes at most so many values at once, so its inserts come in a few pieces.
    assert count(125) <= 16
    assert Message.objects.filter(kind="network.proposal_link").count() == 125


def test_addresses_are_the_office_or_the_last_titular_where_staff_say_so():
    office = f.MunicipalOfficeFactory()
    f.DesignationFactory(municipality=office.municipality, person__email="titular@prueba.example")
    old = f.DesignationFactory(person__email="antes@prueba.example", state="ended", ends_on=timezone.localdate())
    nobody = f.MunicipalityFactory()
    places = [office.municipality, old.municipality, nobody]
    assert sorted(start(places).links.values_list("email", flat=True)) == ["", "", office.email]
    links = start(places, also_people=True).links.order_by("email")
    assert sorted(links.values_list("email", flat=True)) == sorted(["", "antes@prueba.example", office.email])


def test_page_counts_how_far_each_municipality_is(desk):
    offices = [f.MunicipalOfficeFactory() for _ in range(5)]
    campaign = start([office.municipality for office in offices] + [f.MunicipalityFactory()])
    links = {link.municipality_id: link for link in campaign.links.all()}
    sent, opened, proposed, verified, rejected = (links[office.municipality_id] for office in offices)
    services.open_link(link=opened)
    f.ProposalFactory(link=proposed)
    f.ProposalFactory(link=verified, designation__state="in-force")
    f.ProposalFactory(link=rejected, designation__state="rejected")
    assert sorted(states(campaign).values()) == sorted(LinkState)
    page = desk.get(reverse("staff_campaign_detail", args=[campaign.pk]))
    assert {str(state): number for state, number, _tone in page.context["counts"]} == dict.fromkeys(LinkState.values, 1)
    assert (page.context["answered"], page.context["total"], page.context["to_remind"]) == (2, 6, 3)
    [row] = desk.get(reverse("staff_campaign_list")).context["page"]
    assert (row.answered, row.asked) == (2, 6)
    narrowed = desk.get(reverse("staff_campaign_detail", args=[campaign.pk]), {"estado": "opened"})
    assert [link for link, _state, _tone in narrowed.context["rows"]] == [opened]
    assert sent.state == LinkState.SENT


def test_reminder_reaches_who_did_not_answer_once_a_day(desk):
    first, second = f.MunicipalOfficeFactory(), f.MunicipalOfficeFactory()
    campaign = start([first.municipality, second.municipality])
    f.ProposalFactory(link=campaign.links.get(municipality=second.municipality))
    address = reverse("staff_campaign_remind", args=[campaign.pk])
    for _ in range(3):
        assert desk.post(address).status_code == 302
    reminders = Message.objects.filter(dedupe_key__startswith="network.proposal_reminder:")
    assert [message.to_email for message in reminders] == [first.email]
    mail = proposal_link(reminders.get().params, "es")
    assert mail.subject.startswith("Recordatorio")
    f.ProposalFactory(link=campaign.links.get(municipality=first.municipality))
    assert isinstance(proposal_link(reminders.get().params, "es"), NotWanted)


def test_cancelling_stops_links_and_mail_and_keeps_what_was_proposed(desk, client):
    office, other = f.MunicipalOfficeFactory(), f.MunicipalOfficeFactory()
    campaign = start([office.municipality, other.municipality])
    proposal = f.ProposalFactory(link=campaign.links.get(municipality=other.municipality))
    for _ in range(2):
        assert desk.post(reverse("staff_campaign_cancel", args=[campaign.pk])).status_code == 302
    assert not ProposalLink.objects.open().exists()
    link = campaign.links.get(municipality=office.municipality)
    assert 'data-state="gone"' in client.get(reverse("proposal_home", args=[link.token])).content.decode()
    queued = Message.objects.filter(kind="network.proposal_link")
    assert all(isinstance(proposal_link(message.params, "es"), NotWanted) for message in queued)
    desk.post(reverse("staff_campaign_remind", args=[campaign.pk]))
    assert queued.count() == 2
    assert desk.post(reverse("staff_designation_verify", args=[proposal.designation_id]), {}).status_code == 302


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_list_of_campaigns(desk, rows):
    for _ in range(rows):
        f.ProposalLinkFactory(campaign=f.RenewalCampaignFactory())
    page = desk.get(reverse("staff_campaign_list"))
    assert page.status_code == 200
    assert [row.asked for row in page.context["page"]] == [1] * rows


def test_one_form_sent_twice_starts_one_campaign_and_writes_once(desk):
    place = f.MunicipalityFactory()
    f.MunicipalOfficeFactory(municipality=place)
    first, again = (desk.post(reverse("staff_campaign_create"), asked(municipalities=[place.pk])) for _time in range(2))
    assert (first.status_code, again.status_code) == (302, 422)
    assert "Ya hay una campaña abierta con ese nombre" in again.content.decode()
    assert (RenewalCampaign.objects.count(), ProposalLink.objects.count(), Message.objects.count()) == (1, 1, 1)
    services.cancel_campaign(campaign=RenewalCampaign.objects.get(), by=f.StaffFactory())
    assert desk.post(reverse("staff_campaign_create"), asked(municipalities=[place.pk])).status_code == 302
