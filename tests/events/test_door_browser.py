"""The list at the door in a real browser: taps, search, the network gone and back, a session that ends."""

import contextlib
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext, Error, Page, expect

from events.enums import RegistrationState
from events.models import Attendance, DoorMark, Event, Registration
from events.rules import check_in_seal
from network.enums import Modality
from network.models import User
from tests import factories
from tests.events.crowd import serving
from tests.live import free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.journey]
KEPT = "#puerta[data-kept]"  # from here on the page opens without network
SENT = 12_000

# The lists that the browser keeps; what the portal keeps for its page without connection has no names.
LISTS = "caches.keys().then((names) => names.filter((name) => name.startsWith('entrada-')))"


@pytest.fixture
def event() -> Event:
    event = factories.EventFactory(title="Taller de agua", day=timezone.localdate(), modality=Modality.IN_PERSON)
    for name in ("Ana Ríos", "Berta Luna", "José Ñúñez", "Lola Paz"):
        factories.RegistrationFactory(event=event, person=factories.PersonFactory(name=name))
    return event


@pytest.fixture
def staff() -> User:
    return factories.StaffFactory()


class Server:
    """The portal at one address, which a test may take away for a while."""

    def __init__(self, log: Path) -> None:
        self.port, self.log, self.running = free_port(), log, contextlib.ExitStack()

    def start(self) -> None:
        self.running.enter_context(serving(log=self.log, port=self.port))

    def stop(self) -> None:
        self.running.close()


