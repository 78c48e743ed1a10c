"""Django's admin shows every row to administrators, and changes nothing."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from events.models import Registration
from tests.addresses import World, ask
from tests.world import make_world as make_world

pytestmark = pytest.mark.django_db

APPS = ("actions", "events", "municipalities", "network", "outbox", "reports", "trainings", "web")


def test_admin_shows_every_model_of_ours_and_nothing_else() -> None:
    ours = {model for app in APPS for model in apps.get_app_config(app).get_models()}
    assert set(admin.site._registry) == ours


@pytest.mark.parametrize("role", ["anonymous", "staff", "admin"])
def test_admin_changes_nothing_whoever_asks(world: World, role: str) -> None:
    send, allowed = ask(world, role), role == "admin"
    answers, before = {}, {model: model._default_manager.count() for model in admin.site._registry}
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        number = model._default_manager.values_list("pk", flat=True).first() or 1
        world["args"] |= {f"{name}_{verb}": [number] for verb in ("change", "delete", "history")}
        answers[f"{name} list"] = send("GET", f"{name}_changelist").status_code
        for verb in ("add", "change", "delete"):
            answers[f"{name} {verb}"] = send("POST", f"{name}_{verb}").status_code
    expected = {key: (200 if key.endswith("list") else 403) if allowed else 302 for key in answers}
    assert answers == expected
    assert {model: model._default_manager.count() for model in admin.site._registry} == before


def test_admin_shows_entries_without_what_opens_doors(world: World) -> None:
    browser = Client()
    browser.force_login(world["people"]["admin"], backend="django.contrib.auth.backends.ModelBackend")
    user, registration = (
        world["people"]["participant"],
        Registration.objects.get(state="confirmed", self_registered=True),
    )
    page = browser.get(reverse("admin:network_user_change", args=[user.pk])).content.decode()
    assert (user.email in page, user.password in page) == (True, False)
    page = browser.get(reverse("admin:events_registration_change", args=[registration.pk])).content.decode()
    assert (registration.email in page, registration.token in page) == (True, False)
    assert [words for words in ("<textarea", "<select", 'name="_save"') if words in page] == []


def test_admin_sends_people_to_sign_in_where_attempts_are_counted(client: Client, world: World) -> None:
    at_login = client.get(client.get(reverse("admin:index")).url)
    assert at_login.url == f"{reverse('account_login')}?next=%2Fadmin%2F"
    client.force_login(world["people"]["staff"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("admin:index"), follow=True).status_code == 403
