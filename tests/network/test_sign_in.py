"""Getting in: passwords, the second step, keys, open sessions, being asked again, and an institution's own system."""

import json
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from network.models import User
from tests.factories import AdminFactory, DesignationFactory, MunicipalityFactory, StaffFactory, UserFactory

pytestmark = pytest.mark.django_db
SECRET = "treinta y dos faroles morados"


def with_password(user: User) -> User:
    user.set_password(SECRET)
    user.save()
    EmailAddress.objects.filter(user=user).update(verified=True)
    return user


def enter(browser: Client, user: User, **more: Any) -> Any:
    return browser.post(reverse("account_login"), {"login": user.email, "password": SECRET}, **more)


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


# --- Passwords


@pytest.mark.parametrize(
    "password", ["Texcoco2026!", "red-climatica-2026", "mi.Atlacomulco.12", "Fulana.Mengano.77", "toluca y metepec"]
)
def test_a_password_of_words_that_the_portal_says_is_refused(password: str) -> None:
    for name in ("Texcoco", "Atlacomulco", "Toluca", "Metepec"):
        MunicipalityFactory(name=name)
    account = User(email="fulana@correo.example", name="Fulana Mengano")
    with pytest.raises(ValidationError) as refused:
        validate_password(password, account)
    assert "password_context_words" in {error.code for error in refused.value.error_list}


def test_a_phrase_of_ones_own_is_taken_of_any_characters_and_length() -> None:
    MunicipalityFactory(name="Toluca")
    for password in (SECRET, "a" * 11 + "ñ ✓", "tres faroles en toluca", "x1" * 60):
        validate_password(password, User(email="fulana@correo.example", name="Fulana"))


# --- The second step


def test_the_institute_sets_up_a_second_step_before_it_works(settings: Any, client: Client) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    staff = StaffFactory()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(reverse("staff_home"), follow=True)
    assert answer.redirect_chain == [(reverse("mfa_index"), 302)]
    assert "elija abajo un segundo paso" in answer.content.decode()
    assert client.post(reverse("staff_series_create"), {}).url == reverse("mfa_index")
    assert client.get(reverse("home")).status_code == 200
    TOTP.activate(staff, generate_totp_secret())
    assert client.get(reverse("staff_home")).status_code == 200


def test_who_does_not_work_for_the_institute_may_go_without(settings: Any, client: Client) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    client.force_login(UserFactory(), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("my_registrations")).status_code == 200


def test_a_liaison_is_offered_a_second_step_and_works_without(settings: Any, client: Client) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    liaison = with_password(DesignationFactory(person__user=UserFactory()).person.user)
    enter(client, liaison)
    page = client.get(reverse("after_login"), follow=True)
    assert (page.status_code, page.resolver_match.url_name) == (200, "liaison_home")
    assert "Puede proteger su cuenta con una llave" in page.content.decode()


@pytest.mark.asvs("V6.5.1")
def test_a_code_is_asked_for_after_the_password_and_serves_once(client: Client) -> None:
    staff, secret = with_password(StaffFactory()), generate_totp_secret()
    TOTP.activate(staff, secret)
    with time_machine.travel("2026-05-04T12:00:00Z", tick=False):
        assert enter(client, staff).url == reverse("mfa_authenticate")
        assert client.get(reverse("staff_home")).status_code == 302
        assert client.get(reverse("mfa_authenticate")).status_code == 200
        assert client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
        client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
        assert client.get(reverse("staff_home")).status_code == 200
        other = Client()
        enter(other, staff)
        other.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
        assert other.get(reverse("staff_home")).status_code == 302


def test_each_recovery_code_opens_the_account_once(client: Client) -> None:
    staff = with_password(StaffFactory())
    TOTP.activate(staff, generate_totp_secret())
    codes = RecoveryCodes.activate(staff).get_unused_codes()
    assert len(set(codes)) == 10
    for code, opened in ((codes[0], 200), (codes[0], 302), (codes[1], 200)):
        browser = Client()
        enter(browser, staff)
        browser.post(reverse("mfa_authenticate"), {"code": code})
        assert browser.get(reverse("staff_home")).status_code == opened


