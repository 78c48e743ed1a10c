"""The picture that shows where an event's address is shared (Open Graph): its words on the installation's colours."""

import hashlib
import re
from dataclasses import asdict, dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any

import fontpkg_public_sans
from django.utils.translation import gettext as _
from fontTools.pens.basePen import BasePen
from fontTools.svgLib.path import parse_path
from PIL import Image, ImageDraw, ImageFont

from events.documents.sharing import one_line
from events.enums import EventStatus
from events.models import Event
from network.enums import Modality
from web.charts import PATHWAY_COLOURS
from web.contrast import mix
from web.icons import PATHS
from web.models import Installation

WIDTH, HEIGHT = 1200, 630  # what Open Graph readers show without cropping
DESIGN = "1"  # rises when the drawing changes, so that kept pictures are drawn anew
PAPER, INK, MUTED, DANGER = "#FBFAF6", "#17221E", "#56625C", "#B3322B"
RIBBON, FOOT, BAND, MARGIN = 14, 92, 220, 72
TITLE_SIZES = (72, 64, 56, 50, 44, 40)


@dataclass(frozen=True, slots=True)
class Picture:
    """The words and colours of an event's picture: what two pictures differ in."""

    title: str
    kind: str
    days: str
    hours: str
    place: str
    warning: str
    pathway: str
    pathway_label: str
    network: str
    institution: str
    primary: str
    accent: str

    @property
    def version(self) -> str:
        """The same for the same picture, in every process and after every restart."""
        return hashlib.sha256(f"{DESIGN}{asdict(self)}".encode()).hexdigest()[:20]


def picture_of(event: Event, installation: Installation) -> Picture:
    """The picture of an event in the language of the page. Needs ``format``, ``pathway`` and ``municipality``."""
    virtual = event.modality == Modality.VIRTUAL
    return Picture(
        title=one_line(event.label),
        kind=one_line(event.numbered_name),
        days=event.day_label,
        hours=event.time_label,
        place=_("En línea") if virtual else one_line(event.place) or _("Sede por confirmar"),
        warning=str(EventStatus(event.status).label) if event.status != EventStatus.PUBLISHED else "",
        pathway=event.pathway.code,
        pathway_label=event.pathway.label,
        network=one_line(installation.name),
        institution=one_line(" · ".join(filter(None, [installation.institution_acronym, installation.state_name]))),
        primary=installation.primary_light,
        accent=installation.accent,
    )


def png(picture: Picture) -> bytes:
    """The picture, 1200 × 630 pixels."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    strong = mix(picture.primary, "#000000", 0.35)
    own = PATHWAY_COLOURS.get(picture.pathway, strong)
    _ribbon(draw)
    _band(image, picture, own)
    draw.rectangle((0, HEIGHT - FOOT, WIDTH, HEIGHT), fill=strong)
    draw.rectangle((0, HEIGHT - FOOT - 5, WIDTH, HEIGHT - FOOT - 1), fill=picture.accent)
    room = WIDTH - BAND - MARGIN - 48

    y = RIBBON + 42
    if picture.warning:
        face = _face(28, 700)
        width = face.getlength(picture.warning)
        draw.rounded_rectangle((MARGIN, y - 4, MARGIN + width + 36, y + 42), 10, fill=DANGER)
        draw.text((MARGIN + 18, y + 1), picture.warning, font=face, fill="#FFFFFF")
        draw.text((MARGIN + width + 56, y + 1), _cut(picture.kind, face, room - width - 56), font=face, fill=strong)
    else:
        face = _face(30, 700)
        draw.text((MARGIN, y), _cut(picture.kind, face, room), font=face, fill=strong)

    when = HEIGHT - FOOT - 5 - 150
    _title(draw, picture.title, top=y + 54, room=(room, when - 18 - (y + 54)))
    days = picture.days[:1].upper() + picture.days[1:]
    draw.text((MARGIN, when), _cut(days, _face(36, 700), room), font=_face(36, 700), fill=INK)
    for line, text in enumerate(filter(None, [picture.hours, picture.place])):
        draw.text((MARGIN, when + 50 + 40 * line), _cut(text, _face(28, 400), room), font=_face(28, 400), fill=MUTED)
    foot = HEIGHT - FOOT + 14
    for top, text, face in ((foot, picture.network, _face(30, 700)), (foot + 38, picture.institution, _face(22, 400))):
        draw.text((MARGIN, top), _cut(text, face, WIDTH - 2 * MARGIN), font=face, fill="#FFFFFF")
    target = BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


def _ribbon(draw: ImageDraw.ImageDraw) -> None:
    """The five pathways, as at the head of every page."""
    part = WIDTH / len(PATHWAY_COLOURS)
    for number, colour in enumerate(PATHWAY_COLOURS.values()):
        draw.rectangle((part * number, 0, part * (number + 1), RIBBON - 1), fill=colour)


def _band(image: Image.Image, picture: Picture, colour: str) -> None:
    """The entry pathway: its colour, its glyph and its name."""
    draw = ImageDraw.Draw(image)
    left, bottom = WIDTH - BAND, HEIGHT - FOOT - 6
    draw.rectangle((left, RIBBON, WIDTH, bottom), fill=colour)
    if picture.pathway in PATHS:
        _glyph(image, picture.pathway, (left + (BAND - 132) // 2, 168), 132)
    face = _face(24, 700)
    for number, line in enumerate(_wrap(picture.pathway_label, face, BAND - 32)[:4]):
        draw.text((left + BAND / 2, 330 + 31 * number), line, font=face, fill="#FFFFFF", anchor="ma")


def _title(draw: ImageDraw.ImageDraw, text: str, *, top: int, room: tuple[int, int]) -> None:
    """The title as large as it fits; one that fits in no size ends in an ellipsis."""
    width, height = room
    for size in TITLE_SIZES:
        face, step = _face(size, 700), round(size * 1.14)
        lines = _wrap(text, face, width)
        if len(lines) * step <= height:
            break
    else:
        lines = lines[: height // step]
        lines[-1] = _cut(f"{lines[-1]}…", face, width)
    for number, line in enumerate(lines):
        draw.text((MARGIN, top + step * number), line, font=face, fill=INK)


def _wrap(text: str, face: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Lines no wider than ``width``; a word that is longer than a line is broken."""
    lines, line = [], ""
    for word in text.split():
        while face.getlength(word) > width:
            fits = next(end for end in range(len(word) - 1, 0, -1) if face.getlength(word[:end]) <= width or end == 1)
            if line:
                lines.append(line)
                line = ""
            lines.append(word[:fits])
            word = word[fits:]
        longer = f"{line} {word}".strip()
        if line and face.getlength(longer) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line] if line else lines


