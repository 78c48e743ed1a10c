"""What the mails of actions say, and when they are not wanted any more."""

import datetime as dt

import pytest
from django.utils import timezone, translation

from actions import emails, services
from network.models import Designation
from outbox import registry
from outbox.models import Message
from outbox.registry import Mail, NotWanted

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(settings):
    settings.SITE_URL = "https://red.example"


def last(kind):
    return Message.objects.filter(kind=kind).latest("pk").params


def test_every_kind_has_its_composer():
    kinds = {kind.name: kind.composer for kind in registry.kinds() if kind.name.startswith("actions.")}
    assert kinds == {
        "actions.deadlines": emails.deadlines,
        "actions.submitted": emails.submitted,
        "actions.returned": emails.returned,
        "actions.validated": emails.validated,
        "actions.closed": emails.closed,
        "actions.closing": emails.closing,
        "actions.comment": emails.comment,
        "actions.exchange_matched": emails.exchange_matched,
        "actions.exchange_message": emails.exchange_message,
        "actions.follow_up_asked": emails.follow_up_asked,
        "actions.kept-open": emails.kept_open,
        "actions.published": emails.published,
        "actions.unanswered": emails.unanswered,
        "actions.withdrawn": emails.withdrawn,
    }


def test_submitted_leads_staff_to_the_action(make_action):
    action = make_action("submitted", title='Huertos "urbanos" & escuelas')
    mail = emails.submitted(last("actions.submitted"), "es")
    assert isinstance(mail, Mail)
    assert mail.subject == 'Por revisar: «Huertos "urbanos" & escuelas» (Toluca)'
    assert 'Huertos "urbanos" & escuelas' in mail.text
    assert "Huertos &quot;urbanos&quot; &amp; escuelas" in mail.html or 'Huertos "urbanos" &amp; escuelas' in mail.html
    link = f"https://red.example/gestion/acciones/{action.pk}/"
    assert link in mail.text
    assert f'href="{link}"' in mail.html


def test_returned_carries_the_comment_as_text(make_action, staff):
    action = make_action("submitted")
    services.return_action(action=action, comment="<b>Falta</b>\nla fuente.", version=None, by=staff)
    mail = emails.returned(last("actions.returned"), "es")
    assert isinstance(mail, Mail)
    assert "<b>Falta</b>\nla fuente." in mail.text
    assert "<b>Falta" not in mail.html
    assert f"https://red.example/mi-municipio/acciones/{action.pk}/" in mail.text


def test_validated_leads_to_the_public_page_in_the_readers_language(make_action):
    action = make_action("published")
    with translation.override("en"):
        mail = emails.validated(last("actions.validated"), "en")
    assert isinstance(mail, Mail)
    assert f"https://red.example/en/acciones/{action.slug}/" in mail.text


def test_mail_about_an_older_state_is_not_wanted(make_action, enlace):
    action = make_action("returned")
    submitted, returned = last("actions.submitted"), last("actions.returned")
    assert isinstance(emails.submitted(submitted, "es"), NotWanted)
    services.submit_action(action=action, version=None, by=enlace)
    assert isinstance(emails.returned(returned, "es"), NotWanted)
    assert isinstance(emails.validated({"review": 0, "designation": 0}, "es"), NotWanted)


def test_who_lost_the_designation_is_not_told(make_action):
    make_action("returned")
    params = last("actions.returned")
    Designation.objects.update(ends_on=timezone.localdate() - dt.timedelta(days=1))
    assert isinstance(emails.returned(params, "es"), NotWanted)