def test_setting_up_the_application_gives_recovery_codes(client: Client) -> None:
    staff = with_password(StaffFactory())
    enter(client, staff)
    assert client.get(reverse("mfa_activate_totp")).url.startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": SECRET})
    page = client.get(reverse("mfa_activate_totp"))
    secret = client.session["mfa.totp.secret"]
    assert secret in page.content.decode()
    done = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}, follow=True)
    assert done.redirect_chain[0][0] == reverse("mfa_view_recovery_codes")
    assert {row.type for row in Authenticator.objects.filter(user=staff)} == {"totp", "recovery_codes"}
    for name in ("mfa_index", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_deactivate_totp"):
        assert client.get(reverse(name)).status_code == 200
    for name in ("mfa_add_webauthn", "mfa_reauthenticate"):
        assert client.get(reverse(name)).status_code == 200
    assert client.get(reverse("mfa_list_webauthn")).status_code == 200


# --- Sessions


@pytest.mark.asvs("V7.5.2")
def test_a_person_sees_where_the_account_is_open_and_closes_the_rest(settings: Any, client: Client) -> None:
    settings.IDENTITY_MINUTES = 15
    user, other = with_password(UserFactory()), Client()
    enter(other, user, HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0")
    enter(client, user, HTTP_USER_AGENT="Mozilla/5.0 (iPhone) AppleWebKit/605 Version/18 Safari/604.1")
    page = client.get(reverse("usersessions_list")).content.decode()
    assert "Firefox · Windows" in page
    assert "Safari · iPhone" in page
    assert client.post(reverse("usersessions_list")).status_code == 302
    assert (client.get(reverse("my_registrations")).status_code, UserSession.objects.count()) == (200, 1)
    assert other.get(reverse("my_registrations")).status_code == 302


def test_who_entered_long_ago_is_asked_again_and_goes_on_with_what_was_sent(settings: Any, client: Client) -> None:
    settings.IDENTITY_MINUTES = 15
    admin, account = with_password(AdminFactory()), UserFactory()
    sent = {"role": "staff", "is_active": "on", "reason": "Entra al instituto"}
    with time_machine.travel("2026-05-04T12:00:00Z", tick=False) as clock:
        enter(client, admin)
        clock.shift(14 * 60)
        assert client.get(reverse("staff_user_edit", args=[account.pk])).status_code == 200
        clock.shift(2 * 60)
        answer = client.post(reverse("staff_user_edit", args=[account.pk]), sent)
        assert answer.url.startswith(reverse("account_reauthenticate"))
        account.refresh_from_db()
        assert account.role == "participant"
        assert "Confirme que es usted" in client.get(answer.url).content.decode()
        assert client.post(answer.url, {"password": "otra cosa"}).status_code == 200
        client.post(answer.url, {"password": SECRET, "next": reverse("staff_user_edit", args=[account.pk])})
        account.refresh_from_db()
        assert account.role == "staff"
        assert client.get(reverse("staff_user_edit", args=[account.pk])).status_code == 200


# --- An institution's own system


class Institution(BaseHTTPRequestHandler):
    """A small OpenID provider that says who asks, and keeps what it was asked for."""

    told: dict[str, str] = {}
    claims: dict[str, Any] = {}

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        base = f"http://{self.headers['Host']}"
        if self.path.startswith("/userinfo"):
            return self.say(self.claims)
        return self.say(
            {
                "issuer": base, "authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/token",
                "userinfo_endpoint": f"{base}/userinfo", "jwks_uri": f"{base}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        )  # fmt: skip

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        Institution.told = {key: values[0] for key, values in parse_qs(body).items()}
        claims = self.claims | {"iss": f"http://{self.headers['Host']}", "aud": "portal", "exp": time.time() + 60}
        token = jwt.encode(claims, "a key that this test alone knows, thirty-two", algorithm="HS256")
        self.say({"access_token": "t", "token_type": "Bearer", "id_token": token})

    def say(self, what: dict[str, Any]) -> None:
        data = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def institution(settings: Any) -> Iterator[type[Institution]]:
    server = HTTPServer(("127.0.0.1", 0), Institution)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    app = {"provider_id": "institucion", "name": "Correo del instituto", "client_id": "portal", "secret": "s3creto"}
    app["settings"] = {"server_url": f"http://127.0.0.1:{server.server_port}"}  # type: ignore[assignment]
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    yield Institution
    server.shutdown()
    server.server_close()


def go_and_come_back(client: Client, **answer: str) -> Any:
    """To the institution and back, as the browser does."""
    page = client.get(reverse("account_login")).content.decode()
    assert "Correo del instituto" in page
    asked = parse_qs(urlsplit(client.post(reverse("openid_connect_login", args=["institucion"])).url).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}
    given = {"code": "un-codigo", "state": asked["state"][0]} | answer
    return client.get(reverse("openid_connect_callback", args=["institucion"]), given)


@pytest.mark.asvs("V10.5.2")
def test_a_verified_e_mail_of_the_institution_opens_the_account_that_has_it(
    institution: type[Institution], client: Client
) -> None:
    staff = with_password(StaffFactory())
    institution.claims = {"sub": "77", "email": staff.email, "email_verified": True, "name": "Ana"}
    assert go_and_come_back(client).status_code == 302
    assert client.get(reverse("staff_home")).status_code == 200
    assert institution.told["client_id"] == "portal"
    assert len(institution.told["code_verifier"]) >= 43
    assert SocialAccount.objects.get().uid == "77"


@pytest.mark.asvs("V6.3.4")
def test_an_unverified_e_mail_opens_nothing_and_a_second_step_is_asked_for_here_too(
    institution: type[Institution], client: Client
) -> None:
    staff = with_password(StaffFactory())
    institution.claims = {"sub": "77", "email": staff.email, "email_verified": False}
    go_and_come_back(client)
    assert client.get(reverse("staff_home")).status_code == 302
    TOTP.activate(staff, generate_totp_secret())
    other = Client()
    institution.claims = {"sub": "77", "email": staff.email, "email_verified": True}
    assert go_and_come_back(other).url == reverse("mfa_authenticate")
    assert other.get(reverse("staff_home")).status_code == 302


def test_who_comes_for_the_first_time_reads_the_notice_first(institution: type[Institution], client: Client) -> None:
    institution.claims = {"sub": "9", "email": "nueva@correo.example", "email_verified": True}
    assert go_and_come_back(client).url == reverse("socialaccount_signup")
    page = client.get(reverse("socialaccount_signup"))
    assert "nueva@correo.example" in page.content.decode()
    shown = re.search(r'name="notice"[^>]*value="(\d*)"', page.content.decode())
    data = {"email": "nueva@correo.example", "notice": shown[1] if shown else ""}
    client.post(reverse("socialaccount_signup"), data)
    account = User.objects.get(email="nueva@correo.example")
    assert (account.role, account.has_usable_password()) == ("participant", False)


@pytest.mark.asvs("V10.1.2", "V10.2.1")
def test_an_answer_that_this_browser_never_asked_for_is_refused(institution: type[Institution], client: Client) -> None:
    staff = with_password(StaffFactory())
    institution.claims = {"sub": "77", "email": staff.email, "email_verified": True}
    assert "No se pudo entrar" in go_and_come_back(client, state="otra").content.decode()
    assert client.get(reverse("staff_home")).status_code == 302
