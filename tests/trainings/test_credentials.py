"""Open Badges 3.0: another program, with what is published alone, tells a true credential from a changed one."""

import base64
import gzip
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings as project
from django.test import Client
from django.urls import reverse

from tests import factories
from trainings.documents import credentials
from trainings.models import Certificate
from trainings.rules import own_certificate_code
from trainings.services.certificates import revoke_certificate

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_key(settings: Any, tmp_path: Any) -> Any:
    settings.DATA_DIR = tmp_path
    credentials._key.cache_clear()
    yield
    credentials._key.cache_clear()


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def verified(client: Client, token: str) -> dict[str, Any]:
    """As the standard says, by hand and not by the library that signed: RFC 7515 with the key found at ``kid``."""
    head, body, signature = token.split(".")
    header = json.loads(decoded(head))
    assert (header["alg"], header["typ"]) == ("EdDSA", "JWT")
    key = client.get(header["kid"].removeprefix(project.SITE_URL)).json()
    Ed25519PublicKey.from_public_bytes(decoded(key["x"])).verify(decoded(signature), f"{head}.{body}".encode())
    said: dict[str, Any] = json.loads(decoded(body))
    issuer = client.get(said["iss"].removeprefix(project.SITE_URL)).json()
    assert issuer["id"] == said["iss"]
    assert header["kid"] in issuer["assertionMethod"]
    assert issuer["verificationMethod"][0]["publicKeyJwk"]["x"] == key["x"]
    return said


def downloaded(client: Client, certificate: Certificate) -> str:
    response = client.get(reverse("own_certificate_badge", args=[own_certificate_code(certificate)]))
    assert response["Content-Disposition"] == f'attachment; filename="insignia-{certificate.folio}.jwt"'
    return response.content.decode()


def is_revoked(client: Client, said: dict[str, Any]) -> bool:
    status = said["credentialStatus"]
    listed = verified(
        client, client.get(status["statusListCredential"].removeprefix(project.SITE_URL)).content.decode()
    )
    encoded = listed["credentialSubject"]["encodedList"]
    assert encoded[0] == "u"
    bits = gzip.decompress(decoded(encoded[1:]))
    place = int(status["statusListIndex"])
    return bool(bits[place // 8] & (0x80 >> place % 8))


def test_credential_verifies_and_says_what_was_printed(client: Client) -> None:
    certificate = factories.CertificateFactory()
    said = verified(client, downloaded(client, certificate))
    assert said["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert said["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert said["id"] == said["jti"] == f"{project.SITE_URL}/constancias/{certificate.folio}/"
    subject = said["credentialSubject"]
    assert subject["identifier"][0]["identityHash"] == certificate.holder
    assert subject["achievement"]["name"] == certificate.snapshot["training"]
    assert subject["achievement"]["criteria"]["narrative"].startswith(certificate.snapshot["rule"])
    assert certificate.person.email not in json.dumps(said)


def test_changed_credential_fails(client: Client) -> None:
    head, body, signature = downloaded(client, factories.CertificateFactory()).split(".")
    said = json.loads(decoded(body))
    said["credentialSubject"]["identifier"][0]["identityHash"] = "Otra Persona"
    changed = base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()
    with pytest.raises(InvalidSignature):
        verified(client, f"{head}.{changed}.{signature}")


def test_credential_of_another_installation_fails(client: Client, settings: Any, tmp_path: Any) -> None:
    token = downloaded(client, factories.CertificateFactory())
    settings.DATA_DIR = tmp_path / "otra"
    settings.DATA_DIR.mkdir()
    credentials._key.cache_clear()
    header = json.loads(decoded(token.split(".")[0]))
    assert client.get(header["kid"].removeprefix(project.SITE_URL)).status_code == 404


def test_revoked_one_is_marked_in_the_published_list_alone(client: Client) -> None:
    certificate, other = factories.CertificateFactory(), factories.CertificateFactory()
    said, others = (verified(client, downloaded(client, row)) for row in (certificate, other))
    assert not is_revoked(client, said)
    revoke_certificate(certificate=certificate, reason="rule", note="", by=None)
    assert is_revoked(client, said)
    assert not is_revoked(client, others)
    listed = client.get(reverse("credential_status", args=[0])).content.decode()
    assert certificate.folio not in decoded(listed.split(".")[1]).decode()


def test_key_is_made_once_and_kept_from_others(settings: Any) -> None:
    first = credentials.public_key()
    credentials._key.cache_clear()
    assert credentials.public_key() == first
    path = settings.DATA_DIR / credentials.KEY_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in settings.DATA_DIR.glob("issuer*")] == [credentials.KEY_FILE]


def test_key_may_come_from_the_environment(settings: Any) -> None:
    first = credentials.public_key()
    settings.ISSUER_KEY = (settings.DATA_DIR / credentials.KEY_FILE).read_text()
    (settings.DATA_DIR / credentials.KEY_FILE).unlink()
    credentials._key.cache_clear()
    assert credentials.public_key() == first
    assert not (settings.DATA_DIR / credentials.KEY_FILE).exists()
