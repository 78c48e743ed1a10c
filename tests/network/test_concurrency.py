"""Two people of the institute set a titular for one municipality at once: one succeeds, the other reads why."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from network.models import Designation, Invitation, Proposal
from tests import factories as f
from tests.network.test_proposals import form_of, typed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
AT_ONCE = 2
REASON = "Este municipio ya tiene una persona titular vigente"


def desk() -> Client:
    browser = Client()
    browser.force_login(f.StaffFactory(), backend="django.contrib.auth.backends.ModelBackend")
    return browser


def at_once(*sends: Callable[[], Any]) -> list[tuple[int, str]]:
    together = Barrier(len(sends))

    def one(send: Callable[[], Any]) -> tuple[int, str]:
        try:
            together.wait()
            response = send()
            return response.status_code, response.content.decode()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(sends)) as pool:
        return sorted(pool.map(one, sends))


def letter(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "oficio_number": "PM/1", "starts_on": timezone.localdate().isoformat()} | fields


def in_force() -> list[Designation]:
    return list(Designation.objects.titulares().in_force())


def test_two_record_a_titular_of_one_municipality() -> None:
    place, desks = f.MunicipalityFactory(), [desk() for _ in range(AT_ONCE)]
    address = reverse("staff_designation_create")
    data = [letter(f"Persona {n}", municipality=place.pk, kind="titular") for n in range(AT_ONCE)]
    (done, _page), (refused, page) = at_once(
        *(
            lambda browser=browser, typed=typed: browser.post(address, typed)
            for browser, typed in zip(desks, data, strict=True)
        )
    )
    assert (done, refused, len(in_force())) == (302, 422, 1)
    assert REASON in page


def test_two_replace_one_titular() -> None:
    old, desks = f.DesignationFactory(), [desk() for _ in range(AT_ONCE)]
    address = reverse("staff_designation_replace", args=[old.pk])
    (done, _page), (refused, page) = at_once(
        *(lambda b=b, n=n: b.post(address, letter(f"Persona {n}")) for n, b in enumerate(desks))
    )
    # Who comes second meets a titular in force, or a letter that was replaced already and is not there any more.
    assert done == 302
    assert (refused == 422 and REASON in page) or refused == 404
    assert len(in_force()) == 1


def test_two_verify_different_proposals_of_one_municipality() -> None:
    place = f.MunicipalityFactory()
    proposals = [f.ProposalFactory(link=f.ProposalLinkFactory(municipality=place)) for _ in range(AT_ONCE)]
    desks = [desk() for _ in range(AT_ONCE)]
    (done, _page), (refused, page) = at_once(
        *(
            lambda b=b, p=p: b.post(reverse("staff_designation_verify", args=[p.designation_id]), {})
            for b, p in zip(desks, proposals, strict=True)
        )
    )
    # Who looks after the other one was stored is asked whether to replace that titular.
    assert done == 302
    assert (refused == 409 and REASON in page) or (refused == 422 and "sigue como titular" in page)
    assert len(in_force()) == 1
    assert sorted(Proposal.objects.values_list("designation__state", flat=True)) == ["in-force", "proposed"]


def test_two_decide_one_proposal() -> None:
    proposal = f.ProposalFactory(designation__person__email="nueva@prueba.example")
    address = {
        name: reverse(f"staff_designation_{name}", args=[proposal.designation_id]) for name in ("verify", "reject")
    }
    one, other = desk(), desk()
    (done, _page), (refused, page) = at_once(
        lambda: one.post(address["verify"], {"invite": "on"}), lambda: other.post(address["reject"], {"reason": "No."})
    )
    assert (done, refused) == (302, 409)
    assert "Otra persona ya decidió esta propuesta" in page
    assert Invitation.objects.count() == (Designation.objects.get().state == "in-force")


def test_one_link_sent_twice_at_once_makes_one_proposal() -> None:
    link = f.ProposalLinkFactory()
    forms = [typed() for _ in range(AT_ONCE)]
    answers = at_once(*(lambda data=data: Client().post(form_of(link), data) for data in forms))
    assert [status for status, _page in answers] == [302, 302]
    assert Proposal.objects.count() == Designation.objects.count() == 1
