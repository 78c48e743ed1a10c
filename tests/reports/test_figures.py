"""Figures count what their definitions say, with the unknown in a cell of its own."""

import datetime as dt
from dataclasses import replace

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from events.figures import BySex, Cell, _withheld_places
from events.models import Attendance
from municipalities.figures import Period, Place, of_municipality, of_region, of_zone, places
from municipalities.models import MetropolitanZone
from reports.figures import (
    csv_rows,
    exact_figures,
    from_json,
    of_institution,
    of_series,
    of_training,
    public_figures,
    state_scope,
    to_json,
)
from reports.models import DeclaredResult
from tests.factories import (
    AccompanimentFactory,
    AccompanimentSessionFactory,
    ActionFactory,
    AttendanceFactory,
    ClimateProgrammeFactory,
    DesignationFactory,
    EmissionEstimateFactory,
    EventFactory,
    IndicatorFactory,
    IndicatorReadingFactory,
    OrganisationFactory,
    SectorFactory,
    SeriesFactory,
    TrainingFactory,
    TrainingTargetFactory,
)
from tests.reports.conftest import attend
from web.disclosure import is_small

EVER = Period()


def exact(scope=None, period=EVER, **options):
    return exact_figures(scope or state_scope(), period, places=places(), **options)


def public(scope=None, period=EVER):
    return public_figures(scope or state_scope(), period, places=places())


def test_events_are_counted_by_format_and_modality(network):
    events = exact().events
    assert [(row.code, row.virtual, row.in_person, row.hybrid) for row in events.by_format] == [
        ("webinar", 1, 0, 1),
        ("workshop", 0, 1, 0),
    ]
    assert (events.held, events.with_list, events.undated) == (3, 2, 1)
    assert (events.headcount, events.with_headcount) == (60, 1)
    assert sum(count.count for count in events.by_pathway) == events.held


def test_attendances_persons_and_headcount_stand_apart(network):
    figures = exact()
    assert figures.people.attendances == 23
    assert figures.people.persons == 19
    assert figures.events.headcount == 60


def test_split_by_sex_makes_the_total_with_unknown_in_its_own_cell(network):
    people = exact().people
    assert people.attendances_by_sex == BySex(women=13, men=7, other=0, undisclosed=1, unknown=2)
    assert people.persons_by_sex == BySex(women=9, men=7, other=0, undisclosed=1, unknown=2)


@pytest.mark.parametrize("scope", ["state", "region", "municipality"])
def test_every_split_sums_to_its_total(network, scope):
    chosen = {
        "state": state_scope(),
        "region": of_region(network.south),
        "municipality": of_municipality(network.first),
    }[scope]
    people = exact(chosen).people
    assert people.attendances_by_sex.total == people.attendances
    assert people.persons_by_sex.total == people.persons
    assert people.persons <= people.attendances
    for rows in (people.by_category, people.by_region, people.by_municipality):
        assert sum(row.attendances for row in rows) == people.attendances
        assert all(row.by_sex.total == row.attendances for row in rows)
    assert sum(row.persons for row in people.by_category) == people.persons
    assert sum(count.count for count in people.by_modality) == people.attendances


def test_minutes_are_summed_only_where_they_are_known(network):
    people = exact().people
    assert (people.minutes, people.minutes_known) == (60, 2)
    people = exact(of_region(network.south)).people
    assert (people.minutes, people.minutes_known) == (None, 0)


def test_region_counts_its_own_people_and_the_events_they_came_to(network):
    figures = exact(of_region(network.north))
    assert (figures.events.held, figures.people.attendances, figures.people.persons) == (2, 11, 7)
    assert figures.events.headcount is None


def test_municipality_counts_events_held_there_even_if_nobody_of_it_came(network):
    EventFactory(title="En Chalco", day=network.today - dt.timedelta(days=2), municipality=network.third)
    figures = exact(of_municipality(network.third))
    assert (figures.events.held, figures.people.attendances) == (1, 0)


def test_zone_is_its_municipalities(network):
    zone = MetropolitanZone.objects.create(name="Valle", delimitation_year=2020)
    zone.municipalities.set([network.first, network.third])
    figures = exact(of_zone(zone))
    assert (figures.events.held, figures.people.attendances, figures.people.persons) == (2, 11, 7)
    assert (figures.coverage.municipalities, figures.coverage.titular, figures.actions.total) == (2, 1, 1)
    assert [row.label for row in figures.people.by_municipality] == ["Acambay"]


