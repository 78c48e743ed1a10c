"""V3: what browsers are told, and what they may not do for somebody else."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.addresses import World, ask
from tests.factories import StaffFactory, UserFactory
from tests.security import production
from tests.security.source import nodes
from tests.test_urls import FORMS, PUBLIC, RULES
from tests.world import make_world as make_world

pytestmark = pytest.mark.django_db
REFERRERS = {"same-origin", "no-referrer"}
FRAMED = {"calendar_embed", "figure_embed"}  # made to stand in other sites


@pytest.fixture
def answers(world: World) -> Iterator[dict[str, Any]]:
    """What everybody is answered at every public address."""
    send = ask(world, "anonymous")
    names = [name for name in sorted(PUBLIC) if RULES[name].method == "GET"]
    return {name: send("GET", name) for name in names}


@pytest.mark.asvs("V3.4.3", "V3.4.4", "V3.4.5", "V3.4.6", "V3.4.2", "V4.1.1")
def test_every_public_answer_carries_the_headers(answers: dict[str, Any]) -> None:
    assert len(answers) > 60
    wrong: dict[str, str] = {}
    for name, answer in answers.items():
        policy = {part.split()[0]: part.split()[1:] for part in answer["Content-Security-Policy"].split("; ")}
        if "sandbox" in policy:  # a file to download, in which nothing runs
            continue
        if any(policy.get(directive) != ["'none'"] for directive in ("object-src", "base-uri", "default-src")):
            wrong[name] = "policy"
        if any("unsafe" in word or "http" in word for words in policy.values() for word in words):
            wrong[name] = "policy lets others in"
        if policy.get("frame-ancestors") != (["*"] if name in FRAMED else ["'none'"]):
            wrong[name] = "frames"
        if answer["X-Content-Type-Options"] != "nosniff" or answer["Referrer-Policy"] not in REFERRERS:
            wrong[name] = "nosniff or referrer"
        if answer.get("Access-Control-Allow-Origin", "*") != "*" or "Access-Control-Allow-Credentials" in answer:
            wrong[name] = "other origins"
        kind = answer.get("Content-Type", "")
        if answer.status_code == 200 and kind.startswith("text/") and "charset=utf-8" not in kind.lower():
            wrong[name] = f"no charset: {kind}"
    assert wrong == {}


@pytest.mark.asvs("V3.4.1")
def test_a_production_server_keeps_browsers_on_tls(tmp_path_factory: Any) -> None:
    said = production.production(tmp_path_factory.getbasetemp())
    assert said["headers"]["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert said["plain"] == "https://red.example.gob.mx/healthz"
    assert said["other_host"] == 400


@pytest.mark.asvs("V3.3.2", "V3.3.4")
def test_cookies_stay_with_this_site_and_away_from_scripts(client: Client, tmp_path_factory: Any) -> None:
    user = UserFactory()
    user.set_password("treinta y dos faroles morados")
    user.save()
    client.get(reverse("account_login"))
    client.post(reverse("account_login"), {"login": user.email, "password": "treinta y dos faroles morados"})
    session, token = client.cookies["sessionid"], client.cookies["csrftoken"]
    assert (session["httponly"], session["samesite"], token["samesite"]) == (True, "Lax", "Lax")
    said = production.production(tmp_path_factory.getbasetemp())
    assert (said["SESSION_COOKIE_SECURE"], said["CSRF_COOKIE_SECURE"]) == (True, True)


@pytest.mark.asvs("V3.3.1", "V3.3.3")
def test_cookies_are_of_this_host_alone_where_there_is_tls(tmp_path_factory: Any) -> None:
    said = production.production(tmp_path_factory.getbasetemp())
    assert said["cookies"] == ["__Host-sessionid", "__Host-csrftoken", "__Host-messages"]
    # What a browser asks of that name: over TLS, for all of the host, and for no other.
    assert (said["SESSION_COOKIE_SECURE"], said["CSRF_COOKIE_SECURE"]) == (True, True)
    assert (said["SESSION_COOKIE_PATH"], said["CSRF_COOKIE_PATH"]) == ("/", "/")
    assert (said["SESSION_COOKIE_DOMAIN"], said["CSRF_COOKIE_DOMAIN"]) == (None, None)


def test_no_page_sets_a_cookie_of_another_name() -> None:
    written = [path for path, node in nodes() if isinstance(node, ast.Attribute) and node.attr.endswith("_cookie")]
    assert written == []


@pytest.mark.asvs("V3.5.1")
def test_a_form_of_another_site_is_refused(world: World) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(world["people"]["admin"], backend="django.contrib.auth.backends.ModelBackend")
    done = {}
    for name, rule in RULES.items():
        if rule.method == "POST" and name not in {"mail_unsubscribe"}:
            done[name] = browser.post(reverse(name, args=world["args"].get(name)), {}).status_code
    assert len(done) > 50
    assert {name: code for name, code in done.items() if code != 403} == {}


@pytest.mark.asvs("V3.5.3")
def test_what_acts_is_not_done_by_looking(world: World) -> None:
    send = ask(world, "admin")
    acts = [n for n, rule in RULES.items() if rule.method == "POST" and rule.answers[5] == 302 and n not in FORMS]
    assert len(acts) > 30
    assert {name: code for name in acts if (code := send("GET", name).status_code) not in {405, 404, 403}} == {}


@pytest.mark.asvs("V3.7.2")
@pytest.mark.parametrize(
    "target", ["https://otro.example/", "//otro.example/x", "https:otro.example", "\\\\otro.example"]
)
def test_nobody_is_led_to_another_host(client: Client, target: str) -> None:
    user = UserFactory()
    user.set_password("treinta y dos faroles morados")
    user.save()
    data = {"login": user.email, "password": "treinta y dos faroles morados", "next": target}
    answer = client.post(reverse("account_login"), data)
    assert (answer.status_code, "otro.example" in answer.url) == (302, False)


@pytest.mark.asvs("V14.3.2")
def test_pages_of_who_is_signed_in_are_kept_by_nobody(client: Client) -> None:
    client.force_login(StaffFactory(), backend="django.contrib.auth.backends.ModelBackend")
    for name in ("staff_home", "staff_person_list", "my_registrations", "account_preferences", "staff_event_list"):
        kept = client.get(reverse(name))["Cache-Control"]
        assert "no-store" in kept
        assert "private" in kept


def test_the_check_of_a_deployment_finds_nothing(tmp_path: Path) -> None:
    done = production.run(["manage.py", "check", "--deploy", "--fail-level", "WARNING"], tmp_path)
    assert (done.returncode, "no issues" in done.stdout) == (0, True), done.stderr
