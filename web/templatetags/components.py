"""The portal's components: template tags with closed arguments. `/componentes/` shows each in every state.

A builtin library (settings.TEMPLATES), so no page needs `{% load %}`. How to use each: docs/design.md.
"""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.paginator import Page
from django.forms import BaseForm, CheckboxInput, CheckboxSelectMultiple, DateField
from django.template import Context, loader
from django.urls import get_urlconf, reverse
from django.utils.formats import date_format
from django.utils.html import conditional_escape, escape, format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from web import dates
from web.icons import icon as draw_icon
from web.models import Installation

register = template.Library()

TONES = {"neutral", "info", "ok", "warn", "danger", "primary"}
KINDS = {"primary", "secondary", "quiet", "danger"}
ALERT_ICONS = {"info": "info", "ok": "check", "warn": "alert", "danger": "alert"}


def _closed(value: str, allowed: Iterable[str], what: str) -> str:
    if value not in allowed:
        raise template.TemplateSyntaxError(f"{what}: {value!r} is not one of {', '.join(sorted(allowed))}")
    return value


def _component(name: str, **context: object) -> SafeString:
    return mark_safe(loader.render_to_string(f"components/{name}.html", context).strip())


# --- Words and numbers


@register.filter
def thousands(value: object) -> str:
    """``1088`` → ``1,088``; what is unknown stays an em dash, never zero."""
    if value is None or value == "":
        return "—"
    return f"{value:,}" if isinstance(value, (int, float, Decimal)) else str(value)


@register.filter
def percent_of(part: int | None, whole: int | None) -> str:
    """``123|percent_of:242`` → ``50.8 % (123 de 242)``: a percentage never stands without its denominator."""
    if part is None or not whole:
        return _("sin dato")
    return _("%(percent)s %% (%(part)s de %(whole)s)") % {
        "percent": f"{100 * part / whole:.1f}",
        "part": thousands(part),
        "whole": thousands(whole),
    }


@register.filter
def known(value: object) -> object:
    """The value, or «sin dato» where nothing is known. Zero is known."""
    return _("sin dato") if value is None or value == "" else value


_BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


@register.filter
def device(user_agent: str) -> str:
    """What a person recognises in the name that a browser gives itself: ``Firefox · Windows``; empty where nothing."""
    browser = next((name for sign, name in _BROWSERS.items() if f"{sign}/" in user_agent), "")
    system = next((name for sign, name in _SYSTEMS.items() if sign in user_agent), "")
    return " · ".join(filter(None, [browser, system]))


@register.filter
def breakable(address: object) -> SafeString:
    """An e-mail address that a narrow column breaks after its «@» or a dot rather than inside a word."""
    return mark_safe(re.sub(r"([@.])", r"\1<wbr>", escape(str(address))))


@register.filter
def unlocalized(value: float) -> str:
    """A number for a machine: no separators."""
    return f"{value:g}" if isinstance(value, float) else str(value)


@register.simple_tag
def spanish(english: str = "") -> SafeString:
    """`` lang="es"`` for a text that people wrote, on an English page, where there is no English of it."""
    is_english = (get_language() or "es").startswith("en")
    return mark_safe(' lang="es"' if is_english and not english else "")


@register.simple_tag
def event_day(start: date | datetime, end: date | datetime | None = None, zone: str = "") -> SafeString:
    """The day or days in words. With moments give the event's zone, so that the day is the one of the place."""
    first, last = _local_day(start, zone), _local_day(end, zone) if end else None
    return format_html('<time datetime="{}">{}</time>', first.isoformat(), dates.day_range_label(first, last))


@register.simple_tag
def event_time(start: datetime, end: datetime | None = None, zone: str = "America/Mexico_City") -> SafeString:
    """``11:00 a 13:00 h, hora del centro de México (UTC−6)``."""
    return format_html('<time datetime="{}">{}</time>', start.isoformat(), dates.time_label(start, zone, end))


