"""What every public feed has in common: who may read it, how long it is kept, what a wrong filter is answered."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import http_date
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from web.shared import shared

View = Callable[..., HttpResponse]


class WrongFilter(Exception):
    """A filter of the query does not exist or has a value that does not. The text says which, for a person."""


def public_feed(view: View) -> View:
    """Open to everybody and to caches, not sent again to who has it; a wrong filter is a 400 that says which."""

    @shared
    @login_not_required
    @require_safe
    @cache_control(public=True, max_age=300)
    @conditional_page
    @wraps(view)
    def feed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except WrongFilter as wrong:
            return HttpResponse(f"{wrong}\n", status=400, content_type="text/plain; charset=utf-8")

    return feed


def with_last_modified(response: HttpResponse, changed_at: datetime | None) -> HttpResponse:
    """Say since when the answer is as it is: at the earliest since midnight, when what is over leaves by itself.

    HTTP counts in whole seconds: in the second of a change nothing is said, for another one may follow in it. Who asks
    with ``If-None-Match`` is answered by the content itself.
    """
    now = timezone.localtime()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if changed_at is not None and changed_at < now - timedelta(seconds=1):
        response["Last-Modified"] = http_date(max(changed_at, midnight).timestamp())
    return response
