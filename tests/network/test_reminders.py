"""The end of a designation is told before and after it comes."""

import datetime as dt
from importlib import import_module
from typing import Any

import pytest
from django.utils import timezone, translation

from municipalities.models import Municipality
from network import emails
from network.models import Designation
from network.reminders import remind_endings
from network.services import record_designation
from outbox.models import DigestLine, Heartbeat, Message
from outbox.registry import Mail, NotWanted
from tests import factories as f
from web.models import Installation

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def today(settings: Any, time_machine: Any) -> dt.date:
    settings.SITE_URL = "https://red.example"
    time_machine.move_to(dt.datetime(2026, 6, 15, 18, 0, tzinfo=dt.UTC), tick=False)
    return timezone.localdate()


@pytest.fixture
def town() -> Municipality:
    return f.MunicipalityFactory(name="Toluca", slug="toluca")


def stand(town: Municipality, email: str, days: int | None, kind: str = "titular", **more: Any) -> Designation:
    """A designation that ends in so many days, or never."""
    today = timezone.localdate()
    end = None if days is None else today + dt.timedelta(days=days)
    person = f.PersonFactory(email=email, name=email.split("@")[0].title() or "Sin correo")
    return f.DesignationFactory(
        municipality=town, person=person, kind=kind, ends_on=end, starts_on=today - dt.timedelta(days=400), **more
    )


def told() -> list[tuple[str, str]]:
    rows = Message.objects.filter(kind__startswith="network.").order_by("due_at", "-kind", "to_email")
    return [(row.to_email.split("@")[0], f"{timezone.localtime(row.due_at):%d.%m.}") for row in rows]


def leave() -> None:
    Message.objects.exclude(state="sent").update(state="sent", sent_at=timezone.now())


def mail_to(who: str, kind: str = "designation_ending", language: str = "es") -> Mail | NotWanted:
    message = Message.objects.filter(kind=f"network.{kind}", to_email__startswith=who).latest("pk")
    with translation.override(language):
        return getattr(emails, kind)(message.params, language)


def desk_mail() -> Mail | NotWanted:
    return mail_to("red", "designations_ending")


def test_end_is_told_to_the_titular_then_to_all_and_in_the_end_to_the_institute(town, time_machine):
    stand(town, "titular@prueba.example", 62)
    stand(town, "suplente@prueba.example", None, "suplente")
    for _day in range(70):
        remind_endings()
        leave()
        time_machine.shift(dt.timedelta(days=1))
    assert told() == [
        ("titular", "17.06."),
        ("red.demo", "01.08."), ("suplente", "01.08."), ("titular", "01.08."),
        ("red.demo", "17.08."),
    ]  # fmt: skip
    assert sorted(DigestLine.objects.values_list("occasion", flat=True).distinct()) == [
        "ended:2026-08-16", "first:2026-08-16", "second:2026-08-16",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("days", "expected"),
    [(61, []), (60, ["titular"]), (16, ["titular"]), (15, ["red.demo", "titular"]), (0, ["red.demo", "titular"]),
     (-1, ["red.demo"]), (-90, ["red.demo"]), (-91, [])],
)  # fmt: skip
def test_whom_it_reaches_by_the_days_that_are_left(town, days, expected):
    stand(town, "titular@prueba.example", days)
    remind_endings()
    remind_endings()
    assert sorted(who for who, _day in told()) == expected


def test_suplente_is_told_of_the_own_letter_and_nobody_else(town):
    stand(town, "titular@prueba.example", None)
    stand(town, "suplente@prueba.example", 10, "suplente")
    stand(f.MunicipalityFactory(), "otro@prueba.example", -3, "suplente")
    remind_endings()
    assert told() == [("suplente", "15.06.")]
    mail = mail_to("suplente")
    assert isinstance(mail, Mail)
    assert "Su designación como suplente de Toluca termina el 25 de junio de 2026: faltan 10 días." in mail.text


