"""The exchange board: posts, who sees them, conversations by mail without addresses, matches, what came of them."""

from datetime import timedelta

import pytest
from django.core import mail as left
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from actions import services
from actions.figures import exchange_figures
from actions.models import ExchangeMessage, ExchangePost, ExchangeThread
from actions.rules import visible_posts, visible_threads
from actions.services.exchange import OPEN_POSTS, TEXTS_AN_HOUR
from actions.views.hints import hints_for
from network.enums import DesignationState
from outbox.drain import drain
from outbox.models import Message, Preference
from tests.factories import (
    AccompanimentFactory,
    EventFactory,
    ExchangePostFactory,
    ExchangeThreadFactory,
    MunicipalityFactory,
    PathwayFactory,
    SectorFactory,
    TrainingFactory,
    liaison,
)


def typed(**fields):
    sector = SectorFactory()
    until = timezone.localdate() + timedelta(days=20)
    return {
        "kind": "offer", "title": "Huertos escolares", "text": "En tres escuelas.", "sector": sector.pk, "pathway": "",
        "until": until.isoformat(), "action": "", "request_key": "5bd3ad0c-5d2a-4e5f-8a86-a4a55b0d56d1",
    } | fields  # fmt: skip


def test_a_liaison_posts_once_and_the_pathway_follows_from_the_sector(enlace, signed_in):
    browser = signed_in(enlace)
    values = typed()
    first, again = (browser.post(reverse("exchange_post_create"), values) for _time in range(2))
    post = ExchangePost.objects.get()
    assert first.url == again.url == reverse("exchange_post", args=[post.pk])
    assert (post.municipality, post.pathway, post.state) == (
        enlace.liaison_municipality,
        post.sector.entry_pathway,
        "open",
    )
    assert post.history.get().history_user == enlace


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"title": ""}, "obligatorio"),
        ({"until": "2020-01-01"}, "ya pasó"),
        ({"until": "2099-01-01"}, "un año"),
        ({"kind": "gift"}, "gift"),
        ({"text": "x" * 2001}, "2000"),
        ({"action": "999999"}, "999999"),
    ],
)
def test_a_wrong_post_stores_nothing(enlace, signed_in, fields, words):
    answer = signed_in(enlace).post(reverse("exchange_post_create"), typed(**fields))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ExchangePost.objects.exists()


def test_only_an_own_published_action_is_offered(enlace, signed_in, make_action):
    shown, draft = make_action("published"), make_action("draft")
    foreign = make_action("published", municipality=MunicipalityFactory())
    browser = signed_in(enlace)
    for wrong in (draft, foreign):
        assert browser.post(reverse("exchange_post_create"), typed(action=wrong.pk)).status_code == 422
    browser.post(reverse("exchange_post_create"), typed(action=shown.pk))
    page = browser.get(reverse("exchange_post", args=[ExchangePost.objects.get().pk])).content.decode()
    assert shown.title in page


def test_board_shows_what_is_open_and_the_rest_only_to_whom_it_concerns(enlace, neighbour, staff):
    own, today = enlace.liaison_municipality, timezone.localdate()
    rows = {
        "open": ExchangePostFactory(municipality=own),
        "last day": ExchangePostFactory(municipality=own, until=today),
        "expired": ExchangePostFactory(municipality=own, until=today - timedelta(days=1)),
        "closed": ExchangePostFactory(municipality=own, state="closed"),
        "matched": ExchangePostFactory(
            municipality=own, state="matched", matched_with=MunicipalityFactory(), matched_on=today
        ),
        "hidden": ExchangePostFactory(municipality=own, hidden_at=timezone.now(), hidden_reason="Publicidad"),
    }

    def seen(user):
        pks = set(visible_posts(user).values_list("pk", flat=True))
        return {name for name, row in rows.items() if row.pk in pks}

    assert seen(neighbour) == {"open", "last day", "matched"}
    assert seen(enlace) == seen(staff) == set(rows)
    ExchangeThreadFactory(post=rows["expired"], municipality=neighbour.liaison_municipality)
    ExchangeThreadFactory(post=rows["hidden"], municipality=neighbour.liaison_municipality)
    assert seen(neighbour) == {"open", "last day", "matched", "expired"}


