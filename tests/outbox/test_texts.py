"""The words of mails: filling them in, what counts, versions."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from outbox import mailing, registry, texts
from outbox.drain import drain
from outbox.models import MailText, Message
from outbox.registry import Mail, Text, TextKind
from outbox.services import StaleText, save_text, send_test

pytestmark = pytest.mark.django_db

LINK = "http://127.0.0.1:8000/en/x?a=1&b=2"
VALUES = {"nombre": "Ana", "evento": "Taller", "enlace": LINK}


def compose(text: Text) -> Mail:
    words = texts.fill(kind(), text, VALUES)
    return Mail(subject=words.subject, text=f"{words.text}\nFACTS\n{words.text_after}", html=words.html)


def kind() -> TextKind:
    found = registry.text("test.text")
    assert found is not None
    return found


def default(variant: str) -> Text:
    asked = {"es": "Hola", "en": "Hello"}[translation.get_language()]
    return Text(f"{asked} {{nombre}}", f"{asked} {variant or 'todos'}.\n\n{{datos}}\n\nFin.")


@pytest.fixture(autouse=True)
def text_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_texts", {})
    registry.register_text(
        TextKind(
            name="test.text",
            label="Aviso",
            placeholders={"nombre": "nombre", "evento": "evento", "enlace": "enlace"},
            links=frozenset({"enlace"}),
            default=default,
            sample=lambda: VALUES,
            compose=compose,
            facts="los datos",
            variants=lambda: [("dia", "Un día antes"), ("hora", "Una hora antes")],
        )
    )


def filled(body: str, subject: str = "Aviso", **values: str) -> texts.Words:
    return texts.fill(kind(), Text(subject, body), VALUES | values)


def save(subject: str = "Otro", body: str = "Otro texto", **fields: Any) -> MailText | None:
    given = {"kind": kind(), "variant": "", "language": "es", "version": 0, "cause": "account 7"} | fields
    return save_text(subject=subject, body=body, **given)


# --- Filling in


def test_filling_replaces_the_placeholders_of_the_list_and_nothing_else() -> None:
    words = filled("Hola {nombre}: {evento} {nada} {evento.slug} {0} {} {{nombre}}", "{evento} de {nombre} {nada}")
    assert words.subject == "Taller de Ana {nada}"
    assert words.text == "Hola Ana: Taller {nada} {evento.slug} {0} {} {Ana}"
    assert words.html == "<p>Hola Ana: Taller {nada} {evento.slug} {0} {} {Ana}</p>"


def test_what_a_person_typed_is_text_and_never_markup_nor_a_placeholder() -> None:
    typed = '<b onclick="x">**A**</b> [x](http://evil.example) {evento} & \\'
    words = filled("Hola {nombre}", nombre=typed)
    assert words.text == f"Hola {typed}"
    escaped = "&lt;b onclick=&quot;x&quot;&gt;**A**&lt;/b&gt; [x](http://evil.example) {evento} &amp; \\"
    assert words.html == f"<p>Hola {escaped}</p>"


def test_a_line_break_in_a_value_begins_no_header_and_no_paragraph() -> None:
    words = filled("Hola {nombre}", "Para {nombre}", nombre="Ana\r\nBcc: x@y.example\n\n# Grande\u2028")
    assert words.subject == "Para Ana Bcc: x@y.example # Grande"
    assert words.text == "Hola Ana Bcc: x@y.example # Grande"
    assert words.html == "<p>Hola Ana Bcc: x@y.example # Grande</p>"


def test_markdown_is_html_in_one_part_and_readable_text_in_the_other() -> None:
    body = (
        "Hola **{nombre}**, lea *esto*.\n\n- uno\n- dos\n\n1. a\n2. b\n\n> cita\n\n[Sitio](https://sitio.example/a_b) "
        "<https://otro.example>"
    )
    words = filled(body)
    assert "<strong>Ana</strong>" in words.html
    assert "<li>uno</li>" in words.html
    assert words.text == (
        "Hola Ana, lea esto.\n\n- uno\n- dos\n\n1. a\n2. b\n\n> cita\n\nSitio (https://sitio.example/a_b) "
        "https://otro.example"
    )


def test_html_that_staff_type_is_text() -> None:
    words = filled("<script>alert(1)</script><img src=x> [x](javascript:alert(1))")
    assert "<script" not in words.html
    assert "<img" not in words.html
    assert 'href="javascript' not in words.html
    assert "<script>alert(1)</script>" in words.text


def test_a_link_placeholder_is_a_link_in_the_text_and_as_a_destination() -> None:
    words = filled("Entre en {enlace} o [aquí]({enlace}) o [{enlace}]({enlace}).")
    href = LINK.replace("&", "&amp;")
    assert words.html.count(f'href="{href}"') == 3
    assert f'<a href="{href}">{href}</a>' in words.html
    assert "%7B" not in words.html
    assert words.text == f"Entre en {LINK} o aquí ({LINK}) o {LINK}."


@pytest.mark.parametrize(
    "address", ["http://evil.example/", "javascript:alert(1)", "http://127.0.0.1:8000.evil.example/"]
)
def test_a_link_that_leads_away_from_the_portal_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="leads away"):
        filled("{enlace}", enlace=address)


def test_another_placeholder_is_no_destination() -> None:
    words = filled("[x]({evento})", evento="javascript:alert(1)")
    assert 'href="#"' in words.html


def test_facts_stand_where_the_text_says_else_at_the_end() -> None:
    words = filled("Antes {nombre}\n\n{datos}\n\nDespués {nombre}")
    assert (words.text, words.text_after) == ("Antes Ana", "Después Ana")
    assert (words.html, words.html_after) == ("<p>Antes Ana</p>", "<p>Después Ana</p>")
    words = filled("Todo")
    assert (words.text_after, words.html_after) == ("", "")


def test_an_empty_value_leaves_no_blank_at_the_end_of_a_line() -> None:
    assert filled("Se canceló. {evento}", evento="").text == "Se canceló."


def test_very_long_values_are_filled_whole() -> None:
    long = "á" * 20_000
    words = filled("{nombre}", "{nombre}", nombre=long)
    assert (words.subject, words.text, words.html) == (long, long, f"<p>{long}</p>")


def test_problems_name_what_may_be_written() -> None:
    allowed = "Se puede usar: {nombre}, {evento}, {enlace}"
    assert texts.problems_of_subject(kind(), "{evnto}") == [f"{{evnto}} no existe. {allowed}."]
    assert texts.problems_of_subject(kind(), "{evento} { nombre }") == [f"{{ nombre }} no existe. {allowed}."]
    assert len(texts.problems_of_subject(kind(), "{enlace} {datos}")) == 3
    assert texts.problems_of_body(kind(), "{evento.slug}") == [f"{{evento.slug}} no existe. {allowed}, {{datos}}."]
    assert texts.problems_of_body(kind(), "uno {datos} dos") == ["{datos} va una sola vez, sola en su línea."]
    assert len(texts.problems_of_body(kind(), "{datos}\n\n{datos}")) == 1
    assert texts.problems_of_body(kind(), "{datos}\n\n[x]({enlace}) { sin cerrar") == []


@pytest.mark.parametrize("destination", ["{evento}", "https://otro.example/?t={enlace}", "{enlace}x"])
def test_a_personal_link_is_not_handed_to_another_site(destination: str) -> None:
    assert len(texts.problems_of_body(kind(), f"[x]({destination})")) == 1


# --- Which text counts


def test_the_shipped_words_count_until_staff_write_others_in_that_language() -> None:
    assert texts.current("test.text", "es") == default("")
    save("Propio", "Texto propio")
    assert texts.current("test.text", "es") == Text("Propio", "Texto propio")
    assert texts.current("test.text", "en").subject == "Hello {nombre}"


def test_a_variant_has_its_own_words_else_those_of_all_else_its_shipped_ones() -> None:
    assert texts.current("test.text", "es", "dia").body.startswith("Hola dia.")
    save("Todos", "De todos")
    assert texts.current("test.text", "es", "dia") == Text("Todos", "De todos")
    save("Día", "Del día", variant="dia")
    assert texts.current("test.text", "es", "dia") == Text("Día", "Del día")
    assert texts.current("test.text", "es", "hora") == Text("Todos", "De todos")
    save("Todos", "De todos", variant="dia", version=1)
    newest = MailText.objects.get(variant="dia", version=2)
    assert newest.is_original
    save("Otros", "De todos, otra vez", version=1)
    assert texts.current("test.text", "es", "dia") == Text("Otros", "De todos, otra vez")


def test_looking_texts_up_is_one_query_and_one_in_all_for_a_claim(django_assert_num_queries: Any) -> None:
    save()
    with django_assert_num_queries(1):
        texts.current("test.text", "es", "dia")
    with django_assert_num_queries(1), mailing.together():
        for variant in ("", "dia", "hora"):
            for language in ("es", "en"):
                texts.current("test.text", language, variant)


def test_a_new_text_counts_for_the_next_claim() -> None:
    with mailing.together():
        before = texts.current("test.text", "es")
    save()
    assert texts.current("test.text", "es") != before


# --- Versions


def test_every_version_is_kept_and_the_newest_counts() -> None:
    save("Uno", "Primero")
    save("Dos", "Segundo", version=1)
    rows = list(MailText.objects.order_by("version").values_list("version", "subject", "body", "cause"))
    assert rows == [(1, "Uno", "Primero", "account 7"), (2, "Dos", "Segundo", "account 7")]
    assert texts.current("test.text", "es") == Text("Dos", "Segundo")


def test_saving_over_what_somebody_else_saved_is_refused_with_their_words() -> None:
    save("Uno", "Primero")
    with pytest.raises(StaleText) as stale:
        save("Dos", "Segundo")
    assert (stale.value.version, stale.value.text) == (1, Text("Uno", "Primero"))
    assert MailText.objects.count() == 1


def test_saving_the_words_that_count_adds_no_version() -> None:
    save("Uno", "Primero")
    assert save("Uno", "Primero") is None  # the same form sent twice
    original = default("")
    assert save(original.subject, original.body, language="en") is not None  # Spanish words in English are another text
    with translation.override("en"):
        english = default("")
    assert MailText.objects.filter(language="en").count() == 1
    save(english.subject, english.body, language="en", version=1)
    assert MailText.objects.get(language="en", version=2).is_original


def test_the_original_put_back_follows_the_shipped_words() -> None:
    save()
    original = default("")
    row = save(original.subject, original.body, version=1)
    assert row is not None
    assert (row.version, row.is_original, row.subject, row.body) == (2, True, "", "")
    assert texts.current("test.text", "es") == original


@pytest.mark.both_databases
def test_no_version_of_a_text_is_there_twice() -> None:
    words = {"name": "test.text", "variant": "", "language": "es", "version": 1}
    MailText.objects.create(**words)
    with pytest.raises(IntegrityError), transaction.atomic():
        MailText.objects.create(**words)
    MailText.objects.create(**words | {"language": "en"})
    MailText.objects.create(**words | {"variant": "dia"})


@pytest.mark.both_databases
def test_who_comes_second_at_the_same_moment_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    read = texts.written

    def faster(name: str) -> dict[texts.Key, MailText]:
        rows = read(name)
        if not rows:
            MailText.objects.create(name=name, language="es", version=1, subject="Ganó", body="La otra")
        return rows

    monkeypatch.setattr(texts, "written", faster)
    with pytest.raises(StaleText) as stale:
        save()
    assert stale.value.text == Text("Ganó", "La otra")


# --- Test message


def test_a_test_message_leaves_once_with_the_words_as_typed(sink: Any) -> None:
    for _time in range(2):
        send_test(
            kind=kind(), text=Text("Hola {nombre}", "De *prueba*"), language="en", key="k1",
            to_email="yo@mail.example", cause="account 7",
        )  # fmt: skip
    drain()
    (mail,) = sink.received
    assert mail["Subject"] == "[Test] Hola Ana"
    assert mail["To"] == "yo@mail.example"
    message = Message.objects.get()
    assert (message.payload, message.state, message.params) == (None, "sent", {})
    assert texts.current("test.text", "en").subject == "Hello {nombre}"  # nothing was saved
