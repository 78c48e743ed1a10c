"""The public list and page of actions, and the files of their evidence."""

import datetime as dt
import re

import pytest
from django.core.cache import cache

from actions import services
from tests.actions.conftest import photo
from tests.factories import (
    ActionFactory,
    EvidenceFactory,
    FollowUpFactory,
    HazardFactory,
    IndicatorFactory,
    MunicipalityFactory,
    PathwayFactory,
    SDGFactory,
    SectorFactory,
)
from web.uploads import check_upload

pytestmark = pytest.mark.django_db


def published(n=1, **fields):
    from django.utils import timezone

    return [
        ActionFactory(review_state="published", validated_at=timezone.now(), submitted_at=timezone.now(), **fields)
        for _ in range(n)
    ]


def full_action(**fields):
    action = published(**fields)[0]
    action.linked_pathways.add(PathwayFactory(code="circular", order=3), PathwayFactory(code="equitable", order=5))
    action.sdgs.add(SDGFactory(), SDGFactory(number=11, name="Ciudades"))
    action.hazards.add(HazardFactory())
    indicator = IndicatorFactory(action=action)
    for n, progress in enumerate((20, 60)):
        follow_up = FollowUpFactory(action=action, progress=progress)
        EvidenceFactory(action=action, follow_up=follow_up, url=f"https://documentos.example/{n}")
        indicator.readings.create(follow_up=follow_up, date=f"2026-0{n + 1}-01", value=n + 1)
    return action


def test_list_shows_validated_actions_and_nothing_else(client, make_action):
    for state in ("draft", "submitted", "returned"):
        make_action(state, title=f"Secreta {state}")
    make_action("published", title="Pública")
    page = client.get("/acciones/").content.decode()
    assert "Pública" in page
    assert "Secreta" not in page
    assert "1 acción" in page


def test_liaison_reads_the_same_public_list(signed_in, enlace, make_action):
    make_action("draft", title="Secreta")
    assert "Secreta" not in signed_in(enlace).get("/acciones/").content.decode()


@pytest.mark.parametrize("state", ["draft", "submitted", "returned"])
def test_page_of_an_action_that_is_not_validated_does_not_exist(client, signed_in, enlace, staff, make_action, state):
    address = f"/acciones/{make_action(state).slug}/"
    assert client.get(address).status_code == 404
    assert signed_in(enlace).get(address).status_code == 404
    assert signed_in(staff).get(address).status_code == 404


def test_page_tells_the_story_without_naming_anybody(client, make_action, enlace, staff):
    action = make_action("submitted")
    services.add_follow_up(
        action=action,
        date=dt.date(2026, 1, 15),
        progress=40,
        progress_reason="Visita.",
        status="under-way",
        text="Tres canales.",
        by=enlace,
    )
    action.refresh_from_db()
    services.validate_action(action=action, version=None, by=staff, comment="Muy bien, Ana.")
    page = client.get(f"/acciones/{action.slug}/").content.decode()
    assert "Tres canales." in page
    assert "Avance de 40 %, en curso" in page
    assert "El instituto la valida" in page
    for secret in (enlace.name, enlace.email, staff.name, staff.email, "Muy bien, Ana."):
        assert secret not in page


def test_page_draws_the_indicator_against_its_target(client):
    page = client.get(f"/acciones/{full_action().slug}/").content.decode()
    assert 'class="chart"' in page
    assert "17 % del camino entre la línea base y la meta." in page


def test_page_does_not_show_unknown_as_zero(client):
    action = published(progress=None, budget=None)[0]
    IndicatorFactory(action=action, baseline=None)
    page = client.get(f"/acciones/{action.slug}/").content.decode()
    assert "sin seguimiento todavía" in page
    assert "0 %" not in page
    assert "Línea base: sin dato." in page
    assert re.search(r"<dt>Presupuesto</dt><dd>sin dato</dd>", page)


