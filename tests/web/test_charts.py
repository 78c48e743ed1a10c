"""Charts: real numbers beside every shape, unknown never drawn as zero, a table with the same numbers."""

from xml.etree import ElementTree

import pytest

from web import charts

SVG = "{http://www.w3.org/2000/svg}"


def texts(chart: charts.Chart) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(chart.svg).iter(f"{SVG}text")]


def every_chart() -> list[charts.Chart]:
    rows = [
        charts.Bar("Talleres & charlas", 1088, colour="circular"),
        charts.Bar("<Foro>", None),
        charts.Bar("Cero", 0),
    ]
    series = [charts.Series("Mujeres", (123, None)), charts.Series("Hombres", (119, None))]
    return [
        charts.bars("a", "Uno", rows),
        charts.stacked_bars("b", "Dos", ["Virtual", "Presencial"], series),
        charts.line("c", "Tres", ["2025", "2026"], series),
        charts.donut("d", "Cuatro", rows),
    ]


@pytest.mark.parametrize("chart", every_chart(), ids=["bars", "stacked", "line", "donut"])
def test_chart_is_well_formed_named_and_described(chart: charts.Chart) -> None:
    root = ElementTree.fromstring(chart.svg)
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert title.text
    assert description is not None
    assert description.text
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"


@pytest.mark.parametrize("chart", every_chart(), ids=["bars", "stacked", "line", "donut"])
def test_chart_needs_no_style_sheet(chart: charts.Chart) -> None:
    assert "var(" not in chart.svg
    assert "style=" not in chart.svg


def test_bars_say_each_number_and_leave_unknown_undrawn() -> None:
    chart = every_chart()[0]
    assert texts(chart) == ["Talleres & charlas", "1,088", "<Foro>", "sin dato", "Cero", "0"]
    assert chart.svg.count("c-fill") == 1
    assert '<th scope="row">&lt;Foro&gt;</th><td class="num">sin dato</td>' in chart.table


def test_widths_of_bars_are_proportional() -> None:
    chart = charts.bars("a", "x", [charts.Bar("a", 200), charts.Bar("b", 50)])
    filled = [
        float(rect.get("width", 0))
        for rect in ElementTree.fromstring(chart.svg).iter(f"{SVG}rect")
        if "c-fill" in rect.get("class", "")
    ]
    assert filled[0] == pytest.approx(4 * filled[1], rel=0.01)


def test_stacked_bars_add_up_and_know_when_they_know_nothing() -> None:
    chart = every_chart()[1]
    assert "242" in texts(chart)
    assert texts(chart)[-1] == "sin dato"
    assert '<th scope="row">Presencial</th>' + 3 * '<td class="num">sin dato</td>' in chart.table


def test_line_breaks_at_an_unknown_value() -> None:
    chart = charts.line("c", "x", ["a", "b", "c"], [charts.Series("s", (1, None, 3))])
    paths = [path for path in ElementTree.fromstring(chart.svg).iter(f"{SVG}path") if path.get("fill") == "none"]
    assert [path.get("d", "").count("L") for path in paths] == [0, 0]


def test_donut_prints_each_share_with_its_denominator() -> None:
    chart = charts.donut("d", "x", [charts.Bar("Mujeres", 123), charts.Bar("Hombres", 119)])
    assert "50.8 % (123 de 242)" in texts(chart)


def test_donut_of_one_part_is_a_whole_ring() -> None:
    chart = charts.donut("d", "x", [charts.Bar("Todo", 5)])
    (ring, *_rest) = [
        path for path in ElementTree.fromstring(chart.svg).iter(f"{SVG}path") if "c-fill" in path.get("class", "")
    ]
    assert " 0 1 1 " in ring.get("d", "")


def test_donut_of_nothing_says_so() -> None:
    assert texts(charts.donut("d", "x", [charts.Bar("a", None)]))[0] == "sin dato"


@pytest.mark.parametrize(
    ("value", "top"), [(0, 4), (3, 4), (5, 8), (9, 10), (37, 40), (41, 80), (399, 400), (1088, 2000)]
)
def test_axis_ends_at_a_round_number(value: float, top: float) -> None:
    assert charts._round_up(value) == top
