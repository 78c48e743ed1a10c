"""Failures that are nobody's mistake, each with its page; none of them needs the database to be drawn."""

import errno
import logging

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation

from web import identity
from web.pdf import PdfUnavailable

logger = logging.getLogger(__name__)
RETRY_AFTER_SECONDS = 30
PROBLEM = "application/problem+json"  # an error as programs read it (RFC 9457)


def page(request: HttpRequest, name: str, status: int, **context: object) -> HttpResponse:
    """The error page ``templates/errors/<name>.html``. Rendered without a request: no session, no user, no query."""
    row = identity.last_known()
    shared: dict[str, object] = {
        "status": status,
        "path": request.path,
        "installation": row,
        "theme_version": identity.theme_version(row),
    }
    shared["LANGUAGE_CODE"] = translation.get_language() or settings.LANGUAGE_CODE
    return HttpResponse(render_to_string(f"errors/{name}.html", {**shared, **context}), status=status)


def is_database_away(error: BaseException) -> bool:
    """Whether the database could not answer (down, out of connections, locked, too slow).

    SQLite gives the same class for a statement that is wrong ("no such table"): that is a defect, not an absence.
    """
    if isinstance(error, InterfaceError):
        return True
    wrong = ("no such ", "near ", "table ", "duplicate column", "ambiguous column", "too many ", "wrong number")
    return isinstance(error, OperationalError) and not str(error).startswith(wrong)


def is_disk_full(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def answer(request: HttpRequest, error: BaseException) -> HttpResponse | None:
    """The page of a known failure, logged; ``None`` for everything else, which stays a 500."""
    if is_database_away(error):
        logger.error("database away: %s", error, exc_info=error)
        response = page(request, "503", 503, retry_after=RETRY_AFTER_SECONDS)
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
    if isinstance(error, PdfUnavailable):
        logger.error("PDF unavailable: %s", error)
        return page(request, "503_pdf", 503, packages=error.packages)
    if is_disk_full(error):
        logger.error("disk full: %s", error, exc_info=error)
        return page(request, "507", 507)
    return None


def too_large(request: HttpRequest) -> HttpResponse:
    return page(request, "413", 413, megabytes=settings.UPLOAD_MAX_BYTES // (1024 * 1024))
