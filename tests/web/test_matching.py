import pytest

from network.models import Person
from tests.factories import PersonFactory
from web.search import matching

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.mark.parametrize("words", ["NUNEZ", "ñúñez maria", "María  Ávila", "avila@", "ma av"])
def test_words_are_found_whatever_their_accents_and_capitals(words: str) -> None:
    person = PersonFactory(name="María Ñúñez ÁVILA", email="avila@prueba.example")
    PersonFactory(name="Otra Persona", email="otra@prueba.example")
    assert list(matching(Person.objects.all(), words, "name", "email")) == [person]


@pytest.mark.parametrize("words", ["%", "_", "maria otra", "'"])
def test_signs_of_the_database_are_only_signs(words: str) -> None:
    PersonFactory(name="María", email="a@prueba.example")
    assert list(matching(Person.objects.all(), words, "name", "email")) == []


def test_no_words_leave_the_list_as_it_is() -> None:
    PersonFactory()
    assert matching(Person.objects.all(), " ", "name").count() == 1
