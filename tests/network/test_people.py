"""Persons: further e-mails and names, joining and parting what the network keeps of them."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from network.models import Person, PersonAlias
from network.registry import MovedAgain, point_back, repoint
from network.services.people import export, merge, unmerge
from tests.factories import DesignationFactory, MunicipalityFactory, PersonAliasFactory, PersonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
DAY = dt.timedelta(days=1)


@pytest.fixture
def pair():
    return PersonFactory(name="Ana Prueba"), PersonFactory(name="Ana P. Prueba")


# --- Aliases


def test_aliases_are_found_by_e_mail_and_by_name_in_one_query(django_assert_num_queries):
    mail = PersonAliasFactory(value="Ana@Prueba.example")
    name = PersonAliasFactory(kind="name", value="ÁNA   Núñez", municipality=MunicipalityFactory())
    PersonAliasFactory(kind="name", value="ana@prueba.example")
    with django_assert_num_queries(1):
        assert [row.person for row in PersonAlias.objects.for_emails([" ANA@prueba.example", "x@y.example", ""])] == [
            mail.person
        ]
    with django_assert_num_queries(1):
        found = list(PersonAlias.objects.for_names(["ana nunez"]))
        assert [(row.person, row.municipality) for row in found] == [(name.person, name.municipality)]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", {"Ana Prueba", "Luis Prueba", "Eva Muestra"}),
        ("prueba", {"Ana Prueba", "Luis Prueba"}),
        ("PRUEBA agua", {"Ana Prueba"}),  # of the name, of the institution
        ("luis lucho buzon", {"Luis Prueba"}),  # of the name, of one alias, of another one
        ("lucho buzon", {"Luis Prueba"}),
        ("lucho agua", set()),  # of two persons
        ("buzon", {"Luis Prueba"}),
    ],
)
def test_people_are_found_by_words_of_their_record_and_of_their_aliases(words, found):
    PersonFactory(name="Ana Prueba", institution="Comisión del Agua", email="a@x.example")
    luis = PersonFactory(name="Luis Prueba", institution="", email="l@x.example")
    PersonFactory(name="Eva Muestra", institution="", email="e@x.example")
    PersonAliasFactory(person=luis, value="buzon@x.example")
    PersonAliasFactory(person=luis, kind="name", value="Lucho Pérez")
    assert {person.name for person in Person.objects.matching(words)} == found


def test_the_same_alias_of_a_person_is_kept_once():
    first = PersonAliasFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        PersonAliasFactory(person=first.person, value=first.value.upper())
    assert PersonAliasFactory(value=first.value).person != first.person  # a shared mailbox has several


# --- Joining and parting


def test_aliases_and_designations_move_and_come_back(pair):
    kept, gone = pair
    shared, own = PersonAliasFactory(person=kept), PersonAliasFactory(person=gone)
    PersonAliasFactory(person=gone, value=shared.value)
    letter = DesignationFactory(person=gone)
    moved = merge(kept, gone)
    assert set(kept.aliases.values_list("value", flat=True)) == {shared.value, own.value}
    assert kept.designations.get() == letter
    unmerge(kept, gone, moved)
    assert gone.designations.get() == letter
    assert (kept.aliases.count(), gone.aliases.count()) == (1, 2)


def test_designations_that_share_a_day_are_refused_in_words_and_nothing_moves(pair):
    kept, gone = pair
    today = timezone.localdate()
    DesignationFactory(person=kept, starts_on=today - 9 * DAY, ends_on=today)
    other = DesignationFactory(person=gone, starts_on=today)
    with pytest.raises(ValidationError, match="coinciden en fechas"):
        merge(kept, gone)
    assert gone.designations.get() == other


@pytest.mark.parametrize("state", ["rejected", "proposed"])
def test_a_letter_that_does_not_count_hinders_nothing(pair, state):
    DesignationFactory(person=pair[0])
    DesignationFactory(person=pair[1], state=state)
    merge(*pair)
    assert pair[0].designations.count() == 2


def test_one_after_the_other_in_time_is_one_person_who_stayed(pair):
    today = timezone.localdate()
    municipality = MunicipalityFactory()
    for person, start, end in [(pair[0], -30, -10), (pair[1], -9, 10)]:
        DesignationFactory(
            person=person, municipality=municipality, kind="suplente", starts_on=today + start * DAY,
            ends_on=today + end * DAY,
        )  # fmt: skip
    merge(*pair)
    assert pair[0].designations.count() == 2


def test_plain_keys_are_repointed_by_the_common_steps(pair):
    kept, gone = pair
    letter, key = DesignationFactory(person=gone), "network.Designation.person"
    moved = repoint(key)(kept, gone)
    assert (moved, kept.designations.get()) == ({key: [letter.pk]}, letter)
    point_back(key)(kept, gone, moved)
    assert gone.designations.get() == letter
    with pytest.raises(MovedAgain):
        point_back(key)(kept, gone, moved)


def test_a_person_gets_the_own_data_aliases_and_designations_in_words():
    person = PersonFactory(name="Ana Prueba", sex="woman")
    PersonAliasFactory(person=person, value="ana@otro.example")
    DesignationFactory(person=person, oficio_number="PM/1/2026")
    words = export(person)
    assert [(row["Nombre"], row["Sexo"]) for row in words["Mis datos"]] == [("Ana Prueba", "Mujer")]
    assert [row["Valor"] for row in words["Otros correos y nombres"]] == ["ana@otro.example"]
    assert [row["Número de oficio"] for row in words["Designaciones"]] == ["PM/1/2026"]
