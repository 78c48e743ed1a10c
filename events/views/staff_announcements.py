"""What staff write to a segment of the network: the list, one announcement, and writing a new one."""

from dataclasses import dataclass
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace, csp_update
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_safe

from events.emails import compose_announcement
from events.forms.messages import AnnouncementForm
from events.models import Announcement, Registration, Segment
from events.rules import visible_announcements
from events.services.messages import announce
from events.views.staff_registered import states_in_words
from outbox.enums import WAITING_STATES, MessageState
from outbox.rules import visible_messages

PAGE = 50
PEOPLE_SHOWN = 8
SAMPLE = "announcement_sample"
announces = permission_required("events.send_announcement", raise_exception=True)


@require_safe
@announces
@never_cache
def announcement_list(request: HttpRequest) -> HttpResponse:
    found = visible_announcements(request.user).with_segments()
    page = Paginator(found, PAGE).get_page(request.GET.get("pagina"))
    delivery = visible_messages(request.user).by_mailing([sent.mailing for sent in page])
    rows = [(sent, states_in_words(delivery.get(sent.mailing, {}))) for sent in page]
    return render(request, "events/staff/announcement_list.html", {"page": page, "rows": rows})


@require_safe
@announces
@never_cache
def announcement_detail(request: HttpRequest, pk: int) -> HttpResponse:
    sent = get_object_or_404(visible_announcements(request.user).with_segments(), pk=pk)
    states = visible_messages(request.user).by_mailing([sent.mailing]).get(sent.mailing, {})
    context = {"sent": sent, "standing": _standing(sent, states), "mail": _mail_list(sent)}
    return render(request, "events/staff/announcement_detail.html", context)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many mails of an announcement stand so, and the list of them."""

    label: str
    number: int
    tone: str
    href: str


def _standing(sent: Announcement, states: dict[str, int]) -> list[Standing]:
    """Sent and waiting in any case, the others where there are any."""
    waiting = (*WAITING_STATES, MessageState.SENDING)
    others = (
        (MessageState.FAILED, "danger"), (MessageState.IN_DOUBT, "danger"), (MessageState.SUPPRESSED, "neutral"),
        (MessageState.SKIPPED, "neutral"),
    )  # fmt: skip
    return [
        Standing(_("Enviados"), states.get(MessageState.SENT, 0), "ok", _mail_list(sent, MessageState.SENT)),
        Standing(_("En espera"), sum(states.get(state, 0) for state in waiting), "info", _mail_list(sent)),
        *(
            Standing(str(state.label).capitalize(), states[state], tone, _mail_list(sent, state))
            for state, tone in others
            if state in states
        ),
    ]


def _mail_list(sent: Announcement, state: str = "") -> str:
    query = {"envio": sent.mailing} | ({"estado": state} if state else {})
    return f"{reverse('staff_mail_list')}?{urlencode(query)}"


@require_http_methods(["GET", "HEAD", "POST"])
@announces
@never_cache
@csp_update({"frame-src": [SELF]})
def announcement_create(request: HttpRequest) -> HttpResponse:
    """Choose whom, write, see it as one of them will, type how many they are, send."""
    step, posted = request.POST.get("paso", ""), request.method == "POST"
    form = AnnouncementForm(request.POST if posted else None, sending=step == "enviar", initial=_asked(request))
    if posted and step == "enviar" and form.is_valid() and (sent := _send(request, form)):
        request.session.pop(SAMPLE, None)
        text = ngettext(
            "El aviso va en camino a {n} persona.", "El aviso va en camino a {n} personas.", sent.recipients
        )
        messages.success(request, text.format(n=sent.recipients))
        return redirect("staff_announcement_detail", sent.pk)
    # It is seen again where the message is right and only the number is not.
    written = posted and step != "escribir" and not set(form.errors) - {"confirm"}
    context = {"form": form} | (_sample(request, form, form.segment) if written and form.segment else {"samples": []})
    wrong = posted and step != "escribir" and not form.is_valid()
    return render(request, "events/staff/announcement_form.html", context, status=422 if wrong else 200)


def _asked(request: HttpRequest) -> dict[str, Any]:
    """What a link to this page chose beforehand."""
    names = {"a": "audience", "ciclo": "series", "region": "region", "tipo": "kind"}
    return {field: request.GET[name] for name, field in names.items() if name in request.GET}


def _sample(request: HttpRequest, form: AnnouncementForm, segment: Segment) -> dict[str, Any]:
    """The mail of the first address, kept for the frame that shows it. From here on the number is asked for."""
    form.fields["confirm"].required = True
    draft = Announcement(
        audience=segment.audience, series=segment.series, **{name: form.cleaned_data[name] for name in form.WRITTEN}
    )
    first = list(segment.reachable().filter(address=segment.reachable()[0].address))
    samples = {}
    for language in ["es", *(["en"] if draft.body_en else [])]:
        with override(language):
            samples[language] = compose_announcement(draft, first)
    request.session[SAMPLE] = {language: mail.html for language, mail in samples.items()}
    shown = list(segment.reachable()[:PEOPLE_SHOWN])
    return {
        "samples": [(language, mail.subject) for language, mail in samples.items()],
        "people": [(_name(row), _office(row)) for row in shown],
        "more": form.people - len(shown),
        "without_email": form.size[1],
        "segment": segment,
    }


def _name(row: Any) -> str:
    return str(row.name if isinstance(row, Registration) else row.person.name)


def _office(row: Any) -> str:
    """What makes the person one of the segment: the office, or where a registered person comes from."""
    if isinstance(row, Registration):
        return row.institution or (row.municipality.name if row.municipality else "")
    return _("{kind} de {place}").format(kind=row.get_kind_display(), place=row.municipality.name)


def _send(request: HttpRequest, form: AnnouncementForm) -> Announcement | None:
    typed = form.cleaned_data
    assert form.segment is not None
    try:
        return announce(
            segment=form.segment, expected=typed["confirm"], key=typed["key"], by=request.user,
            **{name: typed[name] for name in form.WRITTEN},
        )  # fmt: skip
    except ValidationError as error:
        form.add_error(None, error)
        return None


@require_safe
@announces
@never_cache
@xframe_options_sameorigin
@csp_replace(
    {"default-src": ["'none'"], "style-src": ["'unsafe-inline'"], "img-src": ["data:"], "frame-ancestors": [SELF]}
)
def announcement_sample(request: HttpRequest) -> HttpResponse:
    """The mail that was looked at last, as a mail program draws it; for the frame in the page."""
    html = request.session.get(SAMPLE, {}).get(request.GET.get("idioma", "es"))
    if html is None:
        raise Http404
    return HttpResponse(html)