def test_series_and_training_are_their_sessions_whoever_came(network):
    series = SeriesFactory(title="Agua")
    for event in (network.webinar, network.talk):
        event.series = series
        event.save()
    figures = exact(of_series(series))
    assert (figures.events.held, figures.events.with_list, figures.people.attendances) == (2, 1, 8)
    assert [row.label for row in figures.people.by_region] == ["Región Norte", "Sin dato"]
    assert (figures.coverage, figures.actions, figures.declared) == (None, None, ())
    figures = exact(of_training(network.training))
    assert (figures.events.held, figures.events.headcount, figures.people.attendances) == (1, 60, 15)
    assert [(row.title, row.target.people) for row in figures.trainings.rows] == [("Suelo y agua", 260)]


def test_training_says_its_target_before_its_first_session_and_its_undated_one(network):
    training = TrainingFactory(title="Ninguna sesión")
    TrainingTargetFactory(training=training, people=32)
    assert [row.target.people for row in exact(of_training(training)).trainings.rows] == [32]


def test_institution_is_who_came_for_it_however_it_was_written_and_what_it_organises(network):
    agency = OrganisationFactory(name="Agencia del Paisaje", acronym="ÁPA")
    written = ["Agencia  del paisaje", "APA", "agencia del paisaje (APA)", "Agencia", ""]
    for number, text in enumerate(written):
        attend(network.webinar, network.first, institution=text, sex="man" if number else "woman")
    network.talk.organisers.create(organisation=agency, role="funds")
    TrainingTargetFactory(training=network.training, organisation=agency, people=7)
    figures = exact(of_institution(agency))
    assert (figures.people.attendances, figures.people.attendances_by_sex) == (3, BySex(women=1, men=2))
    assert (figures.events.held, figures.events.headcount, figures.coverage, figures.actions) == (2, None, None, None)
    assert figures.trainings.rows == ()
    attend(network.workshop, network.first, institution="Apa")
    row = exact(of_institution(agency)).trainings.rows[0]
    assert (row.target.people, row.attendances) == (7, 1)


def test_people_of_unknown_municipality_belong_to_the_state_alone(network):
    rows = {row.label: row for row in exact().people.by_region}
    assert {label: (row.attendances, row.persons) for label, row in rows.items()} == {
        "Región Norte": (11, 7),
        "Región Sur": (11, 11),
        "Sin dato": (1, 1),
    }


def test_period_includes_both_of_its_days(network):
    day = network.today - dt.timedelta(days=20)
    assert exact(period=Period(day, day)).events.held == 1
    assert exact(period=Period(day + dt.timedelta(days=1), None)).events.held == 2
    assert exact(period=Period(None, day - dt.timedelta(days=1))).events.held == 0


def test_drafts_cancelled_and_coming_events_are_not_held(network):
    EventFactory(day=network.today - dt.timedelta(days=3), status="draft")
    EventFactory(day=network.today - dt.timedelta(days=3), status="cancelled")
    assert exact().events.held == 3


def test_unique_person_has_the_latest_known_sex(network, person):
    AttendanceFactory(event=network.webinar, person=person, sex="man")
    AttendanceFactory(event=network.workshop, person=person, sex="other")
    AttendanceFactory(event=network.talk, person=person, sex="")
    before = BySex(women=9, men=7, other=0, undisclosed=1, unknown=2)
    assert exact().people.persons_by_sex == replace(before, other=1)


def test_attendance_takes_the_modality_of_an_event_that_is_not_hybrid(network):
    attend(network.talk, network.first)
    attend(network.talk, network.first, modality="virtual")
    counts = {count.code: count.count for count in exact().people.by_modality}
    assert counts == {"virtual": 9, "in-person": 15, "": 1}


def test_targets_stand_apart_from_what_was_reached(network):
    row = exact().trainings.rows[0]
    assert (row.target.people, row.target.women, row.target.sex_known) == (260, 107, 210)
    assert (row.sessions, row.attendances, row.persons) == (1, 15, 15)


def test_training_without_sessions_reached_an_unknown_number(network):
    training = TrainingFactory(title="Ninguna sesión")
    TrainingTargetFactory(training=training, people=32, people_virtual=20, people_in_person=12)
    row = exact().trainings.rows[0]
    assert (row.title, row.target.virtual, row.target.modality_known) == ("Ninguna sesión", 20, 32)
    assert (row.sessions, row.attendances, row.persons) == (0, None, None)
    assert [row.title for row in exact(of_region(network.south)).trainings.rows] == ["Suelo y agua"]


