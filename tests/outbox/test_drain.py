import smtplib
import socket
import threading
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from outbox import drain as outbox_drain
from outbox import mailing, registry
from outbox.drain import MAX_ATTEMPTS, MAX_DEATHS, backoff, claim, drain, reconcile
from outbox.enums import FINAL_STATES, MessageState, SuppressionReason
from outbox.models import Heartbeat, Message, Suppression
from outbox.registry import Mail, NotWanted
from outbox.services import Row, enqueue, enqueue_many, lift, suppress
from outbox.wire import Fate, judge
from tests.factories import StaffFactory
from tests.outbox.conftest import free_port, use_smtp, written

pytestmark = pytest.mark.django_db


def ago(**delta: float):
    return timezone.now() - timedelta(**delta)


def make_due() -> None:
    """As if the wait before the next attempt were over."""
    Message.objects.update(next_attempt_at=ago(seconds=1))


def let_leases_run_out() -> None:
    Message.objects.exclude(lease_until=None).update(lease_until=ago(seconds=1))


def states() -> Counter[str]:
    return Counter(Message.objects.values_list("state", flat=True))


# --- What leaves


def test_drain_sends_what_is_due_and_says_so(queue, sink):
    message = queue(7, to_name="Ñandú, José")
    tally = drain()
    message.refresh_from_db()
    assert (tally.claimed, tally.sent, tally.trouble) == (1, 1, "")
    assert (message.state, message.attempts, message.subject) == (MessageState.SENT, 1, "Aviso 7")
    assert (message.claim_token, message.lease_until) == (None, None)
    assert message.sent_at is not None
    [received] = sink.received
    assert received["To"].addresses[0].display_name == "Ñandú, José"
    assert received["To"].addresses[0].addr_spec == "p7@mail.example"
    assert received.get_body(("plain",)).get_content() == "Hola, Ñuño"
    assert received.get_body(("html",)).get_content() == "<p>Hola, <b>Ñuño</b></p>"


def test_a_message_carries_its_fixed_id_and_says_that_no_person_wrote_it(queue, sink):
    message = queue(1)
    drain()
    [received] = sink.received
    assert received["Message-ID"] == message.message_id
    assert message.message_id.endswith("@127.0.0.1>")
    assert received["Auto-Submitted"] == "auto-generated"
    assert received["From"].addresses[0].display_name == "Red de Embajadores Climáticos"
    assert received["From"].addresses[0].addr_spec == "red@portal.example"


def test_a_second_drain_sends_nothing_again(queue, sink):
    queue(1)
    drain()
    assert drain().claimed == 0
    assert len(sink.received) == 1


def test_one_claim_uses_one_connection(queue, sink):
    for number in range(5):
        queue(number)
    drain()
    assert (len(sink.received), sink.connections) == (5, 1)


def test_a_message_for_later_waits(queue, sink):
    queue(1, due_at=timezone.now() + timedelta(minutes=5))
    assert drain().claimed == 0
    assert states() == {"scheduled": 1}


def test_the_text_is_made_in_the_language_of_the_message(queue):
    queue(1, kind="test.language", language="en")
    queue(2, kind="test.language", language="es")
    drain()
    assert sorted(sent.subject.split(":")[0] for sent in mail.outbox) == ["en", "es"]


def test_the_text_is_made_when_the_message_leaves(queue):
    queue(7)
    assert written == []
    drain()
    assert written == [7]


