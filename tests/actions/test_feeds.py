"""The published actions as Atom, JSON and CSV: the page's own filters, ids for ever, what changed and what left."""

import csv
import datetime as dt
from io import StringIO
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone

from actions import services
from actions.models import Action, withdrawn_since
from tests.factories import ActionFactory, HazardFactory, MunicipalityFactory, PathwayFactory, SDGFactory

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
GONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
ADDRESSES = ("/acciones.atom", "/acciones.json", "/acciones.csv")


def published(**fields: Any) -> Action:
    action: Action = ActionFactory(review_state="published", **fields)
    return action


def changed_on(action: Action, days_ago: int) -> None:
    Action.objects.filter(pk=action.pk).update(updated_at=timezone.now() - dt.timedelta(days=days_ago))


def ids_everywhere(client: Client, query: str) -> list[set[str]]:
    """The ids in Atom, JSON and CSV."""
    feed = ElementTree.fromstring(client.get(f"/acciones.atom?{query}").content)
    data = client.get(f"/acciones.json?{query}").json()
    rows = list(csv.DictReader(StringIO(client.get(f"/acciones.csv?{query}").content.decode("utf-8-sig"))))
    return [
        {(entry.findtext(f"{ATOM}id") or "").removeprefix("urn:uuid:") for entry in feed.iter(f"{ATOM}entry")},
        {row["id"] for row in data["actions"]},
        {row["Identificador"] for row in rows if row["Estado"] == "publicada"},
    ]


@pytest.mark.parametrize("many", [1, 3])
def test_every_form_has_what_the_page_lists_and_no_more(client: Client, many: int) -> None:
    shown = {str(published(municipality__slug=f"lugar-{n}").uid) for n in range(many)}
    for state in ("draft", "submitted", "returned", "validated"):
        ActionFactory(title="Secreta", review_state=state)
    assert ids_everywhere(client, "") == [shown] * 3
    for address in ADDRESSES:
        assert "Secreta" not in client.get(address).content.decode()


def test_filters_are_those_of_the_page(client: Client) -> None:
    wanted = published(municipality=MunicipalityFactory(slug="toluca"), kind="mitigation")
    published(municipality=MunicipalityFactory(slug="lerma"), kind="mitigation")
    published(municipality=wanted.municipality, kind="adaptation")
    assert ids_everywhere(client, "municipio=toluca&tipo=mitigation") == [{str(wanted.uid)}] * 3
    page = client.get("/acciones/?municipio=toluca&tipo=mitigation").content.decode()
    for address in ADDRESSES:
        assert f"{address}?municipio=toluca&amp;tipo=mitigation" in page


def test_record_says_facts_with_codes(client: Client) -> None:
    action = published(title="Canales", progress=40, ends_on=timezone.localdate() + dt.timedelta(days=9))
    action.linked_pathways.add(PathwayFactory(code="circular", order=3))
    action.sdgs.add(SDGFactory(number=13))
    action.hazards.add(HazardFactory(code="flood"))
    (row,) = client.get("/acciones.json").json()["actions"]
    assert row["id"] == str(action.uid)
    assert row["url"].endswith(f"/acciones/{action.slug}/")
    assert (row["progress"], row["linked_pathways"], row["sdgs"], row["hazards"]) == (40, ["circular"], [13], ["flood"])
    assert row["municipality"]["cvegeo"] == action.municipality.cvegeo
    assert row["updated"].startswith(str(timezone.localdate().year))


def test_unknown_progress_is_null_and_an_empty_cell(client: Client) -> None:
    published()
    assert client.get("/acciones.json").json()["actions"][0]["progress"] is None
    (row,) = csv.DictReader(StringIO(client.get("/acciones.csv").content.decode("utf-8-sig")))
    assert row["Avance (%)"] == ""


def test_atom_is_what_rfc_4287_asks(client: Client) -> None:
    old, new = published(title="Vieja"), published(title="Nueva \x0b & <b>")
    changed_on(old, 3)
    answer = client.get("/acciones.atom?tipo=adaptation")
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(answer.content)
    assert [len(feed.findall(f"{ATOM}{name}")) for name in ("id", "title", "updated", "author")] == [1, 1, 1, 1]
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links == {
        "self": "http://127.0.0.1:8000/acciones.atom?tipo=adaptation",
        "alternate": "http://127.0.0.1:8000/acciones/?tipo=adaptation",
    }
    entries = feed.findall(f"{ATOM}entry")
    assert [(entry.findtext(f"{ATOM}title") or "").split(": ")[1] for entry in entries] == ["Nueva & <b>", "Vieja"]
    for entry in entries:
        assert [len(entry.findall(f"{ATOM}{name}")) for name in ("id", "title", "updated", "link")] == [1, 1, 1, 1]
        assert dt.datetime.fromisoformat(entry.findtext(f"{ATOM}updated") or "").tzinfo
    assert entries[0].findtext(f"{ATOM}id") == new.uid.urn


def test_formula_in_a_title_is_text_in_csv(client: Client) -> None:
    published(title="=1+1")
    assert "'=1+1" in client.get("/acciones.csv").content.decode()


@pytest.mark.parametrize("address", ADDRESSES)
def test_who_has_it_is_not_sent_it_again_until_something_changes(client: Client, address: str) -> None:
    action = published()
    changed_on(action, 2)
    first = client.get(address)
    assert set(first["Cache-Control"].split(", ")) == {"max-age=300", "public"}
    assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 304
    Action.objects.filter(pk=action.pk).update(title="Otro título")
    assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("query", ["sector=nada", "region=x", "desde=ayer", "color=verde"])
