"""The staff's desk of people: finding them, what each took part in, corrections, pairs and merges."""

import pytest
from django.urls import reverse

from network import services
from network.models import Person, PersonMerge, PossibleDuplicate
from tests.factories import (
    AttendanceFactory,
    EventFactory,
    PersonAliasFactory,
    PersonFactory,
    PossibleDuplicateFactory,
    RegistrationFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair():
    return PersonFactory(name="Ana Prueba"), PersonFactory(name="Ana P. Prueba")


def page(browser, name, *arguments, **query):
    return browser.get(reverse(name, args=arguments), query).content.decode()


def send(browser, pattern, *arguments, **values):
    return browser.post(reverse(pattern, args=arguments), values)


def test_people_are_found_by_name_institution_and_any_e_mail(desk):
    ana = PersonFactory(name="Ána Núñez", institution="Tecnológico de Prueba")
    PersonFactory(name="Otra Persona")
    PersonAliasFactory(person=ana, value="vieja@prueba.example")
    for words in ("nunez ana", "tecnologico", "VIEJA@prueba", ana.email):
        answer = page(desk, "staff_person_list", q=words)
        assert ("Ána Núñez" in answer, "Otra Persona" in answer) == (True, False)
    assert "Nadie coincide" in page(desk, "staff_person_list", q="zzz")


def test_a_person_that_went_into_another_is_in_no_list_and_has_no_page(desk, staff, pair):
    services.merge_people(kept=pair[0], gone=pair[1], by=staff)
    assert "Ana P. Prueba" not in page(desk, "staff_person_list", q="prueba")
    assert desk.get(reverse("staff_person_detail", args=[pair[1].pk])).status_code == 404
    assert "Ana P. Prueba" in page(desk, "staff_person_detail", pair[0].pk)  # as another name


def test_the_page_of_a_person_shows_what_they_took_part_in(desk):
    row = RegistrationFactory(event=EventFactory(title="Taller de agua"))
    AttendanceFactory(event=row.event, person=row.person, minutes=None)
    answer = page(desk, "staff_person_detail", row.person_id)
    assert ("Taller de agua" in answer, "minutos sin dato" in answer, "Confirmada" in answer) == (True, True, True)


def test_correcting_keeps_the_history_and_does_not_undo_somebody_elses(desk, staff):
    person = PersonFactory(name="Ana Pureba")
    form = desk.get(reverse("staff_person_edit", args=[person.pk])).context["form"]
    values = {"name": "Ana Prueba", "email": person.email, "reason": "Errata", "seen": form["seen"].initial}
    assert send(desk, "staff_person_edit", person.pk, **values).status_code == 302
    answer = page(desk, "staff_person_detail", person.pk)
    assert ("Ana Pureba → Ana Prueba" in answer, "Errata" in answer) == (True, True)
    late = send(desk, "staff_person_edit", person.pk, **values | {"name": "Ana Otra"})
    assert (late.status_code, Person.objects.get(pk=person.pk).name) == (422, "Ana Prueba")
    assert "Alguien cambió estos datos" in late.content.decode()


def test_a_pair_is_proposed_with_its_reasons_and_refused_for_good(desk):
    for name in ("Ana Prueba", "Ana Prueba Ruiz"):
        PersonFactory(name=name, email="ana@prueba.example")
    send(desk, "staff_duplicate_search")
    answer = page(desk, "staff_duplicate_list")
    assert "Mismo correo · Nombre igual o muy parecido" in answer
    pair = PossibleDuplicate.objects.get()
    send(desk, "staff_person_different", pair.other_id, pair.one_id)
    assert "No hay pares por decidir" in page(desk, "staff_duplicate_list")


def test_both_records_are_seen_side_by_side_and_looking_joins_nothing(desk):
    one, other = PersonFactory(name="Ana", phone="1"), PersonFactory(name="Ana", phone="2", email="otra@prueba.example")
    answer = page(desk, "staff_person_merge", one.pk, other.pk)
    assert ("otra@prueba.example" in answer, answer.count(">distinto<")) == (True, 2)
    assert not PersonMerge.objects.exists()


def test_the_chosen_record_is_kept_and_the_merge_is_undone_from_its_list(desk, pair):
    row = RegistrationFactory(person=pair[1])
    answer = send(desk, "staff_person_merge", *(person.pk for person in pair), kept=pair[0].pk, reason="Misma CURP")
    assert answer.url == reverse("staff_person_detail", args=[pair[0].pk])
    assert pair[0].registrations.get() == row
    merge = PersonMerge.objects.get()
    assert "Misma CURP" in page(desk, "staff_merge_list")
    assert desk.get(reverse("staff_merge_undo", args=[merge.pk])).status_code == 200
    assert not PersonMerge.objects.exclude(undone_at=None).exists()
    send(desk, "staff_merge_undo", merge.pk, are_two="on")
    assert (pair[1].registrations.get(), "Deshecha" in page(desk, "staff_merge_list")) == (row, True)
    assert PossibleDuplicate.objects.of_pair(*pair).get().decided_at


def test_what_cannot_be_joined_or_parted_is_said_on_the_page(desk, staff, pair):
    merge = services.merge_people(kept=pair[0], gone=pair[1], by=staff)
    services.merge_people(kept=PersonFactory(), gone=pair[0], by=staff)
    refused = send(desk, "staff_merge_undo", merge.pk)
    assert (refused.status_code, "deshaga primero esa unión" in refused.content.decode()) == (422, True)


@pytest.mark.parametrize("kept", ["", "0", "x"])
def test_a_record_that_is_not_of_the_pair_cannot_be_kept(desk, pair, kept):
    assert send(desk, "staff_person_merge", *(person.pk for person in pair), kept=kept).status_code == 422
    assert not PersonMerge.objects.exists()


def test_open_pairs_are_counted_on_the_list_of_people(desk):
    PossibleDuplicateFactory()
    assert desk.get(reverse("staff_person_list")).context["open_pairs"] == 1
