"""Charts as SVG made by the server, the same for page and PDF.

Each chart is drawn with ``fill="…"`` attributes (WeasyPrint sees neither the page's style sheet nor ``var()``) and
carries classes that the page's own colours override in light and dark. Nothing rests on colour: every bar and slice
has its name and its number beside it, series differ by pattern too, and a table with the same numbers goes with it.
Frozen dataclasses in, ``SafeString`` out; an unknown value is drawn as «sin dato», never as zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

# Drawn for a phone, so that its letters are letters there too; style sheets keep it from growing past twice that.
WIDTH = 420
FONT = "Public Sans, sans-serif"
INK, MUTED, LINE, TRACK = "#17221E", "#56625C", "#D9D5C9", "#ECE9E0"
# Series in order: colour for print, kind of pattern laid over it. The first is plain.
SERIES = (
    ("#0B6B52", ""),
    ("#C98A00", "diagonal"),
    ("#1F66B0", "dots"),
    ("#6A4BA3", "cross"),
    ("#B0336B", "horizontal"),
    ("#8B938E", "vertical"),
)
PATHWAY_COLOURS = {
    "low-carbon": "#1F66B0",
    "nature-based": "#2A7540",
    "circular": "#8F5B00",
    "resilient": "#6A4BA3",
    "equitable": "#B0336B",
}
PATTERNS = {
    "diagonal": '<path d="M0 6 6 0M-1 1 1-1M5 7 7 5" stroke="#fff" stroke-width="1.4"/>',
    "dots": '<circle cx="3" cy="3" r="1.1" fill="#fff"/>',
    "cross": '<path d="M0 6 6 0M0 0 6 6" stroke="#fff" stroke-width="1"/>',
    "horizontal": '<path d="M0 3h6" stroke="#fff" stroke-width="1.4"/>',
    "vertical": '<path d="M3 0v6" stroke="#fff" stroke-width="1.4"/>',
}


@dataclass(frozen=True)
class Bar:
    """One bar: its name, its value (``None``: unknown), a line of small text, a pathway's code for its colour, and the
    value to reach, drawn as a stroke across."""

    label: str
    value: float | None
    note: str = ""
    colour: str = ""
    mark: float | None = None


@dataclass(frozen=True)
class Series:
    """Values of one kind along all categories of a chart."""

    label: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Chart:
    """A finished chart: the picture and its table. ``identifier`` keeps ids apart where a page has several."""

    svg: SafeString
    table: SafeString


def number(value: float | None) -> str:
    if value is None:
        return _("sin dato")
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def _shorten(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: float = 13,
    anchor: str = "start",
    css: str = "",
    fill: str = INK,
    weight: int = 400,
) -> SafeString:
    return format_html(
        '<text x="{}" y="{}" font-size="{}" text-anchor="{}" fill="{}" font-weight="{}"{}>{}</text>',
        f"{x:.1f}",
        f"{y:.1f}",
        size,
        anchor,
        fill,
        weight,
        format_html(' class="{}"', css) if css else "",
        text,
    )


def _rect(x: float, y: float, width: float, height: float, fill: str, css: str = "", radius: float = 0) -> SafeString:
    return format_html(
        '<rect x="{}" y="{}" width="{}" height="{}" rx="{}" fill="{}"{}/>',
        f"{x:.1f}",
        f"{y:.1f}",
        f"{max(width, 0):.1f}",
        f"{height:.1f}",
        radius,
        fill,
        format_html(' class="{}"', css) if css else "",
    )


def _svg(identifier: str, title: str, description: str, height: float, body: Sequence[SafeString]) -> SafeString:
    patterns = format_html_join(
        "",
        '<pattern id="{}-{}" width="6" height="6" patternUnits="userSpaceOnUse">{}</pattern>',
        ((identifier, name, mark_safe(inside)) for name, inside in PATTERNS.items()),
    )
    return format_html(
        '<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" '
        'aria-labelledby="{}-t {}-d" '
        'font-family="{}"><title id="{}-t">{}</title><desc id="{}-d">{}</desc><defs>{}</defs>{}</svg>',
        WIDTH,
        f"{height:.0f}",
        identifier,
        identifier,
        FONT,
        identifier,
        title,
        identifier,
        description,
        patterns,
        mark_safe("".join(body)),
    )


def _filled(shape: str, index: int, identifier: str) -> SafeString:
    """A shape twice: its colour, then its pattern, so that print in black and white keeps the series apart."""
    colour, pattern = SERIES[index % len(SERIES)]
    plain = f'<{shape} fill="{colour}" class="c-{index % len(SERIES)} c-fill"/>'
    over = f'<{shape} fill="url(#{identifier}-{pattern})" fill-opacity=".55"/>' if pattern else ""
    return mark_safe(plain + over)  # shape holds numbers made here only


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> SafeString:
    """The numbers of a chart as a table with row and column headers. Wider than a phone it scrolls, by keyboard too."""
    return format_html(
        '<div class="table-wrap" tabindex="0" role="group" aria-label="{}"><table class="table table-small">'
        "{}<thead><tr>{}</tr></thead>"
        "<tbody>{}</tbody></table></div>",
        caption or heads[0],
        format_html("<caption>{}</caption>", caption) if caption else "",
        format_html_join(
            "",
            '<th scope="col"{}>{}</th>',
            ((mark_safe(' class="num"') if n else "", head) for n, head in enumerate(heads)),
        ),
        format_html_join(
            "",
            '<tr><th scope="row">{}</th>{}</tr>',
            ((row[0], format_html_join("", '<td class="num">{}</td>', ((cell,) for cell in row[1:]))) for row in rows),
        ),
    )


def bars(
    identifier: str, title: str, rows: Sequence[Bar], *, unit: str = "", category: str = "", mark: str = ""
) -> Chart:
    """Horizontal bars, name above, number at the end. ``unit`` heads the table's column of numbers, ``mark`` that of
    the values to reach, where there are any."""
    top = max((max(row.value or 0, row.mark or 0) for row in rows), default=0) or 1
    room, y, body = WIDTH - 70, 0.0, []
    for row in rows:
        note = f" · {row.note}" if row.note else ""
        body.append(_text(0, y + 14, _shorten(row.label, 58 - len(note)) + note, size=14, weight=600))
        body.append(_rect(0, y + 21, room, 16, TRACK, "c-track", 3))
        if row.value:
            colour = PATHWAY_COLOURS.get(row.colour, SERIES[0][0])
            css = f"c-{row.colour or 0} c-fill"
            body.append(_rect(0, y + 21, max(room * row.value / top, 2), 16, colour, css, 3))
        if row.mark:
            body.append(_rect(max(room * row.mark / top - 3, 0), y + 18, 3, 22, INK, "c-mark"))
        body.append(
            _text(WIDTH, y + 34, number(row.value), anchor="end", size=14, weight=700 if row.value is not None else 400)
        )
        y += 50
    said = "; ".join(f"{row.label}: {number(row.value)}" + (f" ({row.note})" if row.note else "") for row in rows)
    drawn = _svg(identifier, title, said, max(y - 6, 20), body)
    heads = [category or _("Categoría"), unit or _("Cantidad"), *([mark] if mark else [])]
    cells = [[row.label, number(row.value), *([number(row.mark)] if mark else [])] for row in rows]
    return Chart(svg=drawn, table=table(heads, cells, title))


def stacked_bars(
    identifier: str, title: str, categories: Sequence[str], series: Sequence[Series], *, category: str = ""
) -> Chart:
    """Horizontal bars made of parts. The legend stands above; each part wide enough carries its number."""
    totals = [sum(one.values[n] or 0 for one in series) for n in range(len(categories))]
    top, room = max(totals, default=0) or 1, WIDTH - 70
    body, y = _legend(identifier, [one.label for one in series])
    for n, name in enumerate(categories):
        body.append(_text(0, y + 14, _shorten(name, 56), size=14, weight=600))
        body.append(_rect(0, y + 21, room, 20, TRACK, "c-track", 3))
        x = 0.0
        for index, one in enumerate(series):
            value = one.values[n]
            if not value:
                continue
            width = room * value / top
            body.append(
                _filled(
                    f'rect x="{x:.1f}" y="{y + 21:.1f}" width="{max(width - 1.5, 1):.1f}" height="20"',
                    index,
                    identifier,
                )
            )
            if width > 34:
                words = number(value)
                pill = 8 + 7.4 * len(words)
                middle = x + (width - 1.5) / 2
                body.append(_rect(middle - pill / 2, y + 24, pill, 14, "#FFFFFF", "c-plate", 7))
                body.append(_text(middle, y + 35, words, size=12, anchor="middle", weight=650, css="c-plated"))
            x += width
        unknown = all(one.values[n] is None for one in series)
        body.append(_text(WIDTH, y + 36, number(None if unknown else totals[n]), anchor="end", size=14, weight=700))
        y += 54
    said = "; ".join(
        f"{name}: " + ", ".join(f"{one.label} {number(one.values[n])}" for one in series)
        for n, name in enumerate(categories)
    )
    heads = [category or _("Categoría"), *(one.label for one in series), _("Total")]
    rows = [
        [
            name,
            *(number(one.values[n]) for one in series),
            number(None if all(one.values[n] is None for one in series) else totals[n]),
        ]
        for n, name in enumerate(categories)
    ]
    return Chart(svg=_svg(identifier, title, said, max(y - 8, 20), body), table=table(heads, rows, title))


def _legend(identifier: str, labels: Sequence[str]) -> tuple[list[SafeString], float]:
    """Swatches with names in as many rows as they need; gives the height used."""
    body: list[SafeString] = []
    x, y = 0.0, 0.0
    for index, label in enumerate(labels):
        width = 30 + 7.4 * len(label)
        if x and x + width > WIDTH:
            x, y = 0.0, y + 22
        body.append(_filled(f'rect x="{x:.1f}" y="{y + 2:.1f}" width="14" height="14" rx="3"', index, identifier))
        body.append(_text(x + 20, y + 14, label, size=13))
        x += width + 8
    return body, y + 30


def line(
    identifier: str, title: str, categories: Sequence[str], series: Sequence[Series], *, category: str = ""
) -> Chart:
    """Lines over ordered categories (months, years). A gap in the line is an unknown value."""
    body, top_y = _legend(identifier, [one.label for one in series])
    known = [value for one in series for value in one.values if value is not None]
    top = _round_up(max(known, default=0))
    left, right, height = 44.0, 12.0, 180.0
    bottom = top_y + height
    step = (WIDTH - left - right) / max(len(categories) - 1, 1)
    for n in range(5):
        y = bottom - height * n / 4
        body.append(
            mark_safe(f'<path d="M{left:.0f} {y:.1f}H{WIDTH}" stroke="{LINE}" class="c-line" stroke-width="1"/>')
        )
        body.append(_text(left - 8, y + 4, number(top * n / 4), size=12, anchor="end", css="c-muted", fill=MUTED))
    every = max(1, -(-len(categories) // 7))
    for n, name in enumerate(categories):
        if n % every == 0:
            anchor = "start" if n == 0 else "end" if n == len(categories) - 1 else "middle"
            body.append(
                _text(
                    left + step * n, bottom + 20, _shorten(name, 12), size=12, anchor=anchor, css="c-muted", fill=MUTED
                )
            )
    dashes = ("", "8 4", "2 4", "12 4 2 4", "4 2", "1 3")
    for index, one in enumerate(series):
        colour, _pattern = SERIES[index % len(SERIES)]
        points = [
            (left + step * n, bottom - height * value / top) if value is not None else None
            for n, value in enumerate(one.values)
        ]
        for run in _runs(points):
            path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in run)
            dash = f' stroke-dasharray="{dashes[index % 6]}"' if dashes[index % 6] else ""
            body.append(
                mark_safe(
                    f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2.5" '
                    f'class="c-{index % 6} c-stroke"{dash}/>'
                )
            )
            for x, y in run:
                body.append(
                    mark_safe(
                        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.6" fill="{colour}" class="c-{index % 6} c-fill"/>'
                    )
                )
    said = "; ".join(
        f"{one.label}: "
        + ", ".join(f"{name} {number(value)}" for name, value in zip(categories, one.values, strict=True))
        for one in series
    )
    heads = [category or _("Periodo"), *(one.label for one in series)]
    rows = [[name, *(number(one.values[n]) for one in series)] for n, name in enumerate(categories)]
    return Chart(svg=_svg(identifier, title, said, bottom + 30, body), table=table(heads, rows, title))


def _round_up(value: float) -> float:
    """The next 1, 2, 4 or 8 of a power of ten: gives round marks when quartered."""
    size = 4.0
    while size < value:
        for factor in (1, 2, 2.5, 5, 10):
            if size * factor >= value:
                return size * factor
        size *= 10
    return size


def _runs(points: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def donut(identifier: str, title: str, rows: Sequence[Bar], *, unit: str = "", category: str = "") -> Chart:
    """Parts of a whole, at most six, with the total in the middle and names, numbers and shares beside it."""
    total = sum(row.value or 0 for row in rows)
    cx = cy = 76.0
    radius, hole, angle = 74.0, 46.0, -pi / 2
    body: list[SafeString] = []
    if not total:
        ring = f'<circle cx="{cx}" cy="{cy}" r="60" fill="none" stroke="{LINE}" class="c-line" stroke-width="28"/>'
        body.append(mark_safe(ring))
    for index, row in enumerate(rows):
        if not row.value:
            continue
        sweep = 2 * pi * row.value / total
        body.append(
            _filled(f'path d="{_slice(cx, cy, radius, hole, angle, min(sweep, 2 * pi - 1e-4))}"', index, identifier)
        )
        angle += sweep
    body.append(
        _text(
            cx, cy + 4, number(total) if total else _("sin dato"), size=24 if total else 14, anchor="middle", weight=700
        )
    )
    if unit and total:
        body.append(_text(cx, cy + 21, _shorten(unit, 13), size=11.5, anchor="middle", css="c-muted", fill=MUTED))
    y = max(2.0, cy - 22.0 * len(rows))
    for index, row in enumerate(rows):
        body.append(_filled(f'rect x="170" y="{y:.1f}" width="14" height="14" rx="3"', index, identifier))
        body.append(_text(192, y + 12, _shorten(row.label, 31), size=14))
        share = number(row.value)
        if total and row.value is not None:
            share = _("%(percent)s %% (%(part)s de %(whole)s)") % {
                "percent": f"{100 * row.value / total:.1f}",
                "part": share,
                "whole": number(total),
            }
        body.append(_text(192, y + 29, share, size=12.5, css="c-muted", fill=MUTED))
        y += 44
    said = "; ".join(f"{row.label}: {number(row.value)}" for row in rows)
    drawn = _svg(identifier, title, said, max(154, y), body)
    heads = [category or _("Categoría"), unit or _("Cantidad")]
    return Chart(svg=drawn, table=table(heads, [[row.label, number(row.value)] for row in rows], title))


def _slice(cx: float, cy: float, outer: float, inner: float, start: float, sweep: float) -> str:
    """The path of one ring segment; a hair's gap is left between neighbours."""
    gap = 0.012 if sweep > 0.05 and sweep < 6.2 else 0
    a, b = start + gap, start + sweep - gap
    large = 1 if b - a > pi else 0
    corners = [(cx + r * cos(t), cy + r * sin(t)) for r, t in ((outer, a), (outer, b), (inner, b), (inner, a))]
    p = [f"{x:.2f} {y:.2f}" for x, y in corners]
    return f"M{p[0]}A{outer:.0f} {outer:.0f} 0 {large} 1 {p[1]}L{p[2]}A{inner:.0f} {inner:.0f} 0 {large} 0 {p[3]}Z"
