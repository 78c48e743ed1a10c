"""Nothing published of a training can be taken from the results of a territory to tell of one or two persons."""

import csv
import datetime as dt
import io
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from tests import factories as f
from tests.reports.recount import HEADS
from trainings.figures import sheets
from trainings.models import Training
from web.disclosure import is_small

pytestmark = pytest.mark.django_db


@pytest.fixture
def training(db) -> Training:
    """Five women and five men at its session, in person; the same day three women and one man at a webinar of the same
    municipality: together no cell is small, and so the results show them."""
    place, day = f.MunicipalityFactory(), timezone.localdate() - dt.timedelta(days=9)
    training = f.TrainingFactory(title="Suelo y agua", slug="suelo-y-agua")
    f.TrainingTargetFactory(training=training, people=40, women=20, men=20)
    session = f.EventFactory(day=day, modality="in-person", municipality=place)
    f.TrainingSessionFactory(training=training, event=session)
    for event, sexes in ((session, "wwwwwmmmmm"), (f.EventFactory(day=day), "wwwm")):
        for sex in sexes:
            f.AttendanceFactory(event=event, municipality=place, sex={"w": "woman", "m": "man"}[sex], minutes=60)
    return training


def told(client: Client, query: str = "") -> dict[tuple[str, str, str], str]:
    rows = csv.reader(io.StringIO(client.get(f"/resultados.csv?{query}").content.decode("utf-8-sig")))
    return {(row[0], row[2], row[3]): row[4] for row in rows}


def split_of(numbers: dict) -> list[int] | None:
    cells = [numbers.get(("Por sexo", "Asistencias", f"asistencias: {head}")) for head in HEADS]
    return None if None in cells else [int(cell) for cell in cells]


def published(client: Client, training: Training) -> str:
    """Every word that is published of it: page, list, CSV, PDF of one and of all, data set, figures of the scope."""
    files = [
        client.get(reverse(name, args=args)).content
        for name, args in (("training_pdf", [training.slug]), ("training_list_pdf", []))
    ]
    texts = [page.extract_text() for file in files for page in PdfReader(io.BytesIO(file)).pages]
    for address in (
        reverse("training_detail", args=[training.slug]), reverse("training_list"), reverse("training_list_csv"),
        f"/api/v1/capacitaciones/{training.slug}/", f"/resultados/?capacitacion={training.slug}",
        f"/resultados.csv?capacitacion={training.slug}", f"/api/v1/resultados/?capacitacion={training.slug}",
    ):  # fmt: skip
        answer = client.get(address)
        assert answer.status_code == 200, address
        texts.append(answer.content.decode())
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " ".join(texts)))


def test_what_was_reached_by_a_training_cannot_be_taken_from_what_the_territory_shows(client, training):
    everybody = split_of(told(client))
    assert everybody == [8, 6, 0, 0, 0]  # shown: no cell is small
    exact = sheets([training], exact=True).rows[0].reach
    rest = [all_ - own for all_, own in zip(everybody, exact.attendances_by_sex.cells, strict=True)]
    assert any(map(is_small, rest))  # had the training shown its split, the man of the webinar would be told
    assert split_of(told(client, f"capacitacion={training.slug}")) is None
    words = published(client, training)
    assert "sin desglose" in words
    assert "Asistencias 10" in words
    for head in ("Mujeres", "Hombres"):
        assert not re.search(rf"asistencias: {head}|personas_{head.lower()}|Personas: {head.lower()}", words)
    # By sex or by modality no row of what was reached has a cell.
    assert re.findall(r"(?:Personas únicas|Asistencias) 10 (?!sin desglose)[\d—]", words) == []


def test_nor_can_its_modalities(client, training):
    """Four came to the webinar; the results say so by modality, the training does not say its own."""
    ways = {key[1]: n for key, n in told(client).items() if key[0] == "Asistencias por modalidad"}
    assert ways == {"Virtual": "4", "Presencial": "10"}
    assert "asistencias_presenciales" not in client.get("/api/v1/capacitaciones/").content.decode()
    assert not [key for key in told(client, f"capacitacion={training.slug}") if key[0] == "Asistencias por modalidad"]


def test_staff_read_every_split(client, training):
    client.force_login(f.StaffFactory())
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get(
        reverse("staff_training_figures", args=[training.pk])).content.decode()))  # fmt: skip
    assert "Personas únicas 10 5 5 0 0 0" in page
    assert "Asistencias 10 0 10 0" in page
