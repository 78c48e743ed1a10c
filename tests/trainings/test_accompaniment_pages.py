"""The pages of accompaniments on both desks."""

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from events.models import Format
from municipalities.figures import of_municipality, state
from municipalities.models import Municipality
from network.models import User
from tests import factories as f
from tests.actions.conftest import photo
from trainings.figures import accompaniment_hours, hours_total
from trainings.models import Accompaniment, AccompanimentSession, Expert, ReviewRound

pytestmark = pytest.mark.django_db
OURS, THEIRS = "/gestion/acompanamientos/", "/mi-municipio/acompanamientos/"


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def toluca(db: None) -> Municipality:
    return f.MunicipalityFactory(name="Toluca", slug="toluca")


@pytest.fixture
def enlace(toluca: Municipality) -> Client:
    return browser(f.liaison(toluca))


@pytest.fixture
def staff(db: None) -> Client:
    return browser(f.StaffFactory(name="Ana del Instituto"))


@pytest.fixture
def file(toluca: Municipality) -> Accompaniment:
    return f.AccompanimentFactory(municipality=toluca, state="assigned", topic="Diagnóstico del Promacc")


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def status_of(response: Any) -> int:
    if response.streaming:
        b"".join(response)  # read to its end, a file is closed
    return response.status_code


def request_data(**more: Any) -> dict[str, Any]:
    return {
        "topic": "Nuestro PMDU", "instrument": f.InstrumentFactory().pk, "stage": "design",
        "pathway": f.PathwayFactory().pk, "request": "Revisar.",
    } | more  # fmt: skip


def session_data(**more: Any) -> dict[str, Any]:
    return {
        "kind": "accompaniment", "day": timezone.localdate().isoformat(), "modality": "virtual",
        "agreements-TOTAL_FORMS": "0", "agreements-INITIAL_FORMS": "0",
    } | more  # fmt: skip


# --- The request


def test_request_with_a_document_is_sent_from_my_municipality(enlace, toluca):
    answer = enlace.post(f"{THEIRS}nuevo/", request_data(title="Oficio", file=photo("oficio.jpg")), follow=True)
    file = Accompaniment.objects.get()
    assert answer.redirect_chain == [(f"{THEIRS}{file.pk}/", 302)]
    assert (file.municipality, file.documents.get().original_name) == (toluca, "oficio.jpg")
    download = enlace.get(f"/acompanamientos/documentos/{file.documents.get().pk}/")
    headers = ("Content-Disposition", "X-Content-Type-Options")
    assert [download.headers[name] for name in headers] == ['attachment; filename="oficio.jpg"', "nosniff"]
    b"".join(download.streaming_content)


def test_another_instrument_must_be_named(enlace):
    other = f.InstrumentFactory(code="other")
    answer = enlace.post(f"{THEIRS}nuevo/", request_data(instrument=other.pk))
    assert (answer.status_code, "Escriba cuál instrumento es." in text(answer)) == (422, True)
    assert not Accompaniment.objects.exists()


def test_file_that_is_no_document_is_refused_and_nothing_is_stored(enlace):
    fake = SimpleUploadedFile("oficio.pdf", b"<script>alert(1)</script>")
    assert enlace.post(f"{THEIRS}nuevo/", request_data(file=fake)).status_code == 422
    assert not Accompaniment.objects.exists()


def test_changing_a_request_that_a_colleague_changed_shows_both_texts(enlace, toluca):
    file = f.AccompanimentFactory(municipality=toluca, version=2, topic="Lo guardado")
    data = request_data(topic="Lo mío", version=1)
    answer = enlace.post(f"{THEIRS}{file.pk}/editar/", data)
    page = text(answer)
    assert (answer.status_code, "Lo guardado" in page, 'value="Lo mío"' in page) == (409, True, True)
    assert enlace.post(f"{THEIRS}{file.pk}/editar/", data | {"version": 2}).status_code == 302
    file.refresh_from_db()
    assert file.topic == "Lo mío"


# --- The institute's answer


