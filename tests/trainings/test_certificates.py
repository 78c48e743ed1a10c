"""Constancias: whom they are issued to, that none is lost or made twice, and what each says for ever."""

import datetime as dt
import hashlib
import re
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone, translation
from pdfua import validate
from PIL import Image
from pypdf import PdfReader

from network.models import Person
from outbox.models import Message
from tests import factories
from trainings.documents import certificates as documents
from trainings.models import Certificate, CertificateBatch, CertificateTemplate, Training
from trainings.services import certificate_people, certificate_templates, certificates
from trainings.services.certificates import issue_certificates, print_batch, replace_certificate, revoke_certificate

pytestmark = pytest.mark.django_db
ISSUED_AT = dt.datetime(2026, 6, 20, 18, tzinfo=dt.UTC)
LONG_NAME = "María Guadalupe de los Ángeles Fernández-Castañeda y Gutiérrez de la Concepción"
LONG_TITLE = ("Fundamentos, instrumentos y financiamiento de la adaptación municipal al cambio climático " * 3)[:200]


def held(*names: str, **fields: Any) -> Training:
    """A training of one session held yesterday to which these people came; its rule asks for all sessions."""
    training = factories.TrainingFactory(min_sessions_share=100, **fields)
    event = factories.EventFactory(day=timezone.localdate() - dt.timedelta(days=1))
    factories.TrainingSessionFactory(training=training, event=event)
    for name in names:
        attend(training, name)
    return training


def attend(training: Training, name: str) -> Person:
    person = factories.PersonFactory(name=name, email=f"{hashlib.md5(name.encode()).hexdigest()[:8]}@persona.example")
    factories.EnrolmentFactory(training=training, person=person)
    factories.AttendanceFactory(event=training.events.get(), person=person, minutes=60)
    return person


def issue(training: Training, key: str = "una", notify: bool = True) -> CertificateBatch | None:
    template = factories.CertificateTemplateFactory()
    staff = factories.StaffFactory()
    return issue_certificates(training=training, template=template, key=key, notify=notify, by=staff)


def printed(training: Training) -> list[Certificate]:
    for batch in training.certificate_batches.all():
        print_batch(batch.pk)
    return list(Certificate.objects.printed().filter(training=training).order_by("pk"))


def one(name: str = "Ana Prueba", **fields: Any) -> Certificate:
    training = held(name, **fields)
    issue(training)
    (certificate,) = printed(training)
    return certificate


def content(certificate: Certificate) -> bytes:
    with certificate.file.open() as file:
        return bytes(file.read())


def text_of(data: bytes) -> str:
    return " ".join(PdfReader(BytesIO(data)).pages[0].extract_text().split())


# --- To whom


def test_only_who_met_the_rule_gets_one() -> None:
    training = held("Ana Prueba", "Benito Prueba")
    factories.EnrolmentFactory(training=training, person=factories.PersonFactory(name="Nadie Vino"))
    issue(training)
    assert sorted(row.holder for row in printed(training)) == ["Ana Prueba", "Benito Prueba"]


def test_issuing_twice_makes_no_second_one() -> None:
    training = held("Ana Prueba", "Benito Prueba")
    first = issue(training)
    assert issue(training) == first  # the same form
    assert issue(training, key="otra") is None  # another one
    assert Certificate.objects.count() == 2


def test_who_met_the_rule_later_is_added_by_a_second_batch() -> None:
    training = held("Ana Prueba")
    issue(training)
    attend(training, "Carla Prueba")
    issue(training, key="segunda")
    assert [row.holder for row in printed(training)] == ["Ana Prueba", "Carla Prueba"]


def test_second_batch_leaves_a_revoked_one_revoked() -> None:
    certificate = one()
    revoke_certificate(certificate=certificate, reason="rule", note="", by=factories.StaffFactory())
    assert issue(certificate.training, key="segunda") is None


def test_database_refuses_a_second_live_one() -> None:
    certificate = factories.CertificateFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.CertificateFactory(training=certificate.training, person=certificate.person)


def test_nobody_entitled_makes_no_batch() -> None:
    training = held()
    assert issue(training) is None
    assert not CertificateBatch.objects.exists()


# --- Printing


