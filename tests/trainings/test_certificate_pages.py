"""What whoever holds a folio sees, and what nobody finds without one."""

from typing import Any

import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from network.models import Person
from tests import factories
from tests.trainings.test_certificates import content, one, printed
from trainings.models import Certificate
from trainings.rules import OWN_CERTIFICATE, own_certificate_code
from trainings.services.certificates import replace_certificate, revoke_certificate
from trainings.views.certificates import MISSES

pytestmark = pytest.mark.django_db


def page_of(certificate: Certificate) -> str:
    return reverse("certificate", args=[certificate.folio])


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def compare(client: Client, certificate: Certificate, data: bytes) -> str:
    response = client.post(page_of(certificate), {"file": SimpleUploadedFile("c.pdf", data), "sha256": ""})
    return "different" if 'data-state="different"' in text(response) else text(response)


def test_page_shows_what_was_printed_and_no_address(client: Client) -> None:
    certificate = one("Ana Prueba", title="Taller de agua")
    response = client.get(page_of(certificate))
    words = text(response)
    for said in ("Ana Prueba", "Taller de agua", certificate.snapshot["rule"], certificate.folio, certificate.sha256):
        assert said in words
    assert certificate.person.email not in words
    assert (response["X-Robots-Tag"], "no-store" in response["Cache-Control"]) == ("noindex, nofollow", True)


def test_tampered_pdf_is_different_and_the_true_one_identical(client: Client) -> None:
    certificate = one()
    data = content(certificate)
    assert 'data-state="identical"' in compare(client, certificate, data)
    for other in (bytes([data[0] ^ 1]) + data[1:], data + b"\n", data[:-1], b"%PDF-1.7"):
        assert compare(client, certificate, other) == "different"
    assert Certificate.objects.get().sha256 == certificate.sha256


def test_hash_can_be_typed(client: Client) -> None:
    certificate = one()
    typed = {certificate.sha256.upper(): "identical", "0" * 64: "different", "no es": "refused", "": "refused"}
    for sha256, state in typed.items():
        response = client.post(page_of(certificate), {"sha256": sha256})
        assert (f'data-state="{state}"' in text(response), response.status_code) == (
            True, 422 if state == "refused" else 200,
        )  # fmt: skip


@pytest.mark.parametrize("folio", ["aaaaaaaaaaaaaaaa", "1", "CERT-2026-0001", "a" * 300])
def test_folio_that_does_not_exist_is_missing_whatever_it_looks_like(client: Client, folio: str) -> None:
    assert client.get(reverse("certificate", args=[folio])).status_code == 404


def test_folios_cannot_be_tried_out(client: Client) -> None:
    certificate = factories.CertificateFactory()
    answers = [client.get(reverse("certificate", args=[f"folio{n:011d}"])).status_code for n in range(120)]
    assert answers == [404] * MISSES + [429] * (120 - MISSES)
    # Nor does the limit tell which folio is a true one.
    assert client.get(page_of(certificate)).status_code == 429
    assert client.get(page_of(certificate), REMOTE_ADDR="192.0.2.7").status_code == 200


def test_room_that_checks_its_own_folios_is_not_stopped(client: Client) -> None:
    certificate = factories.CertificateFactory()
    assert {client.get(page_of(certificate)).status_code for _person in range(120)} == {200}


def test_one_that_waits_for_its_pdf_does_not_exist_yet(client: Client) -> None:
    assert client.get(page_of(factories.CertificateFactory(sha256=""))).status_code == 404


def test_revoked_page_says_when_and_why_and_keeps_the_note(client: Client) -> None:
    certificate = one()
    revoke_certificate(certificate=certificate, reason="rule", note="doble firma", by=factories.StaffFactory())
    words = text(client.get(page_of(certificate)))
    assert "Constancia revocada" in words
    assert "Motivo: No se cumplía el requisito." in words
    assert "Ana Prueba" in words
    assert "doble firma" not in words


def test_replaced_page_leads_to_the_new_one(client: Client) -> None:
    old = one()
    new = replace_certificate(
        certificate=old, name="Ana B. Prueba", reason="name", note="", by=factories.StaffFactory()
    )
    assert page_of(new) not in text(client.get(page_of(old)))  # not printed yet
    printed(old.training)
    words = text(client.get(page_of(old)))
    assert "Constancia sustituida" in words
    assert page_of(new) in words


def test_own_page_gives_the_pdf_to_the_link_of_the_mail(client: Client) -> None:
    certificate = one()
    code = own_certificate_code(certificate)
    assert "Descargar el PDF" in text(client.get(reverse("own_certificate", args=[code])))
    response = client.get(reverse("own_certificate_file", args=[code]))
    assert b"".join(response).startswith(b"%PDF-")
    assert response["Content-Disposition"] == f'attachment; filename="constancia-{certificate.folio}.pdf"'


def test_own_link_ends_with_the_address_and_cannot_be_made_up(client: Client) -> None:
    certificate = factories.CertificateFactory()
    code = own_certificate_code(certificate)
    made_up = signing.dumps([certificate.pk, ""], salt=OWN_CERTIFICATE)
    assert client.get(reverse("own_certificate", args=[made_up])).status_code == 404
    assert client.get(reverse("own_certificate", args=["x"])).status_code == 404
    Person.objects.update(email="otra@persona.example")
    assert client.get(reverse("own_certificate", args=[code])).status_code == 404


def test_revoked_one_is_not_given_out_any_more(client: Client) -> None:
    certificate = one()
    code = own_certificate_code(certificate)
    revoke_certificate(certificate=certificate, reason="rule", note="", by=factories.StaffFactory())
    assert "ya no está vigente" in text(client.get(reverse("own_certificate", args=[code])))
    assert client.get(reverse("own_certificate_file", args=[code])).status_code == 404