def test_request_is_accepted_and_assigned(staff, enlace, toluca):
    file = f.AccompanimentFactory(municipality=toluca)
    answer = staff.post(f"{OURS}{file.pk}/respuesta/", {"version": 1, "si": "1"})
    assert answer.url == f"{OURS}{file.pk}/asignacion/"
    known, unknown = f.ExpertFactory(consent_on=dt.date(2026, 1, 1)), f.ExpertFactory(institution="Empresa Verde")
    data = {"version": 2, "people": [User.objects.get(name="Ana del Instituto").pk], "experts": [known.pk, unknown.pk]}
    assert staff.post(answer.url, data).url == f"{OURS}{file.pk}/"
    page = text(enlace.get(f"{THEIRS}{file.pk}/"))
    assert [words in page for words in ("Ana del Instituto", known.name, "Empresa Verde", unknown.name)] == [
        True, True, True, False,
    ]  # fmt: skip
    assert unknown.name in text(staff.get(f"{OURS}{file.pk}/"))


def test_declining_needs_a_reason_which_the_municipality_reads(staff, enlace, toluca):
    file = f.AccompanimentFactory(municipality=toluca)
    refused = staff.post(f"{OURS}{file.pk}/respuesta/", {"version": 1, "no": "1"})
    assert (refused.status_code, "Diga por qué no se acepta" in text(refused)) == (422, True)
    staff.post(f"{OURS}{file.pk}/respuesta/", {"version": 1, "no": "1", "comment": "No hay personal."})
    assert "No hay personal." in text(enlace.get(f"{THEIRS}{file.pk}/"))


def test_answer_that_comes_second_is_told_so(staff):
    file = f.AccompanimentFactory()
    staff.post(f"{OURS}{file.pk}/respuesta/", {"version": 1, "si": "1"})
    late = staff.post(f"{OURS}{file.pk}/respuesta/", {"version": 1, "no": "1", "comment": "No."})
    assert (late.status_code, 'data-state="conflict"' in text(late)) == (409, True)
    file.refresh_from_db()
    assert file.state == "accepted"


# --- Sessions


def test_session_is_written_and_confirmed_at_once_then_by_the_other_side(staff, enlace, file):
    data = session_data(minutes="90", people="3", women="2", men="1", product="Índice", then="confirm") | {
        "agreements-TOTAL_FORMS": "1", "agreements-0-text": "Enviar recibos", "agreements-0-side": "municipality",
        "agreements-0-responsible": "Obras Públicas", "agreements-0-due_on": timezone.localdate().isoformat(),
    }  # fmt: skip
    assert staff.post(f"{OURS}{file.pk}/sesion/", data).url == f"{OURS}{file.pk}/"
    session = AccompanimentSession.objects.get()
    assert (session.institute_confirmed_by.name, session.unknown) == ("Ana del Instituto", 0)
    page = text(enlace.get(f"{THEIRS}{file.pk}/"))
    assert [words in page for words in ("Falta que confirme el municipio", "Enviar recibos", "Obras Públicas")] == [
        True
    ] * 3
    address = f"{THEIRS}{file.pk}/sesion/{session.pk}/confirmar/"
    assert enlace.post(address, {"version": 1}).status_code == 302
    assert "Confirmada por ambas partes" in text(enlace.get(f"{THEIRS}{file.pk}/"))
    agreement = session.agreements.get()
    enlace.post(f"{THEIRS}{file.pk}/acuerdo/{agreement.pk}/")
    agreement.refresh_from_db()
    assert agreement.done_at is not None


def test_row_of_agreements_left_as_it_was_is_no_agreement(staff, file):
    empty = {"agreements-TOTAL_FORMS": "1", "agreements-0-side": "institute"}
    assert staff.post(f"{OURS}{file.pk}/sesion/", session_data(minutes="60") | empty).status_code == 302
    assert not AccompanimentSession.objects.get().agreements.exists()


def test_confirming_what_was_changed_meanwhile_is_refused(staff, enlace, file):
    session = f.AccompanimentSessionFactory(accompaniment=file, version=2)
    answer = enlace.post(f"{THEIRS}{file.pk}/sesion/{session.pk}/confirmar/", {"version": 1})
    session.refresh_from_db()
    assert (answer.status_code, session.municipality_confirmed_at) == (409, None)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"people": "3", "women": "3", "men": "1"}, "deben sumar el total"),
        ({"women": "3"}, "cuántas personas fueron en total"),
        ({"minutes": "0"}, "mayor o igual"),
        ({"minutes": "1441"}, "menor o igual"),
        ({"day": "2099-01-01", "minutes": "60"}, "todavía no llega"),
        ({"people": "-1"}, "mayor o igual"),
        ({"people": "99999999"}, "no tiene tantas personas"),
    ],
)
def test_what_cannot_be_of_a_session_is_said(staff, file, fields, words):
    answer = staff.post(f"{OURS}{file.pk}/sesion/", session_data(**fields))
    assert (answer.status_code, words in text(answer)) == (422, True)
    assert not AccompanimentSession.objects.exists()


