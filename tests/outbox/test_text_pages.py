"""Staff change the words of mails: list, editor, preview, test to oneself, versions."""

from typing import Any

import pytest
from django.urls import reverse

from events.models import ReminderStage
from network.enums import Role
from outbox.models import MailText, Message
from tests.factories import UserFactory, liaison

pytestmark = pytest.mark.django_db

EDIT = reverse("staff_text_edit", args=["events.reminder", "es"])
TYPED = {
    "subject": "Ya viene {evento}",
    "body": "Hola {nombre}\n\n{datos}\n\nHasta pronto",
    "version": 0,
    "key": "k" * 20,
}


@pytest.fixture
def staff(client: Any) -> Any:
    client.force_login(UserFactory(role=Role.STAFF, name="Rosa Luna", email="rosa@prueba.example"))
    return client


def page(response: Any) -> str:
    return str(response.content.decode())


def test_staff_save_words_and_the_page_says_whose_they_are(staff: Any) -> None:
    assert "original" in page(staff.get(reverse("staff_text_list")))
    assert staff.post(EDIT, TYPED).status_code == 302
    row = MailText.objects.get()
    assert (row.name, row.variant, row.language, row.version) == ("events.reminder", "", "es", 1)
    assert (row.subject, row.body) == (TYPED["subject"], TYPED["body"])
    for address in (reverse("staff_text_list"), EDIT):
        assert "texto propio" in page(staff.get(address))
        assert "Rosa Luna" in page(staff.get(address))


def test_words_of_one_stage_are_its_own(staff: Any) -> None:
    ReminderStage.objects.create(code="propia", name="Cinco días antes", offset_minutes=-7200)
    address = reverse("staff_text_edit", args=["events.reminder:propia", "en"])
    assert "Cinco días antes" in page(staff.get(address))
    assert "Cinco días antes" in page(staff.get(reverse("staff_text_list")))
    assert staff.post(address, TYPED).status_code == 302
    assert MailText.objects.filter(variant="propia", language="en").count() == 1
    assert staff.get(reverse("staff_text_edit", args=["events.reminder:nothing", "es"])).status_code == 404
    assert staff.get(reverse("staff_text_edit", args=["events.nothing", "es"])).status_code == 404
    assert staff.get(reverse("staff_text_edit", args=["events.reminder", "fr"])).status_code == 404


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"subject": "{titulo}"}, "{titulo} no existe"),
        ({"subject": ""}, "obligatorio"),
        ({"subject": "x" * 151}, "150"),
        ({"body": "{evento.slug}"}, "{evento.slug} no existe"),
        ({"body": "x" * 4001}, "4000"),
        ({"body": "[x](https://otro.example/{enlace})"}, "Un enlace lleva"),
    ],
)
def test_words_that_cannot_be_filled_are_refused_and_kept_on_the_page(
    staff: Any, typed: dict[str, str], said: str
) -> None:
    response = staff.post(EDIT, TYPED | typed)
    assert response.status_code == 422
    assert said in page(response)
    assert "Hola {nombre}" in page(response) or "body" in typed
    assert not MailText.objects.exists()
    assert staff.post(f"{EDIT}prueba/", TYPED | typed).status_code == 422
    assert staff.post(f"{EDIT}vista/", TYPED | typed).status_code == 422
    assert not Message.objects.exists()


def test_who_saves_over_somebody_else_sees_both_texts_and_may_go_on(staff: Any) -> None:
    staff.post(EDIT, TYPED | {"subject": "De la otra persona"})
    response = staff.post(EDIT, TYPED)
    assert response.status_code == 409
    assert "De la otra persona" in page(response)
    assert "Ya viene {evento}" in page(response)
    assert staff.post(EDIT, TYPED | {"version": response.context["form"]["version"].value()}).status_code == 302
    assert list(MailText.objects.values_list("version", flat=True)) == [2, 1]


def test_an_older_version_and_the_original_can_be_put_back(staff: Any) -> None:
    original = staff.get(EDIT).context["form"]
    words = {"subject": original["subject"].value(), "body": original["body"].value()}
    staff.post(EDIT, TYPED)
    staff.post(EDIT, TYPED | {"subject": "Segunda", "version": 1})
    older = staff.get(EDIT, {"version": "1"})
    assert older.context["form"]["subject"].value() == "Ya viene {evento}"
    assert older.context["form"]["version"].value() == 2
    assert "Ya viene Taller" in page(staff.get(f"{EDIT}vista/", {"version": "1"}))
    first = staff.get(EDIT, {"version": "0"}).context["form"]
    assert {"subject": first["subject"].value(), "body": first["body"].value()} == words
    staff.post(EDIT, TYPED | words | {"version": 2})
    assert MailText.objects.get(version=3).is_original
    assert "Volvió al original" in page(staff.get(EDIT))
    assert staff.get(EDIT).context["form"]["subject"].value() == words["subject"]
    assert staff.get(EDIT, {"version": "9"}).status_code == 404
    assert staff.get(EDIT, {"version": "²"}).status_code == 200


def test_the_preview_shows_what_is_typed_in_light_dark_and_text(staff: Any) -> None:
    response = staff.post(f"{EDIT}vista/", TYPED | {"body": "Hola **{nombre}** <script>"})
    html = page(response)
    assert "Ya viene Taller de captación de agua de lluvia" in html
    assert "&lt;strong&gt;María Ejemplo&lt;/strong&gt;" in html  # a document inside an attribute
    assert "<script" not in html
    assert "Hola María Ejemplo &lt;script&gt;" in html
    assert "media not all" in html
    assert "media all" in html
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox;")
    assert "default-src 'none'" in policy
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert not MailText.objects.exists()


def test_the_preview_is_in_the_language_of_the_mail(staff: Any) -> None:
    english = reverse("staff_text_preview", args=["events.registration.waiting", "en"])
    assert "On the waiting list: Workshop on rainwater harvesting" in page(staff.get(english))


def test_a_test_goes_to_who_asks_for_it_once_for_each_form(staff: Any) -> None:
    for _time in range(2):
        response = staff.post(f"{EDIT}prueba/", TYPED)
        assert response.status_code == 200
        assert "rosa@prueba.example" in page(response)
    message = Message.objects.get()
    assert message.to_email == "rosa@prueba.example"
    assert message.kind == "outbox.text_test"
    assert message.payload["subject"] == "[Prueba] Ya viene Taller de captación de agua de lluvia"
    assert response.context["form"]["key"].value() != TYPED["key"]
    staff.post(f"{EDIT}prueba/", TYPED | {"key": response.context["form"]["key"].value()})
    assert Message.objects.count() == 2
    assert not MailText.objects.exists()


@pytest.mark.parametrize("path", ["", "vista/", "prueba/"])
def test_nobody_else_sees_or_writes_words(client: Any, path: str) -> None:
    client.force_login(liaison())
    assert client.post(f"{EDIT}{path}", TYPED).status_code == 403
    assert client.get(reverse("staff_text_list")).status_code == 403
    assert not MailText.objects.exists()
    assert not Message.objects.exists()
