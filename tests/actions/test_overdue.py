"""The institute's board of overdue actions: what is late where, since when, and who was told of it last."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from actions.figures.overdue import by_region, late_actions, late_csv_rows
from actions.models import Action
from actions.reminders import remind_deadlines
from outbox.models import Message
from tests import factories as f

pytestmark = pytest.mark.django_db
HERE = "/gestion/acciones/atrasadas/"


def ended(place: Any, days: int, **more: Any) -> Action:
    """Published, and its plan ended so many days ago without an answer."""
    today = timezone.localdate()
    values = {"starts_on": today - dt.timedelta(days=400), "ends_on": today - dt.timedelta(days=days)}
    return f.ActionFactory(
        **{"municipality": place, "review_state": "published", "status": "under-way"} | values | more
    )


def silent(place: Any, days: int, **more: Any) -> Action:
    """Under way, and its follow-up was due so many days ago."""
    due = timezone.localdate() - dt.timedelta(days=days)
    values = {"review_state": "validated", "status": "under-way", "follow_up_due_on": due}
    return f.ActionFactory(municipality=place, **values | more)


@pytest.fixture
def valley(db: None) -> Any:
    return f.MunicipalityFactory(name="Alto", slug="alto", region=f.RegionFactory(number=1, name="Amecameca"))


@pytest.fixture
def coast(db: None) -> Any:
    return f.MunicipalityFactory(
        name="Bajo", slug="bajo", region=f.RegionFactory(number=2, name="Zumpango", zone_number=2, zone="Norte")
    )


def board() -> list[tuple[str, list[tuple[str, int, int, int]]]]:
    groups = by_region(late_actions(Action.objects.ever_sent()))
    return [
        (group.region.name, [(row.place.name, row.follow_ups, row.ends, row.oldest) for row in group.places])
        for group in groups
    ]


def test_what_is_late_is_counted_by_region_and_municipality(valley: Any, coast: Any) -> None:
    ended(coast, 3), silent(coast, 200), silent(valley, 1)
    f.ActionFactory(municipality=valley, review_state="returned", status="under-way", ends_on=timezone.localdate())
    silent(valley, 0), silent(valley, -3), ended(valley, 9, status="completed"), ended(valley, 9, review_state="draft")
    assert board() == [("Amecameca", [("Alto", 1, 0, 1)]), ("Zumpango", [("Bajo", 1, 1, 200)])]


def test_who_was_told_last_and_who_is_titular_stand_beside_it(valley: Any) -> None:
    titular = f.DesignationFactory(municipality=valley, person__name="Ana Titular", person__email="ana@prueba.example")
    f.DesignationFactory(municipality=valley, kind="suplente", person__email="luis@prueba.example")
    ended(valley, 10)
    [row] = late_actions(Action.objects.ever_sent())
    assert (row.titular, row.told) == (titular, None)
    remind_deadlines()
    assert late_actions(Action.objects.ever_sent())[0].told is None  # written, and not sent yet
    first, second = timezone.now() - dt.timedelta(days=5), timezone.now()
    mails = Message.objects.filter(kind="actions.deadlines")
    mails.filter(to_email="ana@prueba.example").update(state="sent", sent_at=first)
    [row] = late_actions(Action.objects.ever_sent())
    assert row.told is not None
    assert (row.told.rung, row.told.at) == ("titular", first)
    mails.filter(to_email="luis@prueba.example").update(state="sent", sent_at=second)
    [row] = late_actions(Action.objects.ever_sent())
    assert row.told is not None
    assert (row.told.rung, row.told.at) == ("suplente", second)
    # The board says it of the municipality too; another date is another deadline, of which nobody heard.
    assert by_region([row])[0].told == row.told
    Action.objects.update(ends_on=timezone.localdate() - dt.timedelta(days=9))
    assert late_actions(Action.objects.ever_sent())[0].told is None


def test_the_table_to_take_away_has_a_line_for_each_action(valley: Any) -> None:
    action = ended(valley, 10)
    assert late_csv_rows(late_actions(Action.objects.ever_sent())) == [
        ["Centro", "Amecameca", valley.cvegeo, "Alto", action.title, action.sector.label, "Fin del plan",
         action.ends_on, 10, None, None, None]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("", {"Limpieza", "Poda", "Faros"}),
        ("&region=region-2", {"Poda", "Faros"}),
        ("&zona=2", {"Poda", "Faros"}),
        ("&municipio=alto", {"Limpieza"}),
        ("&que=end", {"Limpieza", "Faros"}),
        ("&que=follow-up", {"Poda"}),
        ("&sector=energy", {"Faros"}),
        ("&region=region-2&que=end", {"Faros"}),
        ("&region=no-existe", {"Limpieza", "Poda", "Faros"}),
    ],
)
def test_numbers_open_the_actions_behind_them(
    client: Any, staff: Any, valley: Any, coast: Any, query: str, seen: set[str]
) -> None:
    ended(valley, 10, title="Limpieza"), silent(coast, 4, title="Poda")
    ended(coast, 5, title="Faros", sector=f.SectorFactory(code="energy", name="Energía"))
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"{HERE}?ver=acciones{query}")
    assert {row.action.title for row in page.context["page"].object_list} == seen
    csv = client.get(f"/gestion/acciones/atrasadas.csv?{query}").content.decode()
    assert {title for title in ("Limpieza", "Poda", "Faros") if title in csv} == seen


def test_links_of_the_board_keep_the_filters(client: Any, staff: Any, coast: Any) -> None:
    ended(coast, 5)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"{HERE}?zona=2&que=end").content.decode().replace("&amp;", "&")
    assert "?zona=2&que=end&ver=acciones&municipio=bajo" in page
    assert "?zona=2&que=end&ver=acciones&region=region-2" in page


def test_who_has_nothing_late_is_told_so(client: Any, staff: Any) -> None:
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    assert "Nada está atrasado" in client.get(HERE).content.decode()
