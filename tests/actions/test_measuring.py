"""Milestones, indicators, readings and estimates in the browser of the liaison."""

import datetime as dt
import re
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from actions import services
from actions.imports import load_hazards_and_factors
from actions.models import EmissionEstimate, EmissionFactor, Evidence, FollowUp, Indicator, IndicatorReading, Milestone
from tests.factories import (
    EmissionEstimateFactory,
    IndicatorFactory,
    IndicatorReadingFactory,
    MilestoneFactory,
)
from web.uploads import check_upload

pytestmark = pytest.mark.django_db
BASE = "/mi-municipio/acciones/"
DAY = dt.date(2026, 3, 2)


@pytest.fixture
def desk(signed_in, enlace):
    return signed_in(enlace)


def progress_of(action):
    action.refresh_from_db()
    return action.progress, action.progress_basis


def test_progress_follows_the_milestones_met(desk, make_action):
    action = make_action()
    at = f"{BASE}{action.pk}/hitos/"
    assert desk.post(f"{at}nuevo/", {"title": "Proyecto", "weight": "1"}).status_code == 302
    assert desk.post(f"{at}nuevo/", {"title": "Obra", "weight": "3", "due_on": "2027-01-01"}).status_code == 302
    assert progress_of(action) == (0, "milestones")

    first = Milestone.objects.get(title="Proyecto")
    desk.post(f"{at}{first.pk}/", {"title": "Proyecto", "weight": "1", "done_on": "2026-03-02"})
    assert progress_of(action) == (25, "milestones")
    page = desk.get(f"{BASE}{action.pk}/medicion/").content.decode()
    for words in ("25 % del total", "75 % del total", "Según los hitos cumplidos", "Cumplido"):
        assert words in page
    lines = list(first.history.values_list("history_change_reason", flat=True))
    assert lines == ["Hito cumplido", "Hito agregado"]

    desk.post(f"{at}{first.pk}/", {"then": "delete"})
    assert progress_of(action) == (0, "milestones")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"title": ""}, "obligatorio"),
        ({"weight": "0"}, "mayor o igual a 1"),
        ({"weight": "101"}, "menor o igual a 100"),
        ({"title": "Ya está"}, "ya tiene un hito"),
        ({"done_on": "2999-01-01"}, "entre 2000 y 2100"),
    ],
)
def test_milestone_that_cannot_be_is_refused(desk, make_action, fields, words):
    action = make_action()
    MilestoneFactory(action=action, title="Ya está")
    response = desk.post(f"{BASE}{action.pk}/hitos/nuevo/", {"title": "Nuevo", "weight": "2"} | fields)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert Milestone.objects.count() == 1


def test_with_the_institute_milestones_are_met_but_the_plan_stays(desk, make_action):
    action = make_action("submitted")
    milestone = MilestoneFactory(action=action, weight=7)
    at = f"{BASE}{action.pk}/hitos/"
    assert desk.get(f"{at}nuevo/").status_code == 403
    assert desk.post(f"{at}{milestone.pk}/", {"then": "delete"}).status_code == 403
    sent = {"title": "Otro", "weight": "1", "done_on": "2026-03-02"}
    assert desk.post(f"{at}{milestone.pk}/", sent).status_code == 302
    milestone.refresh_from_db()
    assert (milestone.weight, milestone.done_on) == (7, DAY)
    assert progress_of(action) == (100, "milestones")
    values = services.MilestoneValues(title="Otro", weight=1)
    with pytest.raises(services.WrongState):
        services.save_milestone(action=action, milestone=milestone, values=values, by=None)


def test_follow_up_meets_milestones_and_takes_the_progress_from_them(desk, make_action):
    action = make_action("published")
    met, other = MilestoneFactory(action=action, weight=2), MilestoneFactory(action=action, weight=3)
    address = f"{BASE}{action.pk}/seguimiento/"
    assert "Hasta hoy: <strong>0 %</strong>" in desk.get(address).content.decode()
    sent = {"date": "2026-03-02", "status": "under-way", "text": "Listo el proyecto.", "milestones": [met.pk]}
    assert desk.post(address, sent).status_code == 302
    met.refresh_from_db()
    assert (met.done_on, FollowUp.objects.get().progress) == (DAY, 40)
    assert progress_of(action) == (40, "milestones")
    assert desk.post(address, sent | {"milestones": [MilestoneFactory().pk]}).status_code == 422
    assert other.done_on is None


