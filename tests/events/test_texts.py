"""What staff may write in the mails about a registration, and that those are the words that leave."""

from typing import Any

import pytest
from django.conf import settings
from django.utils import translation

from events import emails
from events.models import Registration, ReminderStage
from events.services.editing import save_event
from events.services.registration import RegistrationData, register
from outbox import mailing, registry, texts
from outbox.models import Message
from outbox.registry import Mail, Text, TextKind
from outbox.services import save_text
from tests import factories

pytestmark = pytest.mark.django_db

OWN = Text("{evento}: {nombre}", "Lo de **siempre**, {nombre}.\n\n{datos}\n\nVea [su lugar]({enlace}).")
NAMES = [kind.name for kind in registry.texts() if kind.name.startswith("events.")]


@pytest.fixture(autouse=True)
def stages() -> None:
    for code, minutes in (("24h", 24 * 60), ("1h", 60)):
        factories.ReminderStageFactory(code=code, minutes_before=minutes)


def kind_of(name: str) -> TextKind:
    kind = registry.text(name)
    assert kind is not None
    return kind


def write(name: str, text: Text = OWN, variant: str = "", language: str = "es") -> None:
    save_text(
        kind=kind_of(name), variant=variant, language=language, version=0, subject=text.subject, body=text.body,
        cause="account 1",
    )  # fmt: skip


def someone(language: str = "es", name: str = "Ana Luz", **event: Any) -> Registration:
    data = RegistrationData(name=name, email="ana@prueba.example", language=language)
    return register(event=factories.EventFactory(title="Taller de agua", day=tomorrow(), **event), data=data)


def tomorrow() -> Any:
    return factories.timezone.localdate() + factories.dt.timedelta(days=1)


def composed(kind: str, **params: Any) -> Mail:
    message = Message.objects.filter(kind=kind).order_by("-pk").first()
    if message is not None:
        params = message.params
    composer = registry.kind(kind)
    assert composer is not None
    assert composer.composer is not None
    found = composer.composer(params, translation.get_language() or "")
    assert isinstance(found, Mail), found
    return found


def reminded(row: Registration, stage: str = "24h") -> Mail:
    revision = row.event.start_revision
    return composed("events.reminder", registration=row.pk, stage=stage, start_revision=revision)


@pytest.mark.parametrize("language", dict(settings.LANGUAGES))
@pytest.mark.parametrize("name", NAMES)
def test_shipped_words_are_whole_in_both_languages(name: str, language: str) -> None:
    kind = kind_of(name)
    for variant, _label in [("", ""), *(kind.variants() if kind.variants else [])]:
        text = texts.shipped(kind, language, variant)
        assert texts.problems_of_subject(kind, text.subject) == []
        assert texts.problems_of_body(kind, text.body) == []
        with translation.override(language):
            mail = kind.compose(text)
        assert "{" not in mail.subject + mail.text
        assert ("María Ejemplo" in mail.text) == ("María Ejemplo" in mail.html) is True
    spanish, english = (texts.shipped(kind, code) for code in ("es", "en"))
    assert spanish.body != english.body


@pytest.mark.parametrize("name", NAMES)
def test_the_facts_stay_whatever_staff_write(name: str) -> None:
    mail = kind_of(name).compose(Text("Asunto", "Nada"))
    for part in (mail.text, mail.html):
        assert "11:00 a 13:00 h" in part
        assert f"{settings.SITE_URL}/" in part


def test_the_words_of_staff_leave_with_the_mail_and_its_facts() -> None:
    write("events.registration.confirmed")
    row = someone()
    mail = composed("events.registration")
    assert mail.subject == "Taller de agua: Ana Luz"
    assert "Lo de <strong" in mail.html
    assert "Lo de siempre, Ana Luz." in mail.text
    assert mail.text.index("Lo de siempre") < mail.text.index("Cuándo:") < mail.text.index("Vea su lugar (http")
    for part in (mail.text, mail.html):
        assert row.event.meeting_url in part
        assert f"{settings.SITE_URL}/eventos/inscripciones/{row.token}/" in part
    assert [name for name, _content, _type in mail.attachments] == ["evento.ics"]


