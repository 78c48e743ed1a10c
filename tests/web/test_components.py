"""Components: closed arguments, escaped texts, nothing said by colour alone."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import TemplateSyntaxError, engines
from django.test import RequestFactory
from django.utils import translation

from web import gallery


def render(source: str, path: str = "/x/", **context: Any) -> str:
    request = RequestFactory().get(path)
    return engines["django"].from_string(source).render({"request": request, **context})


def test_thousands_leaves_unknown_unknown() -> None:
    assert render("{{ a|thousands }} {{ b|thousands }} {{ c|thousands }}", a=1088, b=None, c=0) == "1,088 — 0"


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (123, 242, "50.8 % (123 de 242)"),
        (0, 5, "0.0 % (0 de 5)"),
        (None, 5, "sin dato"),
        (0, 0, "sin dato"),
        (1, None, "sin dato"),
    ],
)
def test_percentage_always_carries_its_denominator(part: int | None, whole: int | None, said: str) -> None:
    assert render("{{ part|percent_of:whole }}", part=part, whole=whole) == said


def test_address_breaks_between_its_words_and_is_escaped() -> None:
    said = render("{% load components %}{{ address|breakable }}", address="<a>.b@c.mx")
    assert said == "&lt;a&gt;.<wbr>b@<wbr>c.<wbr>mx"


def test_badge_says_its_state_in_words_and_escapes_them() -> None:
    assert render('{% badge text tone="ok" %}', text="<b>") == '<span class="badge tone-ok">&lt;b&gt;</span>'


@pytest.mark.parametrize(
    "source",
    [
        '{% badge "x" tone="rojo" %}',
        '{% button "x" kind="big" %}',
        '{% icon "nada" %}',
        '{% alert "ok!" %}{% endalert %}',
    ],
)
def test_unknown_choice_is_a_template_error(source: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        render(source)


def test_pathway_shows_glyph_and_name() -> None:
    html = render("{% pathway_chip pathway %}", pathway=SimpleNamespace(code="circular", label="Circular"))
    assert "<svg" in html
    assert "<span>Circular</span>" in html


def test_block_components_escape_titles_and_keep_markup() -> None:
    html = render("{% card title %}<p>{{ title }}</p>{% endcard %}", title="<i>")
    assert "<h3>&lt;i&gt;</h3>" in html
    assert "<p>&lt;i&gt;</p>" in html


def test_stat_sets_the_denominator_apart() -> None:
    html = render('{% stat share "mujeres" %}', share="50.8 % (123 de 242)")
    assert '50.8 % <span class="stat-part">123 de 242)</span>' not in html
    assert '50.8 % <span class="stat-part">(123 de 242)</span>' in html


def test_progress_without_a_value_says_so() -> None:
    html = render('{% progress None 50 "Avance" %}')
    assert 'value="0" max="50" aria-label="Avance: sin dato"' in html


def test_time_is_shown_with_its_zone_and_the_offset_of_that_day() -> None:
    source = '{% event_time start None "America/Mexico_City" %}'
    summer = render(source, start=datetime(2020, 6, 17, 16, tzinfo=UTC))
    today = render(source, start=datetime(2026, 6, 17, 17, tzinfo=UTC))
    assert "11:00 h, hora del centro de México (UTC−5)" in summer
    assert "11:00 h, hora del centro de México (UTC−6)" in today


@pytest.mark.parametrize(
    ("end", "spanish", "english"),
    [
        (datetime(2026, 5, 3, 5, tzinfo=UTC), "20:00 a 23:00 h, hora", "20:00 to 23:00, Central"),
        (
            datetime(2026, 5, 3, 7, tzinfo=UTC),
            "20:00 a 01:00 h del 3 de mayo, hora",
            "20:00 to 01:00 on 3 May, Central",
        ),
        (datetime(2027, 1, 2, 7, tzinfo=UTC), "a 01:00 h del 2 de enero de 2027, hora", "to 01:00 on 2 January 2027, "),
    ],
)
def test_end_on_another_day_says_which(end: datetime, spanish: str, english: str) -> None:
    source = '{% event_time start end "America/Mexico_City" %}'
    assert spanish in render(source, start=datetime(2026, 5, 3, 2, tzinfo=UTC), end=end)
    with translation.override("en"):
        assert english in render(source, start=datetime(2026, 5, 3, 2, tzinfo=UTC), end=end)


def test_day_belongs_to_the_place_of_the_event() -> None:
    html = render('{% event_day start None "America/Mexico_City" %}', start=datetime(2026, 6, 18, 3, tzinfo=UTC))
    assert html == '<time datetime="2026-06-17">miércoles 17 de junio de 2026</time>'


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2026, 6, 17), date(2026, 6, 19), "del 17 al 19 de junio de 2026"),
        (date(2026, 6, 30), date(2026, 7, 2), "del 30 de junio al 2 de julio de 2026"),
        (date(2026, 12, 31), date(2027, 1, 1), "del 31 de diciembre de 2026 al 1 de enero de 2027"),
    ],
)
def test_days_are_told_as_a_range(first: date, last: date, said: str) -> None:
    assert said in render("{% event_day first last %}", first=first, last=last)


def test_date_block_without_a_day_says_to_be_confirmed() -> None:
    assert "confirmar" in render("{% date_block None %}")


def test_pagination_keeps_the_query() -> None:
    html = render("{% pagination page %}", "/x/?q=agua&pagina=2", page=Paginator(range(30), 10).page(2))
    assert 'href="?q=agua&amp;pagina=1" rel="prev"' in html
    assert 'href="?q=agua&amp;pagina=3" rel="next"' in html


def test_pagination_of_one_page_is_nothing() -> None:
    assert render("{% pagination page %}", page=Paginator(range(3), 10).page(1)) == ""


def test_filter_chip_leads_to_the_list_without_it() -> None:
    form = gallery.SampleFilters({"palabras": "agua", "tipo": "virtual", "camino": ""})
    html = render("{% filter_chips form %}", "/x/?palabras=agua&tipo=virtual&pagina=3", form=form)
    assert 'href="/x/?palabras=agua"' in html
    assert "Modalidad: Virtual" in html
    assert "Camino" not in html


def test_filter_bar_carries_along_what_it_is_told_to() -> None:
    html = render('{% filter_bar form keep="vista" %}', "/x/?vista=lista", form=gallery.SampleFilters({}))
    assert '<input type="hidden" name="vista" value="lista">' in html


def test_errors_stand_at_the_top_with_links_and_at_the_field() -> None:
    form = gallery.SampleForm({"name": "", "email": "x", "kind": "a"})
    html = render("{% edit_form form %}{% endedit_form %}", form=form)
    assert '<a href="#id_name">Nombre completo: Este campo es obligatorio.</a>' in html
    assert 'id="id_name_error"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'value="x"' in html


def test_error_of_a_group_links_to_its_first_choice() -> None:
    class Form(forms.Form):
        sex = forms.ChoiceField(label="Sexo", widget=forms.RadioSelect, choices=[("m", "Mujer")])

    assert 'href="#id_sex_0"' in render("{% form_errors form %}", form=Form({}))


def test_only_the_optional_is_marked() -> None:
    html = render("{{ form }}", form=gallery.SampleForm())
    assert html.count("(opcional)") == 5
    assert 'for="id_name">Nombre completo</label>' in html


def test_form_without_data_shows_no_errors() -> None:
    assert render("{% form_errors form %}", form=gallery.SampleForm()) == ""


def test_every_field_is_drawn_once_and_sections_in_order() -> None:
    html = render("{{ form }}", form=gallery.SampleForm())
    assert [html.count(f'name="{name}"') for name in gallery.SampleForm.base_fields] == [1, 1, 3, 5, 1, 1, 1, 1, 1]
    assert (
        html.index("<legend>Quién</legend>")
        < html.index("<legend>Qué y cuándo</legend>")
        < html.index('name="consent"')
    )


def test_language_link_leads_to_the_same_page() -> None:
    assert render("{% other_language_path %}", "/calendario/?q=a") == "/en/calendario/?q=a"
    assert render("{% other_language_path %}", "/en/calendario/") == "/calendario/"