def test_progress_comes_from_the_reading_of_the_same_step(desk, make_action):
    action = make_action()
    indicator = IndicatorFactory(action=action)  # from 0 to 12
    sent = {"date": "2026-03-02", "status": "under-way", "text": "Tres.", f"reading_{indicator.pk}": "3"}
    assert desk.post(f"{BASE}{action.pk}/seguimiento/", sent).status_code == 302
    assert progress_of(action) == (25, "indicators")


def test_typed_progress_stands_with_its_reason_until_a_later_follow_up(desk, make_action):
    action = make_action()
    milestone = MilestoneFactory(action=action)
    sent = {"date": "2026-03-02", "status": "under-way", "text": "A medias."}
    address = f"{BASE}{action.pk}/seguimiento/"
    assert desk.post(address, sent | {"progress": "50"}).status_code == 422
    assert desk.post(address, sent | {"progress": "50", "progress_reason": "Media obra."}).status_code == 302
    assert progress_of(action) == (50, "typed")
    assert "El avance se basa en: Media obra." in desk.get(f"{BASE}{action.pk}/").content.decode()
    desk.post(f"{BASE}{action.pk}/hitos/{milestone.pk}/", {"title": "x", "weight": "1", "done_on": "2026-03-02"})
    assert progress_of(action) == (50, "typed")
    assert desk.post(address, sent | {"date": "2026-03-03"}).status_code == 302
    assert progress_of(action) == (100, "milestones")


def test_progress_needs_a_reason_in_the_service_as_well(make_action):
    action = make_action()
    same = {"action": action, "date": DAY, "status": "under-way", "text": "x", "by": None}
    for given in ({"progress": 5}, {}):
        with pytest.raises(ValueError, match=r"needs its reason|has to be given"):
            services.add_follow_up(**same, **given)
    assert not FollowUp.objects.exists()


def test_several_indicators_are_kept_and_one_that_was_measured_stays(desk, make_action):
    action = make_action()
    at = f"{BASE}{action.pk}/indicadores/"
    for name in ("Viviendas", "Escuelas"):
        sent = {"name": name, "unit": "u", "direction": "increase", "baseline": "0", "target": "4"}
        assert desk.post(f"{at}nuevo/", sent).status_code == 302
    assert desk.post(f"{at}nuevo/", sent).status_code == 422  # the same name again
    first, second = action.indicators.all()
    assert (
        desk.post(
            f"{at}{first.pk}/lecturas/nueva/", {"date": "2026-03-02", "value": "1", "source": "Conteo"}
        ).status_code
        == 302
    )
    assert progress_of(action) == (25, "indicators")
    for indicator in (first, second):
        desk.post(f"{at}{indicator.pk}/", {"then": "delete"})
    assert list(action.indicators.all()) == [first]
    wrong = sent | {"name": "Viviendas", "direction": "decrease"}
    assert "sentido elegido" in desk.post(f"{at}{first.pk}/", wrong).content.decode()
    assert desk.post(f"{at}{first.pk}/", sent | {"name": "Viviendas", "target": "2"}).status_code == 302
    assert progress_of(action) == (50, "indicators")


def test_wrong_reading_is_corrected_and_removed_with_a_reason(desk, make_action, enlace):
    action = make_action("published")
    indicator = IndicatorFactory(action=action)
    reading = IndicatorReadingFactory(indicator=indicator, date=DAY, value=9)
    IndicatorReadingFactory(indicator=indicator, date=DAY - dt.timedelta(days=1), value=1)
    address = f"{BASE}{action.pk}/indicadores/{indicator.pk}/lecturas/{reading.pk}/"
    sent = {"date": "2026-03-02", "value": "6", "source": "Acta", "reason": "Error de dedo"}
    assert desk.post(address, sent | {"reason": ""}).status_code == 422
    assert "Ya hay una lectura" in desk.post(address, sent | {"date": "2026-03-01"}).content.decode()
    assert desk.post(address, sent).status_code == 302
    assert progress_of(action) == (50, "indicators")
    last, before = reading.history.all()[:2]
    assert (last.value, last.history_change_reason, last.history_user) == (6, "Error de dedo", enlace)
    assert before.value == 9
    assert desk.post(address, sent | {"then": "delete", "reason": ""}).status_code == 422
    assert desk.post(address, sent | {"then": "delete", "reason": "Era de otra obra"}).status_code == 302
    assert IndicatorReading.objects.count() == 1
    assert IndicatorReading.history.latest().history_change_reason == "Era de otra obra"


@pytest.fixture
def grid(db):
    load_hazards_and_factors()
    return EmissionFactor.objects.get(code="mx-grid-2023")