def test_each_is_printed_once_and_told_once() -> None:
    training = held("Ana Prueba", "Benito Prueba")
    batch = issue(training)
    assert batch
    assert print_batch(batch.pk) == 2
    files = {row.pk: (row.file.name, row.sha256) for row in Certificate.objects.all()}
    assert print_batch(batch.pk) == 0
    assert {row.pk: (row.file.name, row.sha256) for row in Certificate.objects.all()} == files
    assert Message.objects.filter(kind="trainings.certificate").count() == 2
    for row in Certificate.objects.all():
        assert hashlib.sha256(content(row)).hexdigest() == row.sha256


def test_nobody_is_told_where_staff_asked_for_silence() -> None:
    training = held("Ana Prueba")
    issue(training, notify=False)
    assert len(printed(training)) == 1
    assert not Message.objects.exists()


def test_worker_that_dies_leaves_its_rows_to_the_next(settings: Any) -> None:
    training = held("Ana Prueba", "Benito Prueba")
    batch = issue(training)
    assert batch
    taken = certificates._claim(batch.pk)
    assert len(taken) == 2
    # It wrote one file and died before it could say so.
    name = certificates.certificate_path(taken[0], "")
    certificates.private_storage().save(name, ContentFile(b"half a document"))
    assert print_batch(batch.pk) == 0  # the lease still runs
    Certificate.objects.update(claimed_until=Now() - dt.timedelta(seconds=1))
    assert print_batch(batch.pk) == 2
    assert [content(row)[:5] for row in Certificate.objects.all()] == [b"%PDF-"] * 2
    assert len(list(Path(settings.MEDIA_ROOT).rglob("*.pdf"))) == 2


def test_worker_whose_lease_passed_on_changes_nothing() -> None:
    training = held("Ana Prueba")
    batch = issue(training)
    assert batch
    (slow,) = certificates._claim(batch.pk)
    Certificate.objects.update(claimed_until=Now() - dt.timedelta(seconds=1))
    (_quick,) = certificates._claim(batch.pk)
    assert certificates._print(slow, batch, documents.Shared()) is False
    assert not Certificate.objects.printed().exists()


def test_two_workers_share_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    training = held(*(f"Persona {n}" for n in range(4)))
    batch = issue(training)
    assert batch
    monkeypatch.setattr(certificates, "CHUNK", 2)
    first, second = certificates._claim(batch.pk), certificates._claim(batch.pk)
    assert len({row.pk for row in [*first, *second]}) == 4
    assert certificates._claim(batch.pk) == []


def test_clock_asks_for_what_nobody_is_at() -> None:
    training = held("Ana Prueba")
    batch = issue(training)
    assert batch
    assert certificates.resume_batches() == 1
    certificates._claim(batch.pk)
    assert certificates.resume_batches() == 0
    Certificate.objects.update(claimed_until=Now() - dt.timedelta(seconds=1))
    assert certificates.resume_batches() == 1
    print_batch(batch.pk)
    assert certificates.resume_batches() == 0


def test_one_that_cannot_be_printed_holds_nobody_up_and_can_be_tried_again() -> None:
    training = held("Ana Prueba", "Benito Prueba")
    batch = issue(training)
    assert batch
    broken = Certificate.objects.earliest("pk")
    said = broken.snapshot
    Certificate.objects.filter(pk=broken.pk).update(snapshot={"name": "sin lo demás"})
    print_batch(batch.pk)
    assert certificates.progress_of(training) == certificates.Progress(total=2, printed=1, stuck=1)
    assert not certificates.progress_of(training).is_unfinished
    Certificate.objects.filter(pk=broken.pk).update(snapshot=said)
    certificates.retry_batch(training=training)
    print_batch(batch.pk)
    assert certificates.progress_of(training) == certificates.Progress(total=2, printed=2, stuck=0)


# --- What it says


def test_snapshot_outlives_new_names_and_new_words() -> None:
    certificate = one(title="Taller de agua", hours=Decimal("20.0"))
    said, sha256 = certificate.snapshot, certificate.sha256
    certificate.person.name = "Otro Nombre"
    certificate.person.save()
    certificate.training.title = "Otro título"
    certificate.training.save()
    CertificateTemplate.objects.update(title="Diploma", text="otra cosa")
    certificate.refresh_from_db()
    assert certificate.snapshot == said
    again = documents.certificate_pdf(certificate.folio, certificate.snapshot, issued_at=certificate.issued_at)
    assert hashlib.sha256(again).hexdigest() == sha256


