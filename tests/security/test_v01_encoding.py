"""V1: what people write stays text, whatever reads it next."""

import ast
import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from outbox import registry
from tests.events.attendance_files import altered_workbook
from tests.factories import EventFactory
from tests.security import source
from web.spreadsheet import UnsafeWorkbook, xlsx_sheets

HOSTILE = "</script><script>alert(1)</script>\"'{{ 7|add:7 }}{% now 'Y' %}"


@pytest.mark.django_db
@pytest.mark.asvs("V1.2.1", "V1.2.3", "V1.3.7")
def test_a_title_is_text_in_html_in_json_and_for_the_template_engine(client: Client) -> None:
    event = EventFactory(title=HOSTILE)
    page = client.get(reverse("event_detail", args=[event.slug])).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in page
    assert "\\u003C/script\\u003E" in page.replace("\\u003c", "\\u003C").replace("\\u003e", "\\u003E")
    assert "{{ 7|add:7 }}" in page.replace("&#x27;", "'")


@pytest.mark.asvs("V1.2.4")
def test_no_statement_of_the_database_is_put_together_from_what_somebody_sent() -> None:
    """SQL of our own is a literal with parameters, or literals joined; nothing formats a value into it."""
    assert source.calls("RawSQL") == []
    wrong = []
    for path, node in source.nodes():
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in {"raw", "extra"}:
            wrong.append(f"{path}:{node.lineno} {node.func.attr}")
        if node.func.attr == "execute" and node.args and isinstance(node.args[0], ast.JoinedStr):
            named = [ast.unparse(part.value) for part in node.args[0].values if isinstance(part, ast.FormattedValue)]
            wrong += [f"{path}:{node.lineno} {name}" for name in named if name != "sql"]
        if node.func.attr == "execute" and node.args and isinstance(node.args[0], ast.BinOp):
            wrong.append(f"{path}:{node.lineno} joined")
    assert wrong == []


@pytest.mark.asvs("V1.2.5")
def test_the_portal_starts_no_program_of_the_machine() -> None:
    shells = source.calls("os.system", "os.popen", "os.execv", "os.spawnv", "subprocess.run", "subprocess.Popen")
    assert [call for call in shells if "/management/" not in call] == []
    with_shell = [
        path
        for path, node in source.nodes()
        if isinstance(node, ast.keyword) and node.arg == "shell" and ast.unparse(node.value) != "False"
    ]
    assert with_shell == []


@pytest.mark.django_db
@pytest.mark.asvs("V1.2.9")
@pytest.mark.parametrize("words", ["(((", "[a-", "\\", "*+?", "%_%", "(a+)+$"])
def test_signs_of_patterns_are_searched_for_as_they_are(client: Client, words: str) -> None:
    for name in ("calendar", "action_list", "library", "municipality_list"):
        assert client.get(reverse(name), {"q": words}).status_code == 200


@pytest.mark.asvs("V1.3.2")
def test_nothing_is_carried_out_that_was_made_while_running() -> None:
    assert source.calls("eval", "exec", "compile", "__import__") == []
    risky = re.compile(r"\beval\(|new Function\(|setTimeout\(\s*[\"'`]")
    assert [name for name, text in source.scripts().items() if risky.search(text)] == []


@pytest.mark.asvs("V3.2.2")
def test_scripts_write_text_as_text() -> None:
    risky = re.compile(r"\.(innerHTML|outerHTML)\s*[+]?=|insertAdjacentHTML|document\.write")
    assert {name: risky.findall(text) for name, text in source.scripts().items() if risky.search(text)} == {}


@pytest.mark.django_db
@pytest.mark.asvs("V1.3.10", "V1.3.11")
def test_words_of_staff_reach_no_attribute_and_no_further_header() -> None:
    from outbox.texts import Text, fill

    kind = next(kind for kind in registry.texts() if "nombre" in kind.placeholders)
    written = "{nombre.__class__} {0} %(nombre)s {nombre}"
    text = Text(subject=written, body=written)
    values = dict.fromkeys(kind.placeholders, "Ana\r\nBcc: todos@otro.example")
    values |= dict.fromkeys(kind.links, "http://127.0.0.1:8000/x/")
    words = fill(kind, text, values)
    assert "{nombre.__class__} {0} %(nombre)s Ana" in words.subject
    assert "\n" not in words.subject
    assert "\r" not in words.subject
    with pytest.raises(mail.BadHeaderError):
        mail.EmailMessage("a\nBcc: b@otro.example", "x", to=["a@b.example"]).message()


@pytest.mark.asvs("V1.5.2")
def test_nothing_is_read_that_could_bring_code_with_it(settings: object) -> None:
    unsafe = {"pickle", "marshal", "shelve", "dill", "jsonpickle"}
    assert [(path, name) for path, name in source.imports() if name.split(".")[0] in unsafe] == []
    assert settings.SESSION_SERIALIZER.endswith("JSONSerializer")  # type: ignore[attr-defined]
    loads = source.calls("yaml.load", "yaml.unsafe_load", "yaml.full_load")
    assert loads == []


@pytest.mark.django_db
@pytest.mark.asvs("V1.2.2")
def test_an_address_that_runs_code_is_not_taken(client: Client) -> None:
    from events.forms.staff import MaterialRow

    for address in ("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"):
        assert "url" in MaterialRow({"title": "x", "url": address}).errors, address
    assert "url" not in MaterialRow({"title": "x", "url": "https://red.example/x.pdf"}).errors


@pytest.mark.asvs("V1.5.1")
def test_a_workbook_that_defines_entities_is_not_opened() -> None:
    hostile = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
    with pytest.raises(UnsafeWorkbook):
        list(xlsx_sheets(altered_workbook(drawing=hostile), max_rows=10))