def _local_day(moment: date | datetime, zone: str) -> date:
    if isinstance(moment, datetime):
        return moment.astimezone(dates.ZoneInfo(zone)).date() if zone else moment.date()
    return moment


@register.simple_tag
def date_block(day: date | datetime | None, zone: str = "") -> SafeString:
    """The little calendar leaf. Without a day it says that the date is to be confirmed."""
    if day is None:
        return format_html(
            '<span class="date date-open"><span class="date-month">{}</span>'
            '<span class="date-day">{}</span><span class="date-year">{}</span></span>',
            _("Fecha"),
            _("por"),
            _("confirmar"),
        )
    local = _local_day(day, zone)
    return format_html(
        '<time class="date" datetime="{}"><span class="date-month">{}</span> '
        '<span class="date-day">{}</span> <span class="date-year">{}</span></time>',
        local.isoformat(),
        date_format(local, "M"),
        local.day,
        local.year,
    )


# --- Small pieces


@register.simple_tag
def icon(name: str) -> SafeString:
    return draw_icon(name)


@register.simple_tag
def badge(text: object, tone: str = "neutral", icon: str = "") -> SafeString:
    """A state in words, e.g. ``{% badge "Publicado" tone="ok" icon="check" %}``."""
    _closed(tone, TONES, "badge tone")
    return format_html('<span class="badge tone-{}">{}{}</span>', tone, draw_icon(icon) if icon else "", text)


@register.simple_tag
def pathway_chip(pathway: Any, linked: bool = False, href: str = "") -> SafeString:
    """A pathway with its glyph and its name. ``linked``: one of the further pathways, not the entry one."""
    if pathway is None:
        return mark_safe("")
    element = "a" if href else "span"
    return format_html(
        "<{} {}class='pathway pw-{}{}'>{}<span>{}</span></{}>",
        element,
        format_html("href='{}' ", href) if href else "",
        pathway.code,
        " pathway-linked" if linked else "",
        draw_icon(pathway.code),
        pathway.label,
        element,
    )


@register.simple_tag
def sdg_chip(sdg: Any) -> SafeString:
    """A goal with its number on its official colour, and its name."""
    return format_html(
        '<span class="sdg"><svg viewBox="0 0 28 28" aria-hidden="true"><rect width="28" height="28" fill="{}"/>'
        '<text x="14" y="20" text-anchor="middle" font-size="16" font-weight="700" fill="{}">{}</text></svg>'
        "<span>{} {}: {}</span></span>",
        sdg.colour,
        sdg.text_colour,
        sdg.number,
        pgettext("Sustainable Development Goal", "ODS"),
        sdg.number,
        sdg.label,
    )


@register.simple_tag
def button(
    text: object,
    kind: str = "secondary",
    icon: str = "",
    name: str = "",
    value: str = "",
    size: str = "",
    form: str = "",
) -> SafeString:
    """A button that sends its form."""
    _closed(kind, KINDS, "button kind")
    extra = format_html_join(
        "", ' {}="{}"', [(key, val) for key, val in (("name", name), ("value", value), ("form", form)) if val]
    )
    return format_html(
        '<button type="submit" class="{}"{}>{}{}</button>',
        _button_class(kind, size),
        extra,
        draw_icon(icon) if icon else "",
        text,
    )


@register.simple_tag
def link_button(text: object, href: str, kind: str = "secondary", icon: str = "", size: str = "") -> SafeString:
    """A link that looks like a button: it goes somewhere and changes nothing."""
    _closed(kind, KINDS, "button kind")
    return format_html(
        '<a href="{}" class="{}">{}{}</a>', href, _button_class(kind, size), draw_icon(icon) if icon else "", text
    )


def _button_class(kind: str, size: str) -> str:
    classes = ["button"]
    if kind != "secondary":
        classes.append(f"button-{kind}")
    if size:
        classes.append(f"button-{_closed(size, {'small', 'large', 'wide'}, 'button size')}")
    return " ".join(classes)


