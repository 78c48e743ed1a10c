"""What becomes of an accompaniment: its states, its sessions and who confirms them, its review in rounds."""

import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from events.services.rows import StaleVersion
from municipalities.models import Municipality
from network.models import User
from outbox.models import Message
from tests import factories as f
from trainings import services
from trainings.enums import TRANSITIONS, AccompanimentState
from trainings.models import Accompaniment, AccompanimentSession, Recommendation, ReviewRound, SessionAgreement
from trainings.services import FileValues, WrongState

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def toluca(db: None) -> Municipality:
    return f.MunicipalityFactory(name="Toluca", slug="toluca")


@pytest.fixture
def enlace(toluca: Municipality) -> User:
    return f.liaison(toluca)


@pytest.fixture
def staff(db: None) -> User:
    return f.StaffFactory()


@pytest.fixture
def file(toluca: Municipality) -> Accompaniment:
    """Under way."""
    return f.AccompanimentFactory(municipality=toluca, state="assigned")


def asked(**more: Any) -> dict[str, Any]:
    return {
        "topic": "Promacc", "instrument": f.InstrumentFactory(), "instrument_name": "", "stage": "design",
        "pathway": f.PathwayFactory(), "request": "Revisar el diagnóstico.",
    } | more  # fmt: skip


def held(**more: Any) -> dict[str, Any]:
    return {
        "kind": "accompaniment", "day": timezone.localdate(), "modality": "virtual", "minutes": 90, "people": 5,
        "women": 3, "men": 1, "product": "Índice",
    } | more  # fmt: skip


def pdf(content: bytes = b"uno") -> FileValues:
    return FileValues(file=SimpleUploadedFile("x.pdf", content), title="Versión", original_name="pmdu.pdf")


def mails() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("pk").values_list("kind", "to_email"))


# --- The file


def test_request_reaches_the_institute_and_keeps_its_document(toluca, enlace):
    found = services.request_accompaniment(municipality=toluca, data=asked(), by=enlace, document=pdf())
    assert (found.state, found.created_by, found.documents.get().side) == ("requested", enlace, "municipality")
    assert [kind for kind, _to in mails()] == ["trainings.accompaniment_requested"]
    assert [(row.history_type, row.history_user) for row in found.history.all()] == [("+", enlace)]


def test_one_form_sent_twice_makes_one_file(toluca, enlace):
    key = uuid.uuid4()
    made = [services.request_accompaniment(municipality=toluca, data=asked(), by=enlace, request_key=key) for _ in "12"]
    assert (made[0], Accompaniment.objects.count(), Message.objects.count()) == (made[1], 1, 1)


def test_name_of_an_instrument_is_kept_only_where_the_list_has_none(toluca, enlace):
    other = f.InstrumentFactory(code="other")
    named = {"instrument_name": "Reglamento de arbolado"}
    data = [asked(**named), asked(instrument=other, **named)]
    labels = [services.request_accompaniment(municipality=toluca, data=row, by=enlace).instrument_label for row in data]
    assert labels == ["Promacc", "Reglamento de arbolado"]


def test_file_travels_from_request_to_close(toluca, enlace, staff):
    file = services.request_accompaniment(municipality=toluca, data=asked(), by=enlace)
    services.accept_request(accompaniment=file, version=1, by=staff, comment="Con gusto.")
    colleague, expert = f.StaffFactory(), f.ExpertFactory()
    services.assign(accompaniment=file, people=[staff, colleague], experts=[expert], version=2, by=staff)
    services.propose_closing(accompaniment=file, result="Promacc aprobado", version=3, by=staff, document=pdf())
    services.confirm_closing(accompaniment=file, version=4, by=enlace)
    file.refresh_from_db()
    assert (file.state, file.answered_by, file.closing_by, file.closed_by) == ("closed", staff, staff, enlace)
    assert file.documents.get().kind == "result"
    reasons = list(file.history.order_by("history_id").values_list("history_change_reason", "history_user"))
    assert reasons == [
        ("Solicitud", enlace.pk), ("Aceptado", staff.pk), ("Asignación", staff.pk), ("Cierre propuesto", staff.pk),
        ("Cierre confirmado", enlace.pk),
    ]  # fmt: skip
    assert {row.user_id for row in file.history.first().assignees.all()} == {staff.pk, colleague.pk}
    to = {"enlace": enlace.email, "colega": colleague.email}
    assert [(kind.split("_")[-1], address) for kind, address in mails() if address in to.values()] == [
        ("answered", to["enlace"]), ("given", to["colega"]), ("assigned", to["enlace"]), ("closing", to["enlace"]),
        ("closed", to["enlace"]),
    ]  # fmt: skip