def test_session_that_is_not_known_in_full_shows_no_zero(staff, file):
    f.AccompanimentSessionFactory(
        accompaniment=file, minutes=None, people=None, women=None, men=None, other=None, undisclosed=None, unknown=None
    )
    page = text(staff.get(f"{OURS}{file.pk}/"))
    assert [words in page for words in ("minutos: sin dato", "Personas: sin dato", "0 personas")] == [True, True, False]


def test_planned_session_is_taken_away(staff, file):
    session = f.AccompanimentSessionFactory(accompaniment=file)
    assert staff.post(f"{OURS}{file.pk}/sesion/{session.pk}/quitar/", {"version": 1}).status_code == 302
    assert not AccompanimentSession.objects.exists()


# --- Review


def test_review_of_an_instrument_from_version_to_answers(staff, enlace, file):
    enlace.post(f"{THEIRS}{file.pk}/version/", {"title": "PMDU v1", "file": photo("pmdu.jpg"), "note": "¿Falta algo?"})
    round_ = ReviewRound.objects.get()
    address = f"{OURS}{file.pk}/version/{round_.pk}/"
    assert "¿Falta algo?" in text(staff.get(address))
    data = {
        "version": 1, "rows-TOTAL_FORMS": "2", "rows-INITIAL_FORMS": "0",
        "rows-0-section": "Página 3", "rows-0-text": "Citar la fuente", "rows-0-priority": "high",
        "rows-1-section": "Anexo", "rows-1-text": "Incluir el mapa", "rows-1-priority": "low",
    }  # fmt: skip
    assert staff.post(address, data).status_code == 302
    assert "Citar la fuente" not in text(enlace.get(f"{THEIRS}{file.pk}/"))
    first, second = round_.recommendations.all()
    stored = data | {"version": 2, "rows-INITIAL_FORMS": "2", "rows-0-id": first.pk, "rows-1-id": second.pk}
    assert staff.post(address, stored | {"enviar": "1"}).status_code == 302
    replies = f"{THEIRS}{file.pk}/version/{round_.pk}/"
    assert "Citar la fuente" in text(enlace.get(replies))
    answers = {"version": 3, f"reply_{first.pk}": "accepted", f"reply_{second.pk}": "rejected"}
    refused = enlace.post(replies, answers)
    assert (refused.status_code, "Diga qué parte no se acepta o por qué." in text(refused)) == (422, True)
    assert enlace.post(replies, answers | {f"text_{second.pk}": "No hay mapa."}).status_code == 302
    page = text(staff.get(f"{OURS}{file.pk}/"))
    assert "1 de 2 atendidas" in page
    assert "De 2: 1 aceptadas, 0 en parte, 1 no aceptadas, 0 sin respuesta." in page


# --- Closing


def test_closing_is_proposed_objected_proposed_again_and_confirmed(staff, enlace, file):
    staff.post(f"{OURS}{file.pk}/cierre/", {"version": 1, "result": "Promacc aprobado"})
    objected = enlace.post(f"{THEIRS}{file.pk}/cierre/", {"version": 2, "reason": "Falta el anexo."})
    assert objected.status_code == 302
    assert "Reabierto: Falta el anexo." in text(staff.get(f"{OURS}{file.pk}/"))
    staff.post(f"{OURS}{file.pk}/cierre/", {"version": 3, "result": "Promacc aprobado con anexo"})
    assert "Promacc aprobado con anexo" in text(enlace.get(f"{THEIRS}{file.pk}/cierre/"))
    enlace.post(f"{THEIRS}{file.pk}/cierre/", {"version": 4, "confirmar": "1"})
    file.refresh_from_db()
    assert file.state == "closed"
    staff.post(f"{OURS}{file.pk}/reabrir/", {"version": 5, "reason": "Se corrige el resultado."})
    file.refresh_from_db()
    assert file.state == "assigned"


# --- Lists


