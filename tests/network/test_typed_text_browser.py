"""A person at a form that stood open for too long, in a real browser."""

from typing import Any

import pytest
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from network.sessions import SEEN, SessionStore
from tests.factories import PersonFactory, StaffFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.journey]
SECRET = "treinta y dos faroles morados"


def end(session: SessionBase) -> None:
    """As if its last page had been asked for long ago."""
    session[SEEN] -= 2 * 3600
    session.save()


@pytest.mark.parametrize("scripts", [True, False])
def test_what_was_typed_waits_behind_the_sign_in(settings: Any, live_server: Any, browser: Any, scripts: bool) -> None:
    settings.STAFF_IDLE_MINUTES = 60
    staff, person = StaffFactory(), PersonFactory(name="Ximena Prueba", email="ximena@personas.example")
    staff.set_password(SECRET)
    staff.save()
    context: BrowserContext = browser.new_context(java_script_enabled=scripts, locale="es-MX")
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page: Page = context.new_page()
    page.goto(f"{live_server.url}{reverse('staff_person_edit', args=[person.pk])}")
    page.get_by_label("Nombre").first.fill("Ximena «Nueva» Prueba")
    page.get_by_label("Motivo").fill("Se casó en mayo")
    end(SessionStore(Session.objects.get().session_key))
    page.locator("main form[method=post] [type=submit], main form[method=post] button").last.click()
    expect(page.get_by_text("Lo que escribió se guardó una hora")).to_be_visible()
    page.locator("[name=login]").fill(staff.email)
    page.locator("[name=password]").fill(SECRET)
    page.locator("form.login button").click()
    expect(page.locator("#lo-escrito")).to_contain_text("Esto es lo que había escrito: revíselo y envíelo.")
    expect(page.get_by_label("Nombre").first).to_have_value("Ximena «Nueva» Prueba")
    expect(page.get_by_label("Motivo")).to_have_value("Se casó en mayo")
    person.refresh_from_db()
    assert person.name == "Ximena Prueba"
    page.locator("main form[method=post]:not(#lo-escrito form) button").last.click()
    expect(page.locator("#lo-escrito")).to_have_count(0)
    person.refresh_from_db()
    assert person.name == "Ximena «Nueva» Prueba"
    context.close()