@register.simple_tag
def stat(
    value: object, label: object, note: object = "", how: str = "", tone: str = "primary", href: str = ""
) -> SafeString:
    """A figure: number, what it counts, a note (date, denominator) and the link «¿Cómo se cuenta?». With ``href`` the
    number opens what it counts."""
    _closed(tone, TONES, "stat tone")
    shown = value if isinstance(value, str) else thousands(value)
    # «50.8 % (123 de 242)»: the percentage large, its denominator under it.
    large, opening, rest = shown.partition(" (")
    part = opening.strip() + rest
    words = not any(character.isdigit() for character in large)
    return _component(
        "stat", value=large, words=words, part=part, label=label, note=note, how=how, tone=tone, href=href
    )


@register.simple_tag
def progress(value: float | None, maximum: float, label: object, text: str = "", tone: str = "primary") -> SafeString:
    """A real ``<progress>`` with its figures in words beside it; unknown stays unknown."""
    _closed(tone, TONES, "progress tone")
    if not text:
        text = (
            _("sin dato")
            if value is None
            else _("%(part)s de %(whole)s") % {"part": thousands(value), "whole": thousands(maximum)}
        )
    return _component("progress", value=value or 0, maximum=maximum or 1, label=label, text=text, tone=tone)


@register.simple_tag
def copy_field(value: str, label: object, id: str = "copiar") -> SafeString:
    """A text to take away, with a copy button where JavaScript runs."""
    return _component("copy", value=value, label=label, id=id)


@register.simple_tag
def crumbs(*pairs: object) -> SafeString:
    """``{% crumbs _("Municipios") municipios_url "Toluca" %}``: label, address, …, and last where one is."""
    steps = [(pairs[n], pairs[n + 1]) for n in range(0, len(pairs) - 1, 2)]
    return _component("crumbs", steps=steps, here=pairs[-1])


# --- Blocks


@register.simple_block_tag
def page_head(content: str, title: object, lead: object = "", eyebrow: object = "") -> SafeString:
    """The page's ``<h1>``; what stands inside are its actions, the primary one first."""
    return _component("page_head", title=title, lead=lead, eyebrow=eyebrow, actions=content.strip())


@register.simple_block_tag
def card(
    content: str, title: object = "", href: str = "", level: int = 3, tone: str = "", lang: str = ""
) -> SafeString:
    """A box. With ``href`` the title is a link and the whole box can be tapped; ``lang`` is what ``spanish`` says."""
    tone = tone and _closed(tone, TONES, "card tone")
    return _component("card", content=content, title=title, href=href, level=level, tone=tone, lang=lang)


@register.simple_block_tag
def alert(content: str, tone: str = "info", title: object = "") -> SafeString:
    _closed(tone, ALERT_ICONS, "alert tone")
    return _component("alert", content=content, tone=tone, title=title, icon=ALERT_ICONS[tone])


@register.simple_block_tag
def empty(content: str, title: object, icon: str = "inbox") -> SafeString:
    """What a list says when it has nothing: why, and the next step."""
    return _component("empty", content=content, title=title, icon=icon)


@register.simple_block_tag
def fold(
    content: str,
    title: object,
    open: bool = False,
    count: int | None = None,
    plain: bool = False,
    id: str = "",
    level: int | None = None,
) -> SafeString:
    """A section that folds (``<details>``). ``plain``: a quiet "more" link instead of a box; ``level``: its title is a
    heading of the page."""
    return _component("fold", content=content, title=title, open=open, count=count, plain=plain, id=id, level=level)


@register.simple_block_tag
def tabs(content: str, label: object) -> SafeString:
    """Tabs are links to addresses; inside stand ``{% tab %}``."""
    return format_html('<nav class="tabs" aria-label="{}"><ul>{}</ul></nav>', label, mark_safe(content))


