"""What the persons of the journeys do again and again, and what they hold in their hands."""

import io
import re
import secrets
from datetime import datetime, timedelta
from email.message import EmailMessage

import pikepdf
from icalendar import Calendar
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

MEETING = "https://videollamada.example/sala-de-la-prueba"
HELD = "Conversatorio: el bosque que da agua a la ciudad"  # an event of the demonstration
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


def program_event(page: Page, title: str, start: datetime) -> None:
    """Fill in and save every block of an event; it is a draft then."""
    end = start + timedelta(hours=1)
    fill(page, title=title, topic="Gestión de la ciudad")
    choose(page, "format", "GAAD (Grupo de Apoyo para la Acción Climática)")
    choose(page, "modality", "Virtual")
    choose(page, "follows_up", f"{HELD} (2026)")
    fill(page, first_day=f"{start:%Y-%m-%d}", start_time=f"{start:%H:%M}", end_time=f"{end:%H:%M}", meeting_url=MEETING)
    if end.date() != start.date():
        fill(page, last_day=f"{end:%Y-%m-%d}")
    fill(
        page, summary="Una sesión entre pares.", objectives="Comparar tres sistemas.\nAcordar una ruta.", capacity="25"
    )
    fill(page, **{"guiding_questions-0-text": "¿Segunda en el orden?", "guiding_questions-0-ORDER": "2"})
    add_row(page, "guiding_questions")
    fill(page, **{"guiding_questions-1-text": "¿Primera en el orden?", "guiding_questions-1-ORDER": "1"})
    fill(page, **{"organisers-0-organisation": "Ayuntamiento Demo de la Prueba"})
    choose(page, "organisers-0-role", "Convoca")
    consent = f"{datetime.now():%Y-%m-%d}"
    fill(page, **{"speakers-0-name": "Ponente Con Consentimiento", "speakers-0-consent_on": consent})
    add_row(page, "speakers")
    fill(page, **{"speakers-1-name": "Ponente Sin Consentimiento"})
    fill(page, **{"materials-0-title": "Guía de la prueba", "materials-0-url": "https://documentos.example/guia.pdf"})
    choose(page, "pathway", "Circular")
    tick(page, "11. Ciudades y comunidades sostenibles")
    tick(page, "13. Acción por el clima")
    press(page, "Guardar")
    expect_state(page, "draft")


def publish(page: Page) -> None:
    press(page, "Publicar")
    expect_state(page, "published")


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


def calendar_of(message: EmailMessage) -> Calendar:
    """The ``.ics`` that a mail brings."""
    [content] = [part.get_content() for part in message.walk() if part.get_content_type() == "text/calendar"]
    return Calendar.from_ical(content)


def text_of(message: EmailMessage) -> str:
    return str(message.get_body(("plain",)).get_content())


def link_in(message: EmailMessage, path: str) -> str:
    """The first address of the mail that has ``path`` in it."""
    found = re.search(rf"http://[^\s]*{re.escape(path)}[^\s]*", text_of(message))
    assert found, text_of(message)
    return found.group()
