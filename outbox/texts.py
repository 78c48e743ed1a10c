"""The words of a mail that staff may change: which ones count now, and how their placeholders are filled in.

A placeholder is a word in braces of the fixed list of its :class:`outbox.registry.TextKind`, and nothing else: no
attribute, no format, no second reading of what was filled in. Values are typed by people, so they are text wherever
they go: escaped in HTML, one line in a subject. A link placeholder stands for an address of the portal, in the text or
as the whole destination of a link.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.utils import translation
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from outbox import mailing, registry
from outbox.envelope import one_line
from outbox.models import MailText
from outbox.registry import Text, TextKind
from web import markdown

# Alone in a line it says where the facts of the mail stand (day, place, link); without it they come last.
FACTS = "datos"
BRACED = re.compile(r"\{([^{}\n]*)\}")
ALONE = re.compile(rf"^[ \t]*\{{{FACTS}\}}[ \t]*$", re.MULTILINE)
IN_HTML = re.compile(r'href="%7B(\w+)%7D"|\{(\w+)\}')
ANCHOR = re.compile(r"(<a .*?</a>)", re.DOTALL)

Key = tuple[str, str]  # variant, language


@dataclass(frozen=True, slots=True)
class Words:
    """A text filled in for one person: its parts before and after the facts, as HTML and as plain text."""

    subject: str
    html: SafeString
    html_after: SafeString
    text: str
    text_after: str


# --- Which text counts


def written(name: str) -> dict[Key, MailText]:
    """The newest version of each variant and language of a text, in one query."""
    return {(row.variant, row.language): row for row in MailText.objects.filter(name=name).newest()}


def current(name: str, language: str, variant: str = "") -> Text:
    """What staff wrote last for this variant, else for all of them, else the shipped words."""
    kind = registry.text(name)
    if kind is None:
        raise LookupError(f"No text is registered as {name!r}.")
    rows = mailing.once(("texts", name), lambda: written(name))  # one query for all the mails of a claim
    return choose(kind, rows, language, variant)


def choose(kind: TextKind, rows: Mapping[Key, MailText], language: str, variant: str = "") -> Text:
    """As :func:`current`, out of rows that were read."""
    row = rows.get((variant, language))
    if row is not None and not row.is_original:
        return Text(row.subject, row.body)
    return choose(kind, rows, language) if variant and ("", language) in rows else shipped(kind, language, variant)


def without_own(kind: TextKind, rows: Mapping[Key, MailText], language: str, variant: str) -> Text:
    """What counts where this variant has no words of its own."""
    return choose(kind, {key: row for key, row in rows.items() if key[0] != variant}, language, variant)


def shipped(kind: TextKind, language: str, variant: str = "") -> Text:
    with translation.override(language):
        return kind.default(variant)


# --- What is wrong with a text


def problems_of_subject(kind: TextKind, subject: str) -> list[str]:
    found = _unknown(subject, kind.placeholders)
    unfit = sorted(set(BRACED.findall(subject)) & {FACTS, *kind.links})
    found += [_("{name} no cabe en el asunto.").format(name=f"{{{name}}}") for name in unfit]
    return found


def problems_of_body(kind: TextKind, body: str) -> list[str]:
    found = _unknown(body, [*kind.placeholders, FACTS])
    times = BRACED.findall(body).count(FACTS)
    if times > 1 or times != len(ALONE.findall(body)):
        found.append(_("{datos} va una sola vez, sola en su línea."))
    missing = sorted(kind.required.difference(BRACED.findall(body)))
    found += [_("Falta {name}: quien lo recibe necesita saberlo.").format(name=f"{{{name}}}") for name in missing]
    own = {f"%7B{name}%7D" for name in kind.links}
    if any("%7B" in address and address not in own for address in markdown.destinations(body)):
        names = ", ".join(f"{{{name}}}" for name in sorted(kind.links))
        found.append(_("Un enlace lleva a una dirección escrita completa, o solo a: {names}.").format(names=names))
    return found


def _unknown(words: str, allowed: Iterable[str]) -> list[str]:
    names = ", ".join(f"{{{name}}}" for name in allowed)
    unknown = [name for name in dict.fromkeys(BRACED.findall(words)) if name not in set(allowed)]
    text = _("{unknown} no existe. Se puede usar: {names}.")
    return [text.format(unknown=f"{{{name}}}", names=names) for name in unknown]


# --- Filling it in


@dataclass(frozen=True, slots=True)
class _Shape:
    """A text ready to be filled: its Markdown is read once, however many people get it."""

    subject: str
    html: tuple[str, str]
    text: tuple[str, str]


@lru_cache(maxsize=256)
def _shape(text: Text, links: frozenset[str]) -> _Shape:
    before, *rest = ALONE.split(text.body, maxsplit=1)
    parts = (before, "".join(rest))
    first, last = (_with_links(markdown.render(part), links) for part in parts)
    plain_first, plain_last = (markdown.plain(part) for part in parts)
    return _Shape(text.subject, (first, last), (plain_first, plain_last))


def _with_links(html: str, links: frozenset[str]) -> str:
    """A link placeholder in running text becomes a link."""
    pieces = ANCHOR.split(html)
    for name in links:
        pieces[::2] = [piece.replace(f"{{{name}}}", f'<a href="%7B{name}%7D">{{{name}}}</a>') for piece in pieces[::2]]
        pieces = ANCHOR.split("".join(pieces))
    return "".join(pieces).strip()


def fill(kind: TextKind, text: Text, values: Mapping[str, str]) -> Words:
    """The text for one person. ``values`` has every placeholder; a link that is none of the portal's is refused."""
    clean = {name: one_line(values[name]) for name in kind.placeholders}
    for name in kind.links:
        if not clean[name].startswith(f"{settings.SITE_URL}/"):
            raise ValueError(f"The link {name!r} leads away from the portal.")
    shape = _shape(text, kind.links)

    def in_text(words: str) -> str:
        filled = BRACED.sub(lambda match: clean.get(match[1], match[0]), words)
        return "\n".join(line.rstrip() for line in filled.splitlines())

    def in_html(html: str) -> SafeString:
        def one(match: re.Match[str]) -> str:
            if match[1]:
                return f'href="{escape(clean[match[1]])}"' if match[1] in kind.links else 'href="#"'
            return escape(clean[match[2]]) if match[2] in clean else match[0]

        return mark_safe(IN_HTML.sub(one, html))  # noqa: S308 (cleaned HTML, and every value escaped)

    subject = one_line(in_text(shape.subject))
    html, html_after = (in_html(part) for part in shape.html)
    plain, plain_after = (in_text(part) for part in shape.text)
    return Words(subject, html, html_after, plain, plain_after)