@pytest.fixture
def server(event: Event, tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "server.log")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def base(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"


def sign_in(context: BrowserContext, base: str, user: User) -> None:
    client = Client()
    client.force_login(user)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": base}])


def open_list(page: Page, base: str, event: Event) -> None:
    page.goto(f"{base}/gestion/eventos/{event.pk}/entrada/")
    page.wait_for_selector(KEPT)


@pytest.fixture
def phone(page: Page, context: BrowserContext, base: str, event: Event, staff: User) -> Page:
    sign_in(context, base, staff)
    open_list(page, base, event)
    return page


def line(page: Page, name: str) -> Any:
    return page.locator("[data-list] li").filter(has_text=name)


def tap(page: Page, name: str, words: str = "Entró") -> None:
    line(page, name).get_by_role("button", name=words).click()


def arrived(event: Event) -> dict[str, dt.datetime]:
    rows = event.attendances.values_list("registration__name", "arrived_at")
    return {name: at for name, at in rows if at}


def shows(page: Page, name: str, value: int) -> None:
    expect(page.locator(f"[data-count={name}]")).to_have_text(str(value), timeout=SENT)


def test_tap_is_stored_and_undone(phone: Page, event: Event) -> None:
    tap(phone, "Ana")
    shows(phone, "present", 1)
    expect(line(phone, "Ana").locator("[data-unsent]")).to_have_count(0, timeout=SENT)
    assert list(arrived(event)) == ["Ana Ríos"]
    phone.locator("[data-latest]").get_by_role("button", name="Deshacer").click()
    shows(phone, "present", 0)
    expect(line(phone, "Ana").get_by_role("button", name="Entró")).to_be_visible()
    expect(phone.locator("[data-pending]")).to_be_hidden(timeout=SENT)
    assert arrived(event) == {}


def test_search_as_one_types(phone: Page) -> None:
    phone.fill("#q", "nunez")
    expect(phone.locator("[data-list] li:visible")).to_have_count(1)
    expect(phone.locator("[data-list] li:visible")).to_contain_text("José Ñúñez")
    phone.fill("#q", "nadie")
    expect(phone.get_by_text("Nadie con esas palabras")).to_be_visible()


def test_what_another_phone_marks_is_seen(phone: Page, event: Event, staff: User) -> None:
    from events.services.check_in import check_in

    check_in(registration=event.registrations.get(name="Lola Paz"), by=staff)
    shows(phone, "present", 1)
    expect(line(phone, "Lola").get_by_role("button", name="Deshacer")).to_be_visible()


def test_network_gone_marks_wait_survive_a_reload_and_are_sent(
    phone: Page, context: BrowserContext, server: Server, event: Event
) -> None:
    context.set_offline(True)
    server.stop()  # a page that was just loaded reaches it for a moment: Chromium cuts its network off only then
    before = timezone.now()
    for name in ("Ana", "Berta", "José"):
        tap(phone, name)
    tap(phone, "José", "Deshacer")
    tap(phone, "José")
    after = timezone.now()
    expect(phone.locator("[data-note=offline]")).to_be_visible(timeout=SENT)
    phone.reload()
    expect(phone.locator("[data-note=offline]")).to_be_visible(timeout=SENT)
    shows(phone, "pending", 5)
    shows(phone, "present", 3)
    expect(line(phone, "Berta").locator("[data-unsent]")).to_be_visible()
    assert not Attendance.objects.exists()
    phone.wait_for_timeout(2000)
    server.start()
    context.set_offline(False)
    expect(phone.locator("[data-pending]")).to_be_hidden(timeout=SENT)
    expect(phone.locator("[data-note=offline]")).to_be_hidden()
    stored = arrived(event)
    assert sorted(stored) == ["Ana Ríos", "Berta Luna", "José Ñúñez"]
    within = dt.timedelta(seconds=1)  # the browser's clock and ours are read one after the other
    assert [at for at in stored.values() if not before - within <= at <= after + within] == []
    assert DoorMark.objects.count() == 5
    phone.reload()
    shows(phone, "present", 3)
    assert Attendance.objects.count() == 3


def test_answer_that_was_lost_is_asked_for_again_and_counts_once(phone: Page, event: Event) -> None:
    """The server stored the mark, and the phone never heard."""
    lost = []

    def lose(route: Any) -> None:
        lost.append(route.fetch().status)
        route.abort()

    phone.route("**/marcas/", lose, times=1)
    tap(phone, "Ana")
    expect(phone.locator("[data-note=offline]")).to_be_visible(timeout=SENT)
    expect(phone.locator("[data-pending]")).to_be_hidden(timeout=SENT)
    assert lost == [200]
    assert (len(arrived(event)), DoorMark.objects.count()) == (1, 1)


def test_who_cancelled_meanwhile_is_shown_and_not_lost(phone: Page, context: BrowserContext, event: Event) -> None:
    context.set_offline(True)
    tap(phone, "Berta")
    Registration.objects.filter(name="Berta Luna").update(state=RegistrationState.CANCELLED)
    context.set_offline(False)
    told = phone.locator("[data-conflicts]")
    expect(told).to_contain_text("Su inscripción está cancelada", timeout=SENT)
    expect(told).to_contain_text("Berta Luna")
    assert arrived(event) == {}
    phone.reload()
    told.get_by_role("button", name="Registrar de todos modos").click()
    expect(told).to_be_hidden(timeout=SENT)
    expect(phone.locator("[data-pending]")).to_be_hidden(timeout=SENT)
    assert list(arrived(event)) == ["Berta Luna"]


def test_session_that_ended_asks_to_sign_in_and_keeps_the_marks(
    phone: Page, context: BrowserContext, base: str, event: Event, staff: User
) -> None:
    Session.objects.all().delete()
    tap(phone, "Ana")
    expect(phone.locator("[data-note=session]")).to_be_visible(timeout=SENT)
    shows(phone, "pending", 1)
    phone.locator("[data-note=session]").get_by_role("link").click()
    expect(phone.locator("[name=login]")).to_be_visible()
    assert phone.evaluate(LISTS) == []  # names do not wait for whoever signs in next
    sign_in(context, base, factories.StaffFactory())
    phone.goto(f"{base}/gestion/eventos/")
    expect(phone.get_by_text("hay entradas de un evento por enviar")).to_be_visible()
    phone.get_by_role("link", name="Abrir la lista para enviarlas").click()
    expect(line(phone, "Ana").get_by_role("button", name="Deshacer")).to_be_visible(timeout=SENT)
    expect(line(phone, "Ana").locator("[data-unsent]")).to_have_count(0, timeout=SENT)
    assert list(arrived(event)) == ["Ana Ríos"]


def test_signing_out_leaves_no_names_in_the_browser(phone: Page, context: BrowserContext, base: str) -> None:
    assert len(phone.evaluate(LISTS)) == 1
    phone.goto(f"{base}/cuenta/logout/")
    phone.wait_for_function(f"{LISTS}.then((names) => names.length === 0)")
    phone.locator("main button[type=submit]").click()
    phone.wait_for_url(lambda url: "logout" not in url)
    context.set_offline(True)
    with contextlib.suppress(Error):  # the portal's own page without connection, or the browser's
        phone.goto(f"{base}/gestion/eventos/1/entrada/")
    phone.wait_for_function("location.protocol === 'chrome-error:' || location.pathname.endsWith('/entrada/')")
    expect(phone.locator("body")).not_to_contain_text("Ana")


def test_what_is_kept_is_this_page_and_its_parts_for_two_days(phone: Page, base: str, event: Event) -> None:
    listed = f"""(async () => {{
      const [name] = await {LISTS};
      return (await (await caches.open(name)).keys()).map((request) => new URL(request.url).pathname);
    }})()"""
    here = f"/gestion/eventos/{event.pk}/entrada/"
    others = [
        path for path in phone.evaluate(listed) if path not in {here, f"{here}estado.json"} and "/static/" not in path
    ]
    assert [path for path in others if path != "/tema.css"] == []
    phone.evaluate(f"caches.open('entrada-{event.pk}-' + (Date.now() - 49 * 3600 * 1000))")
    phone.goto(f"{base}/gestion/eventos/")
    phone.wait_for_function(f"{LISTS}.then((names) => names.length === 1)")


CAMERA = """
  globalThis.BarcodeDetector = class {
    static async getSupportedFormats() { return ["qr_code"]; }
    async detect() { return globalThis.seen ? [{ rawValue: globalThis.seen }] : []; }
  };
  Object.defineProperty(navigator, "mediaDevices", { value: { getUserMedia: async () => {
    if (globalThis.refuses) throw new DOMException("", "NotAllowedError");
    return document.createElement("canvas").captureStream();
  } } });
"""


def test_codes_are_read_in_the_page_where_the_browser_can(
    page: Page, context: BrowserContext, base: str, event: Event, staff: User
) -> None:
    context.add_init_script(CAMERA)
    sign_in(context, base, staff)
    open_list(page, base, event)
    page.evaluate("globalThis.refuses = true")
    page.get_by_role("button", name="Leer QR").click()
    expect(page.locator("[data-camera-says]")).to_contain_text("no tiene permiso")
    page.get_by_role("button", name="Cerrar la cámara").click()
    page.evaluate("globalThis.refuses = false")
    page.get_by_role("button", name="Leer QR").click()
    row = event.registrations.get(name="Lola Paz")
    for text, answer in (
        ("https://otro.example/", "no es de una inscripción"),
        (f"https://red.example/gestion/entrada/{row.pk}-{'a' * 20}/", "no está en la lista"),
        (f"https://red.example/gestion/entrada/{row.pk}-{check_in_seal(row)}/", "Entró Lola Paz."),
    ):
        page.evaluate("text => { globalThis.seen = text; }", text)
        expect(page.locator("[data-camera-says]")).to_contain_text(answer)
    shows(page, "present", 1)
    expect(page.locator("[data-pending]")).to_be_hidden(timeout=SENT)
    assert list(arrived(event)) == ["Lola Paz"]


def test_no_button_for_the_camera_where_the_browser_cannot(phone: Page) -> None:
    assert phone.evaluate("'BarcodeDetector' in globalThis") is False
    expect(phone.locator("[data-scan]")).to_be_hidden()