def test_declined_with_a_reason_ends_there(staff):
    file = f.AccompanimentFactory()
    with pytest.raises(ValidationError):
        services.decline_request(accompaniment=file, version=1, by=staff, comment="  ")
    services.decline_request(accompaniment=file, version=1, by=staff, comment="No hay personal este mes.")
    with pytest.raises(WrongState):
        services.accept_request(accompaniment=file, version=None, by=staff)
    assert Accompaniment.objects.get().state == "declined"


STEPS = {
    "accepted": lambda file: services.accept_request(accompaniment=file, version=None, by=None),
    "declined": lambda file: services.decline_request(accompaniment=file, version=None, by=None, comment="No"),
    "assigned": lambda file: services.assign(
        accompaniment=file, people=[f.StaffFactory()], experts=[], version=None, by=None
    ),
    "closing": lambda file: services.propose_closing(accompaniment=file, result="Listo", version=None, by=None),
    "closed": lambda file: services.confirm_closing(accompaniment=file, version=None, by=None),
    "reopened": lambda file: services.reopen(accompaniment=file, reason="Falta", version=None, by=None),
}


@pytest.mark.parametrize("state", AccompanimentState.values)
def test_services_move_a_file_only_along_the_allowed_transitions(state):
    reached = set()
    for name, step in STEPS.items():
        file = f.AccompanimentFactory(state=state)
        try:
            step(file)
        except WrongState:
            assert Accompaniment.objects.get(pk=file.pk).state == state
        else:
            file.refresh_from_db()
            reached.add(file.state)
            assert name in (file.state, "reopened")
    # Assigning anew what is under way changes the people, not the state.
    again = {"assigned"} if state == "assigned" else set()
    assert reached == {after.value for after in TRANSITIONS[AccompanimentState(state)]} | again


def test_decision_on_an_older_version_is_refused(enlace, staff):
    file = f.AccompanimentFactory()
    services.change_request(accompaniment=file, data=asked(version=1, topic="PMDU"), by=enlace)
    with pytest.raises(StaleVersion):
        services.accept_request(accompaniment=file, version=1, by=staff)
    assert Accompaniment.objects.get().state == "requested"


def test_assignment_needs_somebody_of_the_institute(staff):
    file = f.AccompanimentFactory(state="accepted")
    with pytest.raises(ValidationError):
        services.assign(accompaniment=file, people=[], experts=[f.ExpertFactory()], version=1, by=staff)


def test_reopening_keeps_who_closed_in_the_history(file, enlace, staff):
    services.propose_closing(accompaniment=file, result="Listo", version=None, by=staff)
    services.confirm_closing(accompaniment=file, version=None, by=enlace)
    services.reopen(accompaniment=file, reason="Falta el anexo.", version=None, by=staff)
    assert (file.state, file.closed_at, file.closed_by) == ("assigned", None, None)
    assert list(file.history.values_list("history_change_reason", "closed_by"))[:2] == [
        ("Reabierto: Falta el anexo.", None), ("Cierre confirmado", enlace.pk),
    ]  # fmt: skip


@pytest.mark.parametrize("fields", [{"state": "declined", "answer": ""}, {"state": "closed", "result": ""},
                                    {"state": "closed", "closed_at": None}])  # fmt: skip
