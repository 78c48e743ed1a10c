"""A constancia as an Open Badges 3.0 credential, which other systems verify without asking us (ADR on credentials).

JSON-LD by the W3C's data model 2.0, secured as a JSON Web Token (VC-JWT, one of the two proofs of Open Badges 3.0) with
the installation's Ed25519 key. The key is a file outside the database, made once; its public half, the issuer's profile
and the list of what was revoked are published at addresses that do not change.
"""

import base64
import gzip
import hashlib
import json
import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from trainings.documents.certificates import public_address
from trainings.models import Certificate, CertificateState
from web import identity

CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]
# The data model asks for lists this long, so that a place in one says little.
LIST_SIZE = 131_072
KEY_FILE = "issuer_key.pem"


# --- The key


@cache
def _key() -> Ed25519PrivateKey:
    """The key in ``ISSUER_KEY``, else the one in ``DATA_DIR``, which is made where there is none."""
    if settings.ISSUER_KEY:
        return _read(settings.ISSUER_KEY.encode())
    path = settings.DATA_DIR / KEY_FILE
    made = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    part = path.with_suffix(f".{os.getpid()}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(made)
    try:
        os.link(part, path)  # whole or not at all, and never over the one that is there
    except FileExistsError:
        pass
    finally:
        part.unlink()
    return _read(path.read_bytes())


def _read(pem: bytes) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("ISSUER_KEY must be an Ed25519 private key in PEM.")
    return key


def public_key() -> dict[str, str]:
    """The public half as a JSON Web Key; ``kid`` is its thumbprint (RFC 7638)."""
    raw = _key().public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    members = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(raw)}
    thumbprint = hashlib.sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest()
    return {**members, "kid": _base64url(thumbprint), "alg": "EdDSA", "use": "sig"}


def key_address() -> str:
    return _absolute("issuer_key", public_key()["kid"])


# --- What is published


def issuer_profile() -> dict[str, Any]:
    """Who issues: name, contact and the key, at an address that stays."""
    installation = identity.current()
    key = public_key()
    return {
        "@context": [*CONTEXT, "https://w3id.org/security/jwk/v1"],
        **_issuer(),
        "url": settings.SITE_URL,
        "email": installation.contact_email,
        "verificationMethod": [
            {
                "id": key_address(),
                "type": "JsonWebKey",
                "controller": _absolute("issuer"),
                "publicKeyJwk": {name: key[name] for name in ("kty", "crv", "x", "kid")},
            }
        ],
        "assertionMethod": [key_address()],
    }


def credential(certificate: Certificate) -> dict[str, Any]:
    """What the credential says: the sealed words, no e-mail."""
    said = certificate.snapshot
    narrative = said["rule"] if not said["hours"] else f"{said['rule']} {said['hours']} h."
    subject: dict[str, Any] = {
        "type": ["AchievementSubject"],
        "identifier": [
            {"type": "IdentityObject", "hashed": False, "identityHash": said["name"], "identityType": "name"}
        ],
        "achievement": {
            "id": f"urn:uuid:{_stable_uuid(certificate)}",
            "type": ["Achievement"],
            "achievementType": "CertificateOfCompletion",
            "name": said["training"],
            "description": said["text"],
            "criteria": {"narrative": narrative},
        },
    }
    for ours, theirs in (("starts_on", "activityStartDate"), ("ends_on", "activityEndDate")):
        if said[ours]:
            subject[theirs] = f"{said[ours]}T00:00:00Z"
    number, place = divmod(certificate.pk, LIST_SIZE)
    return {
        "@context": CONTEXT,
        "id": public_address(certificate.folio),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": _issuer(),
        "validFrom": _moment(certificate.issued_at),
        "name": f"{said['title']}: {said['training']}",
        "credentialSubject": subject,
        "credentialStatus": {
            "id": f"{_absolute('credential_status', number)}#{place}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(place),
            "statusListCredential": _absolute("credential_status", number),
        },
    }


def signed_credential(certificate: Certificate) -> str:
    """The credential as the file that a person takes to a wallet."""
    return _signed(credential(certificate), certificate.issued_at)


def signed_status_list(number: int, now: datetime) -> str:
    """One bit for each constancia, set where it no longer holds. It names none and tells no folio."""
    first = number * LIST_SIZE
    ended = Certificate.objects.filter(pk__gte=first, pk__lt=first + LIST_SIZE).exclude(state=CertificateState.ISSUED)
    bits = bytearray(LIST_SIZE // 8)
    for pk in ended.values_list("pk", flat=True):
        place = pk - first
        bits[place // 8] |= 0x80 >> (place % 8)  # the first place is the leftmost bit
    address = _absolute("credential_status", number)
    said = {
        "@context": CONTEXT[:1],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": _absolute("issuer"),
        "validFrom": _moment(now),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": "u" + _base64url(gzip.compress(bytes(bits), mtime=0)),
        },
    }
    return _signed(said, now)


# --- Parts


def _signed(said: dict[str, Any], moment: datetime) -> str:
    issuer = said["issuer"] if isinstance(said["issuer"], str) else said["issuer"]["id"]
    claims = said | {"iss": issuer, "jti": said["id"], "nbf": int(moment.timestamp())}
    return jwt.encode(claims, _key(), algorithm="EdDSA", headers={"kid": key_address(), "typ": "JWT"})


def _issuer() -> dict[str, Any]:
    return {"id": _absolute("issuer"), "type": ["Profile"], "name": identity.current().institution_name}


def _stable_uuid(certificate: Certificate) -> str:
    """The same achievement for everybody of a training, whatever it is called later."""
    digest = hashlib.sha256(f"{settings.SITE_URL}/capacitaciones/{certificate.training_id}".encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def _absolute(name: str, *args: Any) -> str:
    with translation.override("es"):
        return f"{settings.SITE_URL}{reverse(name, args=args)}"


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