def test_wrong_filter_is_a_400_that_says_which(client: Client, address: str, query: str) -> None:
    answer = client.get(f"{address}?{query}")
    assert answer.status_code == 400
    assert any(words in answer.content.decode() for words in ("Sector", "Región", "desde", "color"))
    assert client.get(f"{address}?utm_source=x").status_code == 200


def test_page_says_a_value_that_does_not_exist_instead_of_showing_all(client: Client) -> None:
    published(title="Pública")
    answer = client.get("/acciones/?sector=nada")
    page = answer.content.decode()
    assert answer.status_code == 400
    assert 'data-state="invalid"' in page
    assert "Sector" in page
    assert "Pública" not in page
    other = client.get("/acciones/?color=verde")
    assert other.status_code == 200
    assert "color" in other.content.decode()


def test_since_a_day_has_what_changed_and_the_ids_of_what_left(client: Client, make_action: Any, staff: Any) -> None:
    old, new = make_action("published", title="De antes"), make_action("published", title="De ahora")
    gone = make_action("published", title="Retirada en secreto")
    changed_on(old, 40)
    services.return_action(action=gone, comment="Corregir.", version=None, by=staff)
    day = timezone.localdate() - dt.timedelta(days=7)
    assert ids_everywhere(client, f"desde={day}") == [{str(new.uid)}] * 3
    data = client.get(f"/acciones.json?desde={day}").json()
    assert data["since"] == day.isoformat()
    assert [row["id"] for row in data["withdrawn"]] == [str(gone.uid)]
    feed = ElementTree.fromstring(client.get(f"/acciones.atom?desde={day}").content)
    assert [row.get("ref") for row in feed.iter(GONE)] == [gone.uid.urn]
    text = client.get(f"/acciones.csv?desde={day}").content.decode()
    assert f"{gone.uid},retirada" in text
    page = client.get(f"/acciones/?desde={day}").content.decode()
    assert str(gone.uid) in page
    for words in (text, page, str(data)):
        assert "Retirada en secreto" not in words
        assert gone.slug not in words


def test_nothing_is_withdrawn_that_is_public_again_or_never_was(make_action: Any, staff: Any, enlace: Any) -> None:
    moment = timezone.now() - dt.timedelta(hours=1)
    make_action("returned")
    back = make_action("published")
    services.return_action(action=back, comment="Corregir.", version=None, by=staff)
    assert [row.uid for row in withdrawn_since(moment)] == [back.uid]
    services.submit_action(action=back, version=None, by=enlace)
    assert [row.uid for row in withdrawn_since(moment)] == [back.uid]
    services.validate_action(action=back, version=None, by=staff)
    assert withdrawn_since(moment) == []
    services.unpublish_action(action=back, comment="Duplicada.", version=None, by=staff)
    assert [row.uid for row in withdrawn_since(moment)] == [back.uid]
    assert withdrawn_since(timezone.now() + dt.timedelta(hours=1)) == []


def test_without_a_day_nothing_is_said_of_what_left(client: Client, make_action: Any, staff: Any) -> None:
    services.return_action(action=make_action("published"), comment="Corregir.", version=None, by=staff)
    assert client.get("/acciones.json").json()["withdrawn"] is None
    assert "retirada" not in client.get("/acciones.csv").content.decode()


def test_no_feed_names_a_person(client: Client, make_action: Any, enlace: Any, staff: Any) -> None:
    make_action("published")
    for address in ADDRESSES:
        text = client.get(address).content.decode()
        assert enlace.email not in text
        assert staff.email not in text
        assert enlace.person.name not in text


def test_map_counts_each_municipality_under_the_filters(client: Client) -> None:
    toluca = MunicipalityFactory(name="Toluca", slug="toluca")
    for _number in range(2):
        published(municipality=toluca, kind="mitigation")
    published(municipality=MunicipalityFactory(name="Lerma", slug="lerma"), kind="adaptation")
    answer = client.get("/acciones/?vista=mapa&tipo=mitigation")
    page = answer.content.decode()
    assert 'data-state="map"' in page
    assert "Toluca: 2 acciones" in page
    assert "?tipo=mitigation&amp;municipio=toluca" in page
    assert "Lerma: 0 acciones" in page
    assert "?tipo=mitigation&amp;municipio=lerma" not in page


def test_five_thousand_actions_are_as_many_queries_as_one(client: Client, django_assert_max_num_queries: Any) -> None:
    first = published()
    common = {"municipality": first.municipality, "sector": first.sector, "pathway": first.pathway}
    moment = timezone.now()
    Action.objects.bulk_create(
        Action(
            **common, title=f"Acción {n}", slug=f"accion-{n}", kind="both", description="Texto.", starts_on=moment,
            responsible_area="Oficina", review_state="published", published_at=moment,
        )
        for n in range(5000)
    )  # fmt: skip
    for address in (*ADDRESSES, "/acciones/", "/acciones/?vista=mapa"):
        client.get(address)
        with django_assert_max_num_queries(12):
            assert client.get(address).status_code == 200
    assert len(client.get("/acciones.json").json()["actions"]) == 5001
    assert client.get("/acciones.atom").content.count(b"<entry>") == 200
