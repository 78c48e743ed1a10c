"""What the persons of the journeys do again and again, and what they hold in their hands."""

import io
import re
import secrets

import pikepdf
from icalendar import Calendar
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

MINIMUM_SECONDS = 2.5  # the form of registration is not for machines


def watch(page: Page, errors: list[str]) -> None:
    """Write down what no page may do: fail in JavaScript, break its own policy, ask another host."""
    page.on("pageerror", lambda error: errors.append(f"JavaScript: {error}"))
    page.on(
        "console",
        lambda message: errors.append(f"console: {message.text}")
        if "Content Security Policy" in message.text
        else None,
    )
    page.on("request", lambda request: errors.append(request.url) if is_foreign(request.url) else None)


def is_foreign(address: str) -> bool:
    return not address.startswith(("http://127.0.0.1:", "http://localhost:", "data:", "blob:", "about:"))


def somebody(name: str) -> str:
    """An address that no other test has."""
    return f"{name}.{secrets.token_hex(3)}@correo-prueba.example"


def something(title: str) -> str:
    """A title that no other test gives."""
    return f"{title} {secrets.token_hex(3)}"


def expect_state(page: Page, state: str, seconds: float = 10) -> None:
    expect(page.locator("main")).to_have_attribute("data-state", state, timeout=seconds * 1000)


def press(page: Page, words: str) -> None:
    """Press a button of the page's own part by its words."""
    page.locator("main").get_by_role("button", name=words, exact=True).last.click()


def fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.fill(f"main [name='{name}']", value)


def choose(page: Page, name: str, words: str) -> None:
    page.select_option(f"main [name='{name}']", label=words)


def tick(page: Page, words: str) -> None:
    page.locator("main").get_by_label(words, exact=True).check()


def unfold(page: Page, words: str) -> None:
    page.locator("main summary").filter(has_text=words).click()


def add_row(page: Page, name: str) -> None:
    """Press a list's «Agregar otro» and wait for the page to come back with one row more."""
    count = page.locator(f"[name='{name}-TOTAL_FORMS']")
    before = int(count.input_value())
    page.click(f"button[name=agregar][value={name}]")
    expect(count).to_have_value(str(before + 1))


def fill_registration(page: Page, name: str, email: str) -> None:
    page.fill("[name=name]", name)
    page.fill("[name=email]", email)
    page.select_option("[name=category]", "public-servant")
    page.fill("[name=institution]", "Ayuntamiento Demo de Ñuñoa del Río")
    page.select_option("[name=municipality]", label="Metepec")
    page.select_option("[name=sex]", "undisclosed")
    page.check("[name=consent]")
    page.wait_for_timeout(MINIMUM_SECONDS * 1000)
    page.click("main form[method=post] button[type=submit]")


def pdf(name: str, text: str = "Oficio de prueba") -> FilePayload:
    """A small real PDF of one page."""
    target = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(612, 792))
        document.docinfo["/Title"] = text
        document.save(target)
    return {"name": name, "mimeType": "application/pdf", "buffer": target.getvalue()}


def png(name: str) -> FilePayload:
    """A small real picture."""
    target = io.BytesIO()
    Image.new("RGB", (120, 80), "#0B6B52").save(target, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": target.getvalue()}


def calendar_of(message) -> Calendar:
    """The ``.ics`` that a mail brings."""
    [content] = [part.get_content() for part in message.walk() if part.get_content_type() == "text/calendar"]
    return Calendar.from_ical(content)


def text_of(message) -> str:
    return str(message.get_body(("plain",)).get_content())


def link_in(message, path: str) -> str:
    """The first address of the mail that has ``path`` in it."""
    found = re.search(rf"http://[^\s]*{re.escape(path)}[^\s]*", text_of(message))
    assert found, text_of(message)
    return found.group()
