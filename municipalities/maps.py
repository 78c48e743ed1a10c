"""The network's map: one equal hexagon per municipality, the same SVG for page and PDF.

Small metropolitan municipalities are as visible and as easy to tap as large ones. Rows come from the caller; nothing is
read here. On pages each tile is a link with a name («Toluca: titular designada»); in a PDF, where nothing can be
followed, the whole is one picture with a description. Categories differ by lightness and by hatch, so the map also
reads in black and white.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import sqrt

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from web.contrast import mix

RADIUS = 20.0
WIDE = RADIUS * sqrt(3)
STEP_DOWN = RADIUS * 1.5
MARGIN = 3.0

# Levels a category may have → (fill for print, hatch, whether its text is light).
LEVELS: dict[str, tuple[str, str, bool]] = {
    "0": ("#E4E0D4", "", False),
    "1": ("#BFE0D2", "dots", False),
    "2": ("#79BDA4", "diagonal", False),
    "3": ("#2F8C70", "cross", True),
    "4": ("#064A39", "", True),
    "warn": ("#E6BC66", "vertical", False),
    "info": ("#8FB8E3", "horizontal", False),
}
HATCHES = {
    "dots": '<circle cx="4" cy="4" r="1"/>',
    "diagonal": '<path d="M0 8 8 0"/>',
    "cross": '<path d="M0 8 8 0M0 0 8 8"/>',
    "vertical": '<path d="M4 0v8"/>',
    "horizontal": '<path d="M0 4h8"/>',
}
# Words that say little about which municipality it is.
_WEAK = {"de", "del", "la", "las", "los", "el", "y"}
_PREFIXES = {"san", "santa", "santo", "villa", "valle", "el", "la", "los", "las"}


@dataclass(frozen=True)
class Category:
    """One class of the legend. ``level``: a key of :data:`LEVELS`. With ``href`` the legend's entry is a filter."""

    key: str
    label: str
    level: str
    href: str = ""
    current: bool = False


@dataclass(frozen=True)
class Tile:
    """One municipality on the grid. ``value`` is what is said of it; ``href`` where the tile leads, if anywhere."""

    name: str
    column: int
    row: int
    category: str
    value: str = ""
    href: str = ""
    short: str = ""
    selected: bool = False


@dataclass(frozen=True)
class TileMap:
    svg: SafeString
    legend: SafeString


def short_label(name: str) -> str:
    """A name in at most four letters: «Toluca» → «Tolu», «San Felipe del Progreso» → «SFel»."""
    words = [word for word in name.split() if word.casefold() not in _WEAK or word.casefold() in _PREFIXES]
    first = words[0]
    if first.casefold() in _PREFIXES and len(words) > 1:
        return first[0] + words[1][:3]
    return first[:4]


def _corner(column: int, row: int) -> tuple[float, float]:
    """The top corner of a tile; odd rows stand half a tile to the right."""
    return MARGIN + WIDE * (column + (row % 2) / 2) + WIDE / 2, MARGIN + STEP_DOWN * row


def _hexagon(x: float, y: float) -> str:
    half, quarter = f"{WIDE / 2:.2f}", f"{RADIUS / 2:.0f}"
    return f"M{x:.1f} {y:.1f}l{half} {quarter}v{RADIUS:.0f}l-{half} {quarter}-{half}-{quarter}v-{RADIUS:.0f}z"


def _box(tiles: Sequence[Tile]) -> tuple[float, float, float, float]:
    """The view box: only as large as the tiles need."""
    if not tiles:
        return 0.0, 0.0, WIDE, RADIUS * 2
    xs, ys = zip(*(_corner(tile.column, tile.row) for tile in tiles), strict=True)
    left, top = min(xs) - WIDE / 2 - MARGIN, min(ys) - MARGIN
    return left, top, max(xs) + WIDE / 2 + MARGIN - left, max(ys) + 2 * RADIUS + MARGIN - top


def _patterns(identifier: str) -> SafeString:
    return format_html_join(
        "",
        '<pattern id="{}-{}" width="8" height="8" patternUnits="userSpaceOnUse"><g class="hatch" stroke="#17221E" '
        'stroke-opacity=".28" fill="#17221E" fill-opacity=".28">{}</g></pattern>',
        ((identifier, name, mark_safe(inside)) for name, inside in HATCHES.items()),
    )