@pytest.mark.parametrize("number", [1, 3])
def test_board_lists_and_filters(enlace, signed_in, number):
    energy = SectorFactory(code="energy", name="Energía")
    for _row in range(number):
        ExchangePostFactory(title="Alumbrado solar", kind="request", sector=energy)
    ExchangePostFactory(title="Composta")
    browser, board = signed_in(enlace), reverse("exchange_board")
    assert browser.get(board).content.decode().count("Alumbrado solar</a>") == number
    for query in ("?sector=energy", "?tipo=request", "?q=alumbrado"):
        page = browser.get(board + query).content.decode()
        assert (page.count("Alumbrado solar</a>"), "Composta</a>" in page) == (number, False)
    assert "Ninguna publicación" in browser.get(f"{board}?estado=propias").content.decode()
    assert "Ninguna publicación" in browser.get(f"{board}?sector=nada").content.decode()


def test_a_municipality_has_not_more_than_so_many_open_posts(enlace, signed_in):
    ExchangePostFactory.create_batch(OPEN_POSTS, municipality=enlace.liaison_municipality)
    answer = signed_in(enlace).post(reverse("exchange_post_create"), typed())
    assert (answer.status_code, ExchangePost.objects.count()) == (429, OPEN_POSTS)


def test_succession_moves_posts_and_conversations(enlace, municipality):
    thread = ExchangeThreadFactory(post__municipality=municipality)
    enlace.person.designations.update(state=DesignationState.ENDED, ends_on=timezone.localdate() - timedelta(days=1))
    before, after = type(enlace).objects.get(pk=enlace.pk), liaison(municipality)
    assert [visible_posts(user).count() for user in (before, after)] == [0, 1]
    assert [list(visible_threads(user)) for user in (before, after)] == [[], [thread]]


# --- Conversations


def test_two_municipalities_write_to_each_other_without_their_addresses(enlace, neighbour, signed_in):
    post = ExchangePostFactory(municipality=enlace.liaison_municipality)
    asking, answering = signed_in(neighbour), signed_in(enlace)
    sent = asking.post(reverse("exchange_thread_create", args=[post.pk]), {"text": "¿Cuánto costó la malla?"})
    thread = ExchangeThread.objects.get()
    assert sent.url == reverse("exchange_thread", args=[thread.pk])
    drain()
    answering.post(sent.url, {"text": "Veinte mil pesos."})
    drain()
    question, answer = left.outbox
    assert enlace.email in question.to[0]
    assert neighbour.email in answer.to[0]
    assert "¿Cuánto costó la malla?" in question.body
    assert sent.url in question.body
    pages = [browser.get(sent.url).content.decode() for browser in (asking, answering)]
    for text, stranger in [
        (question.body, neighbour),
        (answer.body, enlace),
        (pages[0], enlace),
        (pages[1], neighbour),
    ]:
        assert stranger.email not in text
        assert stranger.name not in text
    assert all("Veinte mil pesos." in page for page in pages)
    # A second look at the first address goes on where they are.
    assert asking.get(reverse("exchange_thread_create", args=[post.pk])).url == sent.url


def test_a_third_municipality_and_the_institute_do_not_read_it(enlace, neighbour, staff, signed_in):
    thread = ExchangeThreadFactory(
        post__municipality=enlace.liaison_municipality, municipality=neighbour.liaison_municipality
    )
    address = reverse("exchange_thread", args=[thread.pk])
    for stranger in (liaison(), staff):
        assert signed_in(stranger).get(address).status_code == 404
        assert signed_in(stranger).post(address, {"text": "Hola"}).status_code == 404
    assert not ExchangeMessage.objects.exists()