def test_the_file_backend_writes_one_file_for_each_message(queue, settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    for number in range(3):
        queue(number)
    assert drain().sent == 3
    texts = [path.read_text() for path in (tmp_path / "mail").iterdir()]
    assert sum(text.count("Message-ID:") for text in texts) == 3


def test_a_rendered_mail_is_sent_and_its_text_forgotten(queue, sink):
    message = queue(1, kind="account.mail", rendered=Mail("Confirme", "enlace secreto", "<p>enlace</p>"))
    drain()
    message.refresh_from_db()
    assert (message.state, message.payload, message.subject) == (MessageState.SENT, None, "Confirme")
    assert sink.received[0].get_body(("plain",)).get_content() == "enlace secreto"


# --- What does not leave


def test_what_is_not_wanted_any_more_is_skipped_with_its_reason(queue):
    message = queue(1, kind="test.unwanted")
    assert drain().skipped == 1
    message.refresh_from_db()
    assert (message.state, message.last_response) == (MessageState.SKIPPED, "El evento se canceló.")
    assert mail.outbox == []


def test_what_has_expired_is_skipped(queue):
    message = queue(1, expires_at=ago(seconds=1))
    drain()
    message.refresh_from_db()
    assert (message.state, message.last_response) == (MessageState.SKIPPED, "Caducó antes de poder enviarse.")
    assert mail.outbox == []


def test_what_expires_after_its_claim_is_not_sent(queue, monkeypatch):
    message = queue(1, expires_at=timezone.now() + timedelta(hours=1))
    write = outbox_drain._write

    def slowly(*args):
        Message.objects.update(expires_at=ago(seconds=1))
        return write(*args)

    monkeypatch.setattr(outbox_drain, "_write", slowly)
    drain()
    assert mail.outbox == []
    assert drain().skipped == 0
    message.refresh_from_db()
    assert message.state == MessageState.SKIPPED


def test_a_suppressed_address_gets_only_what_a_procedure_needs(queue):
    suppress(email="P1@mail.example", reason=SuppressionReason.UNSUBSCRIBED)
    queue(1, kind="test.newsletter", dedupe_key="newsletter")
    queue(1, dedupe_key="confirmation")
    drain()
    assert dict(Message.objects.values_list("dedupe_key", "state")) == {
        "newsletter": MessageState.SUPPRESSED,
        "confirmation": MessageState.SENT,
    }
    assert len(mail.outbox) == 1


def test_a_kind_nobody_writes_fails_alone_and_loudly(queue, caplog):
    queue(1, kind="gone.kind")
    queue(2)
    tally = drain()
    assert (tally.failed, tally.sent) == (1, 1)
    failed = Message.objects.get(kind="gone.kind")
    assert (failed.state, failed.last_response) == (MessageState.FAILED, "Nadie sabe redactar el tipo «gone.kind».")
    assert "no composer for kind gone.kind" in caplog.text


def test_a_failing_composer_is_tried_again_and_the_others_go_on(queue):
    bad = queue(1, kind="test.badly")
    queue(2)
    tally = drain()
    bad.refresh_from_db()
    assert (tally.retried, tally.sent) == (1, 1)
    assert (bad.state, bad.attempts) == (MessageState.RETRY, 1)
    assert bad.last_response == "No se pudo redactar: LookupError: row 7 is gone"
    assert bad.next_attempt_at > timezone.now()


def test_a_message_is_given_up_after_the_last_attempt(queue):
    bad = queue(1, kind="test.badly")
    for _attempt in range(MAX_ATTEMPTS):
        make_due()
        drain()
    bad.refresh_from_db()
    assert (bad.state, bad.attempts) == (MessageState.FAILED, MAX_ATTEMPTS)


def test_a_composer_may_not_change_who_writes_to_whom(queue):
    message = queue(1, kind="test.foreign_header")
    drain()
    message.refresh_from_db()
    assert message.state == MessageState.RETRY
    assert mail.outbox == []


def test_what_people_typed_cannot_begin_a_header(queue, sink):
    queue(1, kind="test.hostile", to_name="Eva\r\nBcc: victim@mail.example")
    assert drain().sent == 1
    [received] = sink.received
    assert received["Bcc"] is None
    assert received["Subject"] == "Hola Bcc: victim@mail.example X: y"
    assert received["X-Note"] == "uno Bcc: victim@mail.example"
    assert received["To"].addresses[0].addr_spec == "p1@mail.example"
    assert received.get_body(("plain",)).get_content() == "unodos?"
    [attached] = received.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("a b-..-c.ics", "text/calendar")
    assert "SUMMARY:Ñ" in attached.get_content()


# --- What the mail server answers


@pytest.mark.parametrize(("code", "state"), [("450", "retry"), ("421", "retry"), ("550", "failed")])
def test_a_refused_recipient_is_retried_or_failed_and_the_others_go_on(queue, sink, code, state):
    refused = queue(1, to_email=f"{code}@mail.example")
    queue(2)
    drain()
    refused.refresh_from_db()
    assert (refused.state, refused.last_response) == (state, f"{code} not now, not here")
    assert sink.addresses == ["p2@mail.example"]


@pytest.mark.parametrize(("reply", "state"), [("451 later", "retry"), ("554 spam", "failed")])
def test_a_refused_text_is_retried_or_failed(queue, sink, reply, state):
    sink.data_reply = reply
    message = queue(1)
    drain()
    message.refresh_from_db()
    assert (message.state, message.last_response, message.attempts) == (state, reply, 1)


def test_a_refused_sender_costs_no_message(queue, sink):
    sink.sender_reply = "530 log in first"
    queue(1)
    queue(2)
    tally = drain()
    assert "530 log in first" in tally.trouble
    assert list(Message.objects.values_list("state", "attempts")) == [("retry", 0)] * 2
    sink.sender_reply = None
    assert drain().sent == 2


def test_a_server_that_is_away_costs_no_message(queue, settings, sink):
    there = settings.EMAIL_PORT
    use_smtp(settings, free_port())
    message = queue(1)
    tally = drain()
    message.refresh_from_db()
    assert "Connection refused" in tally.trouble
    assert (message.state, message.attempts, message.claim_token) == (MessageState.RETRY, 0, None)
    use_smtp(settings, there)
    assert drain().sent == 1
    assert len(sink.received) == 1


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_line_that_breaks_before_the_text_is_out_is_retried(queue, rude_server, step):
    rude_server(step)
    message = queue(1)
    tally = drain()
    message.refresh_from_db()
    assert (tally.retried, message.state, message.attempts) == (1, MessageState.RETRY, 1)


def test_a_line_that_breaks_after_the_text_is_out_leaves_a_doubt(queue, rude_server):
    server = rude_server(".")
    message = queue(1)
    assert drain().in_doubt == 1
    make_due()
    drain()
    message.refresh_from_db()
    assert (message.state, message.payload, server.connections) == (MessageState.IN_DOUBT, None, 1)


def test_a_server_that_always_hangs_up_is_left_alone_after_three_lines(queue, rude_server):
    server = rude_server("MAIL")
    for number in range(6):
        queue(number)
    tally = drain()
    assert (server.connections, tally.retried) == (3, 3)
    assert "hung up" in tally.trouble
    assert sorted(Message.objects.values_list("attempts", flat=True)) == [0, 0, 0, 1, 1, 1]


def test_a_server_that_does_not_answer_is_waited_for_no_longer_than_the_timeout(queue, settings):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        use_smtp(settings, silent.getsockname()[1])
        settings.EMAIL_TIMEOUT = 0.2
        queue(1)
        assert "timed out" in drain().trouble
    assert states() == {"retry": 1}


def test_backoff_doubles_up_to_an_hour():
    assert [backoff(n).total_seconds() / 60 for n in (1, 2, 3, 6, 7, 12)] == [1, 2, 4, 32, 60, 60]


# --- Addresses that refuse


def refused(queue, number: int, code: str = "550") -> Message:
    message = queue(number, to_email=f"{code}Ana@mail.example")
    drain()
    message.refresh_from_db()
    return message


def test_an_address_is_marked_after_two_messages_were_refused_for_good(queue, sink):
    first = refused(queue, 1)
    assert (first.state, first.bounced, Suppression.objects.count()) == ("failed", True, 0)
    refused(queue, 2)
    [marked] = Suppression.objects.active()
    assert (marked.email, marked.reason) == ("550ana@mail.example", SuppressionReason.BOUNCED)
    assert marked.last_response == "550 not now, not here"
    newsletter = queue(3, kind="test.newsletter", to_email="550ANA@mail.example")
    assert drain().suppressed == 1
    newsletter.refresh_from_db()
    assert "la dirección rechaza el correo" in newsletter.last_response
    assert refused(queue, 4).state == "failed", "what a procedure needs is still tried"


@pytest.mark.parametrize("code", ["450", "552"])
def test_a_full_mailbox_or_a_later_please_marks_no_address(queue, sink, code):
    for number in range(3):
        refused(queue, number, code)
        make_due()
    assert Suppression.objects.count() == 0


def test_a_policy_against_us_marks_no_address():
    for reply in (b"5.7.1 Relay access denied", b"5.2.2 over quota"):
        error = smtplib.SMTPRecipientsRefused({"a@mail.example": (550, reply)})
        assert judge(error, text_is_out=False).fate == Fate.REFUSED
    gone = smtplib.SMTPRecipientsRefused({"a@mail.example": (550, b"5.1.1 no such user")})
    assert judge(gone, text_is_out=False).fate == Fate.BOUNCED


def test_a_lifted_address_is_marked_anew_by_two_more_refusals_only(queue, sink):
    refused(queue, 1)
    refused(queue, 2)
    lift(suppression=Suppression.objects.get(), reason="it works now", by=StaffFactory())
    Message.objects.update(created_at=ago(days=1))
    refused(queue, 3)
    assert not Suppression.objects.active().exists()
    refused(queue, 4)
    [marked] = Suppression.objects.active()
    assert (marked.lifted_at, marked.lift_reason) == (None, "")


# --- Caps


def test_the_cap_of_an_hour_delays_and_loses_nothing(queue, sink, settings):
    settings.MAIL_PER_HOUR = 8
    for number in range(12):
        queue(number)
    assert (drain().sent, drain().sent) == (8, 0)
    assert states() == {"sent": 8, "scheduled": 4}
    Message.objects.filter(state="sent").update(sent_at=ago(minutes=61))
    assert drain().sent == 4


def test_the_last_quarter_of_the_cap_is_kept_for_what_procedures_need(queue, sink, settings):
    settings.MAIL_PER_HOUR = 8
    for number in range(10):
        queue(number, kind="test.newsletter")
    drain(claim_size=3)
    assert states() == {"sent": 6, "scheduled": 4}
    queue(99)
    drain()
    assert Message.objects.get(kind="test.note").state == "sent"
    assert states() == {"sent": 7, "scheduled": 4}


def test_an_address_gets_so_many_a_day_of_what_no_procedure_needs(queue, sink, settings):
    settings.MAIL_PER_ADDRESS_PER_DAY = 3
    for number in range(5):
        queue(number, kind="test.newsletter", to_email="Ana@mail.example")
    queue(7, to_email="ana@mail.example")
    tally = drain()
    assert (tally.sent, tally.retried) == (4, 2)
    waiting = Message.objects.filter(state="retry")
    assert set(waiting.values_list("attempts", "last_response")) == {
        (0, "Espera: esta dirección ya recibió hoy 3 mensajes.")
    }
    make_due()
    assert drain().sent == 0
    Message.objects.filter(state="sent").update(sent_at=ago(hours=25))
    make_due()
    assert drain().sent == 2


# --- Poison


def test_a_message_that_kills_its_process_is_set_aside_and_the_others_leave(queue, sink, monkeypatch):
    for number in range(5):
        queue(number, kind="test.killer" if number == 2 else "test.note")

    class Killed(BaseException):
        pass

    def kill(params, language):
        raise Killed

    registry.register("test.killer", kill, label="killer")
    deaths = 0
    for _turn in range(10):
        try:
            drain()
        except Killed:
            deaths += 1
        let_leases_run_out()
    assert deaths == 1 + MAX_DEATHS
    assert states() == {"sent": 4, "failed": 1}
    poison = Message.objects.get(kind="test.killer")
    assert poison.last_response == "Se apartó: el proceso murió 3 veces al redactarlo."


def test_what_follows_a_message_that_kills_its_process_leaves_at_the_second_try(queue, sink):
    class Killed(BaseException):
        pass

    def kill(params, language):
        raise Killed

    registry.register("test.a_killer", kill, label="killer")
    queue(0, kind="test.a_killer")
    for number in range(1, 4):
        queue(number)
    for _turn in range(2):
        with pytest.raises(Killed):
            drain()
        let_leases_run_out()
    with pytest.raises(Killed):
        drain()
    assert Message.objects.filter(state="sent", deaths=0).count() == 3


# --- History


def test_each_attempt_that_did_not_end_well_is_a_step_and_a_sent_one_costs_none(queue, sink):
    sink.data_reply = "451 later"
    message = queue(1)
    drain()
    sink.data_reply = None
    make_due()
    drain()
    assert list(message.steps.values_list("state", "text")) == [("retry", "451 later")]
    queue(2, expires_at=ago(seconds=1))
    doubtful = queue(3)
    drain()
    assert list(Message.objects.get(state="skipped").steps.values_list("state", flat=True)) == ["skipped"]
    Message.objects.filter(pk=doubtful.pk).update(
        state="sending", claim_token="0b0f9a52-6f5c-4d5e-8a38-6f8f2c3d7a11", lease_until=ago(seconds=1)
    )
    reconcile()
    assert list(doubtful.steps.values_list("state", flat=True)) == ["in_doubt"]


@pytest.mark.both_databases
def test_a_text_whose_row_changed_while_it_was_written_is_thrown_away(queue, sink):
    told = Heartbeat.objects.create(name="told", last_error="old")

    def compose(params, language):
        text = Heartbeat.objects.get(name="told").last_error
        mail = Mail(text, text, still=Heartbeat.objects.filter(name="told", last_error=text))
        Heartbeat.objects.update(last_error="new")  # somebody saves after the text was made
        return mail

    registry.register("test.told", compose, label="told")
    queue(1, kind="test.told")
    drain()
    assert [received["Subject"] for received in sink.received] == ["new"]
    assert told.name


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="on SQLite nobody else writes meanwhile")
def test_what_is_being_changed_is_not_told_until_it_is_done(queue, sink):
    Heartbeat.objects.create(name="told", last_error="old")
    registry.register(
        "test.told",
        lambda params, language: Mail("s", "t", still=Heartbeat.objects.filter(name="told", last_error="old")),
        label="told",
    )
    queue(1, kind="test.told")
    locked, done = threading.Event(), threading.Event()

    def change() -> None:
        with transaction.atomic():
            Heartbeat.objects.select_for_update(no_key=True).get(name="told")
            locked.set()
            done.wait(20)
        connection.close()

    changer = threading.Thread(target=change)
    changer.start()
    locked.wait(20)
    drain(seconds=0.3)
    assert sink.received == []
    done.set()
    changer.join()
    assert drain().sent == 1


