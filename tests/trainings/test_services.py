"""Writing trainings: targets, sessions, versions."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from events.services.editing import StaleVersion
from network.models import User
from tests import factories
from trainings import services
from trainings.models import Training
from trainings.rules import visible_trainings

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return factories.StaffFactory()


def make(staff: User, **changes: Any) -> Training:
    data = {
        "title": "Movilidad humana y espacio público",
        "format": factories.FormatFactory(),
        "pathway": factories.PathwayFactory(),
        **changes,
    }
    return services.save_training(training=None, data=data, by=staff)


def target(**changes: Any) -> dict[str, Any]:
    return {"organisation": "Agencia Metropolitana", "people": 210, "women": 107, "men": 103, **changes}


def test_targets_are_kept_with_their_institution(staff: User) -> None:
    training = make(staff, targets=[target(people_virtual=110, people_in_person=100)])
    row = training.targets.get()
    assert (row.organisation.name, row.people, row.people_virtual, row.women) == (
        "Agencia Metropolitana",
        210,
        110,
        107,
    )


def test_target_keeps_its_row_when_it_changes(staff: User) -> None:
    training = make(staff, targets=[target()])
    row = training.targets.get()
    services.save_training(training=training, data={"targets": [target(id=row.pk, people=220)]}, by=staff)
    assert training.targets.values_list("pk", "people").get() == (row.pk, 220)


@pytest.mark.parametrize("parts", [{"women": 200}, {"people_virtual": 150, "people_in_person": 100}])
def test_parts_that_exceed_their_total_are_refused(staff: User, parts: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match="suman más que el total"):
        make(staff, targets=[target(**parts)])
    assert not Training.objects.exists()


def test_sessions_follow_the_order_given(staff: User) -> None:
    first, second = factories.EventFactory(), factories.EventFactory()
    training = make(staff, sessions=[{"event": first}, {"event": second}])
    services.save_training(training=training, data={"sessions": [{"event": second}, {"event": first}]}, by=staff)
    assert [session.event for session in training.sessions.all()] == [second, first]


def test_event_is_a_session_once(staff: User) -> None:
    event = factories.EventFactory()
    with pytest.raises(ValidationError, match="dos veces"):
        make(staff, sessions=[{"event": event}, {"event": event}])


def test_saving_without_a_change_leaves_no_trace(staff: User) -> None:
    training = make(staff, targets=[target()], linked_pathways=[factories.PathwayFactory(code="circular")])
    row = training.targets.get()
    data = {"title": training.title, "targets": [target(id=row.pk)], "linked_pathways": training.linked_pathways.all()}
    services.save_training(training=training, data=data, by=staff)
    training.refresh_from_db()
    assert (training.version, training.history.count()) == (1, 1)


def test_version_read_before_another_save_is_stale(staff: User) -> None:
    training = make(staff)
    services.save_training(training=training, data={"title": "Otra", "version": 1}, by=staff)
    for read in (1, None):
        with pytest.raises(StaleVersion):
            services.save_training(training=training, data={"title": "Tarde", "version": read}, by=staff)
    assert Training.objects.get().title == "Otra"


def test_entry_pathway_is_not_also_a_linked_one(staff: User) -> None:
    entry, other = factories.PathwayFactory(), factories.PathwayFactory(code="circular")
    training = make(staff, pathway=entry, linked_pathways=[entry, other])
    assert list(training.linked_pathways.all()) == [other]


def test_training_is_public_only_while_it_is_published(staff: User) -> None:
    training = make(staff)
    public, anybody = [], factories.UserFactory()
    for verb in (services.publish_training, services.withdraw_training):
        verb(training=training, by=staff)
        public.append(visible_trainings(anybody).count())
    assert public == [1, 0]
    assert visible_trainings(staff).get() == training


def test_published_training_is_not_deleted(staff: User) -> None:
    training = services.publish_training(training=make(staff), by=staff)
    with pytest.raises(ValidationError, match="retírela primero"):
        services.delete_training(training=training, by=staff)
    services.delete_training(training=services.withdraw_training(training=training, by=staff), by=staff)
    assert not Training.objects.exists()


def test_reach_counts_persons_once_and_is_unknown_without_attendance(staff: User) -> None:
    one, two = factories.EventFactory.create_batch(2, day=timezone.localdate() - dt.timedelta(days=2))
    training, empty = make(staff, sessions=[{"event": one}, {"event": two}]), make(staff, title="Sin sesiones")
    person = factories.PersonFactory()
    for event, who in ((one, person), (two, person), (two, factories.PersonFactory())):
        factories.AttendanceFactory(event=event, person=who)
    reach = {row.pk: (row.attendances, row.persons) for row in Training.objects.with_reach()}
    assert reach == {training.pk: (3, 2), empty.pk: (None, None)}
