"""The short privacy notice stands before the first field of every form that asks for personal data, and the version
that was accepted is kept."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from network import services
from network.models import PrivacyNotice, User
from tests.factories import (
    PASSWORD,
    DesignationFactory,
    EventFactory,
    PersonFactory,
    PrivacyNoticeFactory,
    SeriesFactory,
    StaffFactory,
    TrainingFactory,
    TrainingSessionFactory,
    liaison,
)

pytestmark = pytest.mark.django_db
FIELD = re.compile(r"<(input|select|textarea)(?![^>]*type=\"(?:hidden|search)\")(?![^>]*name=\"website\")[^>]*>")


@pytest.fixture
def notice() -> PrivacyNotice:
    return PrivacyNoticeFactory(version="2026-9", summary="Resumen que se lee antes.")


def event() -> str:
    return reverse("event_register", args=[EventFactory().slug])


def series() -> str:
    found = SeriesFactory()
    for number in (1, 2):
        EventFactory(series=found, number_in_series=number)
    return reverse("series_register", args=[found.slug])


def training() -> str:
    found = TrainingFactory(takes_enrolments=True)
    TrainingSessionFactory(training=found, event=EventFactory())
    return reverse("training_enrol", args=[found.slug])


def colleagues() -> str:
    return reverse("liaison_enrolment_create", args=[EventFactory().pk])


def invitation() -> str:
    row = DesignationFactory(person=PersonFactory(email="nueva@personas.example"))
    return reverse("invitation_accept", args=[services.invite(designation=row, by=StaffFactory()).token])


FORMS: dict[str, Callable[[], str]] = {
    "event": event,
    "series": series,
    "training": training,
    "colleagues": colleagues,
    "invitation": invitation,
    "signup": lambda: reverse("account_signup"),
    "rights": lambda: reverse("rights"),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_short_notice_and_its_version_stand_before_the_first_field(name: str, notice: PrivacyNotice) -> None:
    browser = Client()
    if name == "colleagues":
        browser.force_login(liaison(), backend="django.contrib.auth.backends.ModelBackend")
    page = browser.get(FORMS[name]())
    assert page.status_code == 200
    form = page.content.decode().split("<main", 1)[1].split("</main>")[0]
    before = form[: FIELD.search(form).start()]  # type: ignore[union-attr]
    assert "Resumen que se lee antes." in before
    assert 'data-notice="2026-9"' in before
    assert f'href="{reverse("privacy")}"' in before


def test_every_page_that_keeps_a_version_is_walked() -> None:
    """A model that keeps which notice was accepted has its form above; a new one is added there."""
    from django.apps import apps

    keeps = {
        model._meta.label
        for model in apps.get_models()
        if any(field.name == "privacy_notice" for field in model._meta.concrete_fields)
    }
    assert keeps == {"events.Registration", "network.ArcoRequest", "network.User", "trainings.Enrolment"}


def test_the_version_accepted_is_kept_with_an_account_and_a_change_meanwhile_is_said(notice: PrivacyNotice) -> None:
    address = reverse("account_signup")
    typed: dict[str, Any] = {"email": "nueva@personas.example", "password1": PASSWORD, "notice": notice.pk}
    newer = PrivacyNoticeFactory(version="2026-10", published_on=notice.published_on)
    answer = Client().post(address, typed)
    assert "acaba de cambiar" in answer.content.decode()
    assert not User.objects.exists()
    Client().post(address, typed | {"notice": newer.pk})
    user = User.objects.get(email="nueva@personas.example")
    assert user.privacy_notice == newer
    assert user.consented_at is not None


def test_the_version_accepted_is_kept_with_an_invitation(notice: PrivacyNotice) -> None:
    Client().post(invitation(), {"password": PASSWORD, "notice": notice.pk})
    assert User.objects.get(email="nueva@personas.example").privacy_notice == notice
