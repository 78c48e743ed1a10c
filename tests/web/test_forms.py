"""Lists to choose from, drawn without a template for each option."""

from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import DjangoTemplates
from django.test.html import parse_html

from web.forms import FormRenderer

CHOICES = [("", "—"), ("a", "Ecatepec & Tecámac <b>"), (7, "Siete"), ('Grupo "x"', [("g", "Dentro"), ("h", "Y más")])]


@pytest.mark.parametrize("value", [None, "", "a", "7", "h", "missing"])
@pytest.mark.parametrize(
    "attrs", [{}, {"required": True, "autofocus": False, "data-x": '"<&'}, {"aria-describedby": "id_x_helptext"}]
)
def test_select_is_drawn_as_django_draws_it(value: Any, attrs: dict[str, Any]) -> None:
    for widget in (forms.Select(attrs, CHOICES), forms.SelectMultiple(attrs, CHOICES)):
        shown = [value] if isinstance(widget, forms.SelectMultiple) and value else value
        ours = widget.render("lugar", shown, renderer=FormRenderer())
        theirs = widget.render("lugar", shown, renderer=DjangoTemplates())
        assert parse_html(ours) == parse_html(theirs)  # whatever the order of attributes and the space between tags
        assert "&lt;b&gt;" in ours


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("\u200bFiesta\u202e del agua\x07", "Fiesta del agua"),
        ("uno\r\ndos\ttres", "uno\r\ndos\ttres"),
        ("\U0001f469\u200d\U0001f33e y a\u200db", "\U0001f469\u200d\U0001f33e y ab"),
    ],
)
def test_text_is_kept_without_what_nobody_sees(typed: str, kept: str) -> None:
    assert forms.CharField(widget=forms.Textarea).clean(typed) == kept


def test_text_that_nobody_sees_is_none_and_a_password_is_not_touched() -> None:
    with pytest.raises(ValidationError, match="obligatorio"):
        forms.CharField().clean("\u200b \u2060")
    assert forms.CharField(strip=False).clean("a\u200bb") == "a\u200bb"
