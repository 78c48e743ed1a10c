"""The help pages: Markdown written for this portal, a folder for each language, with pictures that a test takes.

In ``reports/data/help/<language>/<slug>.md`` the first heading is the title and the first paragraph the lead. A link to
``url:NAME`` leads to that page of the portal; a picture is a file of ``static/img/help/<language>/``.
"""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import override
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from PIL import Image

FOLDER = Path(__file__).parent / "data" / "help"
# In the order of the index.
SLUGS = ("participar", "enlace", "instituto", "administracion", "teclado")
# Whose pages they are, by how their names begin, the longest first. Others are everybody's.
OPEN_TO = {
    "staff_user_list": {"admin"},
    "settings_edit": {"admin"},
    "retention_list": {"admin"},
    "arco_list": {"admin"},
    "exchange_": {"liaison", "staff", "admin"},
    "liaison_": {"liaison"},
    "staff_": {"staff", "admin"},
}


@dataclass(frozen=True)
class Section:
    """A heading of a page: where it is and what it says."""

    id: str
    title: str


@dataclass(frozen=True)
class HelpPage:
    """A page ready to be shown. ``pictures`` are names of files."""

    slug: str
    title: str
    lead: str
    sections: Sequence[Section]
    pictures: Sequence[str]
    html: SafeString


@cache
def help_page(slug: str, language: str, reader: str = "visitor") -> HelpPage:
    """The page in the language; KeyError where there is none.

    ``reader``: ``participant``, ``liaison``, ``staff`` or ``admin`` gets links to the pages that these may open; a
    ``visitor``, whom each of them asks to sign in, gets all.
    """
    if slug not in SLUGS:
        raise KeyError(slug)
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.add_render_rule("image", _picture)
    parser.add_render_rule("link_open", _link)
    parser.add_render_rule("link_close", _link_end)
    parser.add_render_rule("table_open", lambda *_args: '<div class="table-wrap"><table class="table">')
    parser.add_render_rule("table_close", lambda *_args: "</table></div>")
    tokens = parser.parse((FOLDER / language / f"{slug}.md").read_text(encoding="utf-8"))
    title, lead = tokens[1].content, tokens[4].content
    body = tokens[6:]
    sections = []
    for opening, inline in pairwise(body):
        if opening.type == "heading_open":
            sections.append(Section(slugify(inline.content), inline.content))
            opening.attrSet("id", sections[-1].id)
    images = [one for token in body for one in token.children or [] if one.type == "image"]
    _free_pictures(body)
    with override(language):
        html = parser.renderer.render(body, parser.options, {"language": language, "reader": reader})
    pictures = [str(one.attrs["src"]) for one in images]
    return HelpPage(slug, title, lead, sections, pictures, mark_safe(html))  # noqa: S308  our own files


def help_pages(language: str) -> list[HelpPage]:
    return [help_page(slug, language) for slug in SLUGS]


def _free_pictures(tokens: Sequence[Token]) -> None:
    """A picture is a figure of its own, not a line of a paragraph."""
    for before, inline, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if inline.type == "inline" and [one.type for one in inline.children or []] == ["image"]:
            before.hidden = after.hidden = True


def _picture(
    renderer: RendererHTML, tokens: Sequence[Token], place: int, options: Any, env: MutableMapping[str, Any]
) -> str:
    token = tokens[place]
    name = f"img/help/{env['language']}/{token.attrs['src']}"
    with Image.open(str(finders.find(name))) as picture:
        size = picture.size
    return render_to_string("reports/help_picture.html", {"src": static(name), "size": size, "text": token.content})


def _link(
    renderer: RendererHTML, tokens: Sequence[Token], place: int, options: Any, env: MutableMapping[str, Any]
) -> str:
    name = str(tokens[place].attrs["href"]).removeprefix("url:")
    env["is_link"] = env["reader"] == "visitor" or env["reader"] in next(
        (readers for beginning, readers in OPEN_TO.items() if name.startswith(beginning)), {env["reader"]}
    )
    return f'<a href="{reverse(name)}">' if env["is_link"] else "<strong>"


def _link_end(
    renderer: RendererHTML, tokens: Sequence[Token], place: int, options: Any, env: MutableMapping[str, Any]
) -> str:
    return "</a>" if env["is_link"] else "</strong>"
