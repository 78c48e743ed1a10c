"""How allauth writes to people: through the outbox, like every other mail.

So the answer of a log-in page takes the same time whether an address has an account or not, and never waits for a mail
server.
"""

import secrets
from collections.abc import Iterable
from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest
from django.utils.translation import get_language

from network import emails, guards
from network.enums import Act
from network.models import User
from network.services.audit import record
from outbox.registry import RENDERED_KIND
from outbox.services import enqueue


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up, confirmation and password mail. See ``outbox`` for delivery."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue the mail with its text: its link works once and cannot be made again when the mail leaves."""
        name = template_prefix.rsplit("/", 1)[-1]
        enqueue(
            kind=RENDERED_KIND,
            dedupe_key=f"account.{name}:{secrets.token_hex(16)}",
            to_email=email,
            params={},
            language=get_language() or "es",
            cause=f"account {name}",
            rendered=emails.account_mail(name, context),
        )

    def send_account_already_exists_mail(self, email: str) -> None:
        """A sign-up with a known address must take as long as one with a new one, which hashes its password."""
        make_password(secrets.token_hex(8))
        super().send_account_already_exists_mail(email)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Anybody may have an account: it shows one's own registrations and certificates, nothing else."""
        return True


class SessionsAdapter(DefaultUserSessionsAdapter):
    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """Closing other sessions could shut the owner out, so it asks who one is."""
        guards.prove_identity(context.request)
        user = cast(User, context.request.user)
        record(Act.SESSIONS_ENDED, by=user, of=user)
        super().end_sessions(sessions)