def test_part_of_a_target_that_stands_alone_is_said_and_in_no_share(network, client):
    training = TrainingFactory(title="Media meta")
    TrainingTargetFactory(training=training, people=30, people_virtual=18, people_in_person=None)
    target = exact().trainings.rows[0].target
    assert (target.virtual, target.modality_known, target.virtual_alone) == (0, 0, 18)
    assert "18 en línea; presenciales: sin dato" in client.get("/resultados/").content.decode()
    assert "meta: en línea, sin dato de presenciales" in client.get("/resultados.csv").content.decode()


def test_figures_stored_before_a_field_was_counted_are_read(network):
    stored = to_json(exact())
    del stored["trainings"]["target"]["virtual_alone"]
    assert from_json(stored) == exact()


def test_coverage_tells_titular_from_only_suplente_from_none(network):
    DesignationFactory(municipality=network.first, kind="suplente")
    coverage = exact().coverage
    assert (coverage.titular, coverage.suplente_only, coverage.none, coverage.municipalities) == (1, 1, 1, 3)
    assert dict(coverage.states) == {"15001": "titular", "15002": "suplente", "15003": "none"}


def test_coverage_of_a_past_day_counts_designations_that_ended_since(network):
    day = network.today - dt.timedelta(days=100)
    DesignationFactory(municipality=network.third, state="ended", starts_on=day, ends_on=day + dt.timedelta(days=9))
    coverage = exact(period=Period(None, day)).coverage
    assert (coverage.as_of, coverage.titular, coverage.none) == (day, 1, 2)


def test_only_validated_actions_are_counted(network):
    actions = exact().actions
    assert actions.total == 1
    assert [(count.code, count.count) for count in actions.by_kind] == [("mitigation", 1)]


def test_declared_results_stand_with_the_state_alone(network):
    DeclaredResult.objects.create(code="red", statement="más de 1,088", minimum_value=1088, source="fuente 003")
    assert [row.statement for row in exact().declared] == ["más de 1,088"]
    assert exact(of_region(network.north)).declared == ()


def test_event_list_says_unknown_where_there_is_no_list(network):
    lines = exact(with_lines=True).lines
    assert [(line.title, line.attendances, line.headcount) for line in lines] == [
        ("Webinar de agua", 8, None),
        ("Taller de suelo", 15, 60),
        ("Charla sin lista", None, None),
    ]


def test_event_list_of_a_part_gives_headcounts_of_its_own_venues_alone(network):
    assert [(line.title, line.headcount) for line in exact(of_region(network.north), with_lines=True).lines] == [
        ("Webinar de agua", None),
        ("Taller de suelo", None),
    ]
    assert [line.headcount for line in exact(of_region(network.south), with_lines=True).lines] == [60]


def test_figures_come_back_from_json_as_they_were(network):
    DeclaredResult.objects.create(code="red", statement="más de 1,088", minimum_value=1088, source="fuente 003")
    for figures in (exact(with_lines=True), public(), exact(of_municipality(network.third))):
        assert from_json(to_json(figures)) == figures


def test_events_are_counted_by_topic_in_each_of_theirs_and_by_modality(network):
    water, soil = SectorFactory(code="water", order=1), SectorFactory(code="soil", order=2)
    network.webinar.sectors.add(water)
    network.workshop.sectors.add(water, soil)
    events = exact().events
    assert [(row.code, row.count) for row in events.by_topic] == [("water", 2), ("soil", 1), ("", 1)]
    assert [(row.code, row.count) for row in events.by_modality] == [("virtual", 1), ("in-person", 1), ("hybrid", 1)]


def test_hours_of_training_say_of_how_many_the_minutes_are_known(network):
    hours = exact().hours
    assert (hours.attendances, hours.minutes, hours.minutes_known, hours.municipalities) == (15, None, 0, 2)
    Attendance.objects.filter(event=network.workshop, municipality=network.first).update(minutes=45)
    hours = exact().hours
    assert (hours.minutes, hours.minutes_known, hours.minutes_unknown, str(hours.hours)) == (180, 4, 11, "3.0")


