"""E-mails look the same in programs that drop style sheets."""

from django.template import engines

from web.mailhtml import inline
from web.models import Installation

SOURCE = (
    '{% extends "emails/base.html" %}'
    "{% block date %}17 de junio{% endblock %}{% block title %}{{ title }}{% endblock %}"
    '{% block button %}<a class="button" href="https://red.example/">Ver</a>{% endblock %}'
)


def message(installation: Installation | None = None) -> str:
    context = {"installation": installation or Installation(), "LANGUAGE_CODE": "es", "title": "<Foro>"}
    return inline(engines["django"].from_string(SOURCE).render(context))


def test_rules_stand_in_the_elements() -> None:
    html = message()
    assert 'class="button" href="https://red.example/" style="' in html
    assert "background: #0B6B52" in html


def test_message_wears_the_colours_of_the_installation() -> None:
    html = message(Installation(primary_light="#7A1FA2", primary_dark="#E0A0FF"))
    assert "background: #7A1FA2" in html
    assert "background: #E0A0FF !important" in html
    assert "#0B6B52" not in html


def test_dark_mode_stays_in_the_head_and_nothing_else() -> None:
    html = message()
    assert html.count("<style") == 1
    assert "prefers-color-scheme: dark" in html


def test_message_asks_no_other_host() -> None:
    html = message()
    assert "<link" not in html
    assert "<img" not in html
    assert "url(" not in html


def test_texts_stay_escaped() -> None:
    assert "&lt;Foro&gt;" in message()
