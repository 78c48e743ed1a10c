"""Files people send: only PDF, PNG and JPG, each proven to be what it claims, under a name of ours.

The extension and the type the browser states are not believed: the first bytes decide, and then the file must really
open. Pictures are written anew, which drops EXIF (where the photo was taken, with what) and anything hidden behind the
picture. Nothing uploaded is ever served as a page: :func:`protected_file_response` sends it as a download that no
browser runs.
"""

import secrets
from io import BytesIO
from pathlib import PurePath

import filetype
import pikepdf
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

# For the file input of a form: what the picker offers.
ACCEPT = ".pdf,.png,.jpg,.jpeg"
TYPES = {"pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg"}
# A picture of more points than this is refused before it is unpacked into memory (about 200 MB).
MAX_PIXELS = 50_000_000


def check_upload(upload: UploadedFile, *, allowed: tuple[str, ...] = ("pdf", "png", "jpg")) -> SimpleUploadedFile:
    """The same file, proven and renamed; for a form's ``clean_<field>``.

    Raises ``ValidationError`` with a text that says what to do. The name people gave is not kept here: keep
    ``upload.name`` in a column of its own where it must be shown.
    """
    limit = settings.UPLOAD_MAX_BYTES
    if not upload.size:
        raise ValidationError(_("El archivo está vacío. Elija otro."), code="empty")
    if upload.size > limit:
        raise ValidationError(
            _("El archivo pesa %(size)s MB y el límite es de %(limit)s MB. Reduzca su tamaño."),
            code="too_large",
            params={"size": f"{upload.size / 1024 / 1024:.1f}", "limit": limit // 1024 // 1024},
        )
    upload.seek(0)
    data = upload.read()
    guess = filetype.guess(data[:512])
    kind = guess.extension if guess else ""
    if kind not in allowed:
        names = ", ".join(name.upper() for name in allowed)
        raise ValidationError(
            _("Ese tipo de archivo no se admite. Envíe uno de estos: %(types)s."), code="type", params={"types": names}
        )
    data = _proven_pdf(data) if kind == "pdf" else _redrawn(data, kind)
    return SimpleUploadedFile(f"{secrets.token_hex(16)}.{kind}", data, content_type=TYPES[kind])


def _proven_pdf(data: bytes) -> bytes:
    """The PDF as it came, if it opens without a password and has a page."""
    try:
        with pikepdf.open(BytesIO(data)) as document:
            pages = len(document.pages)
    except pikepdf.PasswordError:
        raise ValidationError(_("El PDF pide contraseña. Envíe una copia sin contraseña."), code="password") from None
    except (pikepdf.PdfError, ValueError):
        raise ValidationError(
            _("El PDF está dañado y no se puede abrir. Guárdelo de nuevo y envíelo otra vez."), code="damaged"
        ) from None
    if not pages:
        raise ValidationError(_("El PDF no tiene páginas."), code="damaged")
    return data


def _redrawn(data: bytes, kind: str) -> bytes:
    """The picture written anew, upright, without metadata."""
    damaged = ValidationError(
        _("La imagen está dañada y no se puede abrir. Guárdela de nuevo y envíela otra vez."), code="damaged"
    )
    try:
        with Image.open(BytesIO(data), formats=["PNG", "JPEG"]) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise ValidationError(
                    _("La imagen tiene demasiados puntos. Envíe una más pequeña."), code="too_many_pixels"
                )
            upright = ImageOps.exif_transpose(picture)
            mode = (
                "RGB"
                if kind == "jpg"
                else ("RGBA" if "A" in upright.getbands() or "transparency" in upright.info else "RGB")
            )
            clean = Image.new(mode, upright.size)
            clean.paste(upright.convert(mode))
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError):
        raise damaged from None
    target = BytesIO()
    if kind == "jpg":
        clean.save(target, "JPEG", quality=88, optimize=True)
    else:
        clean.save(target, "PNG", optimize=True)
    return target.getvalue()


def protected_file_response(file: File, filename: str) -> FileResponse:
    """A stored file as a download. Ask for the permission before calling this: here nobody is asked.

    ``filename`` is what the person's computer calls it; its extension is replaced by the true one.
    """
    extension = PurePath(file.name or "").suffix.lower().lstrip(".").replace("jpeg", "jpg")
    if not file or extension not in TYPES:
        raise Http404
    try:
        opened = file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    stem = PurePath(filename.replace("\\", "-").replace("/", "-")).stem.strip(". ") or "archivo"
    response = FileResponse(opened, as_attachment=True, filename=f"{stem}.{extension}", content_type=TYPES[extension])
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
