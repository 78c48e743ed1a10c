"""Many things in one mail, each told once to each reader."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from outbox.digest import Line, Reader, tell
from outbox.models import DigestLine, Message
from outbox.services import delete_old, resend
from tests.factories import StaffFactory

KIND = "prueba.resumen"
ANA = Reader("person", 5, "ana@prueba.example", "Ana", "es")
LUIS = Reader("person", 6, "luis@prueba.example", "Luis", "en")


def line(number: int, occasion: str = "vence:2026-10-01", rung: str = "titular") -> Line:
    return Line(subject_id=number, occasion=occasion, rung=rung)


def told() -> set[tuple[str, int]]:
    return set(DigestLine.objects.values_list("reader", "subject_id"))


def leave(message: Message) -> None:
    Message.objects.filter(pk=message.pk).update(state="sent", sent_at=message.created_at)


@pytest.mark.django_db
@pytest.mark.both_databases
class TestDigest:
    def test_many_things_make_one_message_for_each_reader(self):
        assert tell(kind=KIND, subject="cosa", lines={ANA: [line(1), line(2)], LUIS: [line(2)]}) == 3
        assert told() == {("person:5", 1), ("person:5", 2), ("person:6", 2)}
        message = Message.objects.get(to_email=ANA.email)
        assert message.params == {"person": 5, "digest": message.dedupe_key}
        assert (message.kind, message.language, message.to_name) == (KIND, "es", "Ana")
        assert set(DigestLine.objects.of_digest(message.dedupe_key).values_list("subject_id", flat=True)) == {1, 2}
        assert Message.objects.count() == 2

    def test_what_was_told_is_not_told_again(self):
        for _again in range(2):
            tell(kind=KIND, subject="cosa", lines={ANA: [line(1)]})
        assert (Message.objects.count(), DigestLine.objects.count()) == (1, 1)
        leave(Message.objects.get())
        assert tell(kind=KIND, subject="cosa", lines={ANA: [line(1)]}) == 0
        assert Message.objects.count() == 1

    def test_another_date_is_told_again_and_another_subject_is_another_thing(self):
        tell(kind=KIND, subject="cosa", lines={ANA: [line(1)]})
        assert tell(kind=KIND, subject="cosa", lines={ANA: [line(1, "vence:2026-11-01")]}) == 1
        assert tell(kind=KIND, subject="otra", lines={ANA: [line(1)]}) == 1

    def test_new_thing_joins_the_message_that_waits_since_days(self, time_machine):
        time_machine.move_to("2026-06-15 18:00 +0000", tick=False)
        tell(kind=KIND, subject="cosa", lines={ANA: [line(1)]})
        time_machine.shift(7 * 24 * 3600)
        assert tell(kind=KIND, subject="cosa", lines={ANA: [line(1), line(2)]}) == 1
        message = Message.objects.get()
        assert set(message.lines.values_list("subject_id", flat=True)) == {1, 2}

    def test_thing_that_comes_after_todays_mail_left_is_told_tomorrow(self, time_machine):
        time_machine.move_to("2026-06-15 18:00 +0000", tick=False)
        tell(kind=KIND, subject="cosa", lines={ANA: [line(1)]})
        leave(Message.objects.get())
        assert tell(kind=KIND, subject="cosa", lines={ANA: [line(2)]}) == 0
        assert told() == {("person:5", 1)}
        time_machine.shift(24 * 3600)
        assert tell(kind=KIND, subject="cosa", lines={ANA: [line(2)]}) == 1
        assert list(Message.objects.latest("pk").lines.values_list("subject_id", flat=True)) == [2]

    def test_message_that_a_drain_has_taken_gets_no_more_lines(self):
        tell(kind=KIND, subject="cosa", lines={ANA: [line(1)]})
        message = Message.objects.get()
        message.state, message.claim_token = "queued", "8a8f4e7c-0f5b-4b0e-9d0a-0d6d4a1f2b11"
        message.lease_until = message.created_at.replace(year=2100)
        message.save()
        assert tell(kind=KIND, subject="cosa", lines={ANA: [line(2)]}) == 0
        assert told() == {("person:5", 1)}

    def test_copy_that_staff_send_again_takes_no_line_and_tells_the_same(self, monkeypatch):
        from outbox import registry

        monkeypatch.setitem(registry._kinds, KIND, registry.Kind(KIND, lambda params, language: None, "Prueba"))
        tell(kind=KIND, subject="cosa", lines={ANA: [line(1)]})
        message = Message.objects.get()
        Message.objects.update(state="failed")
        message.refresh_from_db()
        copy = resend(message=message, reason="Se pidió.", by=StaffFactory())
        assert tell(kind=KIND, subject="cosa", lines={ANA: [line(2)]}) == 0
        assert [row.subject_id for row in DigestLine.objects.of_digest(copy.params["digest"])] == [1]

    @pytest.mark.parametrize("address", ["", "  ", "sin arroba"])
    def test_nobody_is_told_where_mail_cannot_be_addressed(self, address):
        reader = Reader("person", 5, address, "Ana", "es")
        assert tell(kind=KIND, subject="cosa", lines={reader: [line(1)]}) == 0
        assert not Message.objects.exists()

    @pytest.mark.parametrize(("now", "due"), [("06:10", "14:00"), ("20:30", "20:30")])
    def test_mail_waits_for_the_morning(self, time_machine, now, due):
        """Eight in the morning of Mexico City is 14:00 in UTC."""
        time_machine.move_to(f"2026-06-15 {now} +0000", tick=False)
        tell(kind=KIND, subject="cosa", lines={ANA: [line(1)]})
        assert Message.objects.get().due_at.isoformat() == f"2026-06-15T{due}:00+00:00"

    @pytest.mark.parametrize("things", [1, 50])
    def test_queries_do_not_grow_with_things_and_readers(self, django_assert_num_queries, things):
        readers = [Reader("person", pk, f"p{pk}@prueba.example", "P", "es") for pk in range(min(things, 3))]
        lines = {reader: [line(number) for number in range(things)] for reader in readers}
        # savepoint and release; known lines; waiting digests twice; the INSERTs of messages and lines
        with django_assert_num_queries(7):
            tell(kind=KIND, subject="cosa", lines=lines)
        with django_assert_num_queries(3):
            tell(kind=KIND, subject="cosa", lines=lines)

    def test_lines_go_with_their_message(self):
        tell(kind=KIND, subject="cosa", lines={ANA: [line(1)]})
        Message.objects.update(state="failed", due_at="2020-01-01T00:00Z", created_at="2020-01-01T00:00Z")
        delete_old()
        assert not DigestLine.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.both_databases
def test_two_at_once_tell_each_thing_once():
    def one(number: int) -> None:
        try:
            tell(kind=KIND, subject="cosa", lines={ANA: [line(1), line(10 + number)], LUIS: [line(2)]})
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(one, range(6)))
    assert Message.objects.count() == 2
    assert told() == {("person:6", 2), ("person:5", 1)} | {("person:5", 10 + number) for number in range(6)}