def test_mail_is_not_sent_to_who_left_nor_about_a_hidden_post(enlace, neighbour, staff):
    post = ExchangePostFactory(municipality=enlace.liaison_municipality)
    place = neighbour.liaison_municipality
    services.write_first(post=post, municipality=place, text="Uno", by=neighbour)
    enlace.person.designations.update(state=DesignationState.ENDED)
    drain()
    enlace.person.designations.update(state=DesignationState.IN_FORCE)
    services.write_first(post=post, municipality=place, text="Dos", by=neighbour)
    services.hide_post(post=post, reason="Publicidad", by=staff)
    drain()
    assert left.outbox == []
    assert [row.state for row in Message.objects.order_by("pk")] == ["skipped", "skipped"]


def test_who_left_the_group_gets_no_mail_and_reads_it_here(enlace, neighbour):
    Preference.objects.create(email=enlace.email, muted=["actions.exchange"])
    post = ExchangePostFactory(municipality=enlace.liaison_municipality)
    services.write_first(post=post, municipality=neighbour.liaison_municipality, text="Uno", by=neighbour)
    drain()
    assert (left.outbox, visible_threads(enlace).count()) == ([], 1)


def test_a_flood_is_refused_with_a_sentence_and_keeps_what_was_typed(enlace, neighbour, signed_in):
    post = ExchangePostFactory(municipality=enlace.liaison_municipality)
    browser, address = signed_in(neighbour), reverse("exchange_thread_create", args=[post.pk])
    for number in range(TEXTS_AN_HOUR):
        assert browser.post(address, {"text": f"Texto {number}"}).status_code == 302
    refused = browser.post(address, {"text": "Uno de más"})
    assert (refused.status_code, ExchangeMessage.objects.count()) == (429, TEXTS_AN_HOUR)
    assert "Uno de más" in refused.content.decode()
    ExchangeMessage.objects.update(created_at=timezone.now() - timedelta(hours=1, minutes=1))
    assert browser.post(address, {"text": "Después"}).status_code == 302


def test_one_form_sent_twice_is_one_message_and_one_mail(enlace, neighbour, signed_in):
    post = ExchangePostFactory(municipality=enlace.liaison_municipality)
    typed_once = {"text": "Hola", "request_key": "5bd3ad0c-5d2a-4e5f-8a86-a4a55b0d56d1"}
    for _time in range(2):
        signed_in(neighbour).post(reverse("exchange_thread_create", args=[post.pk]), typed_once)
    assert (ExchangeMessage.objects.count(), Message.objects.count()) == (1, 1)


def test_nobody_writes_to_the_own_post_nor_about_one_that_is_over(enlace, neighbour, signed_in):
    own = ExchangePostFactory(municipality=enlace.liaison_municipality)
    assert signed_in(enlace).post(reverse("exchange_thread_create", args=[own.pk]), {"text": "x"}).status_code == 403
    done = ExchangePostFactory(
        state="matched", matched_with=enlace.liaison_municipality, matched_on=timezone.localdate()
    )
    late = signed_in(neighbour).post(reverse("exchange_thread_create", args=[done.pk]), {"text": "x"})
    assert late.status_code == 409
    assert not ExchangeThread.objects.exists()


def test_conversations_are_listed_with_whose_turn_it_is(enlace, neighbour, signed_in):
    for _row in range(3):
        post = ExchangePostFactory(municipality=enlace.liaison_municipality)
        services.write_first(post=post, municipality=neighbour.liaison_municipality, text="¿Cómo?", by=neighbour)
    address = reverse("exchange_thread_list")
    mine, theirs = (signed_in(user).get(address).content.decode() for user in (enlace, neighbour))
    assert (mine.count("Le toca responder"), theirs.count("Le toca responder")) == (3, 0)


# --- Matches and what came of them


def matched(enlace, neighbour, **fields):
    return ExchangePostFactory(
        municipality=enlace.liaison_municipality, state="matched", matched_with=neighbour.liaison_municipality,
        matched_on=timezone.localdate(), **fields,
    )  # fmt: skip


