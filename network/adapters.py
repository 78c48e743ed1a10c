"""How allauth writes to people: through the outbox, like every other mail."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up, confirmation and password mail. See ``outbox`` for delivery."""
