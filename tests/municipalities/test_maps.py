"""The tile map: every municipality named, told apart without colour, walkable by keyboard."""

from xml.etree import ElementTree

from municipalities import maps

SVG = "{http://www.w3.org/2000/svg}"
CATEGORIES = [
    maps.Category("yes", "Con titular", "3"),
    maps.Category("no", "Sin designar", "0", href="?e=no", current=True),
]


def tile(name: str = "Toluca", column: int = 0, row: int = 0, **more: object) -> maps.Tile:
    return maps.Tile(**{"name": name, "column": column, "row": row, "category": "yes", **more})  # type: ignore[arg-type]


def drawn(*tiles: maps.Tile) -> ElementTree.Element:
    return ElementTree.fromstring(maps.tile_map("m", "Mapa", tiles, CATEGORIES).svg)


def test_tile_is_a_link_with_name_and_value() -> None:
    root = drawn(tile(value="titular designada", href="/municipios/toluca/"))
    (link,) = root.iter(f"{SVG}a")
    assert link.get("href") == "/municipios/toluca/"
    assert link.findtext(f"{SVG}title") == "Toluca: titular designada"
    assert root.get("role") == "group"


def test_map_without_links_is_one_described_picture() -> None:
    root = drawn(tile(), tile("Texcoco", 1, 0, category="no"))
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "Mapa"
    assert root.findtext(f"{SVG}desc") == "Con titular: 1; Sin designar: 1"


def test_odd_rows_stand_half_a_tile_to_the_right() -> None:
    assert maps._corner(0, 1)[0] - maps._corner(0, 0)[0] == maps.WIDE / 2
    assert maps._corner(0, 2)[0] == maps._corner(0, 0)[0]


def test_keyboard_walks_row_by_row() -> None:
    root = drawn(*(tile(name, column, row, href="/") for name, column, row in [("C", 0, 1), ("B", 1, 0), ("A", 0, 0)]))
    assert [link.findtext(f"{SVG}title") for link in root.iter(f"{SVG}a")] == ["A", "B", "C"]


def test_selected_tile_lies_on_top_and_says_so() -> None:
    root = drawn(tile("A", selected=True, href="/"), tile("B", 1, 0, href="/"))
    last = list(root.iter(f"{SVG}a"))[-1]
    assert (last.findtext(f"{SVG}title"), last.get("aria-current")) == ("A", "true")


def test_categories_differ_by_hatch_as_well() -> None:
    hatches = [hatch for _fill, hatch, _light in maps.LEVELS.values()]
    assert len([hatch for hatch in hatches if hatch]) == len({hatch for hatch in hatches if hatch}) == 5
    assert "url(#m-cross)" in maps.tile_map("m", "Mapa", [tile()], CATEGORIES).svg


def test_legend_counts_and_filters() -> None:
    legend = maps.tile_map("m", "Mapa", [tile()], CATEGORIES).legend
    assert "Con titular (1)" in legend
    assert '<a href="?e=no" aria-current="true">' in legend
    assert "Sin designar (0)" in legend


def test_names_are_escaped() -> None:
    assert "<b>" not in maps.tile_map("m", "<b>", [tile("<b>", value="<b>", href="/<b>")], CATEGORIES).svg


def test_short_names_have_at_most_four_letters() -> None:
    names = {
        "Toluca": "Tolu",
        "San Felipe del Progreso": "SFel",
        "Valle de Bravo": "VBra",
        "El Oro": "EOro",
        "La Paz": "LPaz",
    }
    assert {name: maps.short_label(name) for name in names} == names


def test_view_box_fits_the_tiles() -> None:
    root = drawn(tile(column=3, row=2), tile("B", 4, 2))
    _left, _top, width, height = (float(number) for number in root.get("viewBox", "").split())
    assert round(width) == round(2 * maps.WIDE + 2 * maps.MARGIN)
    assert round(height) == round(2 * maps.RADIUS + 2 * maps.MARGIN)


def test_no_tiles_is_still_a_picture() -> None:
    assert drawn().get("viewBox") == "0 0 35 40"