def test_desk_finds_files_by_each_filter(staff, toluca):
    ana = User.objects.get(name="Ana del Instituto")
    late = f.AccompanimentFactory(
        municipality=toluca, topic="Atlas de riesgos", stage="follow-up", instrument__code="atlas",
        requested_at=timezone.now() - dt.timedelta(days=30),
    )  # fmt: skip
    other = f.AccompanimentFactory(topic="Reglamento", state="assigned", municipality__region__number=102)
    other.assignees.add(ana)
    region = other.municipality.region.slug
    queries = {
        "": 2, "q=atlas": 1, "estado=requested": 1, "instrumento=atlas": 1, "etapa=follow-up": 1, "municipio=toluca": 1,
        f"region={region}": 1, f"asignado={ana.pk}": 1, "vencido=on": 1, "estado=closed": 0, "estado=nada": 2,
    }  # fmt: skip
    found = {query: len(staff.get(f"{OURS}?{query}").context["rows"]) for query in queries}
    assert found == queries
    assert [row.pk for row, _duty in staff.get(f"{OURS}?vencido=on").context["rows"]] == [late.pk]


def test_empty_lists_say_what_comes_next(staff, enlace):
    assert "Ningún municipio ha pedido acompañamiento" in text(staff.get(OURS))
    assert "Solicitar el primero" in text(enlace.get(THEIRS))
    assert "Aún no hay personas expertas" in text(staff.get(f"{OURS}personas-expertas/"))


def test_expert_is_registered_and_changed(staff):
    data = {"name": "Inés Prueba", "institution": "UAEM", "sector": "academia", "is_active": "on"}
    staff.post(f"{OURS}personas-expertas/nueva/", data)
    expert = Expert.objects.get()
    staff.post(f"{OURS}personas-expertas/{expert.pk}/", data | {"topics": "Agua"})
    expert.refresh_from_db()
    assert (expert.topics, expert.history.count()) == ("Agua", 2)


# --- Hours and agenda


def confirmed(file: Accompaniment, **fields: Any) -> AccompanimentSession:
    now = timezone.now()
    both = {"institute_confirmed_at": now, "municipality_confirmed_at": now}
    return f.AccompanimentSessionFactory(accompaniment=file, **both, **fields)


def test_hours_confirmed_by_both_and_pending_stand_apart_and_unknown_is_no_zero(file, toluca):
    confirmed(file, minutes=90)
    confirmed(file, minutes=50)
    confirmed(file, minutes=None)
    f.AccompanimentSessionFactory(accompaniment=file, minutes=60, institute_confirmed_at=timezone.now())
    f.AccompanimentSessionFactory(accompaniment=file, day=timezone.localdate() + dt.timedelta(days=3))
    confirmed(f.AccompanimentFactory(state="assigned", municipality__name="Lerma"), minutes=None)
    f.AccompanimentFactory()  # not accepted: in no row
    rows = {row.name: row for row in accompaniment_hours(state(""))}
    row, lerma = rows["Toluca"], rows["Lerma"]
    assert (row.sessions, str(row.hours), row.unknown, row.pending, str(row.pending_hours)) == (3, "2.3", 1, 1, "1.0")
    assert (lerma.sessions, lerma.minutes, lerma.unknown, lerma.pending_hours) == (1, None, 1, None)
    total = hours_total(rows.values())
    assert (len(rows), total.minutes, total.unknown, total.pending_minutes) == (2, 140, 2, 60)
    assert [one.name for one in accompaniment_hours(of_municipality(toluca))] == ["Toluca"]


def test_public_page_and_csv_say_only_what_both_sides_confirmed(client, staff, file):
    confirmed(file, minutes=90)
    f.AccompanimentSessionFactory(accompaniment=file, minutes=60)
    f.AccompanimentFactory(state="assigned", municipality__name="Lerma")
    page, lines = text(client.get("/acompanamientos/")), client.get("/acompanamientos/horas.csv").content.decode()
    assert [words in page for words in ("Toluca", ">1.5<", "Lerma", file.topic, "por confirmar")] == [
        True, True, False, False, False,
    ]  # fmt: skip
    assert lines.splitlines()[1].split(",")[1:] == ["Toluca", file.municipality.region.name, "0", "1", "1.5", "0"]
    ours = staff.get(f"{OURS}horas.csv").content.decode().splitlines()
    assert ours[2].split(",")[-3:] == ["1", "1", "1.0"]
    assert "Horas por confirmar" in text(staff.get(f"{OURS}horas/"))
    assert "Horas confirmadas" in text(client.get("/municipios/toluca/"))


