"""What staff see of the mail, the health of the portal's jobs, and the mail folder of the demonstration."""

import re
from collections.abc import Sequence
from datetime import timedelta
from email.utils import parseaddr
from typing import Any, cast

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from outbox import alarm, heartbeat, mailfolder, services, tables
from outbox.enums import MessageState
from outbox.filters import MessageFilter, PreferenceFilter, SuppressionFilter
from outbox.forms import ReasonForm
from outbox.models import Message, MessageQuerySet, Suppression, normalise_email
from outbox.rules import visible_messages, visible_preferences, visible_suppressions
from web.failures import RETRY_AFTER_SECONDS, is_database_away

PER_PAGE = 50
KEY = re.compile(r"([<>])(\d{1,18})")
# A mail of the folder is somebody else's HTML: no script, no form, no other host; its links may leave the frame.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)


@require_safe
@never_cache
def staff_mail_list(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("outbox.view_message"):
        raise PermissionDenied
    every = visible_messages(request.user)
    chosen = MessageFilter(request.GET, queryset=every)
    rows, newer, older = keyset(chosen.qs, request.GET.get("clave", ""))
    counts = every.counts()
    return render(
        request,
        "outbox/staff_mail_list.html",
        {
            "filter": chosen,
            "rows": [tables.mail_row(message) for message in rows],
            "newer": newer,
            "older": older,
            "counts": tables.state_counts(counts),
            "chosen_state": request.GET.get("estado", ""),
            "has_any": any(counts.values()),
            "oldest": _words(heartbeat.oldest_overdue()),
            "jobs": [tables.job_row(sign) for sign in heartbeat.signs()],
            "flow": every.flow(),
            "cap": settings.MAIL_PER_HOUR,
        },
    )


def keyset(found: MessageQuerySet, key: str) -> tuple[list[Message], str, str]:
    """A page of the newest first, and the keys of the newer and the older one (empty where there is none).

    Back and forth by key and not by number: page 20,000 costs what the first one does.
    """
    match = KEY.fullmatch(key)
    back = match is not None and match[1] == ">"
    if match:
        found = found.filter(pk__gt=match[2]) if back else found.filter(pk__lt=match[2])
    rows = list(found.order_by("pk" if back else "-pk")[: PER_PAGE + 1])
    more, page = len(rows) > PER_PAGE, rows[:PER_PAGE][:: -1 if back else 1]
    newer = f">{page[0].pk}" if page and (more if back else match) else ""
    older = f"<{page[-1].pk}" if page and (back or more) else ""
    return page, newer, older


@require_safe
@never_cache
def staff_mail_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _detail(request, get_object_or_404(visible_messages(request.user), pk=pk))


def _detail(request: HttpRequest, message: Message, form: ReasonForm | None = None) -> HttpResponse:
    """The page of a message; with ``form``, what was typed there and why it was not done (422)."""
    waits = message.state in (MessageState.SCHEDULED, MessageState.RETRY)
    context = {
        "row": tables.mail_row(message),
        "mail": message,
        "history": tables.history(message),
        "copy": message.copies.first(),
        "waits": waits,
        "why_not": "" if waits else services.why_not_resend(message),
        "form": form or ReasonForm(),
        "address": Suppression.objects.active().filter(email=normalise_email(message.to_email)).first(),
    }
    return render(request, "outbox/staff_mail_detail.html", context, status=422 if form else 200)


@require_POST
def staff_mail_resend(request: HttpRequest, pk: int) -> HttpResponse:
    message = get_object_or_404(visible_messages(request.user), pk=pk)
    if not request.user.has_perm("outbox.handle_message"):
        raise PermissionDenied
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            copy = services.resend(message=message, reason=form.cleaned_data["reason"], by=_by(request))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Esta es la copia que se reenvía, con su propio Message-ID."))
            return redirect("staff_mail_detail", pk=copy.pk)
    return _detail(request, message, form)


@require_POST
def staff_mail_give_up(request: HttpRequest, pk: int) -> HttpResponse:
    message = get_object_or_404(visible_messages(request.user), pk=pk)
    if not request.user.has_perm("outbox.handle_message"):
        raise PermissionDenied
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            services.give_up(message=message, reason=form.cleaned_data["reason"], by=_by(request))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("El mensaje ya no se enviará."))
            return redirect("staff_mail_detail", pk=pk)
    return _detail(request, message, form)


@require_safe
@never_cache
def staff_address_list(request: HttpRequest) -> HttpResponse:
    """The addresses that get only what a procedure needs, and those lifted."""
    if not request.user.has_perm("outbox.view_message"):
        raise PermissionDenied
    chosen = SuppressionFilter(request.GET, queryset=visible_suppressions(request.user).order_by("-since", "-pk"))
    page = Paginator(chosen.qs, PER_PAGE).get_page(request.GET.get("pagina"))
    return render(request, "outbox/staff_address_list.html", {"page": page, "filter": chosen})