def test_a_match_tells_the_other_municipality_and_can_be_undone_while_nothing_came(enlace, neighbour, signed_in):
    post = ExchangePostFactory(municipality=enlace.liaison_municipality)
    browser, address = signed_in(enlace), reverse("exchange_post_match", args=[post.pk])
    values = {"municipality": neighbour.liaison_municipality.pk, "on": timezone.localdate().isoformat(), "version": 1}
    assert browser.post(address, values | {"note": "Visita en mayo."}).status_code == 302
    assert browser.post(address, values).status_code == 409
    drain()
    assert [neighbour.email in mail.to[0] for mail in left.outbox] == [True]
    post.refresh_from_db()
    assert (post.matched_with, post.match_note) == (neighbour.liaison_municipality, "Visita en mayo.")
    undo = reverse("exchange_match_undo", args=[post.pk])
    outcome = post.outcomes.create(kind="event", key="x", title="X")
    assert browser.post(undo).status_code == 409
    outcome.delete()
    assert browser.post(undo).status_code == 302
    post.refresh_from_db()
    assert (post.state, post.matched_with, post.match_note) == ("open", None, "")


def test_a_match_with_oneself_or_tomorrow_is_refused(enlace, signed_in):
    post = ExchangePostFactory(municipality=enlace.liaison_municipality)
    address, other = reverse("exchange_post_match", args=[post.pk]), MunicipalityFactory()
    today = timezone.localdate()
    for place, day in ((enlace.liaison_municipality, today), (other, today + timedelta(days=1))):
        values = {"municipality": place.pk, "on": day.isoformat(), "version": 1}
        assert signed_in(enlace).post(address, values).status_code == 422
    with pytest.raises(IntegrityError), transaction.atomic():
        ExchangePost.objects.filter(pk=post.pk).update(
            state="matched", matched_with=enlace.liaison_municipality, matched_on=today
        )


def test_what_came_of_it_is_an_own_page_of_this_portal(enlace, neighbour, staff, signed_in):
    post = matched(enlace, neighbour)
    event, training = EventFactory(), TrainingFactory()
    file = AccompanimentFactory(municipality=neighbour.liaison_municipality)
    hidden = EventFactory(status="draft")
    foreign = AccompanimentFactory()
    address = reverse("exchange_outcome_add", args=[post.pk])

    def add(user, pasted):
        return signed_in(user).post(address, {"address": pasted}).status_code

    assert add(enlace, f"http://testserver{reverse('event_detail', args=[event.slug])}?x=1#y") == 302
    assert add(enlace, reverse("event_detail", args=[event.slug])) == 302  # again: once
    assert add(staff, f"/en{reverse('training_detail', args=[training.slug])}") == 302
    assert add(neighbour, reverse("liaison_accompaniment_detail", args=[file.pk])) == 302
    wrong = [
        "https://otro.example/eventos/x/",
        f"https://otro.example{reverse('event_detail', args=[event.slug])}",
        "/eventos/no-existe/",
        reverse("event_detail", args=[hidden.slug]),
        reverse("liaison_accompaniment_detail", args=[foreign.pk]),
        reverse("staff_accompaniment_detail", args=[foreign.pk]),
        "javascript:alert(1)",
        "http://[mal",
        "/gestion/",
        "eventos",
    ]
    assert {pasted: add(enlace, pasted) for pasted in wrong} == dict.fromkeys(wrong, 422)
    assert add(liaison(), reverse("event_detail", args=[event.slug])) == 403
    figures = exchange_figures()
    assert (figures.offers, figures.requests, figures.matched) == (1, 0, 1)
    assert {row.code: row.count for row in figures.outcomes} == {"event": 1, "training": 1, "accompaniment": 1}
    # The accompaniment is its municipality's: others read that it was, not what it is about.
    page = reverse("exchange_post", args=[post.pk])
    shown = {user.pk: signed_in(user).get(page).content.decode() for user in (enlace, neighbour, staff)}
    assert [file.topic in shown[user.pk] for user in (enlace, neighbour, staff)] == [False, True, True]
    assert reverse("staff_accompaniment_detail", args=[file.pk]) in shown[staff.pk]


