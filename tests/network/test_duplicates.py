"""Pairs of records that may be one human: which are proposed, why, and which are not."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from network.enums import DuplicateReason as Why
from network.models import Person, PossibleDuplicate
from network.services import edit_person, find_duplicates, say_different
from network.services.duplicates import closeness
from tests.factories import MunicipalityFactory, PersonAliasFactory, PersonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def proposed():
    """The reasons by pair of names, after looking."""
    while find_duplicates():
        pass
    return {
        (pair.one.name, pair.other.name): pair.reasons
        for pair in PossibleDuplicate.objects.open().select_related("one", "other")
    }


@pytest.mark.parametrize(("one", "other", "reasons"), [
    ({"name": "A B C", "email": "x@p.example"}, {"name": "D E F", "email": "X@p.example"}, [Why.EMAIL]),
    ({"name": "Ana Núñez", "email": "x@p.example"}, {"name": "ANA NUNEZ RUIZ", "email": "x@p.example"},
     [Why.EMAIL, Why.CLOSE_NAME]),
    ({"name": "Ana Núñez", "phone": "722 123-4567"}, {"name": "Beto Ruiz", "phone": "(722)1234567"}, [Why.PHONE]),
    ({"name": "Ana Núñez", "place": 1}, {"name": " ana  nunez", "place": 1}, [Why.NAME_PLACE]),
    ({"name": "Ana Núñez", "place": 1}, {"name": "Ana Nuñez"}, [Why.NAME_ONE_PLACE]),
    ({"name": "Ana Núñez", "place": 1, "institution": "DIF"}, {"name": "Ana Núñez", "place": 2, "institution": "dif"},
     [Why.NAME_INSTITUTION]),
    ({"name": "Anabel Hernández Soto", "institution": "DIF"}, {"name": "Anabel Hernandes Soto", "institution": "DIF"},
     [Why.CLOSE_NAME, Why.INSTITUTION]),
    # Namesakes, neighbours and colleagues are no duplicates.
    ({"name": "Ana Núñez", "place": 1}, {"name": "Ana Núñez", "place": 2}, None),
    ({"name": "Ana Núñez", "place": 1, "institution": "D"}, {"name": "Anatolia Paz", "place": 1, "institution": "D"},
     None),
    ({"name": "Anabel Hernández Soto"}, {"name": "Anabel Hernandes Soto"}, None),
    ({"name": "A B", "email": "", "phone": ""}, {"name": "C D", "email": "", "phone": ""}, None),
])  # fmt: skip
def test_pairs_are_proposed_for_what_they_share(one, other, reasons):
    places = {number: MunicipalityFactory() for number in (1, 2)}
    for fields in (one, other):
        fields = {"email": "", **fields}
        place = fields.pop("place", None)
        PersonFactory(municipality=places.get(place), **fields)
    assert list(proposed().values()) == ([reasons] if reasons else [])


def test_an_alias_is_an_e_mail_as_well():
    PersonAliasFactory(person=PersonFactory(name="Ana"), value="x@p.example")
    PersonFactory(name="Beto", email="x@p.example")
    assert proposed() == {("Ana", "Beto"): [Why.EMAIL]}


def test_the_mailbox_of_an_office_proposes_only_close_names():
    for name in ("Ana Ruiz Soto", "Beto Paz Cruz", "Carla Díaz Luna", "Ana Ruiz"):
        PersonFactory(name=name, email="oficina@p.example")
    assert proposed() == {("Ana Ruiz Soto", "Ana Ruiz"): [Why.EMAIL, Why.CLOSE_NAME]}


def test_a_pair_that_are_two_people_is_not_proposed_again(staff):
    one, other = (PersonFactory(name="Ana", email="x@p.example", position=str(number)) for number in range(2))
    assert len(proposed()) == 1
    say_different(one=other, other=one, by=staff)
    assert proposed() == {}
    edit_person(person=one, values={"phone": "1"}, reason="Teléfono", by=staff)
    assert proposed() == {}
    assert PossibleDuplicate.objects.get().decided_by == staff


def test_a_corrected_record_is_compared_again(staff):
    one, other = PersonFactory(name="Ana", email="x@p.example"), PersonFactory(name="Beto", email="y@p.example")
    assert proposed() == {}
    edit_person(person=other, values={"email": "x@p.example"}, reason="Correo", by=staff)
    assert proposed() == {("Ana", "Beto"): [Why.EMAIL]}
    edit_person(person=one, values={"email": "z@p.example"}, reason="Correo", by=staff)
    assert proposed() == {}


def test_looking_reads_as_often_for_few_as_for_many():
    reads = []
    for people in (10, 150):
        place = MunicipalityFactory()
        Person.objects.bulk_create(
            Person(name=f"P {number % 40}", email=f"m{number % 50}@p.example", institution="DIF", municipality=place)
            for number in range(people)
        )
        with CaptureQueriesContext(connection) as queries:
            find_duplicates()
        reads.append(sum(query["sql"].startswith("SELECT") for query in queries))
    assert reads == [9, 9]
    assert not Person.objects.filter(compared_at=None).exists()


@pytest.mark.parametrize(("one", "other", "close"), [
    ("ana ruiz", "ruiz ana", True), ("ma. guadalupe soto", "guadalupe soto", True), ("ana", "ana ruiz", False),
    ("jose luis perez diaz", "jose luis peres diaz", True), ("ana ruiz", "eva ruiz", False),
])  # fmt: skip
def test_names_are_close_whatever_their_order(one, other, close):
    assert (closeness(one, other) >= 0.85) is close