def test_page_names_others_in_the_same_sector(client):
    sector = SectorFactory(code="water")
    action = published(sector=sector)[0]
    published(sector=sector, municipality=MunicipalityFactory(), title="Igual en otro municipio")
    published(sector=sector, municipality=action.municipality, title="Otra del mismo municipio")
    page = client.get(f"/acciones/{action.slug}/").content.decode()
    assert "Igual en otro municipio" in page
    assert "Otra del mismo municipio" not in page


def test_what_people_typed_stays_text(client):
    action = published(title="<script>alert(1)</script>", description="<img src=x onerror=alert(1)>")[0]
    for address in ("/acciones/", f"/acciones/{action.slug}/"):
        page = client.get(address).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


@pytest.mark.parametrize("path", ["/acciones/", "/en/acciones/"])
def test_list_filters_by_its_query_in_both_languages(client, path):
    published(title="Riego por goteo", sector=SectorFactory(code="water", name="Agua", name_en="Water"))
    published(title="Composta", sector=SectorFactory(code="waste", name="Residuos", name_en="Waste"))
    page = client.get(path, {"sector": "water", "q": "goteo"}).content.decode()
    assert "Riego por goteo" in page
    assert "Composta" not in page


def test_list_says_when_nothing_matches(client):
    published()
    assert "Ninguna acción coincide" in client.get("/acciones/?q=volcanes").content.decode()


def test_list_has_pages_of_24(client):
    published(25)
    first = client.get("/acciones/").content.decode()
    second = client.get("/acciones/?pagina=2").content.decode()
    assert (first.count('class="card card-link"'), second.count('class="card card-link"')) == (24, 1)
    assert client.get("/acciones/?pagina=77").status_code == 200


@pytest.mark.parametrize("n", [1, 3, 24])
def test_list_asks_the_same_queries_whatever_its_length(client, django_assert_num_queries, n):
    published(n)
    cache.clear()
    # installation, municipalities, regions, sectors, pathways, goals, counts, rows
    with django_assert_num_queries(8):
        client.get("/acciones/")


@pytest.mark.parametrize("n", [1, 3])
def test_page_asks_the_same_queries_whatever_its_length(client, django_assert_num_queries, n):
    action = full_action()
    for _ in range(n):
        EvidenceFactory(action=action, follow_up=FollowUpFactory(action=action), url=f"https://documentos.example/x{_}")
        published(sector=action.sector)
    cache.clear()
    # action, indicators, milestones, estimates, evidence, links, follow-ups, related, installation
    with django_assert_num_queries(9):
        client.get(f"/acciones/{action.slug}/")


def stored_file(action, by):
    upload = photo("María Pérez.jpg")
    values = services.EvidenceValues(title="Obra", file=check_upload(upload), original_name=upload.name)
    return services.add_evidence(action=action, evidence=values, by=by)


def test_evidence_of_a_published_action_is_a_download_that_runs_nowhere(client, make_action, enlace):
    evidence = stored_file(make_action("published"), enlace)
    response = client.get(f"/acciones/evidencia/{evidence.pk}/")
    assert response.status_code == 200
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert b"casa de Ana" not in b"".join(response.streaming_content)


@pytest.mark.parametrize("state", ["draft", "submitted", "returned"])
def test_evidence_of_other_actions_is_seen_by_who_sees_the_action(
    client, signed_in, enlace, neighbour, staff, make_action, state
):
    address = f"/acciones/evidencia/{stored_file(make_action(state), enlace).pk}/"
    answers = []
    for browser in (client, signed_in(neighbour), signed_in(enlace), signed_in(staff)):
        response = browser.get(address)
        answers.append(response.status_code)
        response.getvalue()  # reads the file to its end, which closes it
    assert answers == [404, 404, 200, 404 if state == "draft" else 200]


def test_evidence_that_is_a_link_has_no_file(client):
    evidence = EvidenceFactory(action=published()[0])
    assert client.get(f"/acciones/evidencia/{evidence.pk}/").status_code == 404


@pytest.mark.parametrize("path", ["/acciones/", "/acciones/una/", "/acciones/evidencia/1/"])
def test_public_pages_only_show(client, path):
    assert client.post(path).status_code == 405