def estimate(grid, **fields):
    return {
        "kind": "expected", "activity": "Luz de 40 luminarias", "factor": grid.pk, "activity_value": "12,000",
        "activity_unit": "kWh",
    } | fields  # fmt: skip


def test_estimate_is_computed_with_the_factor_and_keeps_it_as_it_was(desk, make_action, grid, client):
    action = make_action("published")
    address = f"{BASE}{action.pk}/emisiones/nueva/"
    key = re.search(r'name="request_key" value="([^"]+)"', desk.get(address).content.decode())[1]
    for _time in range(2):
        assert desk.post(address, estimate(grid, request_key=key)).status_code == 302
    stored = EmissionEstimate.objects.get()
    assert (stored.tonnes, stored.factor_year) == (Decimal("5.256"), 2023)

    EmissionFactor.objects.update(value=9, year=1999)
    page = client.get(f"/acciones/{action.slug}/").content.decode()
    assert "12,000 kWh (12 MWh) × 0.438 tCO2e/MWh (2023, SEMARNAT" in page
    assert "= 5.26 tCO2e" in page
    assert "C: valor en fuentes que citan" in page


def test_expected_and_achieved_are_never_added(desk, make_action, grid, client):
    action = make_action("published")
    address = f"{BASE}{action.pk}/emisiones/nueva/"
    assert "No se suman" not in client.get(f"/acciones/{action.slug}/").content.decode()
    desk.post(address, estimate(grid))
    achieved = {"kind": "achieved", "starts_on": "2026-01-01", "ends_on": "2026-02-28"}
    typed = {"factor": "", "activity_value": "", "activity_unit": "", "tonnes": "1.5", "method": "Dos recibos."}
    assert desk.post(address, estimate(grid, **achieved, **typed)).status_code == 302
    page = client.get(f"/acciones/{action.slug}/").content.decode()
    assert "No se suman" in page
    assert "Dos recibos." in page
    assert "6.76" not in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"factor": ""}, "Elija el factor"),
        ({"activity_value": ""}, "Falta la cantidad"),
        ({"activity_value": "0"}, "mayor que cero"),
        ({"activity_unit": ""}, "Elija la unidad"),
        ({"activity_unit": "L"}, "la cantidad va en: kWh"),
        ({"activity_value": "999,999,999,999", "activity_unit": "TJ"}, "revise la cantidad"),
        ({"activity_value": "0.01"}, "revise la cantidad"),
        ({"tonnes": "4"}, "uno de los dos"),
        ({"factor": "", "activity_value": "", "activity_unit": ""}, "Elija un factor con su cantidad"),
        ({"factor": "", "activity_value": "", "activity_unit": "", "tonnes": "4"}, "cómo se calculó"),
        ({"factor": "", "activity_value": "", "activity_unit": "", "tonnes": "-4", "method": "x"}, "mayor o igual a 0"),
        ({"kind": "achieved"}, "en qué periodo"),
        ({"kind": "achieved", "starts_on": "2026-02-02", "ends_on": "2026-02-01"}, "termina antes de empezar"),
        ({"activity": ""}, "obligatorio"),
    ],
)
def test_estimate_that_cannot_be_is_refused_and_kept(desk, make_action, grid, fields, words):
    response = desk.post(f"{BASE}{make_action().pk}/emisiones/nueva/", estimate(grid, method="") | fields)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not EmissionEstimate.objects.exists()


def test_estimate_goes_only_while_the_record_is_with_the_municipality(desk, make_action):
    for state, answer, left in (("submitted", 403, 1), ("draft", 302, 0)):
        row = EmissionEstimateFactory(action=make_action(state))
        response = desk.post(f"{BASE}{row.action_id}/emisiones/{row.pk}/eliminar/")
        assert response.status_code == answer
        assert EmissionEstimate.objects.filter(pk=row.pk).count() == left


