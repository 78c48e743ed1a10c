"""Markdown that people write, as HTML that is safe: raw HTML is text, and what comes out is cleaned once more."""

from textwrap import indent
from urllib.parse import unquote

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

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


def destinations(text: str) -> list[str]:
    """Where the links of the text lead."""
    return [str(node.attrs["href"]) for node in SyntaxTreeNode(_parser.parse(text)).walk() if node.type == "link"]


def plain(text: str) -> str:
    """The same text to be read without a browser: no signs of emphasis, and the address after the words of a link."""
    return _plain_blocks(SyntaxTreeNode(_parser.parse(text)))


def _plain_blocks(node: SyntaxTreeNode, between: str = "\n\n") -> str:
    return between.join(filter(None, (_plain_block(child) for child in node.children)))


def _plain_block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "inline":
            return "".join(_plain_inline(child) for child in node.children)
        case "bullet_list":
            return "\n".join(_item("- ", item) for item in node.children)
        case "ordered_list":
            first = int(node.attrs.get("start", 1))
            return "\n".join(_item(f"{number}. ", item) for number, item in enumerate(node.children, first))
        case "blockquote":
            return indent(_plain_blocks(node), "> ", lambda line: True)
        case "tr":
            return _plain_blocks(node, " | ")
        case "table" | "thead" | "tbody":
            return _plain_blocks(node, "\n")
        case "fence" | "code_block":
            return node.content.rstrip("\n")
        case "hr":
            return "* * *"
        case _:
            return _plain_blocks(node)


def _item(mark: str, item: SyntaxTreeNode) -> str:
    return mark + indent(_plain_blocks(item, "\n"), " " * len(mark)).lstrip()


def _plain_inline(node: SyntaxTreeNode) -> str:
    if node.type in {"softbreak", "hardbreak"}:
        return "\n"
    if node.type in {"text", "code_inline"}:
        return node.content
    words = "".join(_plain_inline(child) for child in node.children)
    if node.type != "link":
        return words
    address = unquote(str(node.attrs["href"])).removeprefix("mailto:")
    return words if words == address else f"{words} ({address})"
