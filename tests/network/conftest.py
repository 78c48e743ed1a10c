"""People of the network's tests: who asks, and for whom."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from network.models import User
from tests.factories import AdminFactory, StaffFactory


@pytest.fixture
def staff(db: None) -> User:
    return StaffFactory()


@pytest.fixture
def admin(db: None) -> User:
    return AdminFactory()


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """A browser in which this account is signed in."""

    def browser(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return browser


@pytest.fixture
def desk(staff: User, signed_in: Callable[[User], Any]) -> Client:
    """The browser of somebody of the institute."""
    return signed_in(staff)


@pytest.fixture
def office(admin: User, signed_in: Callable[[User], Any]) -> Client:
    """The browser of an administrator."""
    return signed_in(admin)
