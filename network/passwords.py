"""Passwords that nobody guesses from what the portal itself says."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from municipalities.models import Municipality
from network.models import User
from web import identity
from web.search import fold

FREE = 8  # letters or digits that must be left once those words are taken out
SHORTEST = 4  # letters of a word that counts


class ContextWordsValidator:
    """Refuses a password that is little more than words of its context: the portal, a municipality, the own name.

    Those words are taken out wherever they stand, accents and capitals aside; :data:`FREE` letters or digits must be
    left.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        left = fold(password)
        for word in sorted(context_words(user), key=len, reverse=True):
            left = left.replace(word, "")
        left = re.sub(r"[\W_]", "", left)
        if len(left) < FREE:
            raise ValidationError(self.get_help_text(), code="password_context_words")

    def get_help_text(self) -> str:
        return _(
            "La contraseña dice casi solo el nombre de la red, de un municipio o el suyo: agregue palabras que nadie "
            "relacione con usted."
        )


def context_words(user: User | None) -> set[str]:
    """The words, folded: of the installation, of its address, of every municipality and of the account itself."""
    here = identity.current()
    texts = [here.name, here.short_name, here.state_name, here.institution_name, here.institution_acronym]
    texts += [urlsplit(settings.SITE_URL).hostname or ""]
    texts += Municipality.objects.values_list("name", flat=True)
    if user is not None:
        texts += [user.name, user.email]
    words = {word for text in texts for word in re.findall(r"[a-z0-9]+", fold(text))}
    return {word for word in words if len(word) >= SHORTEST}
