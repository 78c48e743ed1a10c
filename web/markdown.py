"""Markdown that people write, as HTML that is safe: raw HTML is text, and what comes out is cleaned once more."""

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

_TAGS = {"a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "hr", "li", "ol", "p", "strong", "ul"}
_TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}
_parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def render(text: str) -> SafeString:
    """HTML of the text. Pictures are not drawn, links lead to web and mail addresses only."""
    html = nh3.clean(
        _parser.render(text),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )
    return mark_safe(html)  # noqa: S308 (cleaned on the line above)
