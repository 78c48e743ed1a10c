"""V8 and V9: who may do what, and what signed links are good for. Every address and role: tests/test_urls.py."""

import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.urls import reverse

from events.rules import confirmation_code, own_list_code, registrations_by_code, registrations_by_own_list
from network.rules import own_data_code, people_by_own_data
from tests import factories
from tests.factories import ActionFactory, RegistrationFactory, UserFactory

pytestmark = pytest.mark.django_db


def browser_of(user: object) -> Client:
    browser = Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")  # type: ignore[arg-type]
    return browser


@pytest.mark.asvs("V8.2.2", "V8.4.1", "V8.3.1")
def test_a_liaison_reaches_nothing_of_another_municipality_by_its_number() -> None:
    mine, other = factories.liaison(), ActionFactory()
    browser, before = browser_of(mine), other.title
    for name in ("liaison_action_detail", "liaison_action_edit", "liaison_action_delete", "liaison_action_duplicate"):
        for send in (browser.get, browser.post):
            assert send(reverse(name, args=[other.pk]), {"title": "Otra"}).status_code in {404, 405}
    other.refresh_from_db()
    assert other.title == before


@pytest.mark.asvs("V8.2.1")
def test_what_the_institute_does_is_refused_to_everybody_else() -> None:
    for user in (UserFactory(), factories.liaison()):
        browser = browser_of(user)
        for name in ("staff_home", "staff_person_list", "staff_user_list", "settings_edit", "audit_list", "audit_csv"):
            assert browser.get(reverse(name)).status_code == 403


@pytest.mark.asvs("V8.2.3", "V15.3.3")
def test_a_form_changes_no_field_that_it_does_not_show() -> None:
    user = UserFactory()
    sent = {
        "name": "Ana",
        "language": "es",
        "role": "admin",
        "is_staff": "on",
        "is_superuser": "on",
        "email": "x@y.example",
    }
    assert browser_of(user).post(reverse("account_preferences"), sent).status_code == 302
    before = user.email
    user.refresh_from_db()
    assert (user.name, user.role, user.is_staff, user.is_superuser, user.email) == (
        "Ana",
        "participant",
        False,
        False,
        before,
    )


@pytest.mark.asvs("V9.1.1", "V9.1.2")
def test_a_changed_signature_opens_nothing() -> None:
    row = RegistrationFactory()
    code = confirmation_code(row)
    assert registrations_by_code(code).get() == row
    pieces = code.rsplit(":", 1)
    for wrong in (code[:-1] + ("A" if code[-1] != "A" else "B"), f"{pieces[0]}:", "x" + code, signing.dumps(row.pk)):
        assert not registrations_by_code(wrong).exists()
    none = "eyJhbGciOiJub25lIn0.eyJwayI6MX0."  # a token that says it needs no signature
    assert not registrations_by_code(none).exists()


@pytest.mark.asvs("V9.2.1")
def test_signed_links_end() -> None:
    row = RegistrationFactory()
    with time_machine.travel("2026-05-04T12:00:00Z", tick=False) as clock:
        codes = confirmation_code(row), own_list_code(row), own_data_code(row.person)
        clock.shift(3600)
        assert registrations_by_code(codes[0]).exists()
        assert registrations_by_own_list(codes[1]).exists()
        assert people_by_own_data(codes[2]).exists()
        clock.shift(400 * 24 * 3600)
        assert not registrations_by_code(codes[0]).exists()
        assert not registrations_by_own_list(codes[1]).exists()
        assert not people_by_own_data(codes[2]).exists()


@pytest.mark.asvs("V9.2.2")
def test_a_link_serves_its_own_purpose_alone() -> None:
    row = RegistrationFactory()
    codes = [confirmation_code(row), own_list_code(row), own_data_code(row.person)]
    readers = [registrations_by_code, registrations_by_own_list, people_by_own_data]
    opened = [[reader(code).exists() for reader in readers] for code in codes]  # type: ignore[operator]
    assert opened == [[True, False, False], [False, True, False], [False, False, True]]