def test_database_keeps_what_a_state_needs(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        f.AccompanimentFactory(**fields)


# --- Sessions


def test_session_is_confirmed_once_both_sides_said_so(file, enlace, staff):
    session = services.save_session(accompaniment=file, session=None, data=held(), by=staff)
    assert services.confirm_session(session=session, side="institute", version=1, by=staff) is False
    assert services.confirm_session(session=session, side="municipality", version=1, by=enlace) is True
    session.refresh_from_db()
    assert (session.institute_confirmed_by, session.municipality_confirmed_by) == (staff, enlace)
    assert [kind for kind, to in mails()] == ["trainings.session_to_confirm"]
    assert mails()[0][1] == enlace.email


def test_changed_session_must_be_confirmed_again(file, enlace, staff):
    session = services.save_session(accompaniment=file, session=None, data=held(), by=staff)
    for side, by in (("institute", staff), ("municipality", enlace)):
        services.confirm_session(session=session, side=side, version=1, by=by)
    changed = services.save_session(accompaniment=file, session=session, data=held(minutes=60, version=1), by=enlace)
    assert (changed.is_confirmed, changed.institute_confirmed_at, changed.version) == (False, None, 2)
    with pytest.raises(StaleVersion):
        services.confirm_session(session=session, side="institute", version=1, by=staff)
    assert list(changed.history.values_list("municipality_confirmed_by", flat=True)) == [None, enlace.pk, None, None]


def test_saving_a_session_unchanged_keeps_its_confirmations(file, enlace, staff):
    data = held(agreements=[{"text": "Enviar datos", "side": "municipality"}])
    session = services.save_session(accompaniment=file, session=None, data=data, by=staff)
    services.confirm_session(session=session, side="municipality", version=1, by=enlace)
    rows = [{"id": session.agreements.get().pk, "text": "Enviar datos", "side": "municipality"}]
    same = services.save_session(accompaniment=file, session=session, data=held(agreements=rows, version=1), by=staff)
    assert (same.version, same.municipality_confirmed_by) == (1, enlace)


def test_planned_session_cannot_be_confirmed_before_its_day_or_before_it_is_written_down(file, staff):
    nothing = {"minutes": None, "people": None, "women": None, "men": None, "product": ""}
    tomorrow = held(day=timezone.localdate() + dt.timedelta(days=1))
    for data in (tomorrow, held(**nothing)):
        session = services.save_session(accompaniment=file, session=None, data=data, by=staff)
        with pytest.raises(WrongState):
            services.confirm_session(session=session, side="institute", version=1, by=staff)


@pytest.mark.parametrize(
    ("counts", "stored"),
    [
        ({"people": 5, "women": 3, "men": 1}, (5, 3, 1, 0, 0, 1)),
        ({"people": 5, "women": None, "men": None}, (5, 0, 0, 0, 0, 5)),
        ({"people": 4, "women": 3, "men": 1, "unknown": 0}, (4, 3, 1, 0, 0, 0)),
        ({"people": None, "women": None, "men": None}, (None,) * 6),
        ({"people": 3, "women": 3, "men": 1}, None),
        ({"people": 5, "women": 3, "men": 1, "unknown": 0}, None),
        ({"people": None, "women": 3, "men": None}, None),
    ],
)
def test_people_by_sex_sum_to_the_total_or_are_not_known(file, counts, stored):
    data = held(**counts)
    if stored is None:
        with pytest.raises(ValidationError):
            services.save_session(accompaniment=file, session=None, data=data, by=None)
        return
    row = services.save_session(accompaniment=file, session=None, data=data, by=None)
    assert (row.people, row.women, row.men, row.other, row.undisclosed, row.unknown) == stored


@pytest.mark.parametrize("fields", [{"women": 3}, {"people": None}, {"unknown": None}, {"minutes": 0},
                                    {"minutes": 1441}])  # fmt: skip
def test_database_refuses_sexes_that_do_not_sum_and_minutes_that_cannot_be(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        f.AccompanimentSessionFactory(**fields)


def test_session_form_sent_twice_makes_one(file, staff):
    key = uuid.uuid4()
    made = [
        services.save_session(accompaniment=file, session=None, data=held(), by=staff, request_key=key) for _ in "12"
    ]
    assert made == [AccompanimentSession.objects.get()] * 2


def test_session_changes_only_while_its_file_is_under_way(enlace):
    session = f.AccompanimentSessionFactory(accompaniment__state="closing")
    file = session.accompaniment
    with pytest.raises(WrongState):
        services.save_session(accompaniment=file, session=session, data=held(version=1), by=enlace)
    with pytest.raises(WrongState):
        services.delete_session(session=session, version=1, by=enlace)
    assert services.confirm_session(session=session, side="municipality", version=1, by=enlace) is False


def test_session_that_a_side_confirmed_is_not_taken_away(file, staff):
    session = services.save_session(accompaniment=file, session=None, data=held(), by=staff)
    planned = services.save_session(accompaniment=file, session=None, data=held(), by=staff)
    services.confirm_session(session=session, side="institute", version=1, by=staff)
    services.delete_session(session=planned, version=1, by=staff)
    with pytest.raises(WrongState):
        services.delete_session(session=session, version=1, by=staff)
    assert AccompanimentSession.objects.get() == session


def test_agreement_says_who_kept_it_and_can_be_taken_back(enlace):
    row = f.SessionAgreementFactory()
    services.settle_agreement(agreement=row, done=True, by=enlace)
    services.settle_agreement(agreement=row, done=True, by=None)
    assert SessionAgreement.objects.get().done_by == enlace
    services.settle_agreement(agreement=row, done=False, by=enlace)
    assert SessionAgreement.objects.get().done_at is None


# --- Documents


def test_same_document_again_is_one_and_only_its_side_takes_it_back(file, enlace, django_capture_on_commit_callbacks):
    for _ in "12":
        services.add_document(accompaniment=file, document=pdf(), side="municipality", by=enlace)
    row = file.documents.get()
    with pytest.raises(WrongState):
        services.remove_document(document=row, side="institute")
    with django_capture_on_commit_callbacks(execute=True):
        services.remove_document(document=row, side="municipality")
    assert (file.documents.count(), row.file.storage.exists(row.file.name)) == (0, False)


# --- Review of instruments


def rows(*texts: str) -> list[dict[str, Any]]:
    return [{"section": f"Página {n}", "text": text, "priority": "high"} for n, text in enumerate(texts, start=1)]


def test_review_goes_round_by_round_with_numbers_that_run_on(file, enlace, staff):
    first = services.upload_version(accompaniment=file, document=pdf(), note="", by=enlace)
    services.save_recommendations(round_=first, data={"rows": rows("A"), "version": 1}, send=False, by=staff)
    assert (first.sent_at, Recommendation.objects.sent().count()) == (None, 0)
    kept = [{"id": first.recommendations.get().pk, **rows("A")[0]}, *rows("B", "C")]
    services.save_recommendations(round_=first, data={"rows": kept, "version": 2}, send=True, by=staff)
    a, b, c = first.recommendations.all()
    replies = {a.pk: ("accepted", ""), b.pk: ("partial", "Solo el mapa."), c.pk: ("rejected", "No aplica.")}
    services.reply_to_recommendations(round_=first, replies=replies, version=3, by=enlace)
    second = services.upload_version(accompaniment=file, document=pdf(b"dos"), note="Con mapa", by=enlace)
    services.save_recommendations(round_=second, data={"rows": rows("D"), "version": 1}, send=True, by=staff)
    assert list(Recommendation.objects.order_by("number").values_list("number", "text")) == [
        (1, "A"), (2, "B"), (3, "C"), (4, "D"),
    ]  # fmt: skip
    count = Recommendation.objects.filter(round__accompaniment=file).attended()
    assert (count.attended, count.total, count.rejected, count.unanswered) == (2, 4, 1, 1)
    assert [kind.split(".")[1] for kind, _to in mails()] == ["version_received", "recommendations"] * 2


def test_reply_that_is_not_a_plain_yes_needs_words(file, enlace):
    row = f.RecommendationFactory(round__accompaniment=file, round__sent_at=timezone.now(), number=1)
    with pytest.raises(ValidationError):
        services.reply_to_recommendations(round_=row.round, replies={row.pk: ("rejected", "")}, version=1, by=enlace)
    row.refresh_from_db()
    assert row.reply == ""


def test_next_version_waits_for_the_institute_and_for_every_answer(file, enlace, staff):
    first = services.upload_version(accompaniment=file, document=pdf(), note="", by=enlace)
    assert services.upload_version(accompaniment=file, document=pdf(), note="", by=enlace) == first
    with pytest.raises(WrongState):
        services.upload_version(accompaniment=file, document=pdf(b"dos"), note="", by=enlace)
    services.save_recommendations(round_=first, data={"rows": rows("A")}, send=True, by=staff)
    with pytest.raises(ValidationError):
        services.upload_version(accompaniment=file, document=pdf(b"dos"), note="", by=enlace)
    assert (ReviewRound.objects.count(), file.documents.count()) == (1, 1)


def test_sent_recommendations_change_no_more_and_answers_stop_at_the_next_version(file, enlace, staff):
    first = services.upload_version(accompaniment=file, document=pdf(), note="", by=enlace)
    services.save_recommendations(round_=first, data={"rows": []}, send=True, by=staff)
    with pytest.raises(WrongState):
        services.save_recommendations(round_=first, data={"rows": rows("Tarde")}, send=True, by=staff)
    services.upload_version(accompaniment=file, document=pdf(b"dos"), note="", by=enlace)
    with pytest.raises(WrongState):
        services.reply_to_recommendations(round_=first, replies={}, version=None, by=enlace)


# --- Two at once


def at_once(*works: Any) -> list[Any]:
    def one(work: Any) -> Any:
        try:
            return work()
        except (StaleVersion, WrongState) as refused:
            return type(refused).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


@pytest.mark.django_db(transaction=True)
def test_two_people_who_accept_at_once_leave_one_answer():
    file = f.AccompanimentFactory()
    f.liaison(file.municipality)
    people = [f.StaffFactory() for _ in range(4)]

    def accept(by: User) -> Any:
        return lambda: services.accept_request(
            accompaniment=Accompaniment.objects.get(pk=file.pk), version=1, by=by, comment=by.name
        )

    answers = at_once(*(accept(by) for by in people))
    assert sorted(map(str, answers)) == ["None", *["StaleVersion"] * 3]
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_both_sides_who_confirm_at_once_are_both_kept():
    session = f.AccompanimentSessionFactory()

    def confirm(side: str) -> Any:
        return lambda: services.confirm_session(
            session=AccompanimentSession.objects.get(pk=session.pk), side=side, version=1, by=None
        )

    answers = at_once(*(confirm(side) for side in ("institute", "municipality") * 2))
    session.refresh_from_db()
    assert (session.is_confirmed, True in answers) == (True, True)
    assert session.history.count() == 3  # with its first line
