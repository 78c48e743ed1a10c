"""Comments among liaisons on published actions: who reads them when, moderation, reports, and who wrote them."""

from datetime import timedelta

import pytest
from django.core import mail as left
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from actions import services
from actions.models import ActionComment, CommentReport
from actions.rules import visible_comments
from actions.services.people import REDACTED, erase, export, outlook
from outbox.drain import drain
from tests.factories import ActionCommentFactory, ExchangeMessageFactory, MunicipalityFactory, liaison


@pytest.fixture
def action(make_action):
    shown = make_action("published")
    drain()
    left.outbox.clear()
    return shown


def write(browser, action, text="¿Cuánto tardaron?", **more):
    return browser.post(reverse("action_comments", args=[action.slug]), {"text": text} | more)


def test_a_comment_is_read_by_both_municipalities_at_once_and_by_the_network_once_approved(
    action, enlace, neighbour, staff, signed_in
):
    assert write(signed_in(neighbour), action).status_code == 302
    comment, third = ActionComment.objects.get(), liaison()

    def readers():
        page = reverse("action_comments", args=[action.slug])
        people = {"owner": enlace, "author": neighbour, "staff": staff, "third": third}
        return {
            name for name, user in people.items() if "¿Cuánto tardaron?" in signed_in(user).get(page).content.decode()
        }

    assert readers() == {"owner", "author", "staff"}
    drain()
    assert [enlace.email in mail.to[0] for mail in left.outbox] == [True]
    assert "¿Cuánto tardaron?" in left.outbox[0].body
    assert neighbour.email not in left.outbox[0].body
    decide = reverse("staff_comment_decide", args=[comment.pk])
    assert signed_in(staff).post(decide, {"decision": "approve"}).status_code == 302
    assert readers() == {"owner", "author", "staff", "third"}
    assert signed_in(staff).post(decide, {"decision": "hide"}).status_code == 422
    assert signed_in(staff).post(decide, {"decision": "hide", "reason": "Es publicidad."}).status_code == 302
    assert readers() == {"author", "staff"}
    page = signed_in(neighbour).get(reverse("action_comments", args=[action.slug])).content.decode()
    assert "Es publicidad." in page


def test_the_public_never_reads_them(action, neighbour, signed_in):
    ActionCommentFactory(action=action, state="approved", text="Entre nosotros")
    for browser in (Client(), signed_in(neighbour)):
        assert "Entre nosotros" not in browser.get(reverse("action_detail", args=[action.slug])).content.decode()


def test_drafts_have_no_comments(make_action, enlace, neighbour, signed_in):
    draft = make_action("submitted")
    for user in (enlace, neighbour):
        assert write(signed_in(user), draft).status_code == 404
    ActionCommentFactory(action=draft, state="approved")
    assert not visible_comments(enlace).exists()


def test_an_own_comment_tells_nobody_and_an_empty_one_is_refused(action, enlace, signed_in):
    assert write(signed_in(enlace), action, text="  ").status_code == 422
    assert write(signed_in(enlace), action, text="x" * 1501).status_code == 422
    assert write(signed_in(enlace), action).status_code == 302
    drain()
    assert (left.outbox, ActionComment.objects.count()) == ([], 1)


def test_a_correction_within_fifteen_minutes_waits_for_the_institute_again(action, neighbour, signed_in):
    browser = signed_in(neighbour)
    write(browser, action)
    comment = ActionComment.objects.get()
    services.approve_comment(comment=comment, read_at=None, by=None)
    edit = reverse("comment_edit", args=[comment.pk])
    assert browser.post(edit, {"text": "¿Cuánto costó?"}).status_code == 302
    comment.refresh_from_db()
    assert (comment.text, comment.state) == ("¿Cuánto costó?", "waiting")
    ActionComment.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    assert browser.post(edit, {"text": "Tarde"}).status_code == 403


def test_words_that_changed_while_they_were_read_are_not_approved(action, staff, signed_in):
    comment = ActionCommentFactory(action=action)
    decide = reverse("staff_comment_decide", args=[comment.pk])
    services.edit_comment(comment=comment, text="Otra cosa")
    answer = signed_in(staff).post(decide, {"decision": "approve", "edited_at": ""})
    comment.refresh_from_db()
    assert (answer.status_code, comment.state) == (409, "waiting")
    assert "Otra cosa" in answer.content.decode()


def test_a_report_brings_a_comment_back_to_the_queue_until_it_is_decided(action, enlace, staff, signed_in):
    comment = ActionCommentFactory(action=action, state="approved", text="Compre ya")
    report, queue = reverse("comment_report", args=[comment.pk]), reverse("staff_comment_list")
    assert "Compre ya" not in signed_in(staff).get(queue).content.decode()
    for _time in range(2):
        assert signed_in(enlace).post(report, {"reason": "Vende algo"}).status_code == 302
    assert CommentReport.objects.count() == 1
    page = signed_in(staff).get(queue).content.decode()
    assert "Compre ya" in page
    assert "Vende algo" in page
    signed_in(staff).post(reverse("staff_comment_decide", args=[comment.pk]), {"decision": "approve"})
    assert "Compre ya" not in signed_in(staff).get(queue).content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_queue_lists_what_waits_oldest_first(action, staff, signed_in, number):
    for place in range(number):
        ActionCommentFactory(action=action, text=f"Comentario {place}")
    page = signed_in(staff).get(reverse("staff_comment_list")).content.decode()
    places = [page.index(f"Comentario {place}") for place in range(number)]
    assert places == sorted(places)


def test_erasing_a_person_takes_the_words_out_and_an_own_data_copy_has_them(neighbour):
    place = neighbour.liaison_municipality
    message = ExchangeMessageFactory(thread__municipality=place, created_by=neighbour, text="Soy Ana, 722 000")
    comment = ActionCommentFactory(municipality=place, created_by=neighbour, text="Llámeme")
    other = ActionCommentFactory(municipality=MunicipalityFactory(), text="De otra persona")
    told = str(export(neighbour.person))
    assert "Soy Ana, 722 000" in told
    assert "Llámeme" in told
    assert outlook(neighbour.person)[0].kept == 2
    assert erase(neighbour.person) == []
    for row in (message, comment, other):
        row.refresh_from_db()
    assert (message.text, comment.text, other.text) == (REDACTED, REDACTED, "De otra persona")
