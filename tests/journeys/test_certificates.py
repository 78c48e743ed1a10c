"""Constancias: the institute issues them, somebody who was given one checks it, and it is revoked."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.journeys.conftest import Enter
from tests.journeys.steps import choose, expect_state, press

pytestmark = pytest.mark.journey
STAFF = "personal@demo.example"
TRAINING = "Calles para todas las personas"  # of the demonstration: its session was held, and people met its rule


def compare(page: Page, data: bytes) -> None:
    file: FilePayload = {"name": "constancia.pdf", "mimeType": "application/pdf", "buffer": data}
    page.set_input_files("main [name=file]", file)
    press(page, "Comparar")


def test_constancia_is_issued_checked_and_revoked(enter: Enter) -> None:
    staff = enter(STAFF)
    staff.goto("/gestion/capacitaciones/")
    staff.get_by_role("link", name=TRAINING).click()
    staff.get_by_role("link", name="Constancias", exact=True).click()
    staff.get_by_role("button", name=re.compile(r"^Expedir \d+ constancia")).click()
    expect_state(staff, "issued", 180)  # the worker printed them all meanwhile

    staff.locator("main table a").first.click()
    with staff.expect_download() as download:
        staff.get_by_role("link", name="Descargar el PDF").click()
    data = Path(download.value.path()).read_bytes()
    address = staff.get_by_role("link", name="Página pública").get_attribute("href")
    assert address

    visitor = enter()
    visitor.goto(address)
    expect_state(visitor, "issued")
    expect(visitor.get_by_role("heading", name="Constancia", exact=True)).to_be_visible()
    compare(visitor, data[:-9] + b" " + data[-8:])
    expect_state(visitor, "different")
    compare(visitor, data)
    expect_state(visitor, "identical")

    staff.get_by_role("link", name="Revocar").click()
    choose(staff, "reason", "No se cumplía el requisito")
    press(staff, "Revocar la constancia")
    expect_state(staff, "revoked")
    visitor.goto(address)
    expect_state(visitor, "revoked")
    expect(visitor.get_by_text("Motivo: No se cumplía el requisito.")).to_be_visible()
