"""Every key to a person is cared for: an app that adds one and names no steps for it fails here."""

import pytest
from django.apps import apps
from django.db import models

from network.models import Person
from network.registry import PersonSteps, keys_cared_for, person_steps

PROJECT = ("reports", "trainings", "events", "actions", "network", "municipalities", "outbox", "web")


def keys_to_person(model: type[models.Model]) -> set[str]:
    """The keys of one model to a person: plain, one-to-one, many-to-many, and those in its history."""
    fields = (*model._meta.local_fields, *model._meta.local_many_to_many)
    return {f"{model._meta.label}.{field.name}" for field in fields if field.is_relation and is_person(field)}


def is_person(field: models.Field) -> bool:
    return isinstance(field.related_model, type) and issubclass(field.related_model, Person)


def all_keys() -> set[str]:
    # Those made by a many-to-many key go with it.
    found = [model for app in PROJECT for model in apps.get_app_config(app).get_models()]
    return set().union(*(keys_to_person(model) for model in found))


def uncared(keys: set[str], steps: list[PersonSteps]) -> set[str]:
    return keys - keys_cared_for(steps)


def test_every_key_to_a_person_has_steps():
    assert uncared(all_keys(), person_steps()) == set()


def test_steps_name_only_keys_that_are_there():
    assert keys_cared_for(person_steps()) - all_keys() == set()


def test_keys_of_events_network_and_history_are_found():
    assert {
        "events.Registration.person",
        "events.Attendance.person",
        "network.Designation.person",
        "network.HistoricalDesignation.person",
    } <= all_keys()


@pytest.mark.parametrize("key", sorted(keys_cared_for(person_steps())))
def test_a_key_that_nobody_names_is_reported(key):
    """Without its steps each key is missed: this test can fail."""
    forgetful = [
        PersonSteps(
            app=steps.app,
            keys=tuple(other for other in steps.keys if other != key),
            merge=steps.merge,
            unmerge=steps.unmerge,
            export=steps.export,
            erase=steps.erase,
        )
        for steps in person_steps()
    ]
    assert key in uncared(all_keys(), forgetful) - uncared(all_keys(), person_steps())


@pytest.mark.parametrize("kind", [models.ForeignKey, models.OneToOneField, models.ManyToManyField])
def test_a_new_key_of_any_kind_is_found(kind):
    options = {} if kind is models.ManyToManyField else {"on_delete": models.CASCADE}
    body = {
        "__module__": __name__,
        "Meta": type("Meta", (), {"app_label": "network"}),
        "who": kind(Person, related_name="+", **options),
    }
    name = f"Forgotten{kind.__name__}"
    try:
        model = type(name, (models.Model,), body)
        assert uncared(keys_to_person(model), person_steps()) == {f"network.{name}.who"}
    finally:
        for made in [name for name in apps.all_models["network"] if name.startswith("forgotten")]:
            del apps.all_models["network"][made]
        apps.clear_cache()