def test_pdf_prints_name_training_hours_rule_and_folio() -> None:
    certificate = one("Ana Prueba", title="Taller de agua", hours=Decimal("20.0"))
    words = text_of(content(certificate))
    for said in ("Ana Prueba", "«Taller de agua»", "20 horas", "1 de 1 sesiones (se pide 100 %)", certificate.folio):
        assert said in words


def test_constancia_is_in_spanish_whoever_issues_it() -> None:
    training = held("Ana Prueba", hours=Decimal("8.0"))
    with translation.override("en"):
        issue(training)
    (certificate,) = printed(training)
    assert certificate.snapshot["rule"] == "1 de 1 sesiones (se pide 100 %)."
    assert "8 horas" in certificate.snapshot["text"]


def test_reason_of_an_exception_stays_inside() -> None:
    training = held()
    factories.EnrolmentFactory(training=training, exception_reason="Estuvo en el hospital", exception_at=timezone.now())
    issue(training)
    (certificate,) = printed(training)
    assert "hospital" not in str(certificate.snapshot)
    assert certificate.snapshot["rule"] == "Acreditada por acuerdo de quien la expide."


def test_typed_names_are_text() -> None:
    certificate = one("Ana <b>{horas}</b> & Cía", title="<script>x</script> {nombre}")
    words = text_of(content(certificate))
    assert "Ana <b>{horas}</b> & Cía" in words
    assert "«<script>x</script> {nombre}»" in words


def picture(kind: str = "PNG") -> ContentFile:
    target = BytesIO()
    Image.new("RGB", (240, 90), "#0B6B52").save(target, kind)
    return ContentFile(target.getvalue(), name=f"a.{kind.lower()}")


@pytest.mark.parametrize(("name", "title"), [("Ana Prueba", "Agua"), (LONG_NAME, LONG_TITLE)])
def test_document_is_one_page_and_passes_every_check_of_pdf_ua(name: str, title: str, tmp_path: Path) -> None:
    template, staff = factories.CertificateTemplateFactory(), factories.StaffFactory()
    certificate_templates.add_logo(template=template, image=picture("JPEG"), label="Instituto", by=staff)
    for signature in (picture(), None, None):
        certificate_templates.add_signatory(
            template=template, name="Rosa Firmante", position="Directora", signature=signature,
            consented_on=dt.date(2026, 1, 15), by=staff,
        )  # fmt: skip
    course = documents.Course(title, None, "", None, None)
    merit = documents.Merit("4 de 5 sesiones (se pide 80 %).", None, 4, 5)
    said = documents.sealed(template, course, name=name, merit=merit, issued_at=ISSUED_AT)
    data = documents.certificate_pdf("abcdefghijkmnpqr", said, issued_at=ISSUED_AT)
    path = tmp_path / "constancia.pdf"
    path.write_bytes(data)
    report = validate(str(path))
    assert [(finding.rule_id, finding.message) for finding in report.findings] == []
    reader = PdfReader(BytesIO(data))
    box = reader.pages[0].mediabox
    assert (len(reader.pages), float(box.width), float(box.height)) == (1, 792.0, 612.0)
    words = " ".join(reader.pages[0].extract_text().split())
    assert name in words
    assert f"«{title.strip()}" in words or title.strip() in words
    assert "duración no registrada" in words


def test_folio_has_eighty_random_bits() -> None:
    folios = [factories.CertificateFactory().folio for _n in range(3)]
    assert all(re.fullmatch(r"[a-km-np-z2-9]{16}", folio) for folio in folios)
    assert len({folio[:4] for folio in folios}) == 3


# --- Templates


def test_unknown_placeholder_is_refused_with_a_sentence() -> None:
    template = factories.CertificateTemplateFactory()
    with pytest.raises(ValidationError) as refused:
        certificate_templates.save_template(
            template=template, name="General", issuer="", title="Constancia", text="a {nombre} por {cariño}",
            is_active=True, by=factories.StaffFactory(),
        )  # fmt: skip
    assert refused.value.messages[0].startswith("{cariño} no existe. Se puede usar: {nombre}")


