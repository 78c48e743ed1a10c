import threading
from datetime import timedelta

import pytest
from celery import Celery, current_app
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from outbox.enums import MessageState, SuppressionReason
from outbox.models import Message, Suppression
from outbox.registry import Mail
from outbox.services import Row, enqueue, enqueue_many, nudge, suppress

pytestmark = pytest.mark.django_db


def test_enqueue_stores_one_row_that_is_due_now(queue):
    message = queue(7, to_name="Ana", cause="registration 7")
    assert (message.state, message.to_email, message.params) == ("scheduled", "p7@mail.example", {"id": 7})
    assert (message.to_name, message.cause, message.attempts) == ("Ana", "registration 7", 0)
    assert list(Message.objects.due()) == [message]


def test_enqueue_with_a_known_key_leaves_the_first_row_untouched(queue):
    first = queue(1, to_email="first@mail.example")
    second = queue(1, to_email="second@mail.example")
    assert (second.pk, second.to_email, second.message_id) == (first.pk, "first@mail.example", first.message_id)
    assert Message.objects.count() == 1


def test_enqueue_many_skips_known_keys_and_missing_addresses(queue):
    queue(1, to_email="first@mail.example")
    enqueue_many(
        Row(kind="test.note", dedupe_key=f"note:{n}", to_email=address, params={"id": n}, language="es")
        for n, address in [(1, "late@mail.example"), (2, "two@mail.example"), (3, "  ")]
    )
    assert set(Message.objects.values_list("dedupe_key", "to_email")) == {
        ("note:1", "first@mail.example"),
        ("note:2", "two@mail.example"),
    }


def test_enqueue_without_address_gives_none():
    assert enqueue(kind="test.note", dedupe_key="k", to_email=" ", params={}, language="es") is None
    assert not Message.objects.exists()


@pytest.mark.parametrize("address", ["not an address", "a@b\r\nBcc: x@mail.example", "x" * 250 + "@mail.example"])
def test_enqueue_stores_an_impossible_address_as_failed(queue, address):
    message = queue(1, to_email=address)
    assert (message.state, message.last_response) == (MessageState.FAILED, "La dirección no es válida.")
    assert not Message.objects.due().exists()


def test_enqueue_survives_control_characters_in_what_people_typed(queue):
    message = queue(1, to_name="Ana\x00\r\nBcc: x", cause="a\x00b")
    assert (message.to_name, message.cause) == ("Ana Bcc: x", "a b")


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_enqueue_refuses_a_key_that_cannot_be_stored_whole(queue, key):
    with pytest.raises(ValueError, match="dedupe key"):
        queue(1, dedupe_key=key)


def test_enqueue_takes_operational_from_the_kind_unless_told(queue):
    assert queue(1, kind="test.newsletter").operational is False
    assert queue(2, kind="test.newsletter", operational=True).operational is True
    assert queue(3).operational is True


def test_a_message_for_later_is_not_due(queue):
    later = timezone.now() + timedelta(hours=1)
    message = queue(1, due_at=later)
    assert (message.due_at, message.next_attempt_at) == (later, later)
    assert not Message.objects.due().exists()


def test_a_rendered_mail_waits_in_the_payload(queue):
    message = queue(1, kind="account.mail", rendered=Mail("Asunto", "texto", "<p>html</p>"))
    assert message.payload == {"subject": "Asunto", "text": "texto", "html": "<p>html</p>", "headers": {}}


def test_a_rendered_mail_takes_no_attachments(queue):
    with pytest.raises(ValueError, match="attachments"):
        queue(1, rendered=Mail("s", "t", attachments=[("a.txt", b"a", "text/plain")]))


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"state": "lost"}, "outbox_message_known_state"),
        ({"state": "queued"}, "outbox_message_claim_has_lease"),
        ({"state": "sent"}, "outbox_message_sent_has_time"),
        ({"state": "failed", "payload": {"text": "secret link"}}, "outbox_message_keeps_no_text"),
    ],
)
def test_the_database_refuses_a_message_in_an_impossible_state(queue, fields, constraint):
    message = queue(1)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(**fields)


@pytest.mark.both_databases
def test_the_database_refuses_a_second_message_with_the_same_key(queue):
    first = queue(1)
    first.pk, first.message_id = None, "<other@mail.example>"
    with pytest.raises(IntegrityError), transaction.atomic():
        first.save(force_insert=True)


def test_suppress_normalises_and_keeps_the_first_reason():
    suppress(email=" Ana@Mail.example ", reason=SuppressionReason.UNSUBSCRIBED)
    suppress(email="ana@mail.example", reason=SuppressionReason.STAFF)
    assert list(Suppression.objects.values_list("email", "reason")) == [("ana@mail.example", "unsubscribed")]


def test_enqueue_nudges_once_per_transaction(queue, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        queue(1)
        queue(2)
    assert callbacks == [nudge]


def test_a_message_for_later_does_not_nudge(queue, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        queue(1, due_at=timezone.now() + timedelta(minutes=5))
    assert callbacks == []


def test_a_broker_that_is_away_does_not_fail_the_request(queue, django_capture_on_commit_callbacks, caplog):
    portal = current_app._get_current_object()
    away = Celery("away", broker="redis://127.0.0.1:1/0", set_as_current=False)
    away.conf.task_publish_retry_policy = portal.conf.task_publish_retry_policy
    away.set_current()
    try:
        with django_capture_on_commit_callbacks(execute=True):
            message = queue(1)
    finally:
        portal.set_current()
    assert Message.objects.filter(pk=message.pk, state=MessageState.SCHEDULED).exists()
    assert "nudge lost" in caplog.text


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_many_requests_with_one_key_store_one_message(queue):
    start, errors = threading.Barrier(8), []

    def ask() -> None:
        try:
            start.wait()
            with transaction.atomic():
                queue(1)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (errors, Message.objects.count()) == ([], 1)