# --- Claims, leases and doubts


@pytest.mark.both_databases
def test_a_claimed_message_is_nobody_elses(queue):
    queue(1)
    assert len(claim()) == 1
    assert claim() == []


@pytest.mark.both_databases
def test_a_claim_that_was_never_begun_is_claimed_anew_after_its_lease(queue):
    message = queue(1)
    claim()
    let_leases_run_out()
    assert claim() == [message]


def test_a_claim_is_grouped_by_kind(queue):
    for number in range(6):
        queue(number, kind=("test.note", "test.language")[number % 2])
    assert [message.kind for message in claim()] == ["test.language"] * 3 + ["test.note"] * 3


def test_a_claim_takes_the_oldest_first(queue):
    for number in range(3):
        queue(number, due_at=ago(minutes=number))
    assert [message.params["id"] for message in claim(2)] == [2, 1]


def test_who_lost_the_turn_sends_nothing(queue):
    queue(1)
    [slow] = claim()
    let_leases_run_out()
    [quick] = claim()
    assert outbox_drain.Ledger().begin(slow) is False
    assert outbox_drain.Ledger().begin(quick) is True


@pytest.mark.both_databases
def test_what_a_killed_process_was_sending_is_flagged_and_never_sent_again(queue, caplog):
    message = queue(1, kind="account.mail", rendered=Mail("s", "one-time link"))
    [claimed] = claim()
    outbox_drain.Ledger().begin(claimed)
    assert reconcile() == 0
    let_leases_run_out()
    assert reconcile() == 1
    message.refresh_from_db()
    assert (message.state, message.payload) == (MessageState.IN_DOUBT, None)
    assert f"1 message(s) in doubt: [{message.pk}]" in caplog.text
    make_due()
    assert drain().claimed == 0
    assert mail.outbox == []


