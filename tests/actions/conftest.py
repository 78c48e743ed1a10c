"""People of the tests of actions: a municipality with its liaison, a neighbour's, and the institute."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from actions.services import submit_action, validate_action
from municipalities.models import Municipality
from network.models import User
from tests.factories import ActionFactory, MunicipalityFactory, StaffFactory, liaison

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def municipality(db: None) -> Municipality:
    return MunicipalityFactory(name="Toluca", slug="toluca")


@pytest.fixture
def enlace(municipality: Municipality) -> User:
    return liaison(municipality)


@pytest.fixture
def neighbour(db: None) -> User:
    """The liaison of another municipality."""
    return liaison(MunicipalityFactory(name="Texcoco", slug="texcoco"))


@pytest.fixture
def staff(db: None) -> User:
    return StaffFactory()


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    def browser(user: User) -> Client:
        client = Client()
        client.force_login(user, backend=BACKEND)
        return client

    return browser


@pytest.fixture
def make_action(municipality: Municipality, enlace: User, staff: User) -> Callable[..., Any]:
    """An action of the municipality, brought by the services to the state wanted."""

    def make(state: str = "draft", **fields: Any) -> Any:
        action = ActionFactory(**({"municipality": municipality} | fields))
        if state in {"submitted", "returned", "validated", "published"}:
            submit_action(action=action, version=None, by=enlace)
        if state in {"validated", "published"}:
            validate_action(action=action, version=None, by=staff, publish=state == "published")
        if state == "returned":
            from actions.services import return_action

            return_action(action=action, comment="Falta la fuente.", version=None, by=staff)
        action.refresh_from_db()
        return action

    return make


def photo(name: str = "obra.jpg") -> SimpleUploadedFile:
    """A small picture as a phone sends it, with a place in its EXIF."""
    picture = Image.new("RGB", (40, 30), "#2A7540")
    exif = picture.getexif()
    exif[0x010E] = "casa de Ana"
    target = BytesIO()
    picture.save(target, "JPEG", exif=exif)
    return SimpleUploadedFile(name, target.getvalue(), content_type="image/jpeg")