def test_where_the_titular_has_no_mail_the_suplente_is_told_and_else_the_institute(town):
    stand(town, "", 60)
    remind_endings()
    assert told() == [("red.demo", "15.06.")]
    other = f.MunicipalityFactory(name="Texcoco", slug="texcoco")
    stand(other, "", 60)
    stand(other, "suplente@prueba.example", None, "suplente")
    remind_endings()
    mail = mail_to("suplente")
    assert isinstance(mail, Mail)
    assert "La designación de titular de Texcoco termina el 14 de agosto de 2026: faltan 60 días." in mail.text


def test_renewed_letter_is_no_more_told_and_its_new_end_is(town, time_machine):
    row = stand(town, "titular@prueba.example", 20)
    remind_endings()
    Designation.objects.filter(pk=row.pk).update(ends_on=row.ends_on + dt.timedelta(days=365))
    assert mail_to("titular") == NotWanted("La designación ya se renovó, se sustituyó o terminó.")
    leave()
    time_machine.shift(dt.timedelta(days=325))
    remind_endings()
    assert [day for _who, day in told()] == ["15.06.", "06.05."]


def test_replaced_titular_learns_nothing_and_the_institute_neither(town, today):
    old = stand(town, "titular@prueba.example", 10)
    remind_endings()
    new = Designation(municipality=town, kind="titular", oficio_number="PM/9", starts_on=today)
    record_designation(
        designation=new, person=f.PersonFactory(email="n@prueba.example"), by=f.StaffFactory(), replacing=old
    )
    assert mail_to("titular") == NotWanted("La designación ya no está vigente.")
    assert desk_mail() == NotWanted("Las designaciones ya se renovaron o se sustituyeron.")


def test_end_of_all_periods_on_one_day_makes_one_mail_for_the_institute(town):
    for number in range(40):
        stand(f.MunicipalityFactory(name=f"Lugar {number:02}"), f"t{number}@prueba.example", 15)
    remind_endings()
    assert len(told()) == 41
    mail = desk_mail()
    assert isinstance(mail, Mail)
    assert mail.subject == "40 designaciones están por terminar"
    assert mail.text.count("https://red.example/gestion/designaciones/") == 31
    assert "Y 10 más." in mail.text


def test_institute_reads_which_municipality_lost_its_ambassador_and_where_to_go(town):
    row = stand(town, "titular@prueba.example", -1)
    remind_endings()
    mail = desk_mail()
    assert isinstance(mail, Mail)
    assert mail.subject == "Toluca se quedó sin titular"
    assert "- Toluca: terminó el 14 de junio de 2026" in mail.text
    assert f"https://red.example/gestion/designaciones/{row.pk}/" in mail.text
    assert 'href="https://red.example/gestion/designaciones/vacantes/"' in mail.html


def test_week_without_the_clock_tells_only_how_it_stands(town, time_machine):
    stand(town, "titular@prueba.example", 18)
    time_machine.shift(dt.timedelta(days=25))
    remind_endings()
    assert list(DigestLine.objects.values_list("rung", "occasion")) == [("institute", "ended:2026-07-03")]


def test_mail_is_in_english_for_who_reads_english(town):
    user = f.liaison(town, ends_on=timezone.localdate() + dt.timedelta(days=30))
    user.language = "en"
    user.save()
    remind_endings()
    mail = mail_to(user.email, language="en")
    assert isinstance(mail, Mail)
    assert "30 days" in mail.text
    assert "designación" not in mail.text + mail.subject


@pytest.mark.parametrize("number", [1, 30])
def test_job_and_mail_make_as_many_queries_for_1_as_for_30(django_assert_num_queries, number):
    for place in range(number):
        stand(f.MunicipalityFactory(), f"t{place}@prueba.example", 15)
    Installation.current()
    # Letters, ladders, and seven for each of the two kinds of mail (tests/outbox/test_digest.py)
    with django_assert_num_queries(16):
        remind_endings()
    with django_assert_num_queries(8):
        remind_endings()
    desk = Message.objects.get(kind="network.designations_ending").params
    with django_assert_num_queries(2):
        emails.designations_ending(desk, "es")


def test_task_leaves_its_heartbeat(town):
    stand(town, "titular@prueba.example", 30)
    import_module("network.tasks").remind_endings()
    assert Heartbeat.objects.get(name="network.endings").last_succeeded_at is not None
    assert Message.objects.get().operational is False
