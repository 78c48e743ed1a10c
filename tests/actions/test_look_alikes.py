"""Municipalities like another: by population, region and sectors, the same list from the same facts."""

from typing import Any

import pytest
from django.test import Client

from actions.figures import sector_profiles
from municipalities.figures import look_alikes
from municipalities.models import Municipality
from tests.factories import ActionFactory, MunicipalityFactory, RegionFactory, SectorFactory

pytestmark = pytest.mark.django_db


def publish(municipality: Any, sector: Any, how_many: int = 1) -> None:
    ActionFactory.create_batch(how_many, municipality=municipality, sector=sector, review_state="published")


def test_measure_is_what_its_words_say() -> None:
    region, water, waste = RegionFactory(), SectorFactory(code="water"), SectorFactory(code="waste")
    toluca = MunicipalityFactory(name="Toluca", region=region, population=1000)
    same = MunicipalityFactory(name="Lerma", region=region, population=500)
    apart = MunicipalityFactory(name="Acolman", region=RegionFactory(), population=1000)
    for place, sector, how_many in ((toluca, water, 3), (toluca, waste, 1), (same, water, 1), (same, waste, 1)):
        publish(place, sector, how_many)
    ActionFactory(municipality=apart, sector=water, review_state="submitted")  # not public: says nothing of it
    first, second = look_alikes(toluca, [apart, same], sector_profiles())
    assert (first.name, first.size, first.same_region, first.sectors) == ("Lerma", 50, True, 75)
    assert (second.name, second.size, second.same_region, second.sectors) == (apart.name, 100, False, None)
    assert (first.score, second.score) == (75, 50)


@pytest.mark.parametrize("many", [1, 3])
def test_municipality_page_names_those_like_it_and_how_that_is_measured(client: Client, many: int) -> None:
    toluca = MunicipalityFactory(name="Toluca", slug="toluca")
    for number in range(many):
        MunicipalityFactory(name=f"Parecido {number}")
    page = client.get("/municipios/toluca/").content.decode()
    assert page.count(">Parecido ") >= many
    assert "¿Cómo se mide el parecido?" in page
    others = list(Municipality.objects.exclude(pk=toluca.pk).order_by("sort_name"))
    assert [row.name for row in look_alikes(toluca, others, {}, most=2)] == [row.name for row in others[:2]]
