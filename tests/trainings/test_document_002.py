"""What document 002 says is the same on the page, in the PDF, in the CSV and in the open interface."""

import csv
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def document(db: None) -> None:
    """Targets of 50; of 210, 110 of them online and 100 in person, 51 % women; of 32, half and half. And a training of
    another source, which is in none of its figures."""
    aims: list[tuple[str, dict[str, Any]]] = [
        ("Instrumentos de planificación", {"people": 50}),
        (
            "Movilidad humana y espacio público",
            {"people": 210, "people_virtual": 110, "people_in_person": 100, "women": 107, "men": 103},
        ),
        ("Movilidad humana y vivienda", {"people": 32, "women": 16, "men": 16}),
    ]
    for title, target in aims:
        factories.TrainingTargetFactory(training=factories.TrainingFactory(title=title, source="002"), **target)
    factories.TrainingTargetFactory(training=factories.TrainingFactory(), people=80, people_in_person=80)


def words(text: str) -> str:
    return " ".join(text.split())


def page(client: Client) -> str:
    return words(client.get(reverse("training_list"), {"fuente": "002"}).content.decode())


def pdf(client: Client) -> str:
    reader = PdfReader(io.BytesIO(client.get(reverse("training_list_pdf"), {"fuente": "002"}).content))
    return words(" ".join(sheet.extract_text() for sheet in reader.pages))


SAID = (
    "Sexo conocido para 242 de 292: 123 mujeres y 119 hombres.",
    "Mujeres: 50.8 % (123 de 242) de sexo conocido; 42.1 % (123 de 292) de toda la meta.",
    "Modalidad conocida para 210 de 292: 110 en línea y 100 presenciales.",
)


@pytest.mark.parametrize("output", [page, pdf])
def test_page_and_pdf_say_the_figures_with_both_denominators(client: Client, document: None, output: Any) -> None:
    said = output(client)
    assert [sentence for sentence in SAID if sentence not in said] == []


def test_csv_has_the_figures(client: Client, document: None) -> None:
    answer = client.get(reverse("training_list_csv"), {"fuente": "002"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    together = rows[-1]
    assert (len(rows), together["Título"]) == (4, "Todas las capacitaciones")
    assert {key: together[key] for key in together if key.startswith(("Meta", "Mujeres"))} == {
        "Meta: personas": "292", "Meta: modalidad conocida": "210", "Meta: en línea": "110",
        "Meta: presenciales": "100", "Meta: sexo conocido": "242", "Meta: mujeres": "123", "Meta: hombres": "119",
        "Mujeres de sexo conocido": "50.8 % (123 de 242)", "Mujeres de toda la meta": "42.1 % (123 de 292)",
    }  # fmt: skip
    unknown = next(row for row in rows if row["Título"] == "Instrumentos de planificación")
    assert (unknown["Meta: mujeres"], unknown["Personas únicas"]) == ("sin dato", "sin dato")


def test_open_interface_has_the_figures(client: Client, document: None) -> None:
    answer = client.get("/api/v1/capacitaciones/", {"fuente": "002"})
    said = answer.json()["datos"]
    assert (answer.status_code, len(said)) == (200, 3)
    known = {name: [row[name] for row in said] for name in said[0] if name.startswith("meta_")}
    assert {name: sum(value or 0 for value in values) for name, values in known.items()} == {
        "meta_personas": 292, "meta_modalidad_conocida": 210, "meta_en_linea": 110, "meta_presenciales": 100,
        "meta_sexo_conocido": 242, "meta_mujeres": 123, "meta_hombres": 119,
    }  # fmt: skip


def test_one_training_has_the_same_figures_everywhere(client: Client, document: None) -> None:
    found = client.get("/api/v1/capacitaciones/", {"fuente": "002"}).json()["datos"]
    slug = next(row["slug"] for row in found if row["meta_personas"] == 210)
    said = ("107 mujeres y 103 hombres", "51.0 % (107 de 210)", "110 en línea y 100 presenciales")
    html = words(client.get(reverse("training_detail", args=[slug])).content.decode())
    reader = PdfReader(io.BytesIO(client.get(reverse("training_pdf", args=[slug])).content))
    paper = words(" ".join(sheet.extract_text() for sheet in reader.pages))
    assert [(sentence in html, sentence in paper) for sentence in said] == [(True, True)] * 3
    api = client.get(f"/api/v1/capacitaciones/{slug}/").json()
    assert (api["meta_mujeres"], api["meta_en_linea"]) == (107, 110)


def test_results_say_a_modality_that_stands_alone_as_the_training_does(client: Client, document: None) -> None:
    said = "80 presenciales; en línea: sin dato"
    assert said in words(client.get(reverse("results")).content.decode())
    assert said in words(client.get(reverse("training_list")).content.decode())