def test_accompaniment_counts_only_what_both_sides_confirmed(network):
    now = timezone.now()
    both = {"institute_confirmed_at": now, "municipality_confirmed_at": now}
    file = AccompanimentFactory(municipality=network.first, state="assigned")
    for number, (minutes, confirmed) in enumerate([(60, both), (None, both), (90, {"institute_confirmed_at": now})]):
        AccompanimentSessionFactory(
            accompaniment=file, day=network.today - dt.timedelta(days=number + 1), minutes=minutes, **confirmed
        )
    found = exact().accompaniment
    assert (found.sessions, found.minutes, found.unknown, found.pending, found.municipalities) == (2, 60, 1, 1, 1)
    assert public().accompaniment == replace(found, pending=None)
    assert exact(of_region(network.south)).accompaniment.minutes is None
    before = Period(None, network.today - dt.timedelta(days=2))
    assert exact(period=before).accompaniment.sessions == 1


def test_reach_is_of_all_municipalities_and_says_of_how_many_nothing_is_known(network):
    ClimateProgrammeFactory(municipality=network.first, state="published")
    reach = exact().reach
    assert (reach.municipalities, reach.trained, reach.with_actions, reach.accompanied) == (3, 2, 1, 0)
    assert [(row.code, row.count) for row in reach.programmes] == [("published", 1), ("unknown", 2)]


def test_actions_stand_against_their_plan_and_only_equal_units_are_added(network):
    late = ActionFactory(
        municipality=network.second, review_state="published", status="under-way",
        starts_on=network.today - dt.timedelta(days=60), ends_on=network.today - dt.timedelta(days=1),
    )  # fmt: skip
    for unit, target, value in (("ha", 10, 4), ("ha", 20, None), ("km", 5, 5)):
        indicator = IndicatorFactory(action=late, unit=unit, target=target)
        if value is not None:
            IndicatorReadingFactory(indicator=indicator, date=network.today - dt.timedelta(days=9), value=1)
            IndicatorReadingFactory(indicator=indicator, date=network.today - dt.timedelta(days=3), value=value)
    EmissionEstimateFactory(action=late, tonnes=7)
    actions = exact().actions
    assert {row.code: row.count for row in actions.by_time}["overdue"] == 1
    assert sum(row.count for row in actions.by_time) == actions.total == 2
    sums = [(row.unit, row.count, row.target, row.read, row.reading, row.read_target) for row in actions.indicators]
    assert sums == [("ha", 2, 30, 1, 4, 10), ("km", 1, 5, 1, 5, 5)]
    assert [(row.kind, row.count, row.tonnes) for row in actions.emissions] == [("expected", 1, 7)]
    earlier = exact(period=Period(None, network.today - dt.timedelta(days=5))).actions
    assert [row.reading for row in earlier.indicators] == [1, 1]
    assert from_json(to_json(exact())).actions == actions


def test_public_institutions_with_few_people_are_counted_together(network):
    for name, count in (("Uno", 1), ("Cinco", 5), ("Nueve", 9)):
        OrganisationFactory(name=name)
        attend(network.webinar, network.first, count=count, institution=name)
    told = {row.label: (row.attendances, row.persons) for row in public().people.by_institution}
    assert told == {"Cinco": (5, None), "Nueve": (9, None), "Otra o sin dato": (24, None)}
    assert {row.label: row.attendances for row in exact().people.by_institution}["Uno"] == 1


# --- What the public sees


def test_public_figures_withhold_a_split_with_one_or_two_persons(network):
    people = public().people
    rows = {row.label: row for row in people.by_region}
    assert rows["Región Norte"].by_sex == BySex(women=8, men=3)
    assert rows["Región Sur"].by_sex is None
    assert rows["Región Sur"].attendances == 11
    assert people.attendances_by_sex is None  # its own cells «prefiere no decir» (1) and «sin dato» (2) are small


def test_public_page_of_a_region_withholds_what_the_state_withholds(network):
    assert public(of_region(network.south)).people.attendances_by_sex is None
    assert public(of_region(network.north)).people.attendances_by_sex == BySex(women=8, men=3)


def test_public_figures_of_a_part_split_no_unique_persons(network):
    people = public(of_region(network.north)).people
    assert people.persons == 7
    assert people.persons_by_sex is None


def test_public_zone_shows_its_split_only_where_each_of_its_municipalities_does(network):
    zone = MetropolitanZone.objects.create(name="Valle", delimitation_year=2020)
    zone.municipalities.set([network.first, network.third])
    assert public(of_zone(zone)).people.attendances_by_sex == BySex(women=8, men=3)
    zone.municipalities.add(network.second)
    assert public(of_zone(zone)).people.attendances_by_sex is None


