"""PDF bytes from HTML: the one place that knows WeasyPrint.

Documents are PDF/A-3a (they carry their data as an attached CSV) and PDF/UA-1: WeasyPrint writes one standard at a
time, so a second step with pikepdf adds what it leaves out: the PDF/UA identifier in the metadata, the scope of table
headers, the descriptions of links. The same HTML, moment and attachments give the same bytes.

Nothing outside ``static/`` is read: text that people typed cannot make the server open a file or an address.
"""

import hashlib
import mimetypes
import os
import re
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote

import pikepdf
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from web import identity

# Addresses that exist only inside a document: ``portal:static/css/pdf.css``.
SCHEME = "portal:"
# The document's one colour space, by a name of our own.
COLOURS = "--srgb"
PICTURE = "data:image/png;base64,"  # one that the document brings along
SERVED = ("css", "fonts", "img")
PDFUA = "http://www.aiim.org/pdfua/ns/id/"


class PdfUnavailable(Exception):
    """A system library that WeasyPrint loads is missing; ``packages`` names the Debian packages to install."""

    packages = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")


class ForbiddenResource(Exception):
    """A document asked for something that is not one of our own fonts, styles or images."""


@dataclass(frozen=True)
class Attachment:
    """A file that travels inside the PDF, such as the CSV of its figures."""

    name: str
    data: bytes
    description: str
    media_type: str = "text/csv"


def render_pdf(
    template: str,
    context: dict[str, Any],
    *,
    moment: datetime,
    attachments: Sequence[Attachment] = (),
    language: str = "es",
) -> bytes:
    """A template below ``templates/pdf/`` as a tagged PDF. ``moment`` is the date of the document, not of the call.

    Raises :class:`PdfUnavailable` where the machine lacks a library: the middleware answers that with a 503 page.
    """
    with translation.override(language):
        shared = {"installation": identity.current(), "moment": moment, "LANGUAGE_CODE": language}
        html = render_to_string(template, {**shared, **context})
    return html_to_pdf(html, moment=moment, attachments=attachments)


def html_to_pdf(html: str, *, moment: datetime, attachments: Sequence[Attachment] = ()) -> bytes:
    """HTML with ``<title>`` and ``<html lang>`` as PDF/A-3a and PDF/UA-1; the same arguments give the same bytes."""
    weasyprint = _weasyprint()
    stamp = moment.astimezone(UTC)
    digest = hashlib.sha256(html.encode())
    for attachment in attachments:
        digest.update(attachment.data)
    carried = [
        weasyprint.Attachment(
            string=attachment.data,
            base_url=SCHEME,
            name=attachment.name,
            description=attachment.description,
            created=stamp,
            modified=stamp,
            relationship="Data",
        )
        for attachment in attachments
    ]
    # WeasyPrint takes the two dates of a document from its head.
    written = f"{stamp:%Y-%m-%dT%H:%M:%SZ}"
    dates = "".join(f'<meta name="dcterms.{name}" content="{written}">' for name in ("created", "modified"))
    html = re.sub(r"</head>", f"{dates}</head>", html, count=1)
    try:
        raw = weasyprint.HTML(string=html, base_url=SCHEME, url_fetcher=_fetcher()).write_pdf(
            font_config=_fonts(),
            pdf_variant="pdf/a-3a",
            output_intent=COLOURS,
            color_profiles={COLOURS: _srgb()},
            pdf_tags=True,
            pdf_identifier=digest.digest()[:16],
            attachments=carried,
        )
    except weasyprint.urls.FatalURLFetchingError as error:
        raise ForbiddenResource(str(error)) from error
    return _finished(raw, {attachment.name: attachment.media_type for attachment in attachments})


@cache
def _weasyprint() -> Any:
    """The library, loaded at the first document (it is slow to import, and absent Pango it cannot be)."""
    # The moment written into embedded fonts would else be now; the bytes of a document depend on the document alone.
    os.environ.setdefault("SOURCE_DATE_EPOCH", "1577836800")
    try:
        import weasyprint
    except OSError as error:
        raise PdfUnavailable(str(error)) from error
    return weasyprint


