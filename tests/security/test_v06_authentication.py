"""V6 and V7: passwords, second steps and sessions. More of them in tests/network/test_sign_in.py."""

import re
from pathlib import Path
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa import app_settings as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from network.models import User
from outbox.models import Message
from tests.factories import DesignationFactory, StaffFactory, UserFactory
from tests.security import production

pytestmark = pytest.mark.django_db
SECRET = "Treinta y dos faroles moradoS "  # with capitals and a space at its end


def account(user: User | None = None, password: str = SECRET) -> User:
    user = user or UserFactory()
    user.set_password(password)
    user.save()
    EmailAddress.objects.filter(user=user).update(verified=True)
    return user


def enter(user: User, password: str = SECRET, browser: Client | None = None) -> Client:
    browser = browser or Client()
    browser.post(reverse("account_login"), {"login": user.email, "password": password})
    return browser


def is_in(browser: Client) -> bool:
    return browser.get(reverse("my_registrations")).status_code == 200


@pytest.mark.asvs("V6.2.1", "V6.2.4")
@pytest.mark.parametrize("password", ["corta1", "once-letras", "password1234", "1234567890123456"])
def test_short_and_common_passwords_are_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, UserFactory())


@pytest.mark.asvs("V6.2.5", "V6.2.9")
@pytest.mark.parametrize(
    "password", ["faroles morados al alba", "ÑÑÑÑÑÑÑÑÑÑÑÑ", "🌵🌵🌵🌵🌵🌵🌵🌵🌵🌵🌵🌵 ab cd ef gh", "q7 " * 40]
)
def test_any_signs_and_any_length_are_taken(password: str) -> None:
    validate_password(password, UserFactory())
    assert is_in(enter(account(password=password), password))


@pytest.mark.asvs("V6.2.8")
@pytest.mark.parametrize("close", [SECRET.strip(), SECRET.lower(), SECRET.upper(), SECRET[:-2], f" {SECRET}"])
def test_a_password_is_compared_as_it_was_typed(close: str) -> None:
    user = account()
    assert not is_in(enter(user, close))
    assert is_in(enter(user))


@pytest.mark.asvs("V6.2.2", "V6.2.3")
def test_who_changes_the_password_knows_the_old_one() -> None:
    browser, address = enter(user := account()), reverse("account_change_password")
    new = {"password1": "nueve gatos pardos duermen", "password2": "nueve gatos pardos duermen"}
    browser.post(address, new | {"oldpassword": "no es esta"})
    user.refresh_from_db()
    assert user.check_password(SECRET)
    browser.post(address, new | {"oldpassword": SECRET})
    user.refresh_from_db()
    assert user.check_password(new["password1"])


@pytest.mark.asvs("V6.2.6", "V6.2.7")
def test_password_fields_hide_what_is_typed_and_let_programs_fill_them(client: Client) -> None:
    pages = [client.get(reverse(name)).content.decode() for name in ("account_login", "account_signup")]
    pages.append(enter(account()).get(reverse("account_change_password")).content.decode())
    for page in pages:
        fields = re.findall(r'<input[^>]*name="(?:old)?password[12]?"[^>]*>', page)
        assert fields
        for field in fields:
            assert 'type="password"' in field
            assert re.search(r'autocomplete="(current|new)-password"', field)
            assert "onpaste" not in field
    scripts = (Path(production.ROOT) / "static" / "js").glob("*.js")
    assert [path.name for path in scripts if re.search(r"[\"']paste[\"']", path.read_text())] == []


@pytest.mark.asvs("V6.2.11", "V6.1.2")
def test_the_words_that_a_password_may_not_lean_on_are_those_of_the_document() -> None:
    text = (production.ROOT / "docs" / "security.md").read_text()
    assert "name of the network" in text
    for said in ("Red de Embajadores 1", "ieecc-climaticos-26", "toluca"):
        with pytest.raises(ValidationError):
            validate_password(said, UserFactory())


@pytest.mark.asvs("V6.2.10")
def test_a_password_does_not_end_by_itself() -> None:
    user = account()
    User.objects.filter(pk=user.pk).update(date_joined="2019-01-01T00:00Z", last_login="2019-01-01T00:00Z")
    assert is_in(enter(user))


@pytest.mark.asvs("V6.3.1", "V2.4.1")
def test_guesses_at_one_account_are_stopped_and_its_neighbours_are_not() -> None:
    user, neighbour = account(), account()
    for number in range(12):
        enter(user, f"adivina {number} faroles")
    assert not is_in(enter(user))
    assert is_in(enter(neighbour))


@pytest.mark.asvs("V6.3.2")
def test_a_new_installation_has_no_account() -> None:
    call_command("load_reference", verbosity=0)
    assert User.objects.count() == 0


