"""What is due is told along the ladder, each thing once to each, and as it is when the mail leaves."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone, translation

from actions import emails
from actions.models import Action
from actions.reminders import remind_deadlines, told_about
from actions.services import add_follow_up
from municipalities.models import Municipality
from network.models import Designation
from network.services import end_designation, record_designation
from outbox.models import DigestLine, Heartbeat, Message
from outbox.registry import Mail, NotWanted
from tests import factories as f
from web.models import Installation

DESK = "red.demo@ieecc.example"
pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = "https://red.example"


@pytest.fixture
def today(time_machine: Any) -> dt.date:
    """Noon of a day in the zone of the installation."""
    time_machine.move_to(dt.datetime(2026, 6, 15, 18, 0, tzinfo=dt.UTC), tick=False)
    return timezone.localdate()


@pytest.fixture
def after(time_machine: Any, today: dt.date) -> Any:
    """Days pass; the job runs on each, or only on the last one."""

    def pass_by(days: int, *, asleep: bool = False) -> None:
        for day in range(days):
            time_machine.shift(dt.timedelta(days=1))
            if not asleep or day == days - 1:
                remind_deadlines()

    return pass_by


@pytest.fixture
def town(db: None) -> Municipality:
    return f.MunicipalityFactory(name="Toluca", slug="toluca")


def stand(town: Municipality, email: str, kind: str = "titular", **more: Any) -> Designation:
    person = f.PersonFactory(email=email, name=email.split("@")[0].title())
    return f.DesignationFactory(municipality=town, person=person, kind=kind, **more)


@pytest.fixture
def ladder(town: Municipality, today: dt.date) -> None:
    stand(town, "titular@prueba.example")
    stand(town, "suplente@prueba.example", "suplente")


def overdue(town: Municipality, days: int = 1, **more: Any) -> Action:
    """An action of the municipality whose plan ended so many days ago."""
    today = timezone.localdate()
    values = {"starts_on": today - dt.timedelta(days=200), "ends_on": today - dt.timedelta(days=days)}
    return f.ActionFactory(**{"municipality": town, "review_state": "published", "status": "under-way"} | values | more)


def following(town: Municipality, days: int, **more: Any) -> Action:
    """An action under way whose next follow-up was due so many days ago (a negative number: is due in so many)."""
    due = timezone.localdate() - dt.timedelta(days=days)
    month, year = (due.month - 1, due.year) if due.month > 1 else (12, due.year - 1)
    last = due.replace(year=year, month=month)
    return f.ActionFactory(
        **{
            "municipality": town,
            "review_state": "published",
            "status": "under-way",
            "last_follow_up_on": last,
            "cadence": "monthly",
        }
        | more
    )


def told() -> list[tuple[str, str]]:
    """Whom the job has written to, and on which day, in that order."""
    rows = Message.objects.filter(kind__startswith="actions.").order_by("due_at", "-kind", "to_email")
    return [(row.to_email.split("@")[0], f"{timezone.localtime(row.due_at):%d.%m.}") for row in rows]


def leave() -> None:
    """Everything that waits has left."""
    Message.objects.exclude(state="sent").update(state="sent", sent_at=timezone.now())


def mail_to(who: str, kind: str = "actions.deadlines", language: str = "es") -> Mail | NotWanted:
    message = Message.objects.filter(kind=kind, to_email__startswith=who).latest("pk")
    with translation.override(language):
        return getattr(emails, kind.split(".")[1])(message.params, language)


# --- The ladder


def test_overdue_action_goes_up_the_ladder_one_rung_at_a_time(town, ladder, after):
    overdue(town, 0)
    for _day in range(40):
        after(1)
        leave()
    assert told() == [("titular", "16.06."), ("suplente", "23.06."), ("red.demo", "07.07.")]


def test_follow_up_is_told_before_it_is_due_and_goes_up_the_ladder_once_it_is_late(town, ladder, after):
    following(town, -9)
    for _day in range(40):
        after(1)
        leave()
    assert told() == [
        ("titular", "19.06."), ("titular", "25.06."), ("suplente", "02.07."), ("red.demo", "16.07."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("days", "expected"), [(0, []), (1, ["titular"]), (7, ["titular"]), (8, ["suplente", "titular"]),
                           (21, ["suplente", "titular"]), (22, ["red.demo", "suplente", "titular"]),
                           (90, ["red.demo", "suplente", "titular"]), (91, [])],
)  # fmt: skip
def test_rungs_by_the_days_that_an_action_is_late(town, ladder, today, days, expected):
    overdue(town, days)
    remind_deadlines()
    assert sorted(who for who, _day in told()) == expected


def test_where_there_is_no_titular_the_suplente_is_told_at_once(town, today):
    stand(town, "suplente@prueba.example", "suplente")
    overdue(town), following(town, -3)
    remind_deadlines()
    assert told() == [("suplente", "15.06.")]
    mail = mail_to("suplente")
    assert isinstance(mail, Mail)
    assert "Recibe este aviso como suplente" in mail.text


def test_where_nobody_can_be_written_to_the_institute_is_told_at_once_of_what_is_late(town, today):
    stand(town, "")
    late, _soon = overdue(town), following(town, -3)
    remind_deadlines()
    assert told() == [("red.demo", "15.06.")]
    assert list(DigestLine.objects.values_list("subject_id", "rung")) == [(late.pk, "institute")]


def test_colleagues_who_share_a_mailbox_are_written_to_once(town, today):
    stand(town, "clima@toluca.example"), stand(town, "Clima@Toluca.example", "suplente")
    overdue(town, 10)
    remind_deadlines()
    assert told() == [("clima", "15.06.")]


def test_institute_is_written_to_at_the_mailbox_of_the_installation(town, today):
    Installation.objects.create(pk=1, contact_email="otro@instituto.example")
    overdue(town)
    remind_deadlines()
    assert Message.objects.get().to_email == "otro@instituto.example"
    assert Message.objects.get().operational


def test_person_who_stands_for_two_municipalities_gets_one_mail(town, today):
    first = stand(town, "ana@prueba.example")
    other = f.MunicipalityFactory(name="Texcoco", slug="texcoco")
    f.DesignationFactory(municipality=other, person=first.person, kind="suplente")
    overdue(town), overdue(other)
    remind_deadlines()
    assert told() == [("ana", "15.06.")]
    mail = mail_to("ana")
    assert isinstance(mail, Mail)
    assert mail.subject == "2 pendientes de sus municipios"


# --- What counts as due


@pytest.mark.parametrize("state", ["draft", "returned"])
def test_what_is_not_with_the_institute_is_not_told(town, ladder, today, state):
    overdue(town, 30, review_state=state), following(town, 30, review_state=state)
    remind_deadlines()
    assert told() == []


@pytest.mark.parametrize("status", ["completed", "suspended"])
def test_closed_action_is_not_told(town, ladder, today, status):
    overdue(town, status=status), following(town, 3, status=status)
    remind_deadlines()
    assert told() == []


def test_follow_up_from_after_the_end_answers_and_the_next_one_is_due_a_month_later(town, ladder, after):
    action = overdue(town, 0, cadence="monthly")
    after(1)
    today = timezone.localdate()
    add_follow_up(
        action=action, date=today, progress=80, progress_reason="Visita.", status="under-way", text="Sigue.", by=None
    )
    assert isinstance(mail_to("titular"), NotWanted)
    leave()
    after(24)
    assert told() == [("titular", "16.06.")]
    after(1)
    assert told() == [("titular", "16.06."), ("titular", "11.07.")]
    mail = mail_to("titular")
    assert isinstance(mail, Mail)
    assert "Su seguimiento toca el 16 de julio de 2026" in mail.text


def test_an_overdue_action_is_told_once_and_not_as_a_late_follow_up_besides(town, ladder, today):
    overdue(town, 2, last_follow_up_on=timezone.localdate() - dt.timedelta(days=60))
    remind_deadlines()
    assert list(DigestLine.objects.values_list("occasion", flat=True)) == ["end:2026-06-13"]


def test_query_and_property_agree_on_what_is_due(town, today):
    days = (-40, -6, -5, -1, 0, 1, 5, 29, 30, 35, 89, 90, 91)
    spans = [today - dt.timedelta(days=day) for day in days]
    common = {"municipality": town, "review_state": "published", "starts_on": today - dt.timedelta(days=92),
              "sector": f.SectorFactory(), "pathway": f.PathwayFactory()}  # fmt: skip
    actions = [
        f.ActionFactory.build(status=status, ends_on=end, last_follow_up_on=last, **common)
        for status in ("planned", "under-way", "completed")
        for end in (None, *spans)
        for last in (None, *spans)
    ]
    for action in actions:
        action.follow_up_due_on = action.next_follow_up()
    Action.objects.bulk_create(actions)
    since = today - dt.timedelta(days=90)
    due = {action.pk for action in Action.objects.all() if action.deadline and action.deadline.due_on >= since}
    assert {action.pk for action in Action.objects.with_deadline(since)} == due
    assert 20 < len(due) < Action.objects.count() - 20
    late = {action.pk for action in Action.objects.follow_up_due()}
    for action in Action.objects.exclude(pk__in=late):
        assert not (action.deadline and action.deadline.kind == "follow-up" and action.deadline.is_past)


# --- Once, and again where the date is another


def test_new_date_is_told_anew(town, ladder, after):
    action = overdue(town, 0, cadence="monthly")
    after(1)
    leave()
    Action.objects.filter(pk=action.pk).update(ends_on=dt.date(2026, 6, 20))
    after(10)
    assert told() == [("titular", "16.06."), ("titular", "21.06.")]


def test_running_twice_and_two_days_later_adds_nothing(town, ladder, after):
    overdue(town, 0), overdue(town, 0), following(town, 0)
    after(1)
    before = DigestLine.objects.count()
    assert (remind_deadlines(), Message.objects.count(), before) == (0, 1, 3)
    leave()
    after(3)
    assert (Message.objects.count(), DigestLine.objects.count()) == (1, before)


def test_twelve_overdue_actions_make_one_mail_and_each_is_in_it(town, ladder, today):
    actions = [overdue(town, 1, title=f"Acción número {number}") for number in range(12)]
    assert remind_deadlines() == 12
    assert told() == [("titular", "15.06.")]
    mail = mail_to("titular")
    assert isinstance(mail, Mail)
    assert mail.subject == "12 pendientes de Toluca"
    for action in actions:
        assert action.title in mail.text
        assert f'href="https://red.example/mi-municipio/acciones/{action.pk}/seguimiento/"' in mail.html


def test_week_without_the_clock_makes_no_flood(town, ladder, after):
    for days in range(6):
        overdue(town, -days)
    following(town, -6)
    after(8, asleep=True)
    assert told() == [("suplente", "23.06."), ("titular", "23.06.")]
    titular = Message.objects.get(to_email="titular@prueba.example")
    assert titular.lines.count() == 7
    assert "soon" not in "".join(titular.lines.values_list("occasion", flat=True))


def test_week_without_mail_server_makes_one_mail_of_what_is_still_due(town, ladder, after):
    done = overdue(town, 0)
    overdue(town, -3)
    after(7)
    assert told() == [("titular", "16.06.")]
    Action.objects.filter(pk=done.pk).update(status="completed")
    mail = mail_to("titular")
    assert isinstance(mail, Mail)
    assert mail.subject.startswith("Fuera de plazo:")
    assert done.title not in mail.text


# --- As it is when the mail leaves


def test_what_was_done_meanwhile_is_left_out_and_an_empty_mail_is_not_wanted(town, ladder, today):
    first, second = overdue(town), following(town, 2)
    remind_deadlines()
    Action.objects.filter(pk=first.pk).update(status="completed")
    mail = mail_to("titular")
    assert isinstance(mail, Mail)
    assert mail.subject == f"Falta el seguimiento de «{second.title}»"
    add_follow_up(
        action=second, date=today, progress=50, progress_reason="Visita.", status="under-way", text="Va.", by=None
    )
    assert mail_to("titular") == NotWanted("Lo que faltaba ya se hizo.")


def test_succession_between_queue_and_sending_tells_the_new_titular_alone(town, ladder, today):
    overdue(town)
    remind_deadlines()
    staff = f.StaffFactory()
    old = Designation.objects.titulares().get()
    new = Designation(municipality=town, kind="titular", oficio_number="PM/9", starts_on=today)
    record_designation(designation=new, person=f.PersonFactory(email="nueva@prueba.example"), by=staff, replacing=old)
    assert mail_to("titular") == NotWanted("La designación ya no está vigente.")
    remind_deadlines()
    assert isinstance(mail_to("nueva"), Mail)
    assert sorted(who for who, _day in told()) == ["nueva", "titular"]


def test_titular_who_left_learns_nothing_and_the_suplente_takes_the_place(town, ladder, today):
    overdue(town)
    remind_deadlines()
    titular = Designation.objects.titulares().get()
    end_designation(designation=titular, ends_on=today, reason="Renuncia", by=f.StaffFactory())
    assert isinstance(mail_to("titular"), NotWanted)
    remind_deadlines()
    assert isinstance(mail_to("suplente"), Mail)


def test_who_moved_to_another_municipality_learns_nothing_of_the_former(town, today):
    designation = stand(town, "ana@prueba.example")
    overdue(town)
    remind_deadlines()
    Designation.objects.filter(pk=designation.pk).update(municipality=f.MunicipalityFactory())
    assert isinstance(mail_to("ana"), NotWanted)


def test_institute_is_told_what_by_whom_with_the_link_of_the_desk(town, today):
    other = f.MunicipalityFactory(name="Texcoco", slug="texcoco")
    first, second = overdue(town, 3, title="Huertos & <b>escuelas</b>"), overdue(other, 2)
    remind_deadlines()
    mail = mail_to("red", "actions.unanswered")
    assert isinstance(mail, Mail)
    assert mail.subject == "2 acciones sin respuesta de 2 municipios"
    assert "Huertos & <b>escuelas</b> (Toluca)" in mail.text
    assert "Debía terminar el 12 de junio de 2026, hace 3 días." in mail.text
    assert "<b>escuelas" not in mail.html
    for action in (first, second):
        assert f"https://red.example/gestion/acciones/{action.pk}/" in mail.html
    Action.objects.update(status="suspended", status_reason="Falta el permiso.")
    assert isinstance(mail_to("red", "actions.unanswered"), NotWanted)


def test_long_list_names_thirty_and_counts_the_rest(town, ladder, today):
    for _number in range(33):
        overdue(town)
    remind_deadlines()
    mail = mail_to("titular")
    assert isinstance(mail, Mail)
    assert mail.text.count("/seguimiento/") == 30
    assert "Y 3 más." in mail.text


def test_mail_speaks_the_language_of_the_reader(town, today):
    user = f.liaison(town)
    user.language = "en"
    user.save()
    action = overdue(town)
    remind_deadlines()
    assert Message.objects.get().language == "en"
    mail = mail_to(user.email, language="en")
    assert isinstance(mail, Mail)
    assert f"https://red.example/en/mi-municipio/acciones/{action.pk}/seguimiento/" in mail.text
    assert "14 June 2026" in mail.text or "June 14, 2026" in mail.text


def test_mail_to_a_liaison_can_be_declined_and_the_institutes_cannot(town, ladder, today):
    overdue(town, 30)
    remind_deadlines()
    assert dict(Message.objects.values_list("kind", "operational")) == {
        "actions.deadlines": False, "actions.unanswered": True,
    }  # fmt: skip


# --- The job


@pytest.mark.parametrize("number", [1, 50])
def test_job_makes_as_many_queries_for_1_action_as_for_50(town, ladder, today, django_assert_num_queries, number):
    for _action in range(number):
        overdue(town, 30)
    for place in range(number if number > 1 else 0):
        f.DesignationFactory(municipality=f.MunicipalityFactory(name=f"Lugar {place}"))
    Installation.current()
    # Actions, ladders, and seven for each of the two kinds of mail (tests/outbox/test_digest.py)
    with django_assert_num_queries(16):
        remind_deadlines()
    with django_assert_num_queries(8):
        remind_deadlines()


@pytest.mark.parametrize("number", [1, 50])
def test_mail_makes_as_many_queries_for_1_action_as_for_50(town, ladder, today, django_assert_num_queries, number):
    for _action in range(number):
        overdue(town, 30)
    remind_deadlines()
    people, desk = (
        Message.objects.filter(kind=kind).latest("pk").params for kind in ("actions.deadlines", "actions.unanswered")
    )
    with django_assert_num_queries(3):
        emails.deadlines(people, "es")
    with django_assert_num_queries(2):
        emails.unanswered(desk, "es")


def test_task_leaves_its_heartbeat(town, ladder, today):
    overdue(town)
    import_module("actions.tasks").remind_deadlines()
    assert Heartbeat.objects.get(name="actions.deadlines").last_succeeded_at is not None
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_jobs_at_once_tell_each_thing_once():
    town = f.MunicipalityFactory(name="Toluca", slug="toluca")
    stand(town, "titular@prueba.example"), stand(town, "suplente@prueba.example", "suplente")
    for _number in range(5):
        overdue(town, 30)

    def one(_number: int) -> int:
        try:
            return remind_deadlines()
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(one, range(5)))
    assert (Message.objects.count(), DigestLine.objects.count()) == (3, 15)


# --- What staff see


def test_staff_see_whom_the_reminder_reached(town, ladder, after, client, django_assert_num_queries):
    action = overdue(town, 0, cadence="monthly")
    after(1)
    assert told_about(action) == []
    leave()
    after(7)
    leave()
    with django_assert_num_queries(1):
        assert [(str(one.rung.label), f"{one.at:%d.%m.}") for one in told_about(action)] == [
            ("titular", "16.06."), ("suplente", "23.06."),
        ]  # fmt: skip
    client.force_login(f.StaffFactory())
    page = client.get(f"/gestion/acciones/{action.pk}/").content.decode()
    assert "Se recordó por correo: titular, 16 de junio de 2026; suplente, 23 de junio de 2026." in page
    Action.objects.update(status="completed")
    assert "Se recordó por correo" not in client.get(f"/gestion/acciones/{action.pk}/").content.decode()
