"""The first visit: one link, one account of administration, and then the page is not there."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from threading import Barrier

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from network.enums import Role
from network.models import AccountDecision, User
from network.rules import set_up_code
from tests import factories as f
from web.models import Installation

pytestmark = pytest.mark.django_db
TYPED = {
    "name": "Red Climática de Prueba",
    "short_name": "Red Prueba",
    "state_name": "Estado Ficticio",
    "institution_name": "Instituto Ficticio del Clima",
    "institution_acronym": "IFC",
    "contact_email": "red@instituto.example",
    "time_zone": "America/Tijuana",
    "account_name": "Ada Ficticia",
    "account_email": "Ada@Instituto.example",
    "password": "una frase larga de prueba",
}


@pytest.fixture
def link():
    return reverse("set_up", args=[set_up_code()])


def test_link_says_whose_the_portal_is_and_opens_its_first_account(client, link):
    assert client.get(link).status_code == 200
    assert not User.objects.exists()
    assert client.post(link, TYPED).status_code == 302
    row, user = Installation.objects.get(), User.objects.get()
    assert (row.pk, row.name, row.time_zone) == (1, "Red Climática de Prueba", "America/Tijuana")
    assert (user.email, user.name, user.role, user.is_staff) == (
        "ada@instituto.example",
        "Ada Ficticia",
        Role.ADMIN,
        True,
    )
    assert user.check_password(TYPED["password"])
    assert EmailAddress.objects.get().verified
    assert AccountDecision.objects.get().user == user


def test_afterwards_it_is_not_there(client, link):
    client.post(link, TYPED)
    assert client.get(link).status_code == 404
    assert client.post(link, TYPED | {"account_email": "otra@instituto.example"}).status_code == 404
    assert User.objects.count() == 1


def test_where_somebody_administers_it_there_is_no_first_time(client, link):
    f.AdminFactory()
    assert client.get(link).status_code == 404
    out = StringIO()
    call_command("instalar", stdout=out)
    assert "ya tiene quien" in out.getvalue()


def test_link_of_yesterday_and_links_of_others_open_nothing(client, link):
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        answer = client.get(link)
    assert answer.status_code == 410
    assert "Este enlace ya no sirve" in answer.content.decode()
    assert client.post(reverse("set_up", args=["otro"]), TYPED).status_code == 410
    assert not User.objects.exists()


def test_command_says_where_to_begin(client):
    out = StringIO()
    call_command("instalar", stdout=out)
    address = out.getvalue().split()[-1]
    assert client.get(address[address.index("/instalar/") :]).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"password": "corta"}, "12 caracteres"),
        ({"password": "ada ficticia"}, 'id="id_password_error"'),
        ({"account_email": "no es correo"}, "correo"),
        ({"name": ""}, "obligatorio"),
        ({"time_zone": "Marte/Olimpo"}, "Marte/Olimpo"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_kept(client, link, wrong, said):
    answer = client.post(link, TYPED | wrong)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "Instituto Ficticio del Clima" in answer.content.decode()
    assert not User.objects.exists()
    assert not Installation.objects.exists()


def test_address_of_an_account_that_exists_is_refused(client, link):
    f.UserFactory(email="ada@instituto.example")
    answer = client.post(link, TYPED)
    assert answer.status_code == 422
    assert "Ya hay una cuenta con este correo" in answer.content.decode()


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_comes_first():
    link = reverse("set_up", args=[set_up_code()])
    together = Barrier(2)

    def send(email):
        try:
            together.wait()
            return Client().post(link, TYPED | {"account_email": email}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(send, ["una@instituto.example", "otra@instituto.example"]))
    assert answers == [302, 404]
    assert User.objects.filter(role=Role.ADMIN).count() == 1
