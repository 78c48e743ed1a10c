"""The pages by which people, liaisons and staff take part in a training."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from zeal import zeal_ignore

from events.forms import public
from network.models import User
from tests import factories
from trainings import services
from trainings.models import Enrolment, Training

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tests type faster than people. Each session takes a registration as one event does."""
    monkeypatch.setattr(public, "MINIMUM_SECONDS", 0)
    with zeal_ignore():
        yield


@pytest.fixture
def training() -> Training:
    factories.PrivacyNoticeFactory()
    row = factories.TrainingFactory(takes_enrolments=True, capacity=1, min_sessions_share=50)
    factories.TrainingSessionFactory(training=row)
    factories.TrainingSessionFactory(training=row)
    return row


def typed(client: Client, training: Training, **changes: Any) -> dict[str, Any]:
    """The form as the page gives it out, filled in."""
    page = client.get(reverse("training_enrol", args=[training.slug])).content.decode()
    found = re.search(r'name="stamp" value="([^"]+)"', page)
    assert found is not None
    person = {"name": "Ana Ríos", "email": "ana@prueba.example", "category": "public-servant", "consent": "on"}
    return person | {"stamp": found[1]} | changes


def send(client: Client, training: Training, data: dict[str, Any]) -> Any:
    return client.post(reverse("training_enrol", args=[training.slug]), data, follow=True)


def test_notice_stands_before_the_first_field(client: Client, training: Training) -> None:
    page = client.get(reverse("training_enrol", args=[training.slug])).content.decode()
    assert page.index("Antes de empezar: sus datos") < page.index('name="name"')


def test_person_enrols_sees_the_sessions_and_leaves_again(client: Client, training: Training) -> None:
    answer = send(client, training, typed(client, training))
    row = Enrolment.objects.get()
    assert answer.redirect_chain[-1][0] == reverse("enrolment_detail", args=[row.token])
    assert row.privacy_notice is not None
    page = answer.content.decode()
    assert page.count("Con lugar") == 2
    assert "Asistir al menos al 50 % de las sesiones." in page
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    gone = client.post(reverse("enrolment_cancel", args=[row.token]), follow=True)
    assert 'data-state="cancelled"' in gone.content.decode()


def test_second_person_waits_and_is_told_the_position(client: Client, training: Training) -> None:
    send(client, training, typed(client, training))
    answer = send(client, training, typed(client, training, name="Luz Mar", email="luz@prueba.example"))
    assert "Su posición en la lista es la 1" in answer.content.decode()


def test_same_email_again_gets_its_link_and_no_other_place(client: Client, training: Training) -> None:
    send(client, training, typed(client, training))
    answer = send(client, training, typed(client, training, name="Otro Nombre"))
    assert 'data-state="already-enrolled"' in answer.content.decode()
    assert Enrolment.objects.count() == 1


@pytest.mark.parametrize(
    "changes", [{"website": "x"}, {"consent": ""}, {"name": "www.spam.example/a"}, {"stamp": "nada"}]
)
def test_what_programmes_send_is_refused(client: Client, training: Training, changes: dict[str, str]) -> None:
    answer = send(client, training, typed(client, training, **changes))
    assert (answer.status_code, Enrolment.objects.count()) == (422, 0)


def test_stamp_of_another_form_does_not_serve(client: Client, training: Training) -> None:
    other = factories.TrainingFactory(takes_enrolments=True)
    factories.TrainingSessionFactory(training=other)
    data = typed(client, other)
    assert send(client, training, data).status_code == 422


def test_closed_training_says_so_to_who_tries(client: Client, training: Training) -> None:
    data = typed(client, training)
    Training.objects.update(takes_enrolments=False)
    answer = send(client, training, data)
    assert (answer.status_code, Enrolment.objects.count()) == (409, 0)


def test_liaison_enrols_colleagues_and_takes_one_off(client: Client, training: Training) -> None:
    town = factories.MunicipalityFactory()
    client.force_login(factories.liaison(town))
    address = reverse("liaison_training_enrolment_create", args=[training.pk])
    notice = re.search(r'name="notice" value="(\d+)"', client.get(address).content.decode())
    assert notice is not None
    people = {"people-TOTAL_FORMS": "2", "people-INITIAL_FORMS": "0"}
    for number, name in enumerate(("Ana Ríos", "Luz Mar")):
        people |= {f"people-{number}-name": name, f"people-{number}-category": "public-servant"}
    sent = people | {"form_key": "k", "notice": notice[1], "consent": "on"}
    page = client.post(address, sent, follow=True).content.decode()
    assert "Ana Ríos: confirmada" in page
    assert "Luz Mar: en lista de espera" in page
    first = Enrolment.objects.get(name="Ana Ríos")
    client.post(reverse("liaison_training_enrolment_cancel", args=[first.pk]))
    states = Enrolment.objects.order_by("pk").values_list("state", "municipality")
    assert list(states) == [("cancelled", town.pk), ("confirmed", town.pk)]


@pytest.fixture
def staff(client: Client) -> User:
    user = factories.StaffFactory()
    client.force_login(user)
    return user


def test_staff_enrol_score_and_grant_an_exception(client: Client, training: Training, staff: User) -> None:
    address = reverse("staff_enrolment_create", args=[training.pk])
    client.post(address, {"name": "Ana Ríos", "consent": "on", "form_key": "k"})
    row = Enrolment.objects.get()
    client.post(reverse("staff_enrolment", args=[row.pk]), {"score": "87.5"})
    client.post(reverse("staff_enrolment_exception", args=[row.pk]), {"reason": "Entregó el trabajo final"})
    row.refresh_from_db()
    assert (row.self_registered, float(row.score or 0), row.exception_by) == (False, 87.5, staff)
    page = client.get(reverse("staff_training_enrolments", args=[training.pk])).content.decode()
    assert "excepción: Entregó el trabajo final" in page
    client.post(reverse("staff_enrolment_exception", args=[row.pk]), {"retirar": "1"})
    client.post(reverse("staff_enrolment_cancel", args=[row.pk]), {"reason": "Cambió de área"})
    row.refresh_from_db()
    assert (row.has_exception, row.state, row.cancel_reason) == (False, "cancelled", "Cambió de área")


def test_score_beyond_a_hundred_is_said_at_the_field(client: Client, training: Training, staff: User) -> None:
    row = services.enrol(
        training=training, data=public.RegistrationData(name="Ana Ríos"), self_registered=False, by=staff
    )
    answer = client.post(reverse("staff_enrolment", args=[row.pk]), {"score": "101"})
    assert (answer.status_code, "100" in answer.content.decode()) == (422, True)


def test_staff_figures_are_exact_where_the_public_page_withholds(client: Client, staff: User) -> None:
    training = factories.TrainingFactory()
    held = factories.EventFactory(day=factories.timezone.localdate() - factories.dt.timedelta(days=2))
    factories.TrainingSessionFactory(training=training, event=held)
    factories.AttendanceFactory(event=held, sex="woman")
    public_page = client.get(reverse("training_detail", args=[training.slug])).content.decode()
    exact = client.get(reverse("staff_training_figures", args=[training.pk])).content.decode()
    assert ("se dice solo en totales" in public_page, "por sexo" in public_page) == (True, False)
    assert ("se dice solo en totales" in exact, "por sexo" in exact) == (False, True)
