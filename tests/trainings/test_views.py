"""The pages of trainings, public and staff's."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests import factories
from trainings.models import Training, TrainingTarget

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(factories.StaffFactory())
    return client


def published(**fields: Any) -> Training:
    return factories.TrainingFactory(is_published=True, **fields)


def aim(training: Training, people: int, **parts: int) -> TrainingTarget:
    return factories.TrainingTargetFactory(training=training, people=people, **parts)


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_percentage_stands_with_its_denominator(client: Client) -> None:
    aim(published(), 50)
    aim(published(), 210, people_virtual=110, people_in_person=100, women=107, men=103)
    aim(published(), 32, women=16, men=16)
    page = text(client.get(reverse("training_list")))
    assert "50.8 %" in page
    assert "(123 de 242)" in page
    assert "Sexo conocido para 242 de 292" in page


def test_unknown_target_is_a_dash_and_unknown_reach_is_said(client: Client) -> None:
    training = published()
    aim(training, 50)
    page = text(client.get(reverse("training_detail", args=[training.slug])))
    assert '<td class="num" data-label="Mujeres">—</td>' in page
    assert "no se sabe, que no es lo mismo que cero" in page


def test_reach_is_shown_apart_from_the_target(client: Client) -> None:
    training, event = published(), factories.EventFactory(day=timezone.localdate() - dt.timedelta(days=2))
    aim(training, 50)
    factories.TrainingSessionFactory(training=training, event=event)
    factories.AttendanceFactory(event=event)
    response = client.get(reverse("training_detail", args=[training.slug]))
    sheet = response.context["sheet"]
    assert (sheet.target.people, sheet.reach.attendances) == (50, 1)
    assert "(1 de 50)" in text(response)


def test_draft_session_is_not_shown_to_the_public(client: Client) -> None:
    training = published()
    factories.TrainingSessionFactory(training=training, event=factories.EventFactory(status="draft", title="Secreto"))
    assert "Secreto" not in text(client.get(reverse("training_detail", args=[training.slug])))


def test_training_in_preparation_does_not_exist_for_the_public(client: Client) -> None:
    training = factories.TrainingFactory(is_published=False)
    assert client.get(reverse("training_detail", args=[training.slug])).status_code == 404
    assert training.title not in text(client.get(reverse("training_list")))


def test_filters_find_by_words_and_pathway(client: Client) -> None:
    circular = factories.PathwayFactory(code="circular")
    kept = published(title="Residuos y composta", pathway=circular, search_text=" residu compost")
    published(title="Movilidad", search_text=" movil")
    for query in ({"q": "residuo"}, {"camino": "circular"}):
        response = client.get(reverse("training_list"), query)
        assert [training for training, _target in response.context["rows"]] == [kept]


@pytest.mark.parametrize("name", ["training_list", "staff_training_list"])
def test_list_asks_the_same_number_of_queries_for_one_and_for_many(
    name: str, staff: Client, django_assert_max_num_queries: Any
) -> None:
    counts = []
    staff.get(reverse(name))  # the installation's row is kept from here on
    for number in (1, 19):
        for _each in range(number):
            training = published()
            aim(training, 10)
            factories.TrainingSessionFactory(training=training)
        with django_assert_max_num_queries(12) as queries:
            assert staff.get(reverse(name)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_detail_asks_the_same_number_of_queries_for_one_and_for_many(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    training, counts = published(), []
    client.get(reverse("training_list"))  # the installation's row is kept from here on
    for number in (1, 20):
        for _each in range(number):
            aim(training, 10)
            factories.TrainingSessionFactory(training=training)
        with django_assert_max_num_queries(10) as queries:
            client.get(reverse("training_detail", args=[training.slug]))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def typed(**changes: Any) -> dict[str, Any]:
    return {
        "title": "Capacitación nueva", "format": factories.FormatFactory().pk, "pathway": factories.PathwayFactory().pk,
        "scope": "group", "modality": "", "hours": "4.5",
        "targets-TOTAL_FORMS": "1", "targets-INITIAL_FORMS": "0", "targets-0-organisation": "Secretaría de Prueba",
        "targets-0-people": "50", "sessions-TOTAL_FORMS": "1", "sessions-INITIAL_FORMS": "0",
        "sessions-0-event": factories.EventFactory().pk, "facilitators-TOTAL_FORMS": "0",
        "facilitators-INITIAL_FORMS": "0", **changes,
    }  # fmt: skip


def test_staff_register_publish_and_withdraw_a_training(staff: Client) -> None:
    response = staff.post(reverse("staff_training_create"), typed(), follow=True)
    training = Training.objects.get()
    assert response.redirect_chain[-1][0] == reverse("staff_training_edit", args=[training.pk])
    assert (training.targets.get().people, training.sessions.count(), training.is_published) == (50, 1, False)
    publish = reverse("staff_training_publish", args=[training.pk])
    for body, expected in (({}, True), ({"retirar": "1"}, False)):
        staff.post(publish, body)
        training.refresh_from_db()
        assert training.is_published is expected


def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_is_kept(staff: Client) -> None:
    response = staff.post(reverse("staff_training_create"), typed(**{"targets-0-women": "60"}))
    assert response.status_code == 422
    page = text(response)
    assert 'href="#id_targets-0-women"' in page
    assert 'value="Secretaría de Prueba"' in page
    assert not Training.objects.exists()


def test_adding_a_row_keeps_what_was_typed_and_stores_nothing(staff: Client) -> None:
    response = staff.post(reverse("staff_training_create"), typed(title="", agregar="targets"))
    assert response.status_code == 200
    assert len(response.context["editor"]["targets"].forms) == 2
    assert 'value="Secretaría de Prueba"' in text(response)
    assert "errorlist" not in text(response)
    assert not Training.objects.exists()


def test_second_save_of_the_same_version_shows_both_texts(staff: Client) -> None:
    training = factories.TrainingFactory(title="Guardado por otra persona", version=2)
    edit = reverse("staff_training_edit", args=[training.pk])
    response = staff.post(edit, typed(version="1"))
    page = text(response)
    assert response.status_code == 409
    assert "Guardado por otra persona" in page
    assert 'data-state="conflict"' in page
    assert staff.post(edit, typed(version="2")).status_code == 302
    training.refresh_from_db()
    assert training.title == "Capacitación nueva"


def test_deleting_asks_first(staff: Client) -> None:
    training = factories.TrainingFactory(is_published=False)
    delete = reverse("staff_training_delete", args=[training.pk])
    assert staff.get(delete).status_code == 200
    assert Training.objects.exists()
    staff.post(delete)
    assert not Training.objects.exists()


@pytest.mark.parametrize("name", ["staff_training_list", "staff_training_create"])
def test_participant_is_not_let_into_the_staff_pages(name: str, client: Client) -> None:
    client.force_login(factories.UserFactory())
    assert client.get(reverse(name)).status_code == 403
