"""The institute's side of constancias: issue, follow, revoke, replace, take all away, and write their templates."""

import zipfile
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from network.enums import Act
from network.models import AuditEntry
from tests import factories
from tests.trainings.test_certificates import content, held, issue, one, picture, printed
from trainings.models import Certificate, CertificateTemplate, Training

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(factories.StaffFactory())
    return client


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def list_of(training: Training) -> str:
    return reverse("staff_certificate_list", args=[training.pk])


def test_list_says_who_is_to_get_one_and_who_is_not_and_why(staff: Client) -> None:
    training = held("Ana Prueba")
    factories.EnrolmentFactory(training=training, person=factories.PersonFactory(name="Nadie Vino"))
    factories.CertificateTemplateFactory()
    words = text(staff.get(list_of(training)))
    assert "de 2 con lugar o asistencia" in words
    assert "Expedir 1 constancia" in words
    assert "0 de 1 sesiones (se pide 100 %)" in words


def test_form_sent_twice_issues_once(staff: Client) -> None:
    training = held("Ana Prueba")
    form = {"key": "k", "template": factories.CertificateTemplateFactory().pk, "notify": "on"}
    for _click in range(2):
        assert staff.post(list_of(training), form).url == list_of(training)
    assert Certificate.objects.count() == 1
    words = text(staff.get(list_of(training)))
    assert 'data-state="printing"' in words
    progress = reverse("staff_certificate_progress", args=[training.pk])
    assert "HX-Refresh" not in staff.get(progress)
    printed(training)
    assert staff.get(progress)["HX-Refresh"] == "true"
    assert 'data-state="issued"' in text(staff.get(list_of(training)))


def test_template_out_of_use_cannot_be_issued_from(staff: Client) -> None:
    training = held("Ana Prueba")
    template = factories.CertificateTemplateFactory()
    CertificateTemplate.objects.update(is_active=False)
    response = staff.post(list_of(training), {"key": "k", "template": template.pk})
    assert (response.status_code, Certificate.objects.count()) == (422, 0)
    assert "Falta una plantilla en uso" in text(response)


def test_revoking_and_replacing_by_form(staff: Client) -> None:
    certificate = one("Ana Preuba")
    page = reverse("staff_certificate_replace", args=[certificate.folio])
    assert "Ana Preuba" in text(staff.get(page))
    response = staff.post(page, {"name": "  Ana   Prueba ", "reason": "name", "note": ""})
    new = Certificate.objects.latest("pk")
    assert response.url == reverse("staff_certificate_detail", args=[new.folio])
    assert new.holder == "Ana Prueba"
    staff.post(reverse("staff_certificate_revoke", args=[new.folio]), {"reason": "rule", "note": "sin minutos"})
    words = text(staff.get(reverse("staff_certificate_detail", args=[new.folio])))
    assert 'data-state="revoked"' in words
    assert "sin minutos" in words


def test_who_takes_constancias_is_kept_without_a_name(staff: Client) -> None:
    certificate = one("Ana Prueba")
    for name, of in (("zip", certificate.training_id), ("file", certificate.folio)):
        response = staff.get(reverse(f"staff_certificate_{name}", args=[of]))
        assert b"".join(response)[:2] in {b"PK", b"%P"}
    rows = AuditEntry.objects.filter(act=Act.FILE_READ).order_by("pk")
    account = int(staff.session["_auth_user_id"])
    assert [(row.actor, row.row_type, row.row, row.detail) for row in rows] == [
        (account, "", None, {"file": "certificates", "pk": certificate.training_id}),
        (account, "trainings.Certificate", certificate.pk, {"file": "certificate"}),
    ]


def test_zip_holds_every_pdf_under_a_safe_name(staff: Client) -> None:
    training = held("../../Ñandú <b>", "Benito Prueba")
    issue(training)
    found = {row.folio: content(row) for row in printed(training)}
    response = staff.get(reverse("staff_certificate_zip", args=[training.pk]))
    archive = zipfile.ZipFile(BytesIO(b"".join(response)))
    assert archive.testzip() is None
    assert {name.rsplit("-", 1)[1][:-4]: archive.read(name) for name in archive.namelist()} == found
    assert sorted(name.rsplit("-", 1)[0] for name in archive.namelist()) == ["benito-prueba", "nandu-b"]


def test_own_list_shows_those_of_a_verified_address_alone(client: Client) -> None:
    certificate = one()
    owner = factories.UserFactory(email=certificate.person.email)
    client.force_login(owner)
    words = text(client.get(reverse("my_registrations")))
    assert "Mis constancias" in words
    owner.emailaddress_set.update(verified=False)
    assert "Mis constancias" not in text(client.get(reverse("my_registrations")))


# --- Templates


def test_template_page_refuses_a_placeholder_that_does_not_exist(staff: Client) -> None:
    template = factories.CertificateTemplateFactory()
    page = reverse("staff_certificate_template_edit", args=[template.pk])
    form = {"name": "General", "title": "Constancia", "text": "por {todo}", "is_active": "on"}
    response = staff.post(page, form)
    assert response.status_code == 422
    assert "{todo} no existe" in text(response)
    assert staff.post(page, form | {"text": "por {horas}"}).status_code == 302
    template.refresh_from_db()
    assert (template.text, template.version) == ("por {horas}", 2)


def test_logos_and_signatures_are_redrawn_and_stand_in_the_preview(staff: Client) -> None:
    template = factories.CertificateTemplateFactory()
    upload = SimpleUploadedFile("logo.php", picture("JPEG").read())
    args = [template.pk]
    staff.post(reverse("staff_certificate_logo_add", args=args), {"logo-image": upload, "logo-label": "Instituto"})
    person = {"firma-name": "Rosa Firmante", "firma-position": "Directora", "firma-consented_on": "2026-01-15"}
    staff.post(reverse("staff_certificate_signatory_add", args=args), person)
    assert template.logos.get().image.name.endswith(".jpg")
    words = text(staff.get(reverse("staff_certificate_template_edit", args=args)))
    assert "Rosa Firmante" in words
    response = staff.get(reverse("staff_certificate_template_preview", args=args))
    assert (response.content[:5], response["Content-Type"]) == (b"%PDF-", "application/pdf")
    staff.post(reverse("staff_certificate_logo_remove", args=[template.pk, template.logos.get().pk]))
    staff.post(reverse("staff_certificate_signatory_remove", args=[template.pk, template.signatories.get().pk]))
    assert (template.logos.count(), template.signatories.count()) == (0, 0)


def test_signature_without_consent_or_that_is_no_picture_is_refused(staff: Client) -> None:
    template = factories.CertificateTemplateFactory()
    page = reverse("staff_certificate_signatory_add", args=[template.pk])
    person = {"firma-name": "Rosa", "firma-position": "Directora"}
    assert staff.post(page, person).status_code == 422
    false = SimpleUploadedFile("firma.png", b"<svg onload=alert(1)>")
    day = {"firma-consented_on": "2026-01-15"}
    assert staff.post(page, person | day | {"firma-signature": false}).status_code == 422
    assert not template.signatories.exists()
