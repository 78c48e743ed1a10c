"""After a succession the predecessor finds nothing of the municipality any more, and the successor all of it."""

import pytest
from django.utils import timezone

from network import services
from network.models import Designation
from tests import factories as f
from tests.addresses import World, answer, ask, patterns
from tests.test_urls import RULES
from tests.world import make_world as make_world

pytestmark = pytest.mark.django_db
DESK = "mi-municipio/"
LIAISON, OTHER = 2, 3  # the columns of the table


def succeed(old: Designation) -> f.User:
    """A letter that takes the place of another one today; answers the account of who comes."""
    user = f.UserFactory()
    letter = Designation(
        municipality=old.municipality, kind=old.kind, oficio_number="S/1", starts_on=timezone.localdate()
    )
    person = f.PersonFactory(user=user, name=user.name, email=user.email)
    services.record_designation(designation=letter, person=person, by=f.StaffFactory(), replacing=old)
    return user


def test_every_address_of_the_municipality_moves_with_the_next_request(world: World) -> None:
    desk = sorted(str(pattern.name) for address, pattern in patterns() if DESK in address)
    # Elsewhere: what a liaison of another municipality is answered 404 for, files among them.
    elsewhere = sorted(
        name for name, rule in RULES.items() if rule.answers[OTHER] == 404 != rule.answers[LIAISON] and name not in desk
    )
    assert len(desk) > 15
    names = [*desk, *elsewhere]
    predecessor = ask(world, "liaison")
    before = {name: answer(predecessor(RULES[name].method, name)) for name in names}
    assert before == {name: RULES[name].answers[LIAISON] for name in names}

    successor = succeed(world["people"]["liaison"].person.designations.get())

    found = {name: answer(predecessor(RULES[name].method, name)) for name in names}
    assert found == dict.fromkeys(names, 404)
    posted = {name: answer(predecessor("POST", name)) for name in desk}
    assert posted == dict.fromkeys(desk, 404)
    heir = ask(world | {"people": world["people"] | {"heir": successor}}, "heir")
    # A comment is corrected by who wrote it, a saved view is how one person reads a list, and a spreadsheet that is not
    # confirmed is of who sent it: they stay with them.
    expected = before | {"comment_edit": 403, "liaison_saved_view_delete": 404, "liaison_action_load": 404}
    assert {name: answer(heir(RULES[name].method, name)) for name in names} == expected


def test_history_and_certificates_stay_with_the_person() -> None:
    user = f.liaison()
    old, certificate = user.person.designations.get(), f.CertificateFactory(person=user.person)
    successor = succeed(old)
    old.refresh_from_db()
    certificate.refresh_from_db()
    assert (old.person, old.state) == (user.person, "replaced")
    assert certificate.person == user.person
    assert set(old.history.values_list("person", flat=True)) == {user.person.pk}
    assert not successor.person.certificates.exists()


def test_a_verified_proposal_moves_access_as_well(client, staff) -> None:
    user = f.liaison()
    old = user.person.designations.get()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/mi-municipio/").status_code == 200
    proposal = f.ProposalFactory(link__municipality=old.municipality)
    services.verify_proposal(proposal=proposal, replacing=old, by=staff)
    assert client.get("/mi-municipio/").status_code == 404