@register.simple_tag
def tab(text: object, href: str, current: bool = False, count: int | str | None = None) -> SafeString:
    return format_html(
        '<li><a href="{}"{}>{}{}</a></li>',
        href,
        mark_safe(' aria-current="page"') if current else "",
        text,
        format_html('<span class="count">{}</span>', count if isinstance(count, str) else thousands(count))
        if count is not None
        else "",
    )


@register.simple_block_tag
def facts(content: str) -> SafeString:
    """A list of facts; inside stand ``{% fact %}``."""
    return format_html('<dl class="facts">{}</dl>', mark_safe(content))


@register.simple_tag
def fact(label: object, value: object) -> SafeString:
    """One fact of plain text; unknown is «sin dato»."""
    return format_html("<div><dt>{}</dt><dd>{}</dd></div>", label, known(value))


@register.simple_block_tag
def fact_block(content: str, label: object) -> SafeString:
    """One fact whose value is markup."""
    return format_html("<div><dt>{}</dt><dd>{}</dd></div>", label, mark_safe(content))


@register.simple_block_tag
def timeline(content: str) -> SafeString:
    return format_html('<ol class="timeline">{}</ol>', mark_safe(content))


@register.simple_block_tag
def timeline_item(content: str, when: object, title: object, tone: str = "primary") -> SafeString:
    _closed(tone, TONES, "timeline tone")
    return format_html(
        '<li class="tone-{}"><div class="timeline-when">{}</div><div class="timeline-title">{}</div>{}</li>',
        tone,
        when,
        title,
        mark_safe(content),
    )


# --- Lists


