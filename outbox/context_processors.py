from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from outbox import alarm


def mail(request: HttpRequest) -> dict[str, object]:
    """Whether mail stands still. Asked only where a page of the staff shows it."""
    return {"mail_is_stale": SimpleLazyObject(alarm.is_stale)}