@pytest.mark.asvs("V6.3.3")
def test_in_production_staff_need_a_second_step(tmp_path_factory: Any) -> None:
    said = production.production(tmp_path_factory.getbasetemp())
    assert (said["SECOND_FACTOR_REQUIRED"], said["IDENTITY_MINUTES"]) == (True, 15)
    assert said["MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN"] is False


@pytest.mark.asvs("V6.4.1")
def test_an_invitation_opens_one_account_and_is_random(desk_invitation: Any) -> None:
    assert desk_invitation["first"] == 302
    assert desk_invitation["second"] in {404, 410}


@pytest.fixture
def desk_invitation(client: Client) -> dict[str, int]:
    from network import services

    invitation = services.invite(designation=DesignationFactory(person__user=None), by=StaffFactory())
    address = reverse("invitation_accept", args=[invitation.token])
    answers = [Client().post(address, {"password": "cuatro linternas violetas"}).status_code for _turn in range(2)]
    return {"first": answers[0], "second": answers[1]}


@pytest.mark.asvs("V6.4.2")
def test_there_are_no_secret_questions() -> None:
    names = {field.name for field in User._meta.get_fields()}
    assert not {name for name in names if "question" in name or "hint" in name}


@pytest.mark.asvs("V6.4.3")
def test_choosing_another_password_does_not_skip_the_second_step(client: Client) -> None:
    user = account(StaffFactory())
    TOTP.activate(user, generate_totp_secret())
    client.post(reverse("account_reset_password"), {"email": user.email})
    sent = Message.objects.get(to_email=user.email)
    link = re.search(r"/cuenta/password/reset/key/[\w-]+/", str(sent.payload))
    assert link is not None
    form = client.get(link[0], follow=True)
    new = "nueve gatos pardos duermen"
    client.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})
    user.refresh_from_db()
    assert user.check_password(new)
    browser = enter(user, new)
    assert browser.get(reverse("staff_home")).status_code == 302


@pytest.mark.asvs("V6.5.3", "V6.5.4", "V6.5.5")
def test_codes_are_long_enough_random_and_short_lived() -> None:
    first, second = RecoveryCodes.activate(StaffFactory()), RecoveryCodes.activate(StaffFactory())
    codes = [*first.get_unused_codes(), *second.get_unused_codes()]
    assert len(set(codes)) == len(codes) == 20
    assert all(len(code) * 3.32 >= 20 for code in codes)  # bits: a decimal digit has 3.32
    assert (mfa.TOTP_PERIOD, mfa.TOTP_TOLERANCE, mfa.TOTP_INSECURE_BYPASS_CODE) == (30, 0, None)
    assert len(generate_totp_secret()) >= 26  # 130 bits in base 32


# --- V7: sessions


@pytest.mark.asvs("V7.2.1", "V7.2.2", "V7.2.3", "V7.2.4")
def test_a_session_is_a_random_key_that_only_the_server_knows_and_renews() -> None:
    user, browser = account(), Client()
    browser.get(reverse("account_login"))
    browser.cookies["sessionid"] = "a" * 32
    enter(user, browser=browser)
    keys = {enter(user).cookies["sessionid"].value for _turn in range(5)} | {browser.cookies["sessionid"].value}
    assert len(keys) == 6
    assert "a" * 32 not in keys
    assert all(len(key) * 5.17 >= 128 for key in keys)  # bits: one of 36 signs has 5.17
    forged = Client()
    forged.cookies["sessionid"] = "b" * 32
    assert not is_in(forged)


ENDS = {"STAFF_IDLE_MINUTES": 60, "STAFF_SESSION_HOURS": 12, "IDLE_HOURS": 72, "SESSION_HOURS": 336}
HOUR = 3600


@pytest.fixture
def ends(settings: Any) -> None:
    for name, value in ENDS.items():
        setattr(settings, name, value)


@pytest.mark.usefixtures("ends")
@pytest.mark.asvs("V7.3.1")
@pytest.mark.parametrize(("of_institute", "seconds"), [(True, HOUR), (False, 72 * HOUR)])
def test_a_session_ends_after_so_long_without_a_page(of_institute: bool, seconds: int) -> None:
    with time_machine.travel("2026-05-04T12:00:00Z", tick=False) as clock:
        browser = enter(account(StaffFactory() if of_institute else UserFactory()))
        for _turn in range(3):  # each page begins the time anew
            clock.shift(seconds - 60)
            assert is_in(browser)
        clock.shift(seconds)
        assert not is_in(browser)
        clock.shift(-seconds + 60)  # and what has ended stays so once its person signs in again
        assert is_in(enter(User.objects.get(), browser=browser))


