"""The numbers by which anybody may ask for one document."""

import secrets

ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


def new_folio() -> str:
    """80 random bits in lower-case base 32, without l, o, 0 and 1: cannot be guessed or listed."""
    return "".join(secrets.choice(ALPHABET) for _i in range(16))