@pytest.mark.both_databases
@pytest.mark.parametrize("messages", [1, 2])
def test_a_doubt_is_resolved_by_the_process_that_learns_the_answer(queue, sink, monkeypatch, messages):
    """Whether it is marked by itself or together with the next one."""
    [first, *_others] = [queue(number) for number in range(messages)]
    begin = outbox_drain.Ledger.begin

    def begin_and_be_thought_dead(ledger, message, still=None):
        begun = begin(ledger, message, still)
        if message.pk == first.pk:
            Message.objects.filter(pk=first.pk).update(lease_until=timezone.now() - timedelta(hours=1))
            assert reconcile() == 1
        return begun

    monkeypatch.setattr(outbox_drain.Ledger, "begin", begin_and_be_thought_dead)
    drain()
    assert set(Message.objects.values_list("state", "claim_token", "lease_until")) == {(MessageState.SENT, None, None)}
    assert len(sink.received) == messages


@pytest.mark.both_databases
def test_what_left_is_marked_where_the_next_one_lost_its_turn(queue, sink, monkeypatch):
    messages = [queue(number) for number in range(3)]
    begin = outbox_drain.Ledger.begin

    def lose_the_second(ledger, message, still=None):
        if message.pk == messages[1].pk:
            Message.objects.filter(pk=message.pk).update(claim_token=uuid4())
        return begin(ledger, message, still)

    monkeypatch.setattr(outbox_drain.Ledger, "begin", lose_the_second)
    assert drain().sent == 2
    states = [state for _pk, state in Message.objects.order_by("pk").values_list("pk", "state")]
    assert states == [MessageState.SENT, MessageState.QUEUED, MessageState.SENT]
    assert len(sink.received) == 2