def _query(context: Context, **changes: object) -> str:
    """The page's own query with some names changed (``None`` takes one away)."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    return "?" + query.urlencode()


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: object) -> str:
    """``{% query vista="lista" pagina=None %}``: the same page with these parts of its query changed."""
    return _query(context, **changes)


@register.simple_tag(takes_context=True)
def pagination(context: Context, page: Page, name: str = "pagina") -> SafeString:
    """Links to the pages of a paginator; nothing where there is one page."""
    if page.paginator.num_pages < 2:
        return mark_safe("")
    numbers = [
        (
            number if isinstance(number, int) else None,
            _query(context, **{name: number}) if isinstance(number, int) else "",
        )
        for number in page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    ]
    return _component(
        "pagination",
        numbers=numbers,
        current=page.number,
        previous=_query(context, **{name: page.previous_page_number()}) if page.has_previous() else "",
        next=_query(context, **{name: page.next_page_number()}) if page.has_next() else "",
    )


@register.simple_tag
def earlier_later(earlier: str = "", later: str = "") -> SafeString:
    """Paging by key: only back and forth, each empty where there is nothing."""
    return _component("pagination", numbers=[], current=0, previous=earlier, next=later)


@register.simple_tag(takes_context=True)
def filter_bar(context: Context, form: BaseForm, keep: str = "", label: object = "") -> SafeString:
    """The filters of a list as a GET form that folds on phones.

    ``keep``: names of the query that it carries along, separated by commas.
    """
    request = context["request"]
    kept = [(name, value) for name in keep.split(",") if name for value in request.GET.getlist(name)]
    active = len(_active_filters(form))
    return _component(
        "filter_bar", form=form, kept=kept, active=active, label=label or _("Filtrar"), action=request.path
    )


@register.simple_tag(takes_context=True)
def filter_chips(context: Context, form: BaseForm) -> SafeString:
    """The filters in force, each with the address of the same list without it."""
    found = _active_filters(form)
    if not found:
        return mark_safe("")
    chips = []
    for name, value, text in found:
        query = context["request"].GET.copy()
        query.pop("pagina", None)
        left = [kept for kept in query.getlist(name) if kept != value]
        query.setlist(name, left)
        chips.append((text, f"{context['request'].path}?{query.urlencode()}"))
    return _component("filter_chips", chips=chips, clear=context["request"].path)


def _active_filters(form: BaseForm) -> list[tuple[str, str, str]]:
    """(name, raw value, «Etiqueta: valor») of every filter in force: something was typed, and it exists."""
    found = []
    for bound in form:
        if bound.errors:
            continue
        raw = bound.data
        values = raw if isinstance(raw, (list, tuple)) else [raw]
        for value in values:
            if value in (None, "", False):
                continue
            words = _choice_words(bound.field, str(value))
            # A tick box says all in its label.
            text = str(bound.label) if isinstance(bound.field.widget, CheckboxInput) else f"{bound.label}: {words}"
            found.append((bound.html_name, str(value), text))
    return found


def _choice_words(field: Any, value: str) -> str:
    for key, words in getattr(field, "choices", None) or ():
        if isinstance(words, (list, tuple)):
            for inner, inner_words in words:
                if str(inner) == value:
                    return str(inner_words)
        elif str(key) == value:
            return str(words)
    if isinstance(field, DateField):
        with suppress(ValidationError):
            day = field.to_python(value)
            return dates.day_label(day, weekday=False) if day else value
    return value


# --- Forms


@register.simple_tag
def form_errors(*forms: Any) -> SafeString:
    """What is wrong, at the top of the page, each with a link to its field. Takes several forms, a formset's forms, or
    a long form with lists (its ``list_errors`` are those of a list as a whole)."""
    problems: list[tuple[str, str, str]] = []
    general: list[str] = []
    for given in forms:
        general += getattr(given, "list_errors", [])
        for form in [given] if isinstance(given, BaseForm) else given or []:
            if not form.is_bound:
                continue
            general += [str(text) for text in form.non_field_errors()]
            for bound in form:
                # A group has no field of its own to go to: its first choice is.
                target = bound.id_for_label or f"{bound.auto_id}_0"
                problems += [(target, str(bound.label), str(text)) for text in bound.errors]
    return _component("form_errors", problems=problems, general=general) if problems or general else mark_safe("")


@register.filter
def field_kind(bound: Any) -> str:
    """How a field is drawn: ``checkbox``, ``choices`` (a group with a legend) or ``plain``."""
    widget = bound.field.widget
    if isinstance(widget, CheckboxInput):
        return "checkbox"
    return "choices" if bound.use_fieldset else "plain"


@register.filter
def is_long_choice(bound: Any) -> bool:
    """Whether a group of tick boxes is long enough to scroll by itself."""
    return isinstance(bound.field.widget, CheckboxSelectMultiple) and len(list(bound.field.widget.choices)) > 10


@register.simple_block_tag(takes_context=True)
def edit_form(
    context: Context,
    content: str,
    form: BaseForm,
    submit: object = "",
    cancel: str = "",
    kind: str = "primary",
    action: str = "",
    sticky: bool = False,
) -> SafeString:
    """A whole form: errors at the top, fields, actions. What stands inside, if anything, replaces the fields."""
    return _component(
        "edit_form",
        form=form,
        content=content.strip(),
        submit=submit or _("Guardar"),
        cancel=cancel,
        kind=_closed(kind, KINDS, "button kind"),
        action=action,
        sticky=sticky,
        csrf_token=context.get("csrf_token"),
    )


@register.simple_block_tag
def actions_bar(content: str, sticky: bool = False) -> SafeString:
    """The buttons at the end of a form; ``sticky`` for forms longer than the screen."""
    return format_html('<div class="actions-bar{}">{}</div>', " actions-sticky" if sticky else "", mark_safe(content))


# --- Data drawn


@register.simple_tag
def chart_figure(chart: Any, title: object, note: object = "", id: str = "") -> SafeString:
    """A chart of :mod:`web.charts` with its title and its table under it."""
    return _component("chart", chart=chart, title=title, note=note, id=id)


@register.simple_block_tag
def map_figure(content: str, tile_map: Any, title: object, note: object = "", id: str = "mapa") -> SafeString:
    """A map of :mod:`municipalities.maps` with its legend; inside stands the table of the same data."""
    return _component("map", map=tile_map, title=title, note=note, table=content.strip(), after=f"tras-{id}")


# --- Shells


@register.simple_tag(takes_context=True)
def fixed(context: Context, name: str) -> SafeString:
    """A part that is the same on all pages: it knows the language and ``installation`` alone, so each process draws it
    once, and anew when the institution changes what it is."""
    row = context["installation"]
    values = tuple(getattr(row, column.attname) for column in Installation._meta.concrete_fields)
    draw = _fixed.__wrapped__ if settings.DEBUG else _fixed
    return draw(name, get_language(), values)


@lru_cache(maxsize=50)
def _fixed(name: str, language: str | None, values: tuple[Any, ...]) -> SafeString:
    return loader.render_to_string(name, {"installation": Installation(*values)})


@register.simple_tag(takes_context=True)
def nav_link(
    context: Context, name: str, text: str, icon: str = "", count: int | None = None, exact: bool = False
) -> SafeString:
    """One entry of a navigation, marked where the reader is at or below it."""
    href = _address(name, get_language(), get_urlconf())
    path = context["request"].path
    current = "page" if path == href else "true" if not exact and path.startswith(href) else ""
    return mark_safe(
        f'<li><a class="nav-link" href="{href}"'
        + (f' aria-current="{current}">' if current else ">")
        + (draw_icon(icon) if icon else "")
        + f"<span>{conditional_escape(text)}</span>"
        + (f'<span class="nav-count">{count:d}</span>' if count else "")
        + "</a></li>"
    )


@lru_cache(maxsize=500)
def _address(name: str, language: str | None, urlconf: str | None) -> str:
    """Of a page that has no arguments."""
    return reverse(name, urlconf)


@register.simple_tag(takes_context=True)
def other_language_path(context: Context) -> str:
    """The same page in the other language: Spanish has no prefix, English stands under ``/en/``."""
    request = context["request"]
    path = request.path
    path = "/" + path.removeprefix("/en/") if path.startswith("/en/") else "/en" + path
    return f"{path}?{urlencode(request.GET.lists(), doseq=True)}" if request.GET else path


@register.simple_tag
def other_language() -> dict[str, str]:
    """Code and own name of the language the page is not in."""
    english = (get_language() or "es").startswith("en")
    return {"code": "es", "name": "Español"} if english else {"code": "en", "name": "English"}


@register.filter
def is_below(path: str, address: str) -> bool:
    """Whether a page is at an address or below it."""
    return bool(address) and path.startswith(address)


@register.filter
def message_tone(tags: str) -> str:
    """Django's message level as an alert's tone."""
    return {"success": "ok", "warning": "warn", "error": "danger"}.get(tags.split()[-1] if tags else "", "info")


@register.filter
def asked_when(field: Any) -> tuple[str, str] | None:
    """The field, and its answer, with which alone this one is asked: ``asked_when`` of its form, by name. The page
    loads ``conditions.js``; without it the field stands there always."""
    return getattr(field.form, "asked_when", {}).get(field.name)


def sections_of(form: BaseForm) -> Sequence[tuple[str, str, list[Any]]]:
    """(title, help, bound fields) by ``form.sections`` — ``[(title, [names])]`` or ``[(title, help, [names])]`` —
    then what no section names."""
    named: list[tuple[str, str, list[Any]]] = []
    seen: set[str] = set()
    for section in getattr(form, "sections", ()):
        title, *help_text, names = section
        fields = [form[name] for name in names if name in form.fields]
        seen.update(names)
        if fields:
            named.append((str(title), str(help_text[0]) if help_text else "", fields))
    rest = [bound for bound in form.visible_fields() if bound.name not in seen]
    return [*named, *([("", "", rest)] if rest else [])]


register.filter("sections_of", sections_of)
