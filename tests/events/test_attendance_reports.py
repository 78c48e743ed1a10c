"""Reading attendance reports: every shape gives the same people and minutes, and what is broken says where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.imports.attendance import (
    MAX_ROWS,
    Span,
    Unreadable,
    duration_of,
    first_in,
    last_out,
    minutes_of,
    name_of,
    read_report,
)
from tests.events.attendance_files import BROKEN, SAMPLES, Broken, Sample, lines, moment, session


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_every_shape_gives_the_same_people_and_minutes(sample: Sample) -> None:
    when = session(sample.first, sample.last)
    report = read_report(sample.data, when)
    found = [(person.name, person.email, minutes_of(person.spans, when.start, when.end)) for person in report.people]
    assert (found, report.format) == (list(sample.people), sample.format)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_broken_file_says_what_is_wrong_and_where(broken: Broken) -> None:
    with pytest.raises(Unreadable) as refused:
        read_report(broken.data, session(broken.first, broken.last))
    assert (refused.value.sentence, refused.value.line, refused.value.column) == (
        broken.sentence,
        broken.line,
        broken.column,
    )


def test_file_of_too_many_lines_is_refused() -> None:
    data = lines("Nombre,Duración", *(f"Persona {n},60" for n in range(MAX_ROWS))).encode()
    with pytest.raises(Unreadable, match="pasa de 20,000 renglones"):
        read_report(data, session())


def test_first_and_last_moment_are_those_of_all_lines() -> None:
    teams = next(sample for sample in SAMPLES if sample.name == "teams, sections")
    luis = read_report(teams.data, session()).people[1]
    assert (first_in(luis.spans), last_out(luis.spans)) == (moment(11, 10), moment(12, 10))


def test_one_who_never_left_has_no_last_moment() -> None:
    assert (first_in([(10, None, None), (5, 8, None)]), last_out([(10, None, None), (5, 8, None)])) == (5, None)


@pytest.mark.parametrize(
    ("shown", "name", "other", "company"),
    [
        ("Ana López (External)", "Ana López", "", ""),
        ("Ana López (Externo) (Sin verificar)", "Ana López", "", ""),
        ("[Ayuntamiento de Toluca] Ana López", "Ana López", "", "Ayuntamiento de Toluca"),
        ("Ana (Ana López Ruiz)", "Ana López Ruiz", "Ana", ""),
        ("Ana López Ruiz (iPad)", "Ana López Ruiz", "iPad", ""),
        ("Ana\u202fLópez\u200e", "Ana López", "", ""),
        ("(External)", "(External)", "", ""),
    ],
)
def test_labels_are_no_part_of_a_name(shown: str, name: str, other: str, company: str) -> None:
    assert name_of(shown, with_original=True) == (name, other, company)


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59))
def test_durations_are_the_same_however_they_are_written(hours: int, minutes: int, seconds: int) -> None:
    total = hours * 3600 + minutes * 60 + seconds
    forms = [
        f"{hours}h {minutes}m {seconds}s",
        f"{hours}:{minutes:02}:{seconds:02}",
        f"{hours} h {minutes} min {seconds} s",
        f"{hours} horas, {minutes} minutos y {seconds} segundos",
        f"{hours}\u202fhr\u00a0{minutes}\u202fmin {seconds} sec.",
        f"{hours}h{minutes}m{seconds}s",
    ]
    assert {duration_of(form) for form in forms} == {total}


moments = st.integers(0, 3000)
intervals = st.lists(st.tuples(moments, moments).map(lambda pair: (min(pair), max(pair))), min_size=1, max_size=8)


@given(intervals, moments, moments)
def test_minutes_are_the_union_inside_the_session(given_: list[tuple[int, int]], one: int, other: int) -> None:
    """Against counting second by second."""
    start, end = min(one, other), max(one, other)
    spans: list[Span] = [(first, last, None) for first, last in given_]
    seconds = len({second for first, last in given_ for second in range(max(first, start), min(last, end))})
    assert minutes_of(spans, start, end) == (seconds + 30) // 60


@given(intervals, st.permutations([0, 1, 2]))
def test_minutes_do_not_depend_on_order_or_repetition(given_: list[tuple[int, int]], order: list[int]) -> None:
    spans: list[Span] = [(first, last, None) for first, last in given_]
    again = sorted([*spans, *spans], key=lambda span: (hash((order[0], span)), span))
    assert minutes_of(again, 500, 2500) == minutes_of(spans, 500, 2500)


@pytest.mark.parametrize(
    ("spans", "minutes"),
    [
        ([], None),
        ([(None, None, None)], None),
        ([(None, None, None), (0, 1800, None)], 30),  # there, says one; the other says how long
        ([(0, 1800, None), (2000, None, None)], None),  # in again, and nobody says until when
        ([(0, 3600, None), (2000, None, None)], 60),  # there all the time anyhow
        ([(None, None, 1200), (None, None, 1200)], 40),
        ([(None, None, 3000), (None, None, 3000)], 60),  # never more than the session
        ([(0, 1200, None), (None, None, 600)], 30),
        ([(-600, 4000, 1800)], 30),  # away in between
        ([(-600, 0, None)], 0),  # known, and before the session
    ],
)
def test_unknown_is_unknown_and_durations_have_a_limit(spans: list[Span], minutes: int | None) -> None:
    assert minutes_of(spans, 0, 3600) == minutes