@pytest.mark.both_databases
def test_what_left_is_kept_apart_from_what_begins(queue, sink):
    """One statement marks both: each column gets its own value."""
    first, second = (queue(number) for number in range(2))
    claimed = claim()
    ledger = outbox_drain.Ledger()
    assert ledger.begin(claimed[0])
    ledger.left(claimed[0], "Número 0")
    assert ledger.begin(claimed[1])
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.subject, first.attempts, first.lease_until) == (MessageState.SENT, "Número 0", 1, None)
    assert abs(first.sent_at - timezone.now()) < timedelta(minutes=1)
    assert (second.state, second.subject, second.attempts, second.sent_at) == (MessageState.SENDING, "", 1, None)
    lease = second.lease_until - timezone.now() - outbox_drain.SENDING_LEASE
    assert abs(lease) < timedelta(minutes=1)
    assert second.claim_token == claimed[1].claim_token


@pytest.mark.both_databases
def test_message_that_expires_meanwhile_does_not_begin(queue, sink):
    queue(0)
    late = queue(1)
    first, second = claim()
    ledger = outbox_drain.Ledger()
    assert ledger.begin(first)
    ledger.left(first, "")
    Message.objects.filter(pk=late.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert not ledger.begin(second)
    assert Message.objects.get(pk=first.pk).state == MessageState.SENT


def test_nothing_is_refused_for_what_was_read_for_another_message(monkeypatch, sink):
    """A composer that shares what it read is asked again, without it, before a message is left out."""
    asked = []
    wanted = {"yes": False}

    def compose(params, language):
        asked.append(params["id"])
        answer = mailing.once("wanted", lambda: wanted["yes"])
        wanted["yes"] = True
        return Mail("Sí", "Sí") if answer else NotWanted("No")

    monkeypatch.setitem(registry._kinds, "test.shared", registry.Kind("test.shared", compose, "x"))
    enqueue(kind="test.shared", dedupe_key="s", to_email="p@mail.example", params={"id": 1}, language="es")
    assert drain().sent == 1
    assert asked == [1, 1]


def test_a_drain_whose_time_is_up_gives_back_what_it_did_not_begin(queue, sink):
    for number in range(3):
        queue(number)
    outbox_drain._deliver(claim(), outbox_drain.Tally(), deadline=0)
    assert sink.received == []
    assert drain().sent == 3


@pytest.mark.both_databases
def test_the_clock_of_the_machine_does_not_matter(queue, time_machine):
    queue(1)
    time_machine.move_to(timezone.now() + timedelta(hours=1))
    assert len(claim()) == 1
    assert claim() == []
    time_machine.move_to(timezone.now() - timedelta(hours=3))
    queue(2)
    assert len(claim()) == 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_drains_at_once_never_share_a_message(queue):
    total, workers = 300, 6
    enqueue_many(
        Row(kind="test.note", dedupe_key=f"n:{n}", to_email=f"p{n}@mail.example", params={"id": n}, language="es")
        for n in range(total)
    )
    claims: list[list[int]] = []
    errors: list[Exception] = []
    start = threading.Barrier(workers)

    def take() -> None:
        try:
            start.wait()
            while messages := claim(7):
                claims.append([message.pk for message in messages])
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = [pk for one in claims for pk in one]
    assert errors == []
    assert max(len(one) for one in claims) == 7
    assert (len(taken), len(set(taken))) == (total, total)


@pytest.mark.django_db(transaction=True)
def test_drains_at_once_send_each_message_once(queue, sink):
    for number in range(60):
        queue(number)
    threads = [threading.Thread(target=lambda: (drain(claim_size=5), connection.close())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(sink.addresses) == Counter(f"p{n}@mail.example" for n in range(60))
    assert states() == {"sent": 60}


def test_no_final_message_keeps_a_text(queue, sink):
    sink.data_reply = "554 spam"
    queue(1, rendered=Mail("s", "t"))
    queue(2, rendered=Mail("s", "t"), expires_at=ago(seconds=1))
    drain()
    assert set(Message.objects.values_list("state", "payload")) == {("failed", None), ("skipped", None)}
    assert {"failed", "skipped"} <= set(FINAL_STATES)