def test_public_figures_of_a_series_a_training_or_an_institution_are_totals(network):
    attend(network.workshop, network.first, count=9, sex="woman", institution="Agencia")
    agency = network.training.targets.get(people=210).organisation
    for scope in (of_training(network.training), of_institution(agency)):
        people = public(scope).people
        rows = [*people.by_region, *people.by_municipality, *people.by_category]
        assert {row.by_sex for row in rows} == {None}
        assert (people.attendances_by_sex, people.persons_by_sex, people.by_modality) == (None, None, ())


def test_public_totals_equal_the_exact_ones(network):
    agency = network.training.targets.get(people=210).organisation
    programmes = (of_training(network.training), of_institution(agency))
    for scope in (state_scope(), of_region(network.south), of_municipality(network.first), *programmes):
        a, b = exact(scope), public(scope)
        assert (a.events, a.coverage, a.trainings, a.actions) == (b.events, b.coverage, b.trainings, b.actions)
        assert (a.people.attendances, a.people.persons) == (b.people.attendances, b.people.persons)
        assert [row.attendances for row in a.people.by_municipality] == [
            row.attendances for row in b.people.by_municipality
        ]


PLACES = [
    Place(pk, f"{pk:05}", f"M{pk}", f"m{pk}", pk % 3, f"R{pk % 3}", pk % 3, f"r{pk % 3}", pk, 0) for pk in range(1, 8)
]
cell_lists = st.lists(
    st.builds(
        Cell, st.sampled_from([None, *range(1, 8)]), st.just(""), st.just(""),
        st.sampled_from(["woman", "man", "other", ""]), st.integers(1, 9), st.none(), st.just(0),
    ),
    max_size=24,
)  # fmt: skip


@given(cell_lists)
def test_no_small_cell_of_a_municipality_is_shown_or_left_over(cells):
    """Municipalities shown, regions shown and the state: subtracting one level from the next tells nothing small."""
    answer = _withheld_places(cells, PLACES)
    region_of = {place.pk: place.region_id for place in PLACES} | {None: None}

    def split(pks):
        sums = {"woman": 0, "man": 0, "other": 0, "": 0}
        for cell in cells:
            if cell.municipality_id in pks:
                sums[cell.sex] += cell.attendances
        return tuple(sums.values())

    present = {cell.municipality_id for cell in cells}
    for pk in present - answer.municipalities:
        assert not any(map(is_small, split({pk})))
        assert region_of[pk] not in answer.regions
    for region in {region_of[pk] for pk in present} - answer.regions:
        left = {pk for pk in present & answer.municipalities if region_of[pk] == region}
        assert not any(map(is_small, split(left)))
        assert len(left) != 1 or not any(map(is_small, split(left)))
    if not answer.state:
        assert not any(map(is_small, split(present)))
        assert not any(map(is_small, split({pk for pk in present if region_of[pk] in answer.regions})))


# --- CSV


def test_csv_has_every_number_and_names_what_is_withheld(network):
    rows = {(row[0], row[2], row[3]): row[4:] for row in csv_rows(public())}
    assert rows["Eventos", "Eventos celebrados", "eventos"][0] == 3
    assert rows["Por región", "Región Norte", "asistencias: Mujeres"][:2] == [8, 11]
    assert rows["Por región", "Región Sur", "asistencias por sexo"] == ["", 11, "sin desglose"]
    assert ("Por región", "Región Sur", "asistencias: Mujeres") not in rows


def test_csv_leaves_the_unknown_empty(network):
    Attendance.objects.update(minutes=None)
    rows = {(row[0], row[2], row[3]): row[4:] for row in csv_rows(exact())}
    assert rows["Personas", "Minutos de asistencia", "minutos"] == ["", "", "sin dato"]


# --- Cost


def test_figures_cost_the_same_queries_however_much_there_is(network, django_assert_num_queries):
    at = places()
    scope = state_scope()
    with django_assert_num_queries(8):
        public_figures(scope, EVER, places=at)
    for number in range(5):
        event = EventFactory(day=network.today - dt.timedelta(days=30 + number), headcount=9)
        attend(event, network.third, count=4, sex="woman")
        TrainingTargetFactory(training=network.training)
        TrainingTargetFactory(training=TrainingFactory())
    with django_assert_num_queries(8):
        public_figures(scope, EVER, places=at)
    with django_assert_num_queries(10):
        exact_figures(scope, EVER, places=at, with_lines=True)
