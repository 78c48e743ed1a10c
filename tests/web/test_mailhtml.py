"""E-mails look the same in programs that drop style sheets."""

from django.template import engines

from web import identity
from web.mailhtml import inline

SOURCE = (
    '{% extends "emails/base.html" %}'
    "{% block date %}17 de junio{% endblock %}{% block title %}{{ title }}{% endblock %}"
    '{% block button %}<a class="button" href="https://red.example/">Ver</a>{% endblock %}'
)


def message() -> str:
    html = (
        engines["django"]
        .from_string(SOURCE)
        .render({"installation": identity.last_known(), "LANGUAGE_CODE": "es", "title": "<Foro>"})
    )
    return inline(html)


def test_rules_stand_in_the_elements() -> None:
    html = message()
    assert 'class="button" href="https://red.example/" style="' in html
    assert "background: #0B6B52" in html


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
