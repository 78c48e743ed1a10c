"""Search finds a word whatever its number and accents."""

import pytest

from web.search import search_text, stems

PAIRS = [
    ("taller", "talleres"),
    ("lugar", "lugares"),
    ("hogar", "hogares"),
    ("mujer", "mujeres"),
    ("líder", "líderes"),
    ("solar", "solares"),
    ("familiar", "familiares"),
    ("luz", "luces"),
    ("raíz", "raíces"),
    ("maíz", "maíces"),
    ("vez", "veces"),
    ("webinar", "webinars"),
    ("webinario", "webinarios"),
    ("webinar", "webinario"),
    ("gaad", "GAADs"),
    ("GADD", "gaads"),
    ("ONG", "ONGs"),
    ("capacitación", "capacitaciones"),
    ("ciudad", "ciudades"),
    ("red", "redes"),
    ("país", "países"),
    ("mes", "meses"),
    ("gas", "gases"),
    ("interés", "intereses"),
    ("clase", "clases"),
    ("base", "bases"),
    ("eje", "ejes"),
    ("uso", "usos"),
    ("enlace", "enlaces"),
    ("avance", "avances"),
    ("nombre", "nombres"),
    ("calle", "calles"),
    ("sede", "sedes"),
    ("sustentable", "sustentables"),
    ("serie", "series"),
    ("autobús", "autobuses"),
    ("ley", "leyes"),
    ("plan", "planes"),
    ("workshop", "workshops"),
    ("lecture", "lectures"),
    ("session", "sessions"),
]


@pytest.mark.parametrize(("singular", "plural"), PAIRS)
def test_a_word_and_its_plural_are_one(singular: str, plural: str) -> None:
    assert stems(singular) == stems(plural)


@pytest.mark.parametrize("pair", ["lugar luna", "luz lucha", "red redacción", "webinar web", "mes mesero"])
def test_other_words_stay_apart(pair: str) -> None:
    one, other = pair.split()
    assert stems(one) != stems(other)


def test_beginning_of_a_word_finds_it() -> None:
    for beginning in ("mez", "mezc", "tall", "inund", "oriz"):
        assert f" {stems(beginning)[0]}" in search_text("Mezcal, talleres e inundaciones en Orizaba")
