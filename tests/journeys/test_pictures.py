"""The pictures of the help pages and of the README: what they are of, and taking them anew with ``--pictures``."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from reports.help import help_pages
from tests.journeys.crawl import sign_in
from tests.live import RunningPortal

pytestmark = pytest.mark.journey

ROOT = Path(__file__).resolve().parent.parent.parent
HELP = ROOT / "static" / "img" / "help"
LANGUAGES = {"es": "", "en": "/en"}
PHONE, DESK = (390, 780), (1120, 760)
# What a reader need not see: the notice of the demonstration.
HIDDEN = (
    ".demo-bar { display: none } *, *::before, *::after { transition: none !important; animation: none !important }"
)


@dataclass(frozen=True)
class Picture:
    """Who sees it, where, on what screen."""

    account: str
    address: str
    screen: tuple[int, int]
    follow: str = ""  # the link on that page which leads to what is wanted


PICTURES = {
    "calendario.webp": Picture("", "/calendario/", (1120, 1240)),
    "evento.webp": Picture("", "/calendario/?vista=lista", DESK, "main a:has-text('captación de lluvia')"),
    "municipio.webp": Picture("enlace@demo.example", "/mi-municipio/", PHONE),
    "accion-nueva.webp": Picture("enlace@demo.example", "/mi-municipio/acciones/nueva/", PHONE),
    "gestion.webp": Picture("personal@demo.example", "/gestion/", DESK),
    "revision.webp": Picture("personal@demo.example", "/gestion/acciones/", (1120, 1000)),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_picture_of_the_help_is_there_and_used(language: str) -> None:
    used = {name for page in help_pages(language) for name in page.pictures}
    assert used == set(PICTURES)
    assert {file.name for file in (HELP / language).iterdir()} == used


def _open(browser: Browser, portal: RunningPortal, picture: Picture, prefix: str) -> Page:
    width, height = picture.screen
    context = browser.new_context(
        base_url=portal.url, viewport={"width": width, "height": height}, color_scheme="light", bypass_csp=True,
        locale="es-MX" if not prefix else "en-US", timezone_id="America/Mexico_City",
    )  # fmt: skip
    page = context.new_page()
    if picture.account:
        sign_in(page, portal.url, picture.account)
    page.goto(prefix + picture.address)
    if picture.follow:
        page.locator(picture.follow).first.click()
        page.wait_for_load_state("networkidle")
    page.add_style_tag(content=HIDDEN)
    return page


@pytest.mark.parametrize("name", PICTURES)
def test_what_a_picture_shows_can_be_opened(
    browser: Browser, running_portal: RunningPortal, name: str, pytestconfig: pytest.Config
) -> None:
    for language, prefix in LANGUAGES.items():
        page = _open(browser, running_portal, PICTURES[name], prefix)
        assert page.locator("main h1").is_visible()
        if pytestconfig.getoption("--pictures"):
            (HELP / language).mkdir(parents=True, exist_ok=True)
            Image.open(BytesIO(page.screenshot())).save(HELP / language / name, quality=78, method=6)
        page.context.close()


@pytest.mark.parametrize("size", [192, 512])
def test_icon_of_the_installed_portal(browser: Browser, size: int, pytestconfig: pytest.Config) -> None:
    """The mark on white, with the room that a round mask takes."""
    file = ROOT / "static" / "img" / f"icon-{size}.png"
    if pytestconfig.getoption("--pictures"):
        page = browser.new_page(viewport={"width": size, "height": size})
        mark = (ROOT / "static" / "img" / "favicon.svg").read_text()
        page.set_content(f'<body style="margin:{size * 0.19}px;background:#fff">{mark}</body>')
        page.screenshot(path=file)
        page.close()
    with Image.open(file) as icon:
        assert (icon.size, icon.format) == ((size, size), "PNG")


def test_picture_of_the_readme(browser: Browser, running_portal: RunningPortal, pytestconfig: pytest.Config) -> None:
    page = _open(browser, running_portal, Picture("", "/", (1280, 1500)), "")
    assert page.locator("main h1").is_visible()
    if pytestconfig.getoption("--pictures"):
        page.screenshot(path=ROOT / "docs" / "img" / "home.png")
    page.context.close()
