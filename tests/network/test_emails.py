"""What the network writes to people, and how the log-in flows send it."""

import datetime as dt
import re
from importlib.resources import files

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.urls import reverse
from django.utils import timezone, translation

from network import emails, services
from network.models import User
from outbox import drain, registry
from outbox.models import Message
from outbox.registry import NotWanted
from tests.factories import PASSWORD, DesignationFactory, PrivacyNoticeFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(staff):
    designation = DesignationFactory(municipality__name="Villa <b>Victoria</b>", person__name="Ana Prueba")
    return services.invite(designation=designation, by=staff)


def link_in(text):
    return re.search(r"https?://\S+", text).group()


def test_invitation_carries_the_link_that_opens_the_account(invitation, client, settings):
    sent = emails.invitation({"invitation": invitation.pk}, "es")
    assert sent.subject == "Abra su cuenta para trabajar por Villa <b>Victoria</b>"
    link = link_in(sent.text)
    assert link == settings.SITE_URL + reverse("invitation_accept", args=[invitation.token])
    assert client.get(link.removeprefix(settings.SITE_URL)).status_code == 200
    assert link in sent.html
    assert "Villa &lt;b&gt;Victoria&lt;/b&gt;" in sent.html


def test_invitation_is_not_sent_once_it_lost_its_sense(invitation, staff):
    services.end_designation(designation=invitation.designation, ends_on=timezone.localdate(), reason="Fin", by=staff)
    assert isinstance(emails.invitation({"invitation": invitation.pk}, "es"), NotWanted)
    assert isinstance(emails.invitation({"invitation": 0}, "es"), NotWanted)


def test_invitation_in_english_leads_to_the_english_page(invitation):
    with translation.override("en"):
        sent = emails.invitation({"invitation": invitation.pk}, "en")
    assert "/en/invitacion/" in link_in(sent.text)


def test_every_mail_of_the_log_in_flows_has_its_words():
    """allauth's own list, so that a new version with another mail fails here and not before a person."""
    names = set()
    for package in ("account", "mfa", "socialaccount"):
        folder = files("allauth").joinpath("templates", package, "email")
        names |= {
            path.name.removesuffix("_subject.txt") for path in folder.iterdir() if path.name.endswith("_subject.txt")
        }
    # These two send codes and belong to settings that are off.
    assert names - {"login_code", "password_reset_code"} == set(emails._NOTICES)
    for name, notice in emails._NOTICES.items():
        context = {notice.link: "http://otro.example/cuenta/x/?a=1"} if notice.link else {}
        sent = emails.account_mail(name, context)
        assert (sent.subject, str(notice.text) in sent.text) == (str(notice.subject), True)
        assert "otro.example" not in sent.text + sent.html


# --- Log-in flows


def test_sign_up_waits_in_the_outbox_and_is_confirmed_by_its_link(client, settings):
    response = client.post(
        reverse("account_signup"), {"email": "nueva@prueba.example", "password1": PASSWORD}, HTTP_HOST="127.0.0.1"
    )
    assert response.url == reverse("account_email_verification_sent")
    message = Message.objects.get()
    assert (message.kind, message.to_email) == (registry.RENDERED_KIND, "nueva@prueba.example")
    assert mail.outbox == []
    link = link_in(message.payload["text"])
    assert link.startswith(settings.SITE_URL)
    client.post(link.removeprefix(settings.SITE_URL))
    assert EmailAddress.objects.get(email="nueva@prueba.example").verified
    response = client.post(reverse("account_login"), {"login": "nueva@prueba.example", "password": PASSWORD})
    assert response.url == reverse("after_login")