def test_a_stage_says_its_own_words_and_each_language_its_own() -> None:
    row = someone()
    write("events.reminder", Text("De todas", "De todas"))
    write("events.reminder", Text("De la hora", "De la hora"), variant="1h")
    write("events.reminder", Text("In English", "In English"), language="en")
    assert reminded(row, "24h").subject == "De todas"
    Registration.objects.update(state="confirmed")
    ReminderStage.objects.filter(code="1h").update(offset_minutes=-60 * 24 * 7)
    assert reminded(row, "1h").subject == "De la hora"
    with translation.override("en"):
        assert reminded(row, "1h").subject == "In English"


def test_what_is_sent_is_what_the_preview_showed() -> None:
    row = someone()
    write("events.registration.confirmed")
    write("events.reminder")
    write("events.moved")
    shown = {name: emails.example(f"events.{name}", row, OWN) for name in ("registration.confirmed", "reminder")}
    for name, sent in (("registration.confirmed", composed("events.registration")), ("reminder", reminded(row))):
        assert (sent.subject, sent.text, sent.html) == (shown[name].subject, shown[name].text, shown[name].html)
    save_event(event=row.event, data={"venue": "Otra sede"}, by=None)
    row = Registration.objects.get()
    sent, showed = composed("events.moved"), emails.example("events.moved", row, OWN)
    assert (sent.subject, sent.text, sent.html) == (showed.subject, showed.text, showed.html)


def test_everybody_of_a_mailing_gets_their_own_name_and_link_in_the_words_of_staff() -> None:
    first = someone()
    data = RegistrationData(name="<Bea> {enlace}", email="bea@prueba.example")
    second = register(event=first.event, data=data)
    write("events.moved")
    save_event(event=first.event, data={"venue": "Otra sede"}, by=None)
    composer = registry.kind("events.moved")
    assert composer is not None
    assert composer.composer is not None
    messages = Message.objects.filter(kind="events.moved").order_by("pk")
    with mailing.together():
        mails = [composer.composer(message.params, "es") for message in messages]
    for mail, row in zip(mails, (first, second), strict=True):
        assert isinstance(mail, Mail)
        assert f"Lo de siempre, {row.name}." in mail.text
        assert mail.subject == f"Taller de agua: {row.name}"
        assert mail.html.count(row.token) == mail.text.count(row.token) == 2
        assert "<Bea>" not in mail.html


def test_hostile_names_stay_text_in_every_part_of_the_mail() -> None:
    write("events.registration.confirmed")
    someone(name="<img src=x onerror=1> [x](http://evil.example) {enlace}\u2028Bcc: x@y.example")
    mail = composed("events.registration")
    assert "<img" not in mail.html
    assert 'href="http://evil' not in mail.html
    assert "[x](http://evil.example) {enlace}" in mail.text
    assert "\n" not in mail.subject


def test_a_deadline_and_a_reason_cannot_be_left_out() -> None:
    assert texts.problems_of_body(kind_of("events.offered"), "Hola") == [
        "Falta {plazo}: quien lo recibe necesita saberlo."
    ]
    assert texts.problems_of_body(kind_of("events.cancelled"), "Se canceló. {motivo}") == []


def test_a_cancelled_event_says_why_where_it_was_written() -> None:
    row = someone()
    row.event.cancellation_reason = "<b>Lluvia</b> {nombre}"
    said = emails.example("events.cancelled", row, texts.shipped(kind_of("events.cancelled"), "es"))
    assert "cambio de planes. Motivo: <b>Lluvia</b> {nombre}\n" in said.text
    assert "Motivo: &lt;b&gt;Lluvia&lt;/b&gt; {nombre}" in said.html
    row.event.cancellation_reason = ""
    said = emails.example("events.cancelled", row, texts.shipped(kind_of("events.cancelled"), "es"))
    assert "cambio de planes.\n" in said.text