@cache
def _fonts() -> Any:
    """One font configuration for the life of the process: short documents are a fifth cheaper with it."""
    _weasyprint()
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


def _srgb() -> Any:
    """The colour profile that WeasyPrint ships; it would itself leave the file open."""
    from weasyprint.css import ColorProfile

    profile = files("weasyprint.pdf") / "sRGB2014.icc"
    return ColorProfile(BytesIO(profile.read_bytes()), "sRGB2014.icc", "relative-colorimetric", (["r"], ["g"], ["b"]))


def _static_file(address: str) -> Path | None:
    """The file of ``portal:static/<css|fonts|img>/…``; nothing for every other address."""
    name = unquote(address.removeprefix(SCHEME)).lstrip("/").removeprefix("static/").split("?")[0]
    root = (Path(settings.BASE_DIR) / "static").resolve()
    path = (root / name).resolve()
    ours = (
        address.startswith(SCHEME) and path.is_file() and any(path.is_relative_to(root / folder) for folder in SERVED)
    )
    return path if ours else None


@cache
def _fetcher() -> Any:
    _weasyprint()
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class Refused(FatalURLFetchingError):
        """Stops the rendering: WeasyPrint would leave other errors aside and go on without the resource."""

    class OwnFilesOnly(URLFetcher):
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            if url.startswith(PICTURE):
                return URLFetcherResponse(url, b64decode(url.removeprefix(PICTURE)), {"Content-Type": "image/png"})
            path = _static_file(url)
            if path is None:
                raise Refused(url[:200])
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": kind})

        def open(self, url: Any, data: Any = None, timeout: Any = None) -> NoReturn:
            raise Refused(str(url)[:200])

    return OwnFilesOnly()


def _finished(raw: bytes, media_types: dict[str, str]) -> bytes:
    """The second step: what PDF/UA-1 asks for and PDF/A output leaves out."""
    target = BytesIO()
    with pikepdf.open(BytesIO(raw)) as document:
        with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            metadata.register_xml_namespace(PDFUA, "pdfuaid")
            metadata[f"{{{PDFUA}}}part"] = "1"
        document.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        document.Root.MarkInfo = pikepdf.Dictionary(Marked=True)
        _mend_structure(document.Root.StructTreeRoot)
        _describe_links(document)
        for item in document.attachments.values():
            for name, kind in media_types.items():
                if item.filename == name:
                    item.obj.EF.F.Subtype = pikepdf.Name(f"/{kind}")
        document.save(target, static_id=False, deterministic_id=True, fix_metadata_version=False, linearize=False)
    return target.getvalue()


def _mend_structure(root: Any) -> None:
    """Give each table header its scope (columns in the head, rows elsewhere), and take ornaments out of the figures.

    A picture without an alternative text is an ornament by the rule of HTML (``alt=""``, ``aria-hidden``).
    """
    stack = [(root, False)]
    while stack:
        element, head = stack.pop()
        if not isinstance(element, pikepdf.Dictionary):
            continue
        kind = str(element.get("/S", ""))
        head = head or kind == "/THead"
        if kind == "/TH":
            scope = pikepdf.Name.Column if head else pikepdf.Name.Row
            element.A = pikepdf.Dictionary(O=pikepdf.Name.Table, Scope=scope)
        elif kind == "/Figure" and "/Alt" not in element:
            element.S = pikepdf.Name.NonStruct
            del element["/A"]
        children = element.get("/K")
        for child in children if isinstance(children, pikepdf.Array) else [children]:
            stack.append((child, head))


def _describe_links(document: pikepdf.Pdf) -> None:
    """Links print, and each says where it leads."""
    for page in document.pages:
        for note in page.get("/Annots", []):
            if note.get("/Subtype") != pikepdf.Name.Link:
                continue
            note.F = 4
            if "/Contents" not in note:
                action = note.get("/A")
                note.Contents = pikepdf.String(str(action.URI) if action and "/URI" in action else _("Ir a la sección"))
