"""What a person decides about their own mail: one click of the mail program, the page, and what then does not leave."""

import re

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from outbox import registry
from outbox.drain import drain
from outbox.enums import MessageState, SuppressionReason
from outbox.envelope import build
from outbox.models import Message, Preference, Suppression
from outbox.registry import Mail
from outbox.rules import choices_code, message_by_choices
from outbox.services import choose, mute, suppress
from tests.factories import StaffFactory
from web import identity
from web.mailhtml import inline

pytestmark = pytest.mark.django_db
ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def stranger() -> Client:
    """Like a mail program or a person without an account, before a portal that insists on CSRF tokens."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def letter(queue) -> Message:
    return queue(1, kind="test.newsletter", to_email="Ana@Mail.example", dedupe_key="letter")


def unsubscribe_url(message: Message) -> str:
    return reverse("mail_unsubscribe", args=[choices_code(message)])


def choices_url(message: Message) -> str:
    return reverse("mail_choices", args=[choices_code(message)])


def state(message: Message) -> str:
    message.refresh_from_db()
    return message.state


# --- Groups


def test_every_optional_kind_is_of_a_group_that_people_see():
    named = {kind.group for kind in registry.kinds() if not kind.operational}
    assert named == {group.name for group in registry.groups()}
    assert {"events.reminders", "test.letters"} <= named


def test_a_group_that_no_kind_belongs_to_is_not_offered():
    registry.register_group("test.nothing", label="Nada", says="Nunca.")
    assert "test.nothing" not in {group.name for group in registry.groups()}


def test_page_shows_what_who_never_chose_gets(letter, stranger):
    """Every box and one language are ticked: everything, in the language of each procedure."""
    page = stranger.get(choices_url(letter)).content.decode()
    boxes = re.findall(r'<input type="checkbox"[^>]*>', page)
    assert len(boxes) == len(registry.groups())
    assert all("checked" in box for box in boxes)
    ticked = [radio for radio in re.findall(r'<input type="radio"[^>]*>', page) if "checked" in radio]
    assert len(ticked) == 1
    assert 'value=""' in ticked[0]


def test_optional_mail_without_a_group_is_refused(queue):
    with pytest.raises(ValueError, match="needs a group"):
        queue(1, operational=False)


# --- One click (RFC 8058)


def test_optional_mail_says_how_to_unsubscribe_with_one_click(queue, letter, sink, settings):
    queue(2)
    drain()
    by_kind = {str(received["To"]): received for received in sink.received}
    optional, operational = by_kind["Ana@Mail.example"], by_kind["p2@mail.example"]
    assert optional["List-Unsubscribe"].strip() == f"<{settings.SITE_URL}{unsubscribe_url(letter)}>"
    assert optional["List-Unsubscribe-Post"] == ONE_CLICK
    assert operational["List-Unsubscribe"] is None
    assert operational["List-Unsubscribe-Post"] is None


@pytest.mark.parametrize("header", ["List-Unsubscribe", "list-unsubscribe-post"])
def test_a_composer_may_not_say_how_to_unsubscribe(letter, header):
    with pytest.raises(ValueError, match="may not set the header"):
        build(letter, Mail("s", "t", headers={header: "<https://elsewhere.example/>"}), from_name="Red")


def test_the_post_of_a_mail_program_mutes_the_group_of_the_message(letter, stranger):
    answer = stranger.post(unsubscribe_url(letter), ONE_CLICK, content_type=FORM)
    assert (answer.status_code, b'data-state="done"' in answer.content) == (200, True)
    assert Preference.objects.values_list("email", "muted").get() == ("ana@mail.example", ["test.letters"])


def test_one_click_twice_is_one_decision(letter, stranger):
    stranger.post(unsubscribe_url(letter), ONE_CLICK, content_type=FORM)
    before = Preference.objects.values().get()
    stranger.post(unsubscribe_url(letter), ONE_CLICK, content_type=FORM)
    assert Preference.objects.values().get() == before


def test_opening_the_link_shows_a_button_and_changes_nothing(letter, stranger):
    for _times in range(2):
        answer = stranger.get(unsubscribe_url(letter))
        assert (answer.status_code, b'data-state="form"' in answer.content) == (200, True)
    assert b'name="List-Unsubscribe" value="One-Click"' in answer.content
    assert not Preference.objects.exists()


@pytest.mark.parametrize("body", ["", "List-Unsubscribe=Two-Clicks", "unsubscribe=1"])
def test_a_post_that_does_not_ask_for_it_changes_nothing(letter, stranger, body):
    assert stranger.post(unsubscribe_url(letter), body, content_type=FORM).status_code == 400
    assert not Preference.objects.exists()


def test_operational_mail_has_no_such_address(queue, stranger):
    message = queue(2)
    assert stranger.post(unsubscribe_url(message), ONE_CLICK, content_type=FORM).status_code == 404
    assert not Preference.objects.exists()


# --- What then does not leave


def test_muted_mail_is_set_aside_when_it_would_leave_and_says_why(queue, letter):
    also = queue(2, kind="test.newsletter", to_email="luz@mail.example")
    needed = queue(3, to_email="ANA@mail.example")
    mute(email=" ANA@mail.example ", group="test.letters")  # after they were queued
    assert drain().suppressed == 1
    assert state(letter) == MessageState.SUPPRESSED
    assert letter.last_response == "La persona eligió no recibirlo: Cartas."
    assert (state(also), state(needed)) == (MessageState.SENT, MessageState.SENT)


def test_muting_one_group_leaves_the_others(letter):
    mute(email=letter.to_email, group="events.reminders")
    drain()
    assert state(letter) == MessageState.SENT


def test_what_is_taken_again_leaves_again(letter):
    mute(email=letter.to_email, group="test.letters")
    choose(email=letter.to_email, muted=[], language="")
    drain()
    assert state(letter) == MessageState.SENT


@pytest.mark.parametrize("count", [1, 30])
def test_choices_cost_one_query_for_a_claim(queue, django_assert_num_queries, count):
    for number in range(count):
        queue(number, kind="test.newsletter")
        mute(email=f"p{number}@mail.example", group="test.letters")
    with django_assert_num_queries(1):
        assert len(Preference.objects.of_addresses({f"p{number}@mail.example" for number in range(count)})) == count
    with django_assert_num_queries(0):
        Preference.objects.of_addresses(set())


# --- The page


def test_the_page_shows_what_the_address_gets_and_what_is_always_sent(letter, stranger):
    mute(email=letter.to_email, group="test.letters")
    answer = stranger.get(choices_url(letter))
    initial = {name: answer.context["form"][name].initial for name in ("test.letters", "events.reminders")}
    assert initial == {"test.letters": False, "events.reminders": True}
    page = answer.content.decode()
    assert "ana@mail.example" in page
    assert "Se envían siempre" in page
    assert "Cambio de fecha o lugar" in page
    assert (answer["X-Robots-Tag"], "no-store" in answer["Cache-Control"], "private" in answer["Cache-Control"]) == (
        "noindex, nofollow",
        True,
        True,
    )


def test_opening_the_page_stores_nothing(letter, stranger):
    stranger.get(choices_url(letter))
    assert not Preference.objects.exists()


def test_saving_keeps_the_choices_and_says_them(letter, client):
    answer = client.post(choices_url(letter), {"events.reminders": "on", "language": "en"}, follow=True)
    row = Preference.objects.get()
    assert (row.email, row.language) == ("ana@mail.example", "en")
    assert "test.letters" in row.muted
    assert "events.reminders" not in row.muted
    page = answer.content.decode()
    assert "Recibirá: Recordatorios de eventos." in page
    assert "No recibirá: " in page
    assert "Idioma: English." in page


def test_all_boxes_empty_mutes_every_group(letter, client):
    client.post(choices_url(letter), {"language": ""})
    assert set(Preference.objects.get().muted) == {group.name for group in registry.groups()}


def test_saving_needs_the_token_of_the_page(letter, stranger):
    assert stranger.post(choices_url(letter), {"language": ""}).status_code == 403
    assert not Preference.objects.exists()


def test_a_language_that_does_not_exist_is_refused(letter, client):
    assert client.post(choices_url(letter), {"language": "tlh"}).status_code == 422
    assert not Preference.objects.exists()


@pytest.mark.parametrize(
    ("reason", "lifted"),
    [
        (SuppressionReason.UNSUBSCRIBED, True),
        (SuppressionReason.COMPLAINED, True),
        (SuppressionReason.BOUNCED, False),
        (SuppressionReason.STAFF, False),
    ],
)
def test_who_takes_a_group_takes_back_only_what_they_decided(letter, client, reason, lifted):
    suppress(email="ana@mail.example", reason=reason)
    answer = client.get(choices_url(letter))
    assert answer.context["form"]["test.letters"].initial is not lifted
    client.post(choices_url(letter), {"language": ""})
    assert Suppression.objects.active().exists()
    client.post(choices_url(letter), {"test.letters": "on", "language": ""})
    assert Suppression.objects.active().exists() is not lifted


# --- The link


def test_a_link_names_no_address_and_cannot_be_made_up(letter):
    code = choices_code(letter)
    assert "ana" not in code.lower().partition(":")[0]
    assert message_by_choices(code) == letter
    pk, _colon, seal = code.partition(":")
    for other in (f"{letter.pk + 1}:{seal}", f"{pk}:{seal[:-1]}", pk, f"{pk}:", "", "x", f"0{pk}:{seal}", f"²:{seal}"):
        assert message_by_choices(other) is None, other


def test_a_link_ends_where_the_address_changes_or_the_message_goes(letter, queue, stranger):
    address = choices_url(letter)
    assert stranger.get(address).status_code == 200
    Message.objects.update(to_email="luz@mail.example")
    assert stranger.get(address).status_code == 404
    Message.objects.update(to_email="ANA@mail.example")  # the same address in other letters
    assert stranger.get(address).status_code == 200
    letter.delete()
    answer = stranger.get(address)
    assert (answer.status_code, b'data-state="gone"' in answer.content) == (404, True)


def test_a_link_survives_a_new_secret_key_while_the_old_one_is_known(letter, settings):
    code = choices_code(letter)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-for-this-test-" * 3
    assert message_by_choices(code) == letter


@pytest.mark.parametrize("name", ["mail_choices", "mail_unsubscribe"])
@pytest.mark.parametrize("code", ["nada", "1:nada", "9" * 40, "%00"])
def test_a_link_that_does_not_serve_says_what_to_do(stranger, name, code):
    answer = stranger.get(reverse(name, args=[code]))
    assert (answer.status_code, b'data-state="gone"' in answer.content) == (404, True)
    assert answer["X-Robots-Tag"] == "noindex, nofollow"


# --- The foot of every mail, and its language


def parts(received) -> tuple[str, str]:
    html = received.get_body(("html",))
    return received.get_body(("plain",)).get_content(), html.get_content() if html else ""


def compose_with_look(params, language):
    html = inline(render_to_string("emails/base.html", {"installation": identity.current(), "LANGUAGE_CODE": language}))
    return Mail("Asunto", "Hola", html)


@pytest.mark.parametrize("kind", ["test.newsletter", "test.letter"])
def test_both_parts_of_optional_mail_say_how_to_choose_and_to_leave(queue, sink, settings, kind):
    registry.register("test.letter", compose_with_look, label="letter", group="test.letters")
    message = queue(1, kind=kind)
    drain()
    for part in parts(sink.received[0]):
        assert part.count(f"{settings.SITE_URL}{choices_url(message)}") == 1
        assert part.count(f"{settings.SITE_URL}{unsubscribe_url(message)}") == 1
        assert "Recibe este correo por estar en «Cartas»." in part
        assert "what the reader may decide" not in part


def test_both_parts_of_operational_mail_say_that_it_is_always_sent(queue, sink, settings):
    registry.register("test.look", compose_with_look, label="look")
    message = queue(1, kind="test.look")
    drain()
    for part in parts(sink.received[0]):
        assert "se envía siempre y no admite baja" in part
        assert part.count(f"{settings.SITE_URL}{choices_url(message)}") == 1
        assert "/correo/baja/" not in part


def test_a_mail_of_text_alone_stays_one(queue, sink):
    registry.register("test.text", lambda *_asked: Mail("Asunto", "Hola\n"), label="text", group="test.letters")
    queue(1, kind="test.text")
    drain()
    text, html = parts(sink.received[0])
    assert text.splitlines()[:2] == ["Hola", ""]
    assert text.splitlines()[2].startswith("Recibe este correo")
    assert html == ""


def test_a_text_that_was_ready_has_the_foot_too(queue, sink):
    mail = compose_with_look({}, "es")
    queue(1, kind="account.mail", rendered=mail)
    drain()
    assert all("Elegir qué otros correos recibo" in part for part in parts(sink.received[0]))


def test_mail_is_written_in_the_language_that_the_address_chose(queue, sink):
    registry.register("test.look", compose_with_look, label="look")
    choose(email="p1@mail.example", muted=[], language="en")
    queue(1, kind="test.language", language="es")
    queue(2, kind="test.language", language="es")
    queue(3, kind="test.look", language="es", to_email="P1@mail.example")
    drain()
    assert sorted(str(received["Subject"])[:2] for received in sink.received) == ["As", "en", "es"]
    [look] = [received for received in sink.received if received["To"] == "P1@mail.example"]
    assert "Choose which other emails I get" in parts(look)[0]
    assert "/en/correo/preferencias/" in parts(look)[1]
    assert set(Message.objects.values_list("language", flat=True)) == {"es"}, "the row says what was asked for"


def test_a_text_that_was_ready_stays_in_its_language(queue, sink):
    choose(email="p1@mail.example", muted=[], language="en")
    queue(1, kind="account.mail", rendered=compose_with_look({}, "es"))
    drain()
    assert "Elegir qué otros correos recibo" in parts(sink.received[0])[0]


def test_what_people_typed_is_text_in_the_foot(queue, sink):
    registry.register_group("test.letters", label="<b>Cartas & más</b>", says="Cada lunes.")
    queue(1, kind="test.newsletter")
    drain()
    assert "«&lt;b&gt;Cartas &amp; más&lt;/b&gt;»" in parts(sink.received[0])[1]


# --- What staff see of it


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(StaffFactory())
    return client


def test_staff_see_what_a_person_chose_and_cannot_change_it(staff, letter):
    choose(email=letter.to_email, muted=["test.letters", "gone.group"], language="en")
    choose(email="luz@mail.example", muted=[], language="")
    address = reverse("staff_preference_list")
    rows = {row.preference.email: (row.left, row.language) for row in staff.get(address).context["rows"]}
    assert rows == {"ana@mail.example": ("Cartas", "English"), "luz@mail.example": ("", "")}
    narrowed = staff.get(address, {"correo": "LUZ"}).context["rows"]
    assert [row.preference.email for row in narrowed] == ["luz@mail.example"]
    assert staff.post(address).status_code == 405


def test_the_list_of_choices_says_what_will_stand_there(staff):
    page = staff.get(reverse("staff_preference_list")).content.decode()
    assert "Nadie ha elegido todavía" in page
    page = staff.get(reverse("staff_preference_list"), {"correo": "x"}).content.decode()
    assert "Ninguna dirección coincide" in page