@pytest.mark.parametrize("english", [False, True])
def test_pages_at_the_end_of_each_way_say_it_in_the_portal_s_own_words(client, english):
    with translation.override("en" if english else "es"):
        said = {
            reverse("account_email_verification_sent"): ("One step left", "Falta un paso"),
            reverse("account_inactive"): ("This account is switched off", "Esta cuenta está desactivada"),
            reverse("account_reset_password_done"): ("Check your e-mail", "Revise su correo"),
            reverse("account_reset_password_from_key_done"): ("Your password changed", "Su contraseña cambió"),
            reverse("account_reset_password_from_key", args=["1", "x-y"]): ("no longer works", "ya no sirve"),
            reverse("account_confirm_email", args=["x"]): ("no longer works", "ya no sirve"),
        }
    for address, words in said.items():
        page = client.get(address, follow=True).content.decode()
        assert words[not english] in page.split("<h1>")[1].split("</h1>")[0], address
        assert "Bad Token" not in page


def test_sign_up_form_stands_beside_its_privacy_notice(client):
    PrivacyNoticeFactory()
    page = client.get(reverse("account_signup")).content.decode()
    assert f'href="{reverse("privacy")}"' in page.split("<h1>")[1].split("<footer")[0]
    assert "se guardan su correo y su contraseña" in page


def test_text_of_a_log_in_mail_is_kept_only_until_it_left(client):
    UserFactory(email="ana@prueba.example")
    client.post(reverse("account_reset_password"), {"email": "ana@prueba.example"})
    Message.objects.update(due_at=timezone.now() - dt.timedelta(minutes=1))
    drain.drain()
    assert [sent.subject for sent in mail.outbox] == ["Elija una contraseña nueva"]
    assert Message.objects.get().payload is None


def test_known_and_unknown_addresses_get_the_same_answer(client):
    UserFactory(email="conocida@prueba.example")
    answers = []
    for email in ("conocida@prueba.example", "desconocida@prueba.example"):
        reset = client.post(reverse("account_reset_password"), {"email": email})
        signed_up = client.post(reverse("account_signup"), {"email": email, "password1": PASSWORD})
        answers.append((reset.status_code, reset.url, signed_up.status_code, signed_up.url))
    assert answers[0] == answers[1]
    causes = Message.objects.order_by("pk").values_list("to_email", "cause")
    assert list(causes) == [
        ("conocida@prueba.example", "account password_reset_key"),
        ("conocida@prueba.example", "account account_already_exists"),
        ("desconocida@prueba.example", "account unknown_account"),
        ("desconocida@prueba.example", "account email_confirmation_signup"),
    ]


def test_sign_up_with_a_known_address_hashes_as_well(client, monkeypatch):
    """The slow step is the hash; both answers take exactly one."""
    UserFactory(email="conocida@prueba.example")
    hashed = []
    original = MD5PasswordHasher.encode

    def counted(self, password, salt):
        hashed.append(salt)
        return original(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    counts = []
    for email in ("conocida@prueba.example", "nueva@prueba.example"):
        hashed.clear()
        client.post(reverse("account_signup"), {"email": email, "password1": PASSWORD})
        counts.append(len(hashed))
    assert counts == [1, 1]


def test_changed_password_is_told_without_personal_details(client):
    user = UserFactory()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    data = {"oldpassword": PASSWORD, "password1": "otra-clave-muy-larga", "password2": "otra-clave-muy-larga"}
    client.post(reverse("account_change_password"), data)
    text = Message.objects.get().payload["text"]
    assert "La contraseña de su cuenta se cambió." in text
    assert "127.0.0.1" not in text


def test_a_room_behind_one_address_signs_up_and_logs_in(client):
    """40 sign-ups and 45 good log-ins within a minute from one address; guessing one account is stopped."""
    for number in range(40):
        data = {"email": f"sala{number}@prueba.example", "password1": PASSWORD}
        assert client.post(reverse("account_signup"), data).status_code == 302
    assert User.objects.count() == 40
    people = [UserFactory() for _ in range(45)]
    for user in people:
        response = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
        assert response.url == reverse("after_login")
        client.logout()
    for _ in range(10):
        assert client.post(reverse("account_login"), {"login": people[0].email, "password": "mala"}).status_code == 200
    refused = client.post(reverse("account_login"), {"login": people[0].email, "password": PASSWORD})
    assert refused.status_code == 200
    assert "_auth_user_id" not in client.session