def test_agenda_has_what_is_late_first_then_the_sessions_of_the_chosen_person(staff, file):
    ana = User.objects.get(name="Ana del Instituto")
    file.assignees.add(ana)
    f.AccompanimentFactory(topic="Sin respuesta", requested_at=timezone.now() - dt.timedelta(days=30))
    soon = f.AccompanimentSessionFactory(accompaniment=file, day=timezone.localdate() + dt.timedelta(days=20))
    later = f.AccompanimentSessionFactory(accompaniment=file, day=timezone.localdate() + dt.timedelta(days=90))
    everybody, own = staff.get(f"{OURS}agenda/"), staff.get(f"{OURS}agenda/?asignado={ana.pk}")
    month = staff.get(f"{OURS}agenda/?mes={later.day:%Y-%m}")
    assert [row.topic for row in everybody.context["late"]] == ["Sin respuesta"]
    assert (own.context["late"], own.context["sessions"]) == ([], [soon])
    assert month.context["sessions"] == [later]
    assert staff.get(f"{OURS}agenda/?mes=9999-99&asignado=nadie").status_code == 200


def test_homes_name_what_each_side_owes(staff, enlace, file):
    f.AccompanimentFactory(topic="Una solicitud")
    session = f.AccompanimentSessionFactory(accompaniment=file, institute_confirmed_at=timezone.now())
    f.AccompanimentSessionFactory(accompaniment=file, day=timezone.localdate() + dt.timedelta(days=2))
    home = text(enlace.get("/mi-municipio/"))
    assert [words in home for words in ("Confirmar la sesión", "Próxima sesión de acompañamiento", file.topic)] == [
        True
    ] * 3
    desk = text(staff.get("/gestion/"))
    assert [words in desk for words in ("Una solicitud", "Responder la solicitud", "Confirmar la sesión")] == [
        True, True, False,
    ]  # fmt: skip
    enlace.post(f"{THEIRS}{file.pk}/sesion/{session.pk}/confirmar/", {"version": 1})
    assert "Confirmar la sesión" not in text(enlace.get("/mi-municipio/"))


# --- Who sees it


def test_succession_moves_the_files_and_nobody_else_finds_them(toluca, file):
    former, next_one = f.liaison(toluca, state="ended"), f.liaison(toluca)
    session, document = (
        f.AccompanimentSessionFactory(accompaniment=file),
        f.AccompanimentDocumentFactory(accompaniment=file),
    )
    texcoco = f.liaison(f.MunicipalityFactory(slug="texcoco"))
    pages = [
        f"{THEIRS}{file.pk}/",
        f"{THEIRS}{file.pk}/sesion/{session.pk}/",
        f"/acompanamientos/documentos/{document.pk}/",
    ]
    seen = {
        who: [status_of(browser(user).get(page)) for page in pages]
        for who, user in {"former": former, "next": next_one, "texcoco": texcoco}.items()
    }
    assert seen == {"former": [404] * 3, "next": [200] * 3, "texcoco": [404] * 3}


def test_rows_of_another_file_are_not_reached_through_ones_own(enlace, file, toluca):
    foreign = f.AccompanimentSessionFactory()
    agreement, document = f.SessionAgreementFactory(session=foreign), f.AccompanimentDocumentFactory()
    recommendation = f.RecommendationFactory(round__sent_at=timezone.now(), number=1)
    base = f"{THEIRS}{file.pk}/"
    addresses = [
        f"sesion/{foreign.pk}/", f"sesion/{foreign.pk}/confirmar/", f"sesion/{foreign.pk}/quitar/",
        f"acuerdo/{agreement.pk}/", f"documento/{document.pk}/quitar/", f"version/{recommendation.round_id}/",
    ]  # fmt: skip
    assert {rest: enlace.post(base + rest, {"version": 1}).status_code for rest in addresses} == dict.fromkeys(
        addresses, 404
    )


def test_formats_of_accompaniment_are_not_offered_for_events(staff):
    for code, individual in (("workshop", False), ("accompaniment", True), ("document-review", True)):
        Format.objects.create(code=code, name=code, plural=code, is_individual=individual)
    page = text(staff.get("/gestion/eventos/nuevo/"))
    assert [f">{code}</option>" in page for code in ("workshop", "accompaniment", "document-review")] == [
        True, False, False,
    ]  # fmt: skip
