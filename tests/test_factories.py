"""The factories make rows that the models' own validation accepts."""

import pytest

from tests import factories


@pytest.mark.django_db
@pytest.mark.parametrize(
    "factory",
    sorted(
        (value for name, value in vars(factories).items() if name.endswith("Factory") and name != "DjangoModelFactory"),
        key=str,
    ),
    ids=lambda factory: factory.__name__,
)
def test_factory_makes_a_row_that_is_valid(factory):
    row = factory()
    assert row.pk
    # Columns that services write may be null without being blank in a form.
    row.full_clean(exclude=[field.name for field in row._meta.concrete_fields if field.null and not field.blank])


@pytest.mark.django_db
def test_liaison_works_for_the_municipality_of_the_designation():
    municipality = factories.MunicipalityFactory()
    assert factories.liaison(municipality).liaison_municipality == municipality


@pytest.mark.django_db
def test_unlimited_event_has_a_pool_without_a_limit():
    assert factories.unlimited_event().seat_pools.get().capacity is None
