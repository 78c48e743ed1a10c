"""Sessions that end: after some time without a page, and after some time whatever was done. Shorter for the institute.

A session that ended still says whose it was until its row goes, so that what this person sends next can be kept for
after signing in (``network/middleware.py``). It opens nothing any more and can only be signed in to again.
"""

from time import time
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.http import HttpRequest

from network.models import User

BEGAN, SEEN, OFFICE = "began", "seen", "office"
ENDED = "ended"  # the account of a session that ended
TYPED = "typed"  # what was sent after the end: ``{"account": …, "at": …, "forms": {…}}``
TYPED_SECONDS = 3600


class SessionStore(db.SessionStore):
    """Django's, in the database; the end is told from what the row says, so that nothing has to be carried out then."""

    def load(self) -> dict[str, Any]:
        data: dict[str, Any] = super().load()
        now = int(time())
        if data.get(TYPED, {}).get("at", now) < now - TYPED_SECONDS:
            del data[TYPED]
            self.modified = True
        if SESSION_KEY not in data:
            return data
        idle, whole = limits(office=data.get(OFFICE, True))
        began, seen = data.setdefault(BEGAN, now), data.setdefault(SEEN, now)
        if (idle and now - seen >= idle) or (whole and now - began >= whole):
            return {ENDED: data[SESSION_KEY]}
        if idle and now - seen > idle // 60:  # not a write for each page
            data[SEEN] = now
            self.modified = True
        return data


def limits(*, office: bool) -> tuple[int, int]:
    """Seconds without a page, and seconds in all, after which a session ends; 0: never."""
    if office:
        return settings.STAFF_IDLE_MINUTES * 60, settings.STAFF_SESSION_HOURS * 3600
    return settings.IDLE_HOURS * 3600, settings.SESSION_HOURS * 3600


def begin(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Whoever signs in begins anew. What somebody else had typed in this browser goes."""
    session = request.session
    session[BEGAN] = session[SEEN] = int(time())
    session[OFFICE] = user.is_staff_member
    session.pop(ENDED, None)
    if session.get(TYPED, {}).get("account") != str(user.pk):
        session.pop(TYPED, None)
