"""How allauth writes to people: through the outbox, like every other mail.

So the answer of a log-in page takes the same time whether an address has an account or not, and never waits for a mail
server.
"""

import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest
from django.utils.translation import get_language

from network import emails
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
