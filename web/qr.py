"""QR codes as pictures: dark on white with their quiet zone, whatever the theme, because cameras read them so."""

from base64 import b64encode
from io import BytesIO

import segno
from django.utils.safestring import SafeString, mark_safe
from PIL import Image, ImageOps

QUIET = 4  # modules of white around it, as ISO/IEC 18004 asks


def svg(text: str, label: str) -> SafeString:
    """The code as an inline picture named ``label``."""
    picture = _code(text).svg_inline(
        svgclass="qr", lineclass=None, border=QUIET, omitsize=True, dark="#000", light="#fff", title=label
    )
    return mark_safe(picture.replace("<svg ", '<svg role="img" shape-rendering="crispEdges" ', 1))


def png(text: str, *, pixels: int = 8) -> bytes:
    """The code as a file, each module ``pixels`` wide."""
    file = BytesIO()
    _code(text).save(file, kind="png", scale=pixels, border=QUIET)
    return file.getvalue()


def printed(text: str) -> str:
    """The code as a ``data:`` address, for one of many in a PDF: a fifth of the work of the others.

    Any of the eight masks can be read; to look for the best one is most of the work.
    """
    modules = _code(text, mask=3).matrix
    white = bytes.maketrans(b"\0\1", b"\xff\0")
    picture = Image.frombytes("L", (len(modules), len(modules)), b"".join(modules).translate(white))
    picture = ImageOps.scale(ImageOps.expand(picture, QUIET, 255), 4, Image.Resampling.NEAREST)
    file = BytesIO()
    picture.convert("1").save(file, "PNG")
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"


def _code(text: str, mask: int | None = None) -> segno.QRCode:
    """Error correction M: 15 % of it may be covered or blurred."""
    return segno.make(text, error="m", micro=False, mask=mask)