def test_every_change_of_a_template_is_a_version_with_its_author() -> None:
    template, staff = factories.CertificateTemplateFactory(), factories.StaffFactory()
    logo = certificate_templates.add_logo(template=template, image=picture(), label="Instituto", by=staff)
    stored = logo.image.name
    certificate_templates.remove_logo(logo=logo, by=staff)
    template.refresh_from_db()
    assert template.version == 3
    assert template.history.first().history_user == staff
    assert stored


def test_fourth_logo_is_refused() -> None:
    template, staff = factories.CertificateTemplateFactory(), factories.StaffFactory()
    for _n in range(3):
        certificate_templates.add_logo(template=template, image=picture(), label="Instituto", by=staff)
    with pytest.raises(ValidationError, match="Quite uno"):
        certificate_templates.add_logo(template=template, image=picture(), label="Instituto", by=staff)


# --- Replaced, revoked, joined, erased


def test_replacement_has_another_folio_and_the_old_one_leads_to_it() -> None:
    old, staff = one("Ana Preuba"), factories.StaffFactory()
    new = replace_certificate(certificate=old, name="Ana Prueba", reason="name", note="", by=staff)
    old.refresh_from_db()
    printed(old.training)
    assert (old.state, old.replaced_by, old.ended_reason) == ("replaced", new, "name")
    assert new.folio != old.folio
    assert (new.holder, new.snapshot["rule"]) == ("Ana Prueba", old.snapshot["rule"])
    with pytest.raises(ValidationError, match="ya se sustituyó"):
        replace_certificate(certificate=old, name="Ana Prueba", reason="name", note="", by=staff)


def test_revoked_one_is_not_revoked_again() -> None:
    certificate, staff = one(), factories.StaffFactory()
    revoke_certificate(certificate=certificate, reason="rule", note="doble asistencia", by=staff)
    with pytest.raises(ValidationError, match="vigente"):
        revoke_certificate(certificate=certificate, reason="other", note="", by=staff)
    certificate.refresh_from_db()
    assert (certificate.ended_reason, certificate.ended_note) == ("rule", "doble asistencia")


def test_merge_moves_constancias_and_can_be_undone() -> None:
    mine, other = factories.CertificateFactory(), factories.CertificateFactory()
    moved = certificate_people.merge(mine.person, other.person)
    assert mine.person.certificates.count() == 2
    certificate_people.unmerge(mine.person, other.person, moved)
    assert list(other.person.certificates.all()) == [other]


def test_merge_of_two_live_ones_of_a_training_is_refused() -> None:
    mine = factories.CertificateFactory()
    other = factories.CertificateFactory(training=mine.training)
    with pytest.raises(ValidationError, match="revoque primero"):
        certificate_people.merge(mine.person, other.person)
    revoke_certificate(certificate=other, reason="other", note="", by=None)
    certificate_people.merge(mine.person, other.person)
    assert mine.person.certificates.count() == 2


def test_erasing_takes_name_and_pdf_and_leaves_the_page_saying_revoked() -> None:
    certificate = one("Ana Prueba")
    files = certificate_people.erase(certificate.person)
    certificate.refresh_from_db()
    assert (certificate.state, certificate.ended_reason, bool(certificate.file)) == ("revoked", "request", False)
    assert "Ana" not in str(certificate.snapshot)
    assert files == [certificates.certificate_path(certificate, "")]


def test_held_one_is_kept_whole() -> None:
    certificate = one("Ana Prueba")
    certificate_people.hold(certificate.person)
    assert certificate_people.erase(certificate.person) == []
    certificate.refresh_from_db()
    assert (certificate.state, certificate.holder, bool(certificate.file)) == ("issued", "Ana Prueba", True)


def test_export_says_what_the_person_holds() -> None:
    certificate = factories.CertificateFactory()
    (row,) = certificate_people.export(certificate.person)["Constancias"]
    assert (row["Folio"], row["Estado"]) == (certificate.folio, "Vigente")
