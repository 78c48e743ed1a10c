"""Registering once for the sessions of a series that are still to come. A GET shows, a POST acts."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.db.models import Exists, F, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from events.enums import Admission, RegistrationStatus
from events.forms.whole_series import SeriesRegistrationForm
from events.models import Event, RegistrationQuestion, Series
from events.rules import registrations_by_receipt, visible_events, visible_series
from events.services.registration import TAKES_REGISTRATIONS
from events.services.whole_series import Outcome, register_in_sessions, sessions_of_form
from network.rules import published_notices

SALT = "events.series_receipt"
# The page of results can be opened again for so long; afterwards the mail has the links.
RECEIPT_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A session that this form does not cover, and why."""

    event: Event
    why: str


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def series_register(request: HttpRequest, slug: str) -> HttpResponse:
    series = get_object_or_404(visible_series(request.user), slug=slug)
    sessions, left_out, over = _sessions(request, series)
    context: dict[str, Any] = {"series": series, "left_out": left_out}
    apart = [*(row.event for row in left_out), *over]
    if not sessions and not (apart and request.method == "POST"):
        status = 409 if request.method == "POST" else 200
        return render(request, "events/series_register.html", context, status=status)
    notice = published_notices().order_by("-published_on", "-pk").first()
    form = SeriesRegistrationForm(request.POST or None, series=series, sessions=sessions, apart=apart, notice=notice)
    if request.method == "POST" and form.is_valid() and (outcome := _register(series, form)):
        return redirect("series_registered", slug=slug, receipt=receipt(series, outcome))
    if not sessions:
        return render(request, "events/series_register.html", context, status=409)
    context |= {"form": form, "notice": notice}
    return render(request, "events/series_register.html", context, status=422 if form.is_bound else 200)


def _register(series: Series, form: SeriesRegistrationForm) -> Outcome | None:
    """None where the form says which sessions it does not cover any more. The same form sent again answers as it did,
    whatever became of its sessions."""
    data = form.registration((get_language() or "es")[:2])
    chosen, gone = form.chosen, form.gone
    if gone:
        done = sessions_of_form(chosen, data=data, form_key=form.form_key)
        if not done:
            text = _("Ya no está en esta lista: {sessions}. Sus datos y las demás siguen aquí: envíelos otra vez.")
            form.add_error("sessions", text.format(sessions=" · ".join(event.label for event in gone)))
            return None
        chosen = [event for event in chosen if event not in gone or event.pk in done]
    return register_in_sessions(series=series, sessions=chosen, data=data, form_key=form.form_key)


@login_not_required
@require_safe
@never_cache
def series_registered(request: HttpRequest, slug: str, receipt: str) -> HttpResponse:
    """What came of each session, to whoever holds the signed receipt."""
    series = get_object_or_404(visible_series(request.user), slug=slug)
    try:
        said = signing.loads(receipt, salt=SALT, max_age=RECEIPT_SECONDS)
    except signing.BadSignature as error:
        raise Http404 from error
    if said["series"] != series.pk:
        raise Http404
    related = ("event__format", "event__municipality")
    refused = dict(said["refused"])
    events = visible_events(request.user).filter(pk__in=[*said["known"], *refused]).select_related("format")
    by_pk = {event.pk: event for event in events}
    context = {
        "series": series,
        "told": said["told"],
        "made": registrations_by_receipt(said["made"])
        .select_related(*related)
        .order_by(F("event__first_day").asc(nulls_last=True), "event__starts_at", "pk"),
        "known": [by_pk[pk] for pk in said["known"] if pk in by_pk],
        "refused": [LeftOut(by_pk[pk], RegistrationStatus(why).label) for pk, why in refused.items() if pk in by_pk],
    }
    response = render(request, "events/series_registered.html", context)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def receipt(series: Series, outcome: Outcome) -> str:
    said = {
        "series": series.pk,
        "made": [row.pk for row in outcome.made],
        "known": [event.pk for event in outcome.known],
        "refused": [(event.pk, status.value) for event, status in outcome.refused],
        "told": outcome.told,
    }
    return signing.dumps(said, salt=SALT, compress=True)


def _sessions(request: HttpRequest, series: Series) -> tuple[list[Event], list[LeftOut], list[Event]]:
    """The sessions still to come that one form can cover, the others with the reason, and those over. One query."""
    asks = Exists(RegistrationQuestion.objects.filter(event=OuterRef("pk")))
    own = visible_events(request.user).published().filter(series=series).with_room()
    own = own.annotate(asks=asks).select_related("format", "municipality")
    covered: list[Event] = []
    left_out: list[LeftOut] = []
    over: list[Event] = []
    for event in own.order_by(F("first_day").asc(nulls_last=True), "starts_at", "pk"):
        if event.is_over:
            over.append(event)
        elif why := _why_apart(event):
            left_out.append(LeftOut(event, why))
        else:
            covered.append(event)
    return covered, left_out, over


def _why_apart(event: Any) -> str:
    status = event.registration_status(seats_left=None if event.has_room else 0)
    if status not in TAKES_REGISTRATIONS:
        return str(status.label)
    if event.admission == Admission.INVITED:
        return str(Admission.INVITED.label)
    if event.asks:
        return _("Hace preguntas propias: inscríbase en su página")
    if event.confirms_email:
        return _("Pide confirmar el correo: inscríbase en su página")
    return ""