@require_safe
@never_cache
def staff_preference_list(request: HttpRequest) -> HttpResponse:
    """What people chose about the mail to their own addresses: to read, for it is theirs alone to change."""
    if not request.user.has_perm("outbox.view_message"):
        raise PermissionDenied
    chosen = PreferenceFilter(request.GET, queryset=visible_preferences(request.user).order_by("-changed_at", "-pk"))
    page = Paginator(chosen.qs, PER_PAGE).get_page(request.GET.get("pagina"))
    rows = [tables.preference_row(preference) for preference in page]
    return render(request, "outbox/staff_preference_list.html", {"page": page, "rows": rows, "filter": chosen})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def staff_address_lift(request: HttpRequest, pk: int) -> HttpResponse:
    suppression = get_object_or_404(visible_suppressions(request.user), pk=pk)
    if not request.user.has_perm("outbox.lift_suppression"):
        raise PermissionDenied
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.lift(suppression=suppression, reason=form.cleaned_data["reason"], by=_by(request))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Se vuelve a escribir a {address}.").format(address=suppression.email))
            return redirect("staff_address_list")
    context = {"form": form, "address": suppression, "can_lift": services.can_lift(suppression)}
    return render(request, "outbox/staff_address_lift.html", context, status=422 if form.is_bound else 200)


def _by(request: HttpRequest) -> AbstractBaseUser:
    return cast(AbstractBaseUser, request.user)


@login_not_required
@require_safe
@never_cache
def status(request: HttpRequest) -> HttpResponse:
    """Whether the portal's jobs run: words and ages, nobody's data. 503 where one is silent or the database away."""
    as_json = request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    try:
        signs, waiting = heartbeat.signs(), heartbeat.oldest_overdue()
        if any(sign.is_stale and sign.name == alarm.DRAIN for sign in signs):
            alarm.raise_if_stale()
    except (OperationalError, InterfaceError) as error:
        if not (as_json and is_database_away(error)):
            raise  # the middleware draws the page
        return _unwell(JsonResponse({"status": "database-away", "jobs": []}, status=503))
    is_well = not any(sign.is_stale for sign in signs)
    response: HttpResponse
    if as_json:
        response = JsonResponse(
            {
                "status": "ok" if is_well else "stale",
                "jobs": [
                    {"name": sign.name, "status": "stale" if sign.is_stale else "ok", "age_seconds": _seconds(sign.age)}
                    for sign in signs
                ],
                "oldest_due_mail_seconds": _seconds(waiting),
            },
            status=200 if is_well else 503,
        )
    else:
        rows = [tables.job_row(sign) for sign in signs]
        context = {
            "jobs": rows, "is_well": is_well, "oldest": _words(waiting), "now": timezone.now(),
            "is_only_alarmed": all(sign.is_alarmed for sign in signs if sign.is_stale),
            "is_only_new": all(sign.is_new for sign in signs if sign.is_stale),
        }  # fmt: skip
        response = render(request, "outbox/status.html", context, status=200 if is_well else 503)
    return response if is_well else _unwell(response)


def _unwell(response: HttpResponse) -> HttpResponse:
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _seconds(age: timedelta | None) -> int | None:
    return None if age is None else int(age.total_seconds())


def _words(age: timedelta | None) -> str:
    return "" if age is None else tables.ago(age)


# --- The mail folder of the demonstration


@login_not_required
@require_safe
@never_cache
def demo_mail(request: HttpRequest) -> HttpResponse:
    """What the portal wrote to people, as its file backend kept it. Only where there are no real people."""
    _demonstration_only()
    words = request.GET.get("para", "").strip()
    found: Sequence[Any] = mailfolder.addressed_to(words) if words else mailfolder.files()
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("pagina"))
    mails = list(page) if words else mailfolder.mails(list(page))
    return render(
        request,
        "outbox/demo_mail.html",
        {"mails": mails, "page": page, "words": words, "has_folder": mailfolder.folder() is not None},
    )


@login_not_required
@require_safe
@never_cache
@csp_update({"frame-src": [SELF]})
def demo_mail_message(request: HttpRequest, file: str, index: int) -> HttpResponse:
    mail = _stored(file, index)
    names = {"From": _("De"), "To": _("Para"), "Date": _("Fecha"), "Reply-To": _("Responder a")}
    names |= {name: name for name in ("Message-ID", "Auto-Submitted", "List-Unsubscribe")}
    headers = [(label, mail.header(name)) for name, label in names.items() if mail.header(name)]
    return render(
        request, "outbox/demo_mail_message.html", {"mail": mail, "headers": headers, "person": parseaddr(mail.to)[1]}
    )


@login_not_required
@require_safe
@never_cache
@xframe_options_sameorigin
def demo_mail_html(request: HttpRequest, file: str, index: int) -> HttpResponse:
    """The HTML part as it is, in a sandbox. Its links open in the whole window, not in the frame."""
    html = _stored(file, index).html
    if not html:
        raise Http404
    head, opened, rest = html.partition("<head>")
    aimed = f'{head}{opened}<base target="_top">{rest}' if opened else f'<base target="_top">{html}'
    return HttpResponse(aimed, headers={"Content-Security-Policy": MAIL_POLICY})


@login_not_required
@require_safe
@never_cache
def demo_mail_attachment(request: HttpRequest, file: str, index: int, number: int) -> HttpResponse:
    attachments = _stored(file, index).attachments
    if not 1 <= number <= len(attachments):
        raise Http404
    attachment = attachments[number - 1]
    response = HttpResponse(attachment.content, content_type=attachment.media_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, attachment.name) or "attachment"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _demonstration_only() -> None:
    if not (settings.DEMO or settings.DEBUG):
        raise Http404


def _stored(file: str, index: int) -> mailfolder.StoredMail:
    _demonstration_only()
    mail = mailfolder.mail(file, index)
    if mail is None:
        raise Http404
    return mail