def test_hidden_posts_are_not_counted_and_their_municipality_reads_why(enlace, neighbour, staff, signed_in):
    post = matched(enlace, neighbour)
    post.outcomes.create(kind="event", key="x", title="X")
    refused = signed_in(staff).post(reverse("staff_exchange_post_hide", args=[post.pk]), {"reason": ""})
    assert refused.status_code == 422
    signed_in(staff).post(reverse("staff_exchange_post_hide", args=[post.pk]), {"reason": "Vende equipos."})
    figures, page = exchange_figures(), reverse("exchange_post", args=[post.pk])
    assert (figures.offers, figures.matched, figures.outcomes) == (0, 0, ())
    assert "Vende equipos." in signed_in(enlace).get(page).content.decode()
    assert signed_in(neighbour).get(page).status_code == 404
    signed_in(staff).post(reverse("staff_exchange_post_unhide", args=[post.pk]))
    assert signed_in(neighbour).get(page).status_code == 200


def test_the_file_for_the_institute_runs_no_formula_and_names_nobody(enlace, neighbour, staff, signed_in):
    post = matched(enlace, neighbour, title="=HYPERLINK(1)", created_by=enlace)
    post.outcomes.create(kind="event", key="x", title="X")
    ExchangeThreadFactory(post=post, municipality=neighbour.liaison_municipality)
    text = signed_in(staff).get(reverse("staff_exchange_csv")).content.decode()
    assert "'=HYPERLINK(1)" in text
    assert neighbour.liaison_municipality.name in text
    assert enlace.name not in text
    assert enlace.email not in text


def test_a_withdrawn_post_comes_back_with_another_day_and_a_stale_form_is_refused(enlace, signed_in):
    post = ExchangePostFactory(municipality=enlace.liaison_municipality)
    browser, edit = signed_in(enlace), reverse("exchange_post_edit", args=[post.pk])
    assert browser.post(reverse("exchange_post_close", args=[post.pk])).status_code == 302
    assert browser.post(reverse("exchange_post_close", args=[post.pk])).status_code == 409
    assert browser.post(edit, typed(version=1)).status_code == 409
    assert browser.post(edit, typed(version=2)).status_code == 302
    post.refresh_from_db()
    assert (post.state, post.title) == ("open", "Huertos escolares")


# --- Who works on the same


def test_hints_rank_by_sector_and_pathway_and_say_why(enlace):
    place = enlace.liaison_municipality
    water, energy = SectorFactory(code="water"), SectorFactory(code="energy")
    circular, other = PathwayFactory(code="circular"), PathwayFactory(code="low-carbon")
    mine = {"municipality": place, "kind": "request", "title": "Captación de lluvia"}
    ExchangePostFactory(**mine, sector=water, pathway=circular)
    by_pathway = ExchangePostFactory(sector=energy, pathway=circular)
    by_both = ExchangePostFactory(sector=water, pathway=circular)
    by_sector = ExchangePostFactory(sector=water, pathway=other)
    ExchangePostFactory(sector=water, pathway=circular, kind="request")  # looks for the same
    ExchangePostFactory(sector=energy, pathway=other)
    ExchangePostFactory(sector=water, until=timezone.localdate() - timedelta(days=1))
    found = hints_for(enlace)
    assert [(hint.post, hint.points) for hint in found] == [(by_both, 6), (by_sector, 4), (by_pathway, 2)]
    assert found[0].why == "Mismo sector y camino que «Captación de lluvia»"


def test_hints_of_who_posted_nothing_follow_the_own_actions(enlace, make_action):
    action = make_action("draft", sector=SectorFactory(code="water"))
    post = ExchangePostFactory(sector=action.sector)
    ExchangePostFactory(sector=SectorFactory(code="energy"))
    assert [(hint.post, hint.points) for hint in hints_for(enlace)] == [(post, 1)]
