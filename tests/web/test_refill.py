"""Filling in a form of a page again."""

import pytest

from web.refill import refill

PAGE = """<!doctype html><main id="contenido"><p>á</p>
<form method="get" action="/nota/"><input name="title"></form>
<form class="a &amp; b" method="post" action="/nota/">
<input type="hidden" name="csrfmiddlewaretoken" value="t">
<input name="title" value="old" required>
<textarea name="text">
stored &lt;b&gt;
</textarea>
<select name="kind"><option value="">-</option>
<option value="a" selected>A</option><option value="b">B</option></select>
<input type="checkbox" name="topic" value="1" checked><input type="checkbox" name="topic" value="2">
<input type="radio" name="way" value="x"><input type="radio" name="way" value="y" checked>
<input type="password" name="pin"><input type="hidden" name="version" value="5">
<input type="hidden" name="key" value="k">
<input name="fixed" value="stays" disabled>
</form><p>end</p></main>"""
TYPED = [
    ("title", 'Dos "comillas" & más'),
    ("text", "línea 1\n</textarea><script>x</script>"),
    ("kind", "b"), ("topic", "2"), ("way", "x"), ("pin", "1234"), ("version", "4"), ("key", "other"),
    ("fixed", "changed"), ("gone", "una nota larga"),
]  # fmt: skip


def test_what_a_person_typed_stands_in_its_form() -> None:
    page, place, left = refill(PAGE, address="/nota/", action="/nota/", fields=TYPED)
    assert '<input name="title" value="Dos &quot;comillas&quot; &amp; más" required>' in page
    assert '<textarea name="text">\nlínea 1\n&lt;/textarea&gt;&lt;script&gt;x&lt;/script&gt;</textarea>' in page
    assert '<option value="a">A</option><option value="b" selected>B</option>' in page
    assert 'value="1"><input type="checkbox" name="topic" value="2" checked>' in page
    assert '<input type="radio" name="way" value="x" checked><input type="radio" name="way" value="y">' in page
    assert page[place:].startswith('<form class="a &amp; b" method="post" action="/nota/" data-bound>')
    assert [name for name, _value in left] == ["fixed", "gone"]


def test_secrets_and_hidden_fields_stay_as_the_page_has_them() -> None:
    page, _place, _left = refill(PAGE, address="/nota/", action="/nota/", fields=TYPED)
    assert "1234" not in page
    assert "other" not in page
    assert '<input type="hidden" name="csrfmiddlewaretoken" value="t">' in page
    assert '<input name="fixed" value="stays" disabled>' in page


def test_the_version_that_was_edited_goes_with_the_text() -> None:
    page, _place, _left = refill(PAGE, address="/nota/", action="/nota/", fields=TYPED)
    assert '<input type="hidden" name="version" value="4">' in page


@pytest.mark.parametrize(("address", "action"), [("/nota/", "/otra/"), ("/nota/x/", "/nota/x/")])
def test_a_page_without_the_form_stays_as_it_is(address: str, action: str) -> None:
    page, place, left = refill(PAGE, address=address, action=action, fields=TYPED)
    assert (page, left) == (PAGE, TYPED)
    assert page[:place].endswith('<main id="contenido">')


def test_a_form_without_an_address_is_sent_to_its_page() -> None:
    page = '<form method="post"><input name="a"><input name="a"></form>'
    filled, _place, left = refill(page, address="/x/", action="/x/", fields=[("a", "1"), ("a", "2")])
    assert filled == '<form method="post" data-bound><input name="a" value="1"><input name="a" value="2"></form>'
    assert left == []


def test_of_several_forms_the_one_with_the_same_fields_is_filled() -> None:
    page = '<form method="post"><input name="a"></form><form method="post"><input name="a"><input name="b"></form>'
    filled, place, _left = refill(page, address="/x/", action="/x/", fields=[("a", "1"), ("b", "2")])
    assert filled.startswith('<form method="post"><input name="a"></form>')
    assert place == page.index("<form", 1)
