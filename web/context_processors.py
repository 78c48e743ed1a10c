"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from web import identity


def installation(request: HttpRequest) -> dict[str, object]:
    """``installation`` (its row), ``theme_version`` and whether this is a demonstration. Asked only where used."""
    return {
        "installation": SimpleLazyObject(lambda: identity.of(request)),
        "theme_version": SimpleLazyObject(lambda: identity.theme_version(identity.of(request))),
        "demo": settings.DEMO,
    }
