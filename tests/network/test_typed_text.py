"""What was typed when the session had ended: kept for its own person, shown in its form, sent by nobody else."""

from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from network.models import Person, User
from tests.factories import PersonFactory, StaffFactory

pytestmark = pytest.mark.django_db
SECRET = "treinta y dos faroles morados"
PAGE = {"HTTP_ACCEPT": "text/html,application/xhtml+xml"}
BACKEND = "django.contrib.auth.backends.ModelBackend"
SAYS = "Esto es lo que había escrito: revíselo y envíelo."
TYPED = {"name": "Ximena <Nueva>", "reason": "Se casó en mayo", "csrfmiddlewaretoken": "t", "password": "secreta"}


def of_staff() -> User:
    staff = StaffFactory()
    staff.set_password(SECRET)
    staff.save()
    return staff


@pytest.fixture
def staff() -> User:
    return of_staff()


@pytest.fixture
def person() -> Person:
    return PersonFactory(name="Ximena Prueba", email="ximena@personas.example")


@pytest.fixture
def browser(settings: Any, staff: User) -> Any:
    """Of a person whose session ended two minutes ago, at a form that was open before."""
    settings.STAFF_IDLE_MINUTES = 60
    client = Client()
    with time_machine.travel("2026-05-04T12:00:00Z", tick=False) as clock:
        client.force_login(staff, backend=BACKEND)
        clock.shift(62 * 60)
        client.clock = clock
        yield client


def address(person: Person) -> str:
    return reverse("staff_person_edit", args=[person.pk])


def send(browser: Client, person: Person, **more: Any) -> Any:
    return browser.post(address(person), TYPED, **PAGE | more)


def enter(browser: Client, user: User, following: str) -> Any:
    page = browser.get(following)
    assert "Lo que escribió se guardó una hora" in page.content.decode()
    return browser.post(reverse("account_login"), {"login": user.email, "password": SECRET})


def test_the_form_stands_filled_in_after_signing_in_and_nothing_was_sent(
    browser: Client, person: Person, staff: User
) -> None:
    asked = send(browser, person)
    assert asked.url == f"{reverse('account_login')}?next={address(person)}%23lo-escrito"
    enter(browser, staff, asked.url)
    page = browser.get(address(person)).content.decode()
    assert SAYS in page
    assert 'value="Ximena &lt;Nueva&gt;"' in page
    assert page.index("Se casó en mayo") > page.index('id="lo-escrito"')
    person.refresh_from_db()
    assert person.name == "Ximena Prueba"


def test_it_is_gone_once_it_was_sent(browser: Client, person: Person, staff: User) -> None:
    enter(browser, staff, send(browser, person).url)
    browser.get(address(person))
    values = {"name": "Ximena Nueva", "email": person.email, "reason": "Se casó en mayo"}
    browser.post(address(person), values, **PAGE)
    assert SAYS not in browser.get(address(person)).content.decode()


def test_it_can_be_discarded(browser: Client, person: Person, staff: User) -> None:
    enter(browser, staff, send(browser, person).url)
    answer = browser.post(address(person), {"descartar_escrito": address(person)})
    assert (answer.status_code, answer.url) == (302, address(person))
    page = browser.get(address(person)).content.decode()
    assert SAYS not in page
    assert "Se casó" not in page


def test_another_account_never_sees_it(browser: Client, person: Person, staff: User) -> None:
    other = of_staff()
    enter(browser, other, send(browser, person).url)
    assert "Se casó" not in browser.get(address(person)).content.decode()
    assert [row for row in Session.objects.all() if "Se casó" in str(row.get_decoded())] == []
    browser.force_login(staff, backend=BACKEND)
    assert "Se casó" not in browser.get(address(person)).content.decode()


def test_it_ends_with_the_session(browser: Client, person: Person, staff: User) -> None:
    enter(browser, staff, send(browser, person).url)
    browser.post(reverse("account_logout"))
    browser.force_login(staff, backend=BACKEND)
    assert "Se casó" not in browser.get(address(person)).content.decode()


def test_it_is_kept_for_an_hour(browser: Any, person: Person, staff: User) -> None:
    enter(browser, staff, send(browser, person).url)
    for minutes, shown in ((40, True), (25, False)):
        browser.clock.shift(minutes * 60)
        assert (SAYS in browser.get(address(person)).content.decode()) is shown


def test_secrets_and_tokens_are_not_kept(browser: Client, person: Person) -> None:
    send(browser, person)
    [row] = [row.get_decoded() for row in Session.objects.all()]
    [form] = row["typed"]["forms"].values()
    assert {name for name, _value in form["fields"]} == {"name", "reason"}
    assert (form["files"], row.get("_auth_user_id")) == (False, None)


def test_what_is_not_kept(browser: Client, person: Person) -> None:
    """What a script sends, what is very long, and what leads into an account."""
    send(browser, person, HTTP_ACCEPT="*/*")
    browser.post(address(person), TYPED | {"reason": "x" * 100_001}, **PAGE)
    browser.post(reverse("account_change_password"), {"oldpassword": SECRET, "note": "x y"}, **PAGE)
    assert "typed" not in browser.session


def test_a_stranger_leaves_nothing(person: Person) -> None:
    assert send(Client(), person).status_code == 302
    assert Session.objects.count() == 0


def test_who_signed_out_leaves_nothing(staff: User, person: Person) -> None:
    browser = Client()
    browser.force_login(staff, backend=BACKEND)
    browser.post(reverse("account_logout"))
    send(browser, person)
    assert Session.objects.count() == 0


def test_another_site_fills_nothing_in(settings: Any, staff: User, person: Person) -> None:
    settings.STAFF_IDLE_MINUTES = 60
    browser = Client(enforce_csrf_checks=True)
    with time_machine.travel("2026-05-04T12:00:00Z", tick=False) as clock:
        browser.force_login(staff, backend=BACKEND)
        clock.shift(62 * 60)
        assert send(browser, person).status_code == 403
        assert "typed" not in browser.session


def test_who_may_not_use_the_form_any_more_still_gets_the_words(browser: Client, person: Person, staff: User) -> None:
    asked = send(browser, person)
    User.objects.filter(pk=staff.pk).update(role="participant")
    enter(browser, staff, asked.url)
    page = browser.get(address(person))
    assert page.status_code == 403
    assert "Se casó en mayo" in page.content.decode()
    assert "cópielo si todavía lo necesita" in page.content.decode()


def test_one_leads_back_to_the_page_of_the_form(browser: Client, person: Person, staff: User) -> None:
    """Not to the address that it is sent to, which may be none to look at."""
    page = f"http://testserver{reverse('staff_person_list')}?q=xi"
    asked = send(browser, person, HTTP_REFERER=page)
    assert asked.url == f"{reverse('account_login')}?next={reverse('staff_person_list')}%3Fq%3Dxi%23lo-escrito"
    elsewhere = send(browser, person, HTTP_REFERER="https://otro.example/gestion/personas/")
    assert "otro.example" not in elsewhere.url


def test_sessions_that_ended_are_taken_out(staff: User) -> None:
    from network.tasks import clean_data

    Client().force_login(staff, backend=BACKEND)
    Session.objects.update(expire_date=timezone.now())
    clean_data()
    assert Session.objects.count() == 0


def test_a_session_that_ended_opens_nothing_whatever_it_keeps(browser: Client, person: Person) -> None:
    send(browser, person)
    assert [browser.get(reverse(name)).status_code for name in ("staff_home", "account_email")] == [302, 302]
