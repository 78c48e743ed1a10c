"""Uploads are what they claim to be (R8), and leave as downloads only."""

from io import BytesIO

import pikepdf
import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404
from PIL import Image

from web.uploads import check_upload, protected_file_response


def pdf_bytes(password: str = "", pages: int = 1) -> bytes:
    target = BytesIO()
    with pikepdf.new() as document:
        for _page in range(pages):
            document.add_blank_page()
        document.save(target, encryption=pikepdf.Encryption(user=password, owner=password) if password else False)
    return target.getvalue()


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 20), **save: object) -> bytes:
    target = BytesIO()
    Image.new("RGB", size, "#0B6B52").save(target, kind, **save)
    return target.getvalue()


def sent(data: bytes, name: str = "oficio.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


@pytest.mark.parametrize(("data", "ending"), [(pdf_bytes(), ".pdf"), (picture(), ".jpg"), (picture("PNG"), ".png")])
@pytest.mark.asvs("V5.3.2")
def test_true_file_passes_under_a_name_of_ours(data: bytes, ending: str) -> None:
    name = check_upload(sent(data, "../../etc/passwd.exe")).name or ""
    assert name.endswith(ending)
    assert len(name) == 32 + len(ending)


def test_kept_pdf_is_the_same_bytes() -> None:
    data = pdf_bytes()
    assert check_upload(sent(data)).read() == data


@pytest.mark.asvs("V5.2.2")
def test_name_does_not_make_a_type() -> None:
    with pytest.raises(ValidationError) as caught:
        check_upload(sent(b"<html><script>alert(1)</script></html>", "foto.png"))
    assert caught.value.code == "type"
    assert "PDF, PNG, JPG" in caught.value.messages[0]


@pytest.mark.parametrize("data", [b"%PDF-1.7\nno es un pdf", picture()[:60], b"\x89PNG\r\n\x1a\n" + b"x" * 100])
def test_damaged_file_is_refused(data: bytes) -> None:
    with pytest.raises(ValidationError) as caught:
        check_upload(sent(data))
    assert caught.value.code == "damaged"


@pytest.mark.asvs("V1.3.4")
def test_svg_is_not_a_picture_here() -> None:
    with pytest.raises(ValidationError) as caught:
        check_upload(sent(b'<svg xmlns="http://www.w3.org/2000/svg"/>', "a.svg"))
    assert caught.value.code == "type"


def test_pdf_with_a_password_is_refused() -> None:
    with pytest.raises(ValidationError) as caught:
        check_upload(sent(pdf_bytes("secreto")))
    assert caught.value.code == "password"


def test_picture_loses_its_metadata_and_what_hides_behind_it() -> None:
    exif = Image.Exif()
    exif[0x010E] = "casa de Ana"
    data = picture(exif=exif) + b"<script>alert(1)</script>"
    kept = check_upload(sent(data, "foto.jpg")).read()
    assert b"casa de Ana" in data
    assert b"casa de Ana" not in kept
    assert b"<script>" not in kept


def test_turned_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    kept = check_upload(sent(picture(exif=exif), "foto.jpg"))
    assert Image.open(kept).size == (20, 40)


def test_huge_picture_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(ValidationError) as caught:
        check_upload(sent(picture("PNG", (8000, 7000)), "foto.png"))
    assert caught.value.code == "too_many_pixels"


@pytest.mark.asvs("V5.2.1")
def test_size_limit_and_emptiness(settings: object) -> None:
    settings.UPLOAD_MAX_BYTES = 1000  # type: ignore[attr-defined]
    for data, code in [(b"", "empty"), (b"%PDF" + b"x" * 1000, "too_large")]:
        with pytest.raises(ValidationError) as caught:
            check_upload(sent(data))
        assert caught.value.code == code


@pytest.mark.asvs("V3.2.1", "V5.3.1", "V5.4.1")
def test_stored_file_leaves_as_a_download_that_nothing_runs() -> None:
    response = protected_file_response(ContentFile(pdf_bytes(), name="oficios/abc.pdf"), "Oficio 12/2026.exe")
    assert response["Content-Disposition"] == 'attachment; filename="Oficio 12-2026.pdf"'
    assert response["Content-Type"] == "application/pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cache-Control"] == "private, no-store"
    response.file_to_stream.close()  # type: ignore[union-attr]  # closing the answer would also look at the database


def test_file_of_another_type_is_not_found() -> None:
    with pytest.raises(Http404):
        protected_file_response(ContentFile(b"x", name="a.html"), "a.html")
