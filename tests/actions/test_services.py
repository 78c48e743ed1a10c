"""Every change of an action: what it stores, what it refuses, whom it tells."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from actions import services
from actions.enums import ActionStatus
from actions.models import Action, Evidence, FollowUp, IndicatorReading
from network.models import Designation, Person
from outbox.models import Message
from tests.actions.conftest import photo
from tests.factories import (
    ActionFactory,
    DesignationFactory,
    EvidenceFactory,
    HazardFactory,
    IndicatorFactory,
    PathwayFactory,
    PersonFactory,
    SDGFactory,
    SectorFactory,
)
from web.models import Installation
from web.search import words_filter
from web.uploads import check_upload

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 6, 15)


@pytest.fixture(autouse=True)
def _today(time_machine):
    time_machine.move_to(dt.datetime(2026, 6, 15, 18, 0, tzinfo=dt.UTC), tick=False)


@pytest.fixture
def values():
    return {
        "title": "Captación de lluvia en escuelas",
        "kind": "adaptation",
        "sector": SectorFactory(),
        "responsible_area": "Dirección de Ecología",
        "description": "Cisternas en tres escuelas.",
        "starts_on": TODAY - dt.timedelta(days=3),
    }


INDICATOR = services.IndicatorValues(
    name="Escuelas", unit="escuelas", direction="increase", baseline=Decimal(0), target=Decimal(3)
)


def save(municipality, values, **more):
    return services.save_action(action=None, municipality=municipality, values=values, **({"by": None} | more))


def test_save_action_stores_a_draft_with_all_it_is_tied_to(municipality, values, enlace):
    other, sdg, hazard = PathwayFactory(code="circular", order=3), SDGFactory(), HazardFactory()

    action = save(
        municipality, values, by=enlace, linked_pathways=[other], sdgs=[sdg], hazards=[hazard], indicator=INDICATOR
    )

    action.refresh_from_db()
    assert (action.review_state, action.version, action.created_by) == ("draft", 1, enlace)
    assert action.slug == "toluca-captacion-de-lluvia-en-escuelas"
    links = action.links()
    assert (links.pathways, links.sdgs, links.hazards) == ([other], [sdg], [hazard])
    assert action.indicators.get().target == 3
    assert Action.objects.filter(words_filter("captación ecologia toluca")).get() == action


def test_save_action_proposes_the_pathway_of_the_sector(municipality, values):
    circular = PathwayFactory(code="circular", order=3)
    values["sector"] = SectorFactory(code="waste", name="Residuos", entry_pathway=circular)
    assert save(municipality, values).pathway == circular


@pytest.mark.parametrize(
    ("days", "status"), [(-1, ActionStatus.UNDER_WAY), (0, ActionStatus.UNDER_WAY), (1, "planned")]
)
def test_save_action_takes_the_status_from_the_start(municipality, values, days, status):
    values["starts_on"] = TODAY + dt.timedelta(days=days)
    assert save(municipality, values).status == status


def test_save_action_leaves_one_line_of_history_each_time(municipality, values, enlace):
    action = save(municipality, values, by=enlace, sdgs=[SDGFactory()], indicator=INDICATOR)
    services.save_action(
        action=action, municipality=municipality, values=values | {"title": "Otro título"}, by=enlace, version=1
    )

    lines = action.history.order_by("history_id").values_list("history_type", "history_user", "history_change_reason")
    assert list(lines) == [
        ("+", enlace.pk, "Registro de la acción"),
        ("~", enlace.pk, "Cambio de datos"),
    ]
    assert action.history.earliest().sdgs.count() == 1


def test_save_action_twice_from_one_form_makes_one_action(municipality, values):
    key = uuid.uuid4()
    first = save(municipality, values, request_key=key)
    assert save(municipality, values, request_key=key) == first
    assert Action.objects.count() == 1


def test_save_action_gives_equal_titles_different_addresses(municipality, values):
    assert save(municipality, values).slug != save(municipality, values).slug


def test_save_action_refuses_an_old_version(municipality, values):
    action = save(municipality, values)
    services.save_action(action=action, municipality=municipality, values=values, by=None, version=1)

    with pytest.raises(services.StaleVersion):
        services.save_action(
            action=action, municipality=municipality, values=values | {"title": "Perdido"}, by=None, version=1
        )
    assert Action.objects.get().title == values["title"]


def test_save_action_refuses_what_is_with_the_institute(make_action, municipality, values):
    action = make_action("submitted")
    with pytest.raises(services.WrongState):
        services.save_action(action=action, municipality=municipality, values=values, by=None, version=action.version)


def test_save_action_keeps_an_indicator_that_has_readings(municipality, values):
    action = save(municipality, values, indicator=INDICATOR)
    indicator = action.indicators.get()
    services.save_action(action=action, municipality=municipality, values=values, by=None, version=1)
    assert action.indicators.count() == 0

    services.save_action(action=action, municipality=municipality, values=values, by=None, indicator=INDICATOR)
    indicator = action.indicators.get()
    IndicatorReading.objects.create(indicator=indicator, date=TODAY, value=1)
    services.save_action(action=action, municipality=municipality, values=values, by=None)
    assert action.indicators.get() == indicator


def test_submit_action_tells_the_institute_once(make_action, enlace):
    action = make_action()
    review = services.submit_action(action=action, version=1, by=enlace)

    action.refresh_from_db()
    assert (action.review_state, action.submitted_at) == ("submitted", timezone.now())
    message = Message.objects.get()
    assert (message.kind, message.to_email) == ("actions.submitted", Installation.current().contact_email)
    assert message.params == {"review": review.pk}

    with pytest.raises(services.WrongState):
        services.submit_action(action=action, version=action.version, by=enlace)
    assert Message.objects.count() == 1


def test_submit_action_refuses_an_old_version(make_action, enlace):
    action = make_action()
    services.add_follow_up(
        action=action, date=TODAY, progress=5, progress_reason="Visita.", status="under-way", text="Inicio.", by=enlace
    )
    with pytest.raises(services.StaleVersion):
        services.submit_action(action=action, version=1, by=enlace)


def test_validate_action_publishes_and_tells_the_municipality(make_action, staff, enlace):
    action = make_action("submitted")
    services.validate_action(action=action, version=action.version, by=staff)

    action.refresh_from_db()
    assert (action.review_state, action.validated_at, action.published_at) == (
        "published",
        timezone.now(),
        timezone.now(),
    )
    told = Message.objects.filter(kind="actions.validated").values_list("to_email", flat=True)
    assert list(told) == [enlace.email]
    assert action.history.latest().history_user == staff


def test_return_action_tells_titular_and_suplente_once_each(make_action, municipality, staff, enlace):
    action = make_action("submitted")
    suplente = PersonFactory(email="suplente@prueba.example")
    DesignationFactory(municipality=municipality, person=suplente, kind="suplente")
    DesignationFactory(
        municipality=municipality, person=PersonFactory(email="SUPLENTE@prueba.example"), kind="suplente"
    )
    DesignationFactory(municipality=municipality, person=PersonFactory(email=""), kind="suplente")
    former = PersonFactory(email="anterior@prueba.example")
    DesignationFactory(municipality=municipality, person=former, kind="suplente", state="ended")

    services.return_action(action=action, comment="Falta la fuente.", version=None, by=staff)

    told = Message.objects.filter(kind="actions.returned").values_list("to_email", flat=True)
    assert sorted(told) == sorted([enlace.email, "suplente@prueba.example"])


def test_validated_action_that_is_returned_leaves_the_public(make_action, staff):
    action = make_action("published")
    services.return_action(action=action, comment="El presupuesto es de otro año.", version=None, by=staff)
    assert not Action.objects.published().exists()
    assert (action.validated_at, action.published_at) == (None, None)


@pytest.mark.parametrize("state", ["draft", "returned", "validated", "published"])
def test_only_what_was_submitted_is_validated(make_action, staff, state):
    with pytest.raises(services.WrongState):
        services.validate_action(action=make_action(state), version=None, by=staff)


def test_two_reviewers_at_once_take_one_decision(make_action, staff):
    action = make_action("submitted")
    twin = Action.objects.get(pk=action.pk)
    services.validate_action(action=action, version=action.version, by=staff)
    with pytest.raises(services.StaleVersion):
        services.return_action(action=twin, comment="No.", version=twin.version, by=staff)
    assert action.reviews.count() == 2  # submitted and validated


def test_follow_up_moves_progress_and_status_of_its_action(make_action, enlace):
    action = make_action()
    services.add_follow_up(
        action=action, date=TODAY, progress=35, progress_reason="Visita.", status="under-way", text="Alto.", by=enlace
    )
    action.refresh_from_db()
    assert (action.progress, action.status, action.last_follow_up_on) == (35, "under-way", TODAY)
    assert action.version == 2


def test_late_follow_up_about_an_earlier_day_moves_nothing(make_action, enlace):
    action = make_action()
    services.add_follow_up(
        action=action, date=TODAY, progress=60, progress_reason="Visita.", status="under-way", text="Dos.", by=enlace
    )
    earlier = TODAY - dt.timedelta(days=9)
    services.add_follow_up(
        action=action, date=earlier, progress=20, progress_reason="Visita.", status="planned", text="Uno.", by=enlace
    )
    action.refresh_from_db()
    assert (action.progress, action.status, action.last_follow_up_on) == (60, "under-way", TODAY)
    assert [row.progress for row in action.follow_ups.all()] == [60, 20]


def test_follow_up_brings_readings_and_evidence(make_action, enlace):
    action = make_action()
    indicator = IndicatorFactory(action=action)
    evidence = services.EvidenceValues(title="Acta", url="https://toluca.example/acta")

    follow_up = services.add_follow_up(
        action=action,
        date=TODAY,
        progress=50,
        progress_reason="Visita.",
        status="under-way",
        text="Mitad.",
        by=enlace,
        readings={indicator.pk: Decimal("6.5")},
        evidence=evidence,
    )

    assert follow_up.readings.get().value == Decimal("6.5")
    assert follow_up.evidence.get().title == "Acta"
    measured = action.indicators.measured()[0]
    assert (measured.latest.value, measured.latest.follow_up, measured.share_reached) == (
        Decimal("6.5"),
        follow_up.pk,
        54,
    )


def test_second_reading_of_a_day_corrects_the_first(make_action, enlace):
    action = make_action()
    indicator = IndicatorFactory(action=action)
    for value in (4, 5):
        services.add_follow_up(
            action=action,
            date=TODAY,
            progress=1,
            progress_reason="Visita.",
            status="under-way",
            text="Medición.",
            by=enlace,
            readings={indicator.pk: Decimal(value)},
        )
    assert indicator.readings.get().value == 5


def test_follow_up_takes_no_reading_of_another_action(make_action, enlace):
    foreign = IndicatorFactory()
    with pytest.raises(ValueError, match="another action"):
        services.add_follow_up(
            action=make_action(),
            date=TODAY,
            progress=1,
            progress_reason="Visita.",
            status="under-way",
            text="Ajena.",
            by=enlace,
            readings={foreign.pk: Decimal(1)},
        )
    assert (FollowUp.objects.count(), IndicatorReading.objects.count()) == (0, 0)


def test_follow_up_sent_twice_is_stored_once(make_action, enlace):
    action, key = make_action(), uuid.uuid4()
    for _time in range(2):
        services.add_follow_up(
            action=action,
            date=TODAY,
            progress=5,
            progress_reason="Visita.",
            status="under-way",
            text="Una vez.",
            by=enlace,
            request_key=key,
        )
    assert action.follow_ups.count() == 1


def evidence_file(title="Foto"):
    upload = photo()
    return services.EvidenceValues(title=title, file=check_upload(upload), original_name=upload.name)


def test_same_file_or_link_again_gives_the_evidence_that_is_there(make_action, enlace):
    action = make_action()
    link = services.EvidenceValues(title="Nota", url="https://toluca.example/nota")
    first = services.add_evidence(action=action, evidence=evidence_file(), by=enlace)
    assert services.add_evidence(action=action, evidence=evidence_file("Otra vez"), by=enlace) == first
    assert services.add_evidence(action=action, evidence=link, by=enlace) == services.add_evidence(
        action=action, evidence=link, by=enlace
    )
    assert action.evidence.count() == 2
    assert (first.original_name, len(first.sha256)) == ("obra.jpg", 64)


def test_evidence_needs_a_file_or_a_link(make_action, enlace):
    with pytest.raises(ValueError, match="a file or a link"):
        services.add_evidence(action=make_action(), evidence=services.EvidenceValues(title="Nada"), by=enlace)


def test_removed_evidence_takes_its_file_along(make_action, enlace, django_capture_on_commit_callbacks):
    action = make_action()
    evidence = services.add_evidence(action=action, evidence=evidence_file(), by=enlace)
    name = evidence.file.name
    assert default_storage.exists(name)

    with django_capture_on_commit_callbacks(execute=True):
        services.remove_evidence(evidence=evidence, by=enlace)

    assert not default_storage.exists(name)
    assert not Evidence.objects.exists()
    assert action.history.latest().history_change_reason == f"Evidencia retirada: {evidence.title}"


def test_evidence_of_a_submitted_action_stays(make_action, enlace):
    evidence = EvidenceFactory(action=make_action("submitted"))
    with pytest.raises(services.WrongState):
        services.remove_evidence(evidence=evidence, by=enlace)
    assert Evidence.objects.exists()


def test_deleted_draft_leaves_nothing_but_its_history(make_action, enlace, django_capture_on_commit_callbacks):
    action = make_action()
    name = services.add_evidence(action=action, evidence=evidence_file(), by=enlace).file.name
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_draft(action=action, by=enlace)

    assert not Action.objects.exists()
    assert not default_storage.exists(name)
    last = Action.history.latest()
    assert (last.history_type, last.history_user, last.history_change_reason) == ("-", enlace, "Borrador eliminado")


def test_what_was_sent_is_not_deleted(make_action, enlace):
    with pytest.raises(services.WrongState):
        services.delete_draft(action=make_action("returned"), by=enlace)
    assert Action.objects.count() == 1


def test_action_stays_with_the_municipality_when_the_liaison_changes(make_action, municipality, enlace):
    make_action()
    Designation.objects.all().delete()
    Person.objects.all().delete()
    enlace.delete()
    assert Action.objects.get().municipality == municipality


def test_overdue_actions_are_open_ones_past_their_end():
    late = TODAY - dt.timedelta(days=1)
    ActionFactory(ends_on=TODAY, status="under-way")
    ActionFactory(ends_on=late, status="completed")
    ActionFactory(ends_on=late, status="suspended")
    ActionFactory(ends_on=None, status="under-way")
    overdue = ActionFactory(ends_on=late, status="planned")
    assert list(Action.objects.overdue()) == [overdue]
    assert [row for row in Action.objects.all() if row.is_overdue] == [overdue]


def test_a_duplicate_has_what_was_planned_and_nothing_of_what_was_done(municipality, values, enlace):
    goal, hazard = SDGFactory(), HazardFactory()
    facts = {"title": "T" * 160, "budget": Decimal(500), "ended_on": TODAY, "started_on": TODAY, "people_exposed": 9}
    action = save(municipality, values | facts, by=enlace, sdgs=[goal], hazards=[hazard], indicator=INDICATOR)
    step = services.MilestoneValues(title="Obra", weight=3, due_on=TODAY, done_on=TODAY)
    services.save_milestone(action=action, milestone=None, values=step, by=enlace)
    indicator = action.indicators.get()
    services.save_reading(indicator=indicator, reading=None, date=TODAY, value=Decimal(2), source="", by=enlace)
    services.add_evidence(action=action, evidence=evidence_file(), by=enlace)
    services.submit_action(action=action, version=None, by=enlace)

    key = uuid.uuid4()
    copy = services.duplicate_action(action=action, by=enlace, request_key=key)

    assert services.duplicate_action(action=action, by=enlace, request_key=key) == copy
    assert Action.objects.count() == 2
    copy.refresh_from_db()
    assert copy.title == "T" * 152 + " (copia)"
    assert (copy.review_state, copy.budget, copy.people_exposed) == ("draft", 500, 9)
    assert (copy.started_on, copy.ended_on, copy.progress, copy.submitted_at) == (None, None, None, None)
    assert (list(copy.sdgs.all()), list(copy.hazards.all())) == ([goal], [hazard])
    assert copy.milestones.values_list("title", "weight", "due_on", "done_on").get() == ("Obra", 3, TODAY, None)
    assert copy.indicators.values_list("name", "unit", "baseline", "target").get() == ("Escuelas", "escuelas", 0, 3)
    assert not copy.evidence.exists()
    assert not IndicatorReading.objects.filter(indicator__action=copy).exists()
    assert copy.history.last().history_change_reason == "Duplicado de otra acción"
