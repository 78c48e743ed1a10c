"""Reading what the network publishes: the library, an event's page, the calendar on another site. JavaScript is off
where nothing else is said."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.steps import expect_state, watch
from tests.live import RunningPortal

pytestmark = pytest.mark.journey
WEBINAR = "/eventos/webinar-inventario-municipal-de-emisiones-paso-a-paso/"


class Reader:
    """Opens browsers as different readers have them; what no page may do fails the test at its end."""

    def __init__(self, browser: Browser, base: str) -> None:
        self.browser, self.base, self.errors, self.contexts = browser, base, [], []

    def open(self, **options: Any) -> Page:
        settings = {"base_url": self.base, "locale": "es-MX", "timezone_id": "America/Mexico_City"} | options
        context = self.browser.new_context(**settings)
        self.contexts.append(context)
        page = context.new_page()
        watch(page, self.errors)
        return page


@pytest.fixture
def reader(browser: Browser, running_portal: RunningPortal) -> Iterator[Reader]:
    reader = Reader(browser, running_portal.url)
    yield reader
    for context in reader.contexts:
        context.close()
    assert reader.errors == []


@pytest.fixture
def plain(reader: Reader) -> Page:
    return reader.open(java_script_enabled=False)


def test_library_leads_from_a_topic_to_its_sessions(plain: Page) -> None:
    plain.goto("/")
    plain.get_by_role("navigation", name="Principal").get_by_role("link", name="Biblioteca").click()
    expect_state(plain, "list")
    options = plain.locator("select[name=tema] option")
    expect(options.filter(has_text="Densificación")).to_have_text("Densificación (0)")
    plain.select_option("select[name=tema]", label="Movilidad sustentable (3)")
    plain.get_by_role("button", name="Aplicar").click()
    rows = plain.locator(".library-row")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("Sesión sin resultados aún")
    expect(rows.first).to_contain_text("jueves 20 de agosto de 2020")
    plain.get_by_role("list", name="Filtros aplicados").get_by_role("link").click()
    plain.fill("[name=q]", "GADD")
    plain.select_option("select[name=tipo]", value="answer")
    plain.get_by_role("button", name="Aplicar").click()
    plain.get_by_role("link", name="¿Quién separa, y qué gana con hacerlo?").click()
    assert plain.url.endswith("#preguntas")
    expect(plain.locator(".answer").first).to_contain_text("Los locatarios")


def test_library_of_a_topic_without_sessions_says_so(plain: Page) -> None:
    plain.goto("/biblioteca/?tema=t:cinturones-verdes")
    expect(plain.locator("main")).to_contain_text("Nada en la biblioteca coincide con los filtros")
    plain.get_by_role("link", name="Ver toda la biblioteca").click()
    expect(plain.locator(".library-row").first).to_be_visible()


def test_event_is_kept_and_shared_by_plain_links(plain: Page) -> None:
    plain.goto(WEBINAR)
    card = plain.get_by_role("complementary", name="Cuándo, dónde e inscripción")
    expect(card).to_contain_text("hora del centro de México")
    expect(card).to_contain_text("hora de Colombia")
    expect(card.get_by_text("En su zona")).to_have_count(0)
    expect(card.locator("[data-share]")).to_be_hidden()
    card.get_by_text("Agregar a mi calendario").click()
    ics = card.get_by_role("link", name="Descargar archivo .ics").get_attribute("href") or ""
    answer = plain.request.get(ics)
    assert answer.text().startswith("BEGIN:VCALENDAR")
    for name, start in (
        ("Google Calendar", "https://calendar.google.com/"),
        ("Outlook.com", "https://outlook.live.com/"),
        ("WhatsApp", "https://wa.me/"),
        ("Correo", "mailto:"),
        ("Suscribirse", "webcal://"),
    ):
        expect(card.get_by_role("link", name=name)).to_have_attribute("href", re.compile(f"^{re.escape(start)}"))
    picture = plain.locator("meta[property='og:image']").get_attribute("content") or ""
    drawn = plain.request.get(picture)
    assert (drawn.status, drawn.headers["content-type"]) == (200, "image/png")


def test_event_says_the_hour_where_the_reader_is(reader: Reader) -> None:
    abroad = reader.open(timezone_id="Europe/Madrid")
    abroad.goto(WEBINAR)
    expect(abroad.locator("[data-own-time]")).to_have_text(re.compile(r"^En su zona, .+: 1[89]:00 a \d\d:\d\d h$"))
    far = reader.open(timezone_id="Asia/Tokyo")
    far.goto(WEBINAR)
    expect(far.locator("[data-own-time]")).to_have_text(re.compile(r": .+ \d+ de \w+, 02:00 a 03:30 h$"))
    # Other names of the zones that the page gives already.
    for zone in ("America/Mexico_City", "America/Monterrey", "America/Lima"):
        home = reader.open(timezone_id=zone)
        home.goto(WEBINAR)
        expect(home.locator("html")).to_have_class("js")
        expect(home.locator("[data-own-time]")).to_be_hidden()


def test_event_is_shared_as_the_device_shares(reader: Reader) -> None:
    page = reader.open()
    page.add_init_script(
        "navigator.canShare = () => true; navigator.share = async (data) => { window.shared = data; };"
    )
    page.goto(WEBINAR)
    page.get_by_role("button", name="Compartir…").click()
    shared = page.evaluate("window.shared")
    assert shared["url"].endswith(WEBINAR)
    assert shared["title"] == "Webinar: inventario municipal de emisiones paso a paso"


@pytest.fixture
def elsewhere() -> Iterator[Any]:
    """Another site, with whatever is put in its page."""

    class Site(BaseHTTPRequestHandler):
        page = ""

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>Municipio</title><h1>Municipio</h1>{Site.page}".encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Site.address = f"http://localhost:{server.server_port}/"  # type: ignore[attr-defined]
    yield Site
    server.shutdown()
    server.server_close()


def test_calendar_is_shown_on_another_site_by_the_code_that_is_copied(
    plain: Page, elsewhere: Any, running_portal: RunningPortal
) -> None:
    plain.goto("/calendario/?formato=webinar&vista=lista")
    plain.get_by_role("link", name="Mostrar este calendario en otro sitio").click()
    sample = plain.frame_locator("iframe")
    plain.locator("iframe").scroll_into_view_if_needed()
    expect(sample.get_by_role("heading", level=1)).to_contain_text("Calendario")
    elsewhere.page = plain.input_value("#codigo")
    plain.goto(elsewhere.address)
    frame = plain.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Lo que viene")).to_be_visible()
    expect(frame.locator(".entries > li").first).to_contain_text("Webinar")
    frame.get_by_role("link", name="Mes siguiente").click()
    expect(frame.get_by_role("link", name="Volver a lo que viene")).to_be_visible()
    frame.get_by_role("link", name="Volver a lo que viene").click()
    with plain.context.expect_page() as opened:
        frame.locator(".entries h3 a").first.click()
    tab = opened.value
    tab.wait_for_load_state()
    assert tab.url.startswith(f"{running_portal.url}/eventos/")
    assert plain.context.cookies() == []


@pytest.mark.parametrize("path", ["/calendario/", "/biblioteca/", "/calendario/incrustar/codigo/", "/cuenta/login/"])
def test_no_other_page_shows_inside_another_site(
    reader: Reader, elsewhere: Any, running_portal: RunningPortal, path: str
) -> None:
    elsewhere.page = f'<iframe src="{running_portal.url}{path}"></iframe>'
    page = reader.open()
    page.goto(elsewhere.address)
    page.wait_for_load_state("networkidle")
    assert [frame.url for frame in page.frames[1:]] == ["chrome-error://chromewebdata/"]
    # The browser says on the console that the page's own policy kept it out: that is what is wanted.
    assert reader.errors
    reader.errors.clear()
