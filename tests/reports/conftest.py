"""A small network whose every number can be counted by hand."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.utils import timezone

from tests.factories import (
    ActionFactory,
    AttendanceFactory,
    DesignationFactory,
    EventFactory,
    MunicipalityFactory,
    OrganisationFactory,
    PersonFactory,
    RegionFactory,
    TrainingFactory,
    TrainingSessionFactory,
    TrainingTargetFactory,
)


def attend(event, municipality, *, count=1, **fields):
    """So many people of a municipality at an event, each a person of her own."""
    return [AttendanceFactory(event=event, municipality=municipality, **fields) for _number in range(count)]


@pytest.fixture
def network(db):
    """Two regions, three municipalities, three events held in the last month, one training.

    * webinar (virtual): Norte 4 women (public servants) and 3 men, 2 of them with minutes; 1 person of no known place
    * workshop (in person, in Sur, 60 people counted by sight): Sur 5 women, 4 men, 1 undisclosed, 1 without sex; the
      4 women of Norte come again
    * talk (hybrid, without a list)
    """
    north, south = (
        RegionFactory(number=1, name="Región Norte", slug="norte"),
        RegionFactory(number=2, name="Región Sur", slug="sur"),
    )
    first = MunicipalityFactory(cvegeo="15001", name="Acambay", slug="acambay", region=north, tile_column=1, tile_row=1)
    second = MunicipalityFactory(cvegeo="15002", name="Benito", slug="benito", region=south, tile_column=2, tile_row=1)
    third = MunicipalityFactory(cvegeo="15003", name="Chalco", slug="chalco", region=south, tile_column=1, tile_row=2)
    today = timezone.localdate()
    webinar = EventFactory(title="Webinar de agua", day=today - dt.timedelta(days=20))
    workshop = EventFactory(
        title="Taller de suelo", day=today - dt.timedelta(days=10), format__code="workshop", format__name="Taller",
        modality="in-person", municipality=second, headcount=60,
    )  # fmt: skip
    talk = EventFactory(title="Charla sin lista", day=today - dt.timedelta(days=5), modality="hybrid")
    women = attend(webinar, first, count=4, sex="woman", category="public-servant")
    attend(webinar, first, count=2, sex="man", minutes=30)
    attend(webinar, first, sex="man")
    attend(webinar, None)
    attend(workshop, second, count=5, sex="woman")
    attend(workshop, second, count=4, sex="man")
    attend(workshop, second, sex="undisclosed")
    attend(workshop, second)
    for woman in women:
        AttendanceFactory(event=workshop, person=woman.person, municipality=first, sex="woman")
    EventFactory(title="Aún por venir")
    EventFactory(title="Sin fecha", day=None)
    training = TrainingFactory(title="Suelo y agua")
    TrainingSessionFactory(training=training, event=workshop)
    TrainingTargetFactory(
        training=training, organisation=OrganisationFactory(name="Agencia"), people=210, women=107, men=103
    )
    TrainingTargetFactory(training=training, organisation=OrganisationFactory(name="Secretaría"), people=50)
    ActionFactory(municipality=first, review_state="published", kind="mitigation")
    ActionFactory(municipality=first, review_state="draft")
    DesignationFactory(municipality=first)
    DesignationFactory(municipality=second, kind="suplente")
    return SimpleNamespace(
        north=north, south=south, first=first, second=second, third=third,
        webinar=webinar, workshop=workshop, talk=talk, training=training, today=today, women=women,
    )  # fmt: skip


@pytest.fixture
def person():
    return PersonFactory()
