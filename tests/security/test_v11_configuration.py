"""V11, V13 and V15: cryptography, what a server shows of itself, and what it is made of."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import PersonFactory, RegistrationFactory
from tests.security import production, source


@pytest.mark.asvs("V11.4.1")
def test_no_broken_hash_is_used() -> None:
    assert source.calls("hashlib.md5", "hashlib.sha1", "hashlib.new", "md5", "sha1") == []
    weak = re.compile(r"algorithm=[\"'](md5|sha1)[\"']")
    assert [path for path, tree in source.trees().items() if weak.search((source.ROOT / path).read_text())] == []


@pytest.mark.asvs("V11.4.2")
def test_passwords_are_stored_by_a_slow_function(tmp_path_factory: Any) -> None:
    algorithm, iterations = production.production(tmp_path_factory.getbasetemp())["hasher"]
    assert (algorithm, iterations >= 600_000) == ("pbkdf2_sha256", True)


def test_what_must_not_be_guessed_comes_from_the_system() -> None:
    assert {path for path, name in source.imports() if name == "random"} == {"reports/demo.py"}


@pytest.mark.django_db
@pytest.mark.asvs("V11.6.1")
def test_credentials_are_signed_with_ed25519() -> None:
    from trainings.documents.credentials import public_key

    assert {name: public_key()[name] for name in ("kty", "crv")} == {"kty": "OKP", "crv": "Ed25519"}


@pytest.mark.django_db
@pytest.mark.asvs("V13.4.1", "V13.4.3")
@pytest.mark.parametrize(
    "path", ["/.git/config", "/.git/HEAD", "/.env", "/static/", "/static/css/", "/media/", "/var/", "/manage.py"]
)
def test_neither_the_source_nor_a_list_of_files_is_served(client: Client, path: str) -> None:
    answer = client.get(path)
    body = b"".join(answer) if answer.streaming else answer.content
    assert (answer.status_code, b"Index of" in body) == (404, False)


@pytest.mark.asvs("V13.4.2", "V15.2.3")
def test_a_production_server_shows_no_inner_workings(tmp_path_factory: Any) -> None:
    said = production.production(tmp_path_factory.getbasetemp())
    assert (said["DEBUG"], said["DEMO"], said["ALLOWED_HOSTS"]) == (False, False, ["red.example.gob.mx"])
    run = (source.ROOT / "requirements" / "run.txt").read_text()
    for name in ("pytest", "factory-boy", "playwright", "django-zeal", "faker"):
        assert f"\n{name}==" not in run


@pytest.mark.django_db
@pytest.mark.asvs("V13.4.5")
def test_the_gallery_of_components_is_not_for_production(client: Client) -> None:
    assert client.get("/componentes/").status_code == 404
    assert client.get("/correo-de-la-demostracion/").status_code == 404


@pytest.mark.asvs("V13.3.1")
def test_the_source_holds_no_secret() -> None:
    key = re.compile(r"(SECRET_KEY|PASSWORD|SECRET|TOKEN)\s*=\s*[\"'][^\"'{]{12,}[\"']|-----BEGIN [A-Z ]*PRIVATE KEY")
    found = {path: key.findall((source.ROOT / path).read_text()) for path in source.trees()}
    assert {path for path, hits in found.items() if hits} <= {"reports/demo.py"}  # told to everybody


@pytest.mark.asvs("V15.1.2")
def test_every_package_is_pinned_to_its_hash_and_can_be_listed() -> None:
    text = (source.ROOT / "requirements" / "run.txt").read_text()
    pinned = re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==", text, re.MULTILINE)
    assert len(pinned) > 50
    assert text.count("--hash=sha256:") >= len(pinned)
    assert "sbom" in (source.ROOT / "Makefile").read_text()


@pytest.mark.django_db
@pytest.mark.asvs("V15.3.1", "V14.2.3")
def test_what_is_open_to_everybody_names_nobody(client: Client) -> None:
    person = PersonFactory(name="Ximena Prueba", email="ximena@personas.example")
    row = RegistrationFactory(person=person, name="Ximena Prueba", email="ximena@personas.example")
    for address in (
        "/api/v1/eventos/", reverse("event_detail", args=[row.event.slug]), reverse("results"), reverse("results_csv"),
        reverse("open_data"), reverse("calendar_json"), reverse("home"),
    ):  # fmt: skip
        answer = client.get(address)
        body = (b"".join(answer) if answer.streaming else answer.content).decode()
        assert answer.status_code == 200, address
        assert "Ximena" not in body
        assert "ximena@" not in body


@pytest.mark.django_db
@pytest.mark.asvs("V15.3.4", "V4.1.3")
def test_an_address_that_a_visitor_claims_is_not_believed(client: Client, rf: Any, settings: Any) -> None:
    from allauth.account.adapter import get_adapter

    request = rf.get("/", REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR="203.0.113.9", HTTP_X_REAL_IP="203.0.113.9")
    assert get_adapter().get_client_ip(request) == "192.0.2.7"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    request = rf.get("/", REMOTE_ADDR="10.0.0.2", HTTP_X_FORWARDED_FOR="203.0.113.9, 192.0.2.7")
    assert get_adapter().get_client_ip(request) == "192.0.2.7"
