"""What is late in accompaniments is told along the ladder, each thing once; and the messages say what is."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone, translation

from outbox.models import DigestLine, Message
from outbox.registry import Mail, NotWanted, kind
from tests import factories as f
from trainings import services
from trainings.enums import Side
from trainings.models import Accompaniment, duties
from trainings.reminders import remind_duties

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = "https://red.example"


@pytest.fixture
def town(db: None) -> Any:
    town = f.MunicipalityFactory(name="Toluca", slug="toluca")
    for name in ("titular", "suplente"):
        person = f.PersonFactory(name=name.title(), email=f"{name}@prueba.example")
        f.DesignationFactory(municipality=town, person=person, kind=name)
    return town


def ago(days: int) -> dt.datetime:
    return timezone.now() - dt.timedelta(days=days)


def told() -> dict[str, set[str]]:
    """Whom the job wrote to, and of which kinds of duty."""
    found: dict[str, set[str]] = {}
    for line in DigestLine.objects.select_related("message"):
        found.setdefault(line.message.to_email.split("@")[0], set()).add(line.occasion.split(":")[0])
    return found


def composed(message: Message, language: str = "es") -> Mail | NotWanted:
    with translation.override(language):
        return kind(message.kind).composer(message.params, language)


def test_duties_of_each_side_in_one_query(town, django_assert_num_queries):
    f.AccompanimentFactory(municipality=town)
    f.AccompanimentFactory(municipality=town, state="accepted")
    f.AccompanimentFactory(municipality=town, state="closing")
    file = f.AccompanimentFactory(municipality=town, state="assigned")
    session = f.AccompanimentSessionFactory(accompaniment=file)
    f.AccompanimentSessionFactory(accompaniment=file, minutes=None, product="", people=None, women=None, men=None,
                                  other=None, undisclosed=None, unknown=None)  # fmt: skip
    f.SessionAgreementFactory(session=session, due_on=timezone.localdate())
    f.SessionAgreementFactory(session=session, due_on=None)
    f.RecommendationFactory(round__accompaniment=file, round__sent_at=ago(1), number=1)
    f.ReviewRoundFactory(accompaniment=file, number=2)
    with django_assert_num_queries(1):
        owed = duties(Accompaniment.objects.all())
    assert sorted(duty.kind for duty in owed if duty.side == Side.INSTITUTE) == [
        "answer", "assign", "confirm", "recommend", "record",
    ]  # fmt: skip
    assert sorted(duty.kind for duty in owed if duty.side == Side.MUNICIPALITY) == [
        "agreement", "close", "confirm", "reply",
    ]  # fmt: skip
    assert {duty.place for duty in owed} == {"Toluca"}


def test_what_was_done_is_owed_no_more(town):
    session = f.AccompanimentSessionFactory(accompaniment__municipality=town)
    f.SessionAgreementFactory(session=session, due_on=timezone.localdate(), done_at=timezone.now())
    f.RecommendationFactory(round__accompaniment=session.accompaniment, round__sent_at=ago(1), reply="accepted")
    for side in Side:
        services.confirm_session(session=session, side=side, version=1, by=None)
    assert duties(Accompaniment.objects.all()) == []


@pytest.mark.parametrize(
    ("late", "expected"),
    [(0, {}), (1, {"titular"}), (8, {"titular", "suplente"}), (22, {"titular", "suplente", "red.demo"}), (91, {})],
)
def test_session_to_confirm_goes_up_the_ladder(town, late, expected):
    f.AccompanimentSessionFactory(
        accompaniment__municipality=town, changed_at=ago(7 + late), institute_confirmed_at=ago(7 + late)
    )
    remind_duties()
    assert told() == {who: {"confirm"} for who in expected}


def test_what_the_institute_owes_is_told_to_the_institute_alone(town):
    f.AccompanimentFactory(municipality=town, requested_at=ago(11))
    f.ReviewRoundFactory(accompaniment__municipality=town)
    Accompaniment.objects.get(state="assigned").rounds.update(uploaded_at=ago(16))
    remind_duties()
    assert told() == {"red.demo": {"answer", "recommend"}}


def test_each_thing_is_told_once_and_left_out_when_it_is_done(town):
    due = timezone.localdate() - dt.timedelta(days=1)
    session = f.AccompanimentSessionFactory(accompaniment__municipality=town)
    kept, open_one = (f.SessionAgreementFactory(session=session, due_on=due, text=text) for text in ("Uno", "Dos"))
    assert (remind_duties(), remind_duties()) == (2, 0)
    message = Message.objects.get()
    services.settle_agreement(agreement=kept, done=True, by=None)
    mail = composed(message)
    assert isinstance(mail, Mail)
    assert ("Dos" in mail.text, "Uno" in mail.text, "/mi-municipio/acompanamientos/" in mail.text) == (
        True, False, True,
    )  # fmt: skip
    services.settle_agreement(agreement=open_one, done=True, by=None)
    assert isinstance(composed(message), NotWanted)


def test_digest_is_not_for_who_lost_the_designation(town):
    f.AccompanimentFactory(municipality=town, state="closing", closing_at=ago(9))
    remind_duties()
    message = Message.objects.get()
    town.designations.update(state="ended")
    assert isinstance(composed(message), NotWanted)


def test_text_that_people_wrote_is_text_in_the_mail(town):
    services.request_accompaniment(
        municipality=town, by=None,
        data={"topic": "<b>{municipality}</b>", "instrument": f.InstrumentFactory(), "stage": "design",
              "pathway": f.PathwayFactory(), "request": "<script>x</script>"},
    )  # fmt: skip
    mail = composed(Message.objects.get())
    assert isinstance(mail, Mail)
    assert mail.subject == "Toluca solicita acompañamiento: «<b>{municipality}</b>»"
    assert ("<script>" in mail.html, "&lt;script&gt;" in mail.html, "<script>" in mail.text) == (False, True, True)


def test_notices_are_in_the_language_of_the_reader(town):
    file = f.AccompanimentFactory(municipality=town)
    services.decline_request(accompaniment=file, version=1, by=None, comment="No hay personal.")
    message = Message.objects.first()
    subjects = [composed(message, language).subject for language in ("es", "en")]
    assert subjects == [
        f"No se aceptó el acompañamiento «{file.topic}»", f"The accompaniment “{file.topic}” was not accepted",
    ]  # fmt: skip