@pytest.mark.usefixtures("ends")
@pytest.mark.asvs("V7.3.2")
@pytest.mark.parametrize(("of_institute", "hours", "step"), [(True, 12, 0.5), (False, 336, 48)])
def test_a_session_ends_in_all_however_much_is_done(of_institute: bool, hours: int, step: float) -> None:
    with time_machine.travel("2026-05-04T12:00:00Z", tick=False) as clock:
        browser = enter(account(StaffFactory() if of_institute else UserFactory()))
        for _turn in range(int(hours / step) - 1):
            clock.shift(step * HOUR)
            assert is_in(browser)
        clock.shift(step * HOUR)
        assert not is_in(browser)


@pytest.mark.usefixtures("ends")
def test_who_comes_to_work_for_the_institute_has_its_limits_from_then_on() -> None:
    with time_machine.travel("2026-05-04T12:00:00Z", tick=False) as clock:
        browser = enter(user := account())
        User.objects.filter(pk=user.pk).update(role="staff")
        assert is_in(browser)
        clock.shift(HOUR)
        assert not is_in(browser)


@pytest.mark.usefixtures("ends")
def test_a_session_that_ended_is_not_listed_as_open() -> None:
    with time_machine.travel("2026-05-04T12:00:00Z", tick=False) as clock:
        enter(user := account())
        clock.shift(73 * HOUR)
        page = enter(user).get(reverse("usersessions_list"))
        assert page.context["session_count"] == 1


@pytest.mark.asvs("V7.1.1")
def test_the_ends_of_sessions_are_those_of_the_document(tmp_path_factory: Any) -> None:
    said = production.production(tmp_path_factory.getbasetemp())
    assert {name: said[name] for name in ENDS} == ENDS
    text = (production.ROOT / "docs" / "security.md").read_text()
    assert "| staff and administrators | 60 minutes (`STAFF_IDLE_MINUTES`) | 12 hours (`STAFF_SESSION_HOURS`) |" in text
    assert "| everybody else | 72 hours (`IDLE_HOURS`) | 336 hours (`SESSION_HOURS`) |" in text


@pytest.mark.asvs("V7.5.1")
@pytest.mark.parametrize("name", ["account_email", "mfa_activate_totp", "mfa_add_webauthn"])
def test_what_an_account_is_known_by_changes_after_asking_who_one_is(name: str) -> None:
    with time_machine.travel("2026-05-04T12:00:00Z", tick=False) as clock:
        browser = enter(user := account())
        clock.shift(6 * 60)
        asked = browser.post(reverse(name), {"email": "otra@personas.example", "action_add": ""})
        assert (asked.status_code, asked.url.split("?")[0]) == (302, reverse("account_reauthenticate"))
        assert not EmailAddress.objects.filter(email="otra@personas.example").exists()
        assert not Authenticator.objects.filter(user=user).exists()


@pytest.mark.asvs("V7.4.1")
def test_a_session_that_was_left_opens_nothing_any_more() -> None:
    browser, key = (first := enter(account())), first.cookies["sessionid"].value
    assert is_in(browser)
    browser.post(reverse("account_logout"))
    again = Client()
    again.cookies["sessionid"] = key
    assert not is_in(again)


@pytest.mark.asvs("V7.4.2", "V7.4.5")
def test_closing_an_account_ends_its_sessions() -> None:
    from network import services
    from network.enums import Role
    from tests.factories import AdminFactory

    user = account()
    browsers = [enter(user), enter(user)]
    services.decide_account(account=user, role=Role.PARTICIPANT, is_active=False, reason="Se fue", by=AdminFactory())
    assert [is_in(browser) for browser in browsers] == [False, False]


@pytest.mark.asvs("V7.4.3")
def test_another_password_ends_the_sessions_elsewhere() -> None:
    user = account()
    here, elsewhere = enter(user), enter(user)
    new = "nueve gatos pardos duermen"
    here.post(reverse("account_change_password"), {"oldpassword": SECRET, "password1": new, "password2": new})
    assert not is_in(elsewhere)


@pytest.mark.asvs("V7.4.4")
def test_every_page_of_work_leads_out() -> None:
    browser = enter(account(StaffFactory()))
    for name in ("staff_home", "staff_person_list", "my_registrations", "account_email", "home"):
        assert reverse("account_logout") in browser.get(reverse(name)).content.decode(), name


@pytest.mark.asvs("V7.6.2")
def test_looking_at_a_page_signs_nobody_in(client: Client) -> None:
    user = account()
    for name in ("account_login", "account_signup", "home"):
        client.get(reverse(name), {"login": user.email, "password": SECRET})
    assert not is_in(client)