def test_evidence_says_what_it_belongs_to(desk, make_action, client):
    action = make_action("published")
    milestone = MilestoneFactory(action=action, title="Obra terminada")
    reading = IndicatorReadingFactory(indicator=IndicatorFactory(action=action, name="Viviendas"), date=DAY)
    address = f"{BASE}{action.pk}/evidencia/"
    for number, subject in enumerate((f"m{milestone.pk}", f"r{reading.pk}", "")):
        sent = {
            "evidence_title": f"Acta {number}",
            "evidence_url": f"https://a.example/{number}",
            "evidence_of": subject,
        }
        assert desk.post(address, sent).status_code == 302
    page = client.get(f"/acciones/{action.slug}/").content.decode()
    assert "Hito: Obra terminada" in page
    assert ": Viviendas" in page
    foreign = MilestoneFactory()
    sent = {"evidence_title": "Ajena", "evidence_url": "https://a.example/x", "evidence_of": f"m{foreign.pk}"}
    assert desk.post(address, sent).status_code == 422
    assert Evidence.objects.count() == 3
    for about in ({"milestone": foreign.pk}, {"reading": IndicatorReadingFactory().pk}):
        values = services.EvidenceValues(title="x", url="https://a.example/y", **about)
        with pytest.raises(ValueError, match="another action"):
            services.add_evidence(action=action, evidence=values, by=None)


def test_place_of_a_photo_is_not_kept(make_action, enlace):
    """A phone writes where a picture was taken into it: GPS coordinates, in a block of their own."""
    picture, target = Image.new("RGB", (40, 30)), BytesIO()
    exif = picture.getexif()
    exif.get_ifd(0x8825).update({1: "N", 2: (19.0, 17.0, 33.0), 3: "W", 4: (99.0, 39.0, 26.0)})
    picture.save(target, "JPEG", exif=exif)
    assert Image.open(BytesIO(target.getvalue())).getexif().get_ifd(0x8825)
    upload = SimpleUploadedFile("obra.jpg", target.getvalue(), content_type="image/jpeg")
    values = services.EvidenceValues(title="Foto", file=check_upload(upload), original_name="obra.jpg")
    stored = services.add_evidence(action=make_action(), evidence=values, by=enlace)
    with stored.file.open() as content, Image.open(content) as kept:
        assert not kept.getexif()
        assert not kept.getexif().get_ifd(0x8825)


def test_nothing_of_another_municipality_or_action_is_found(signed_in, neighbour, desk, make_action):
    action, other = make_action(), make_action()
    milestone, indicator = MilestoneFactory(action=action), IndicatorFactory(action=action)
    reading, row = IndicatorReadingFactory(indicator=indicator), EmissionEstimateFactory(action=action)
    paths = (
        "medicion/", "hitos/nuevo/", f"hitos/{milestone.pk}/", "indicadores/nuevo/", f"indicadores/{indicator.pk}/",
        f"indicadores/{indicator.pk}/lecturas/nueva/", f"indicadores/{indicator.pk}/lecturas/{reading.pk}/",
        "emisiones/nueva/",
    )  # fmt: skip
    texcoco = signed_in(neighbour)
    for path in paths:
        assert texcoco.get(f"{BASE}{action.pk}/{path}").status_code == 404
        assert texcoco.post(f"{BASE}{action.pk}/{path}", {"then": "delete"}).status_code in {404, 405}
        assert desk.get(f"{BASE}{action.pk}/{path}").status_code == 200
        if re.search(r"\d", path):
            assert desk.get(f"{BASE}{other.pk}/{path}").status_code == 404
    assert texcoco.post(f"{BASE}{action.pk}/emisiones/{row.pk}/eliminar/").status_code == 404
    assert desk.post(f"{BASE}{other.pk}/emisiones/{row.pk}/eliminar/").status_code == 404
    for model in (Milestone, Indicator, IndicatorReading, EmissionEstimate):
        assert model.objects.count() == 1


def test_two_who_edit_one_milestone_read_of_each_other(desk, make_action):
    action = make_action("draft")
    step = MilestoneFactory(action=action, title="Obra", weight=1, due_on=None)
    address = f"{BASE}{action.pk}/hitos/{step.pk}/"
    seen = desk.get(address).context["form"]["seen"].value()
    typed = {"title": "Obra", "weight": "1", "due_on": "", "done_on": "", "seen": seen}
    assert desk.post(address, typed | {"title": "Obra terminada", "due_on": "2027-05-01"}).status_code == 302

    told = desk.post(address, typed | {"weight": "5"})
    page = told.content.decode()
    assert told.status_code == 422
    assert "Otra persona guardó cambios" in page
    assert "Hito dice ahora: Obra terminada" in page
    assert "Fecha prevista dice ahora: 1 de mayo de 2027" in page
    step.refresh_from_db()
    assert (step.title, step.weight) == ("Obra terminada", 1)

    again = typed | {"weight": "5", "seen": told.context["form"]["seen"].value()}
    assert desk.post(address, again).status_code == 302
    step.refresh_from_db()
    assert (step.title, step.weight) == ("Obra", 5)