def _cut(text: str, face: ImageFont.FreeTypeFont, width: float) -> str:
    """The text on one line, with an ellipsis where it is too long."""
    if face.getlength(text) <= width:
        return text
    text = text.removesuffix("…")
    while text and face.getlength(f"{text}…") > width:
        text = text[:-1].rstrip(" ,;:")
    return f"{text}…"


@lru_cache(maxsize=32)
def _face(size: int, weight: int) -> ImageFont.FreeTypeFont:
    """The interface typeface, of which set-up makes the web font too."""
    face = ImageFont.truetype(str(fontpkg_public_sans.ROOT / "files" / "PublicSans[wght].ttf"), size)
    face.set_variation_by_axes([weight])
    return face


class _Strokes(BasePen):
    """The outline of a path as runs of points, curves cut into short straight pieces."""

    def __init__(self) -> None:
        super().__init__(None)
        self.runs: list[list[tuple[float, float]]] = []

    def _moveTo(self, pt: tuple[float, float]) -> None:  # noqa: N802 (fontTools' names)
        self.runs.append([pt])

    def _lineTo(self, pt: tuple[float, float]) -> None:  # noqa: N802
        self.runs[-1].append(pt)

    def _curveToOne(self, pt1: Any, pt2: Any, pt3: Any) -> None:  # noqa: N802
        start = self.runs[-1][-1]
        for step in range(1, 17):
            t = step / 16
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
            points = (start, pt1, pt2, pt3)
            x, y = (sum(weight * point[axis] for weight, point in zip(weights, points, strict=True)) for axis in (0, 1))
            self.runs[-1].append((x, y))

    def _closePath(self) -> None:  # noqa: N802
        self.runs[-1].append(self.runs[-1][0])


def _glyph(image: Image.Image, name: str, corner: tuple[int, int], size: int) -> None:
    """An icon of the interface in white, drawn four times as large and made smaller so that its edges are smooth."""
    scale = 4 * size / 24
    pen = _Strokes()
    for path in re.findall(r'<path d="([^"]+)"', PATHS[name]):
        parse_path(path, pen)
    mask = Image.new("L", (4 * size, 4 * size), 0)
    draw = ImageDraw.Draw(mask)
    half = scale * 0.9  # a stroke of 1.8 on the grid of 24
    for run in pen.runs:
        points = [(x * scale, y * scale) for x, y in run]
        draw.line(points, fill=255, width=round(2 * half), joint="curve")
        for x, y in (points[0], points[-1]):
            draw.ellipse((x - half, y - half, x + half, y + half), fill=255)
    for found in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"', PATHS[name]):
        x, y, radius = (float(value) * scale for value in found)
        outer = radius + half
        draw.ellipse((x - outer, y - outer, x + outer, y + outer), outline=255, width=round(2 * half))
    image.paste("#FFFFFF", corner, mask.resize((size, size), Image.Resampling.LANCZOS))
