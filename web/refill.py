"""A form of a page filled in again with what somebody had typed: no view has to know of it, and no script is needed.

Only what a person can change is filled in, never a password, a file or a hidden field; of the hidden ones just those
that say which version of something stored was edited, so that what others saved since is still noticed.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from itertools import accumulate
from urllib.parse import urljoin, urlsplit

Attributes = dict[str, str | None]
Fields = list[tuple[str, str]]
LEFT_ALONE = {"hidden", "password", "file", "submit", "button", "image", "reset"}
VERSIONS = {"version", "seen", "edited_at"}


@dataclass(slots=True)
class Tag:
    """Where it stands in the page, and what it says; of a textarea also where its text ends."""

    name: str
    attributes: Attributes
    start: int
    end: int
    text_end: int = 0
    text: str = ""
    field: str = ""  # the name of the field that it belongs to

    @property
    def kind(self) -> str:
        return (self.attributes.get("type") or "text").lower() if self.name == "input" else self.name

    @property
    def value(self) -> str:
        said = self.attributes.get("value", self.text.strip() if self.name == "option" else "on")
        return said or ""

    def written(self, **changes: object) -> str:
        """The tag with these attributes: True bare, False taken out."""
        said: dict[str, object] = {name: True if value is None else value for name, value in self.attributes.items()}
        said |= changes
        pairs = [(name, value) for name, value in said.items() if value is not False]
        words = [name if value is True else f'{name}="{escape(str(value))}"' for name, value in pairs]
        return f"<{' '.join([self.name, *words])}>"


@dataclass(slots=True)
class Form:
    tag: Tag
    tags: list[Tag] = field(default_factory=list)

    @property
    def names(self) -> set[str]:
        return {tag.field for tag in self.tags}


class _Reader(HTMLParser):
    """Finds the forms of a page and where their fields stand in it."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.lines = [0, *accumulate(len(line) + 1 for line in page.split("\n"))]
        self.forms: list[Form] = []
        self.form: Form | None = None
        self.within = ""  # the field whose options follow
        self.last: Tag | None = None
        self.main = 0
        self.feed(page)

    def place(self) -> int:
        line, column = self.getpos()
        return self.lines[line - 1] + column

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        start, said = self.place(), dict(attributes)
        tag = Tag(name, said, start, start + len(self.get_starttag_text() or ""), field=said.get("name") or "")
        if name == "main":
            self.main = tag.end
        elif name == "form":
            self.form = Form(tag)
            self.forms.append(self.form)
        elif self.form and name in {"input", "select", "textarea", "option"}:
            if name == "select":
                self.within = tag.field
            tag.field = self.within if name == "option" else tag.field
            self.last = tag
            if tag.field and "disabled" not in said:
                self.form.tags.append(tag)

    def handle_data(self, data: str) -> None:
        if self.last is not None and self.last.name == "option":
            self.last.text += data

    def handle_endtag(self, name: str) -> None:
        if name == "form":
            self.form = None
        elif name == "textarea" and self.last is not None and self.last.name == name:
            self.last.text_end = self.place()
        self.last = None


def refill(page: str, *, address: str, action: str, fields: Fields) -> tuple[str, int, Fields]:
    """``page`` (shown at ``address``) with its form that is sent to ``action`` filled in, where in it that form begins,
    and what found no place there. Where there is no such form: the page as it is, and the beginning of its content.
    """
    read = _Reader(page)
    names = {name for name, _value in fields}
    forms = [form for form in read.forms if _leads(form, address) == action and form.names & names]
    if not forms:
        return page, read.main, fields
    form = max(forms, key=lambda one: len(one.names & names))
    values: dict[str, list[str]] = defaultdict(list)
    for name, value in fields:
        values[name].append(value)
    # Scripts that keep drafts take it for a form that was sent and refused: what it shows is the latest.
    edits = [(form.tag.start, form.tag.end, form.tag.written(**{"data-bound": True}))]
    placed = {tag.field for tag in form.tags if tag.kind in LEFT_ALONE}
    for tag in form.tags:
        edits += _edits(tag, values, placed)
    for start, end, text in sorted(edits, reverse=True):
        page = page[:start] + text + page[end:]
    return page, form.tag.start, [(name, value) for name, value in fields if name not in placed]


def _leads(form: Form, address: str) -> str:
    """Where a form is sent to; nowhere for one that only asks."""
    if (form.tag.attributes.get("method") or "").lower() != "post":
        return ""
    return urlsplit(urljoin(address, form.tag.attributes.get("action") or address)).path


def _edits(tag: Tag, values: dict[str, list[str]], placed: set[str]) -> list[tuple[int, int, str]]:
    """What has to be written in the place of what; ``placed`` learns of the names that found theirs."""
    name, kind = tag.field, tag.kind
    if kind in {"checkbox", "radio", "option"}:
        chosen = tag.value in values[name] if name in values else False
        if kind == "option" and name not in values:
            return []
        if chosen:
            placed.add(name)
        return [(tag.start, tag.end, tag.written(**{"selected" if kind == "option" else "checked": chosen}))]
    if kind == "select" or not values.get(name):
        return []
    if kind in LEFT_ALONE and not (kind == "hidden" and name.rsplit("-", 1)[-1] in VERSIONS):
        return []
    placed.add(name)
    value = values[name].pop(0)
    if kind == "textarea":
        return [(tag.end, tag.text_end, "\n" + escape(value, quote=False))] if tag.text_end else []
    return [(tag.start, tag.end, tag.written(value=value))]