def _tile(identifier: str, tile: Tile, level: str) -> str:
    # Not with format_html: for 125 tiles that was a sixth of the home page's cost.
    fill, hatch, light = LEVELS[level]
    x, y = _corner(tile.column, tile.row)
    path = _hexagon(x, y)
    name = f"{tile.name}: {tile.value}" if tile.value else tile.name
    hatched = f'<path class="h" fill="url(#{escape(identifier)}-{hatch})" d="{path}"/>' if hatch else ""
    inside = (
        f'<title>{escape(name)}</title><path class="t m-{level}" fill="{fill}" d="{path}"/>{hatched}'
        f'<text class="on-{"dark" if light else "light"}" x="{x:.1f}" y="{y + RADIUS + 3:.1f}" stroke="none" '
        f'fill="{"#FFFFFF" if light else "#17221E"}">{escape(tile.short or short_label(tile.name))}</text>'
    )
    css = ' class="selected"' if tile.selected else ""
    if tile.href:
        current = ' aria-current="true"' if tile.selected else ""
        return f'<a href="{escape(tile.href)}"{css}{current}>{inside}</a>'
    return f"<g{css}>{inside}</g>"


def tile_map(identifier: str, title: str, tiles: Sequence[Tile], categories: Sequence[Category]) -> TileMap:
    """Draw the tiles with their legend. ``identifier`` keeps ids apart where a page has several maps.

    Tiles are read in their order on the ground, row by row, so the keyboard walks the map as the eye does.
    """
    levels = {category.key: category.level for category in categories}
    left, top, width, height = _box(tiles)
    ordered = sorted(tiles, key=lambda tile: (tile.selected, tile.row, tile.column))
    linked = any(tile.href for tile in tiles)
    counts = Counter(tile.category for tile in tiles)
    summary = "; ".join(f"{category.label}: {counts[category.key]}" for category in categories)
    if linked:
        opening = format_html('role="group" aria-label="{}"', title)
        said = mark_safe("")
    else:
        opening = format_html('role="img" aria-labelledby="{}-t {}-d"', identifier, identifier)
        said = format_html(
            '<title id="{}-t">{}</title><desc id="{}-d">{}</desc>', identifier, title, identifier, summary
        )
    svg = format_html(
        '<svg class="map" xmlns="http://www.w3.org/2000/svg" viewBox="{} {} {} {}" {} '
        'font-family="Public Sans, sans-serif">{}<defs>{}</defs>'
        '<g stroke="#FFFFFF" stroke-width="1.5" font-size="8.5" font-weight="600" text-anchor="middle">{}</g></svg>',
        f"{left:.0f}",
        f"{top:.0f}",
        f"{width:.0f}",
        f"{height:.0f}",
        opening,
        said,
        _patterns(identifier),
        mark_safe("".join(_tile(identifier, tile, levels[tile.category]) for tile in ordered)),
    )
    return TileMap(svg=svg, legend=_legend(identifier, categories, counts))


def _legend(identifier: str, categories: Sequence[Category], counts: Counter[str]) -> SafeString:
    """Each category with its swatch, its name and how many municipalities it has."""
    items = []
    for category in categories:
        fill, hatch, _light = LEVELS[category.level]
        path = "M10 0l8.66 5v10l-8.66 5-8.66-5v-10z"
        swatch = format_html(
            '<svg class="map-swatch" viewBox="0 0 20 20" aria-hidden="true">'
            '<path class="m-{}" fill="{}" stroke="#56625C" d="{}"/>{}</svg>',
            category.level,
            fill,
            path,
            format_html('<path fill="url(#{}-{})" d="{}"/>', identifier, hatch, path) if hatch else "",
        )
        words = format_html("<span>{} ({})</span>", category.label, counts[category.key])
        if category.href:
            current = mark_safe(' aria-current="true"') if category.current else ""
            items.append(format_html('<li><a href="{}"{}>{}{}</a></li>', category.href, current, swatch, words))
        else:
            items.append(format_html("<li>{}{}</li>", swatch, words))
    return format_html('<ul class="legend">{}</ul>', mark_safe("".join(items)))


def ornament(cells: Sequence[tuple[int, int]], *, primary: str = "#0B6B52", accent: str = "#C98A00") -> SafeString:
    """The silhouette of the territory in tiles, for a cover or the home page, in the colours of the installation.

    It says nothing: hidden from readers.
    """
    tiles = [Tile(name="", column=column, row=row, category="") for column, row in cells]
    left, top, width, height = _box(tiles)
    middle, light, pale = (mix(primary, "#FFFFFF", share) for share in (0.18, 0.5, 0.78))
    tones = (primary, middle, light, accent, primary, middle, pale)
    shapes = mark_safe(
        "".join(
            f'<path fill="{escape(tones[(column * 5 + row * 3) % 7])}" d="{_hexagon(*_corner(column, row))}"/>'
            for column, row in cells
        )
    )
    return format_html(
        '<svg class="ornament" xmlns="http://www.w3.org/2000/svg" viewBox="{} {} {} {}" aria-hidden="true">{}</svg>',
        f"{left:.0f}",
        f"{top:.0f}",
        f"{width:.0f}",
        f"{height:.0f}",
        shapes,
    )
