"""The staff's list of an event's registered people, and what is made of it: files, messages, printed lists."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from events.documents.printed import badges_pdf, sign_in_pdf
from events.emails import compose_bulk
from events.enums import RegistrationState
from events.forms.messages import BulkMessageForm
from events.forms.people import RegistrationFilter
from events.models import (
    AccessNeeds,
    BulkMessage,
    Event,
    Registration,
    RegistrationAnswer,
    RegistrationQuerySet,
    answer_words,
)
from events.rules import visible_registrations
from events.services.messages import reachable, send_to_many
from events.views.staff import managed_event
from network.guards import personal_file
from outbox.enums import MessageState
from outbox.rules import visible_messages
from web import tabular
from web.search import fold

PAGE = 50
BADGES = 120  # in a file: what a process sets in about two seconds
see_people = permission_required("events.view_registrations", raise_exception=True)
# These stand in the list of states although nobody is in them.
ALWAYS_SHOWN = (RegistrationState.CONFIRMED, RegistrationState.WAITING, RegistrationState.CANCELLED)


def _filtered(request: HttpRequest, event: Event) -> tuple[RegistrationFilter, RegistrationQuerySet]:
    filters = RegistrationFilter(request.GET, event=event)
    return filters, filters.apply(visible_registrations(request.user).filter(event=event))


def _wrong(filters: RegistrationFilter) -> HttpResponse | None:
    """The answer to who asks for a file by a filter that does not exist: a file of everybody would be another one."""
    if not filters.refusal:
        return None
    return HttpResponse(f"{filters.refusal}\n", status=400, content_type="text/plain; charset=utf-8")


@require_safe
@see_people
@never_cache
def registrations(request: HttpRequest, pk: int) -> HttpResponse:
    event = managed_event(request, pk)
    filters, found = _filtered(request, event)
    everybody = visible_registrations(request.user).filter(event=event)
    in_any_state = filters.apply(everybody, in_any_state=True).order_by()
    counts = dict(in_any_state.values_list("state").annotate(number=Count("pk")))
    context = {
        "event": event,
        "filter_form": filters,
        "states": _states(request, filters, counts),
        "page": Paginator(found.select_related("municipality"), PAGE).get_page(request.GET.get("pagina")),
        "total": sum(counts.values()),
        "is_filtered": any(filters.cleaned_data.values()),
        "needs": _needs(event).count(),
        "badge_files": _badge_files(request, event, counts.get(filters.state or RegistrationState.CONFIRMED, 0)),
    }
    return render(request, "events/staff/registrations.html", context)


def _states(request: HttpRequest, filters: RegistrationFilter, counts: dict[str, int]) -> list[dict[str, Any]]:
    """Each state with how many are in it and the address of the list of those, the other filters as they are."""
    shown = [state for state in RegistrationState if state in ALWAYS_SHOWN or state in counts or state == filters.state]
    choices = [
        ("", _("Todas"), sum(counts.values())),
        *((s.value, str(s.label), counts.get(s.value, 0)) for s in shown),
    ]
    found = []
    for state, label, number in choices:
        query = request.GET.copy()
        query.pop("pagina", None)
        query.pop("estado", None)
        if state:
            query["estado"] = state
        found.append(
            {"label": label, "count": number, "href": f"?{query.urlencode()}", "current": state == filters.state}
        )
    return found


@require_safe
@see_people
@personal_file("registrations")
@never_cache
def registrations_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """The registrations that the filters of the page leave, for a spreadsheet."""
    event = managed_event(request, pk)
    filters, found = _filtered(request, event)
    if wrong := _wrong(filters):
        return wrong
    head, lines = _table(event, found)
    return tabular.csv_response(f"inscripciones-{event.slug}.csv", head, lines)


@require_safe
@see_people
@personal_file("registrations")
@never_cache
def registrations_xlsx(request: HttpRequest, pk: int) -> HttpResponse:
    event = managed_event(request, pk)
    filters, found = _filtered(request, event)
    if wrong := _wrong(filters):
        return wrong
    head, lines = _table(event, found)
    return tabular.xlsx_response(f"inscripciones-{event.slug}.xlsx", [(_("Inscripciones"), head, lines)])


def _table(event: Event, rows: RegistrationQuerySet) -> tuple[list[str], Iterator[list[tabular.Cell]]]:
    """One line a registration, one column a question; what a person needs to take part is not in it."""
    questions = list(event.registration_questions.all())
    answers: dict[tuple[int, int], RegistrationAnswer] = {
        (answer.registration_id, answer.question_id): answer
        for answer in RegistrationAnswer.objects.filter(registration__event=event)
    }
    head = [
        _("Nombre"), _("Correo"), _("Estado"), _("Sexo"), _("Tipo de persona"), _("Institución"), _("Municipio"),
        _("Cómo asistirá"), _("Inscrita el"), _("Se inscribió por sí misma"),
        *(question.label for question in questions),
    ]  # fmt: skip
    zone, unknown, unanswered = timezone.get_current_timezone(), _("sin dato"), _("sin respuesta")

    def cell(answer: RegistrationAnswer | None) -> tabular.Cell:
        if answer is None:
            return unanswered
        is_number = isinstance(answer.value, (int, float)) and not isinstance(answer.value, bool)
        return answer.value if is_number else answer_words(answer.value)

    def lines() -> Iterator[list[tabular.Cell]]:
        for row in rows.select_related("municipality"):
            yield [
                row.name, row.email or unknown, row.get_state_display(), row.get_sex_display() or unknown,
                row.get_category_display() or unknown, row.institution or unknown,
                row.municipality.name if row.municipality else unknown, row.get_modality_display() or unknown,
                row.created_at.astimezone(zone).strftime("%Y-%m-%d %H:%M"), _("Sí") if row.self_registered else _("No"),
                *(cell(answers.get((row.pk, question.pk))) for question in questions),
            ]  # fmt: skip

    return head, lines()


# --- What people need to take part


def _needs(event: Event) -> Any:
    """Of who may still come, by name."""
    alive = AccessNeeds.objects.filter(registration__event=event)
    return alive.exclude(registration__state=RegistrationState.CANCELLED).order_by("registration__name", "pk")


@require_safe
@see_people
@never_cache
def needs(request: HttpRequest, pk: int) -> HttpResponse:
    event = managed_event(request, pk)
    page = Paginator(_needs(event).select_related("registration"), PAGE).get_page(request.GET.get("pagina"))
    return render(request, "events/staff/registrations_needs.html", {"event": event, "page": page})


@require_safe
@see_people
@personal_file("needs")
@never_cache
def needs_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """A file of its own, asked for on purpose."""
    event = managed_event(request, pk)
    head = [_("Nombre"), _("Estado"), _("Cómo asistirá"), _("Accesibilidad"), _("Lengua o interpretación")]
    lines = (
        [
            row.registration.name, row.registration.get_state_display(),
            row.registration.get_modality_display() or _("sin dato"), row.accessibility, row.language,
        ]
        for row in _needs(event).select_related("registration")
    )  # fmt: skip
    return tabular.csv_response(f"necesidades-{event.slug}.csv", head, lines)


# --- Messages to many


@require_safe
@see_people
@never_cache
def messages_sent(request: HttpRequest, pk: int) -> HttpResponse:
    """What was written to the event's people, and how its mails stand."""
    event = managed_event(request, pk)
    page = Paginator(event.bulk_messages.select_related("created_by"), PAGE).get_page(request.GET.get("pagina"))
    delivery = visible_messages(request.user).by_mailing([sent.mailing for sent in page])
    rows = [(sent, states_in_words(delivery.get(sent.mailing, {}))) for sent in page]
    return render(request, "events/staff/registrations_messages.html", {"event": event, "page": page, "rows": rows})


def states_in_words(states: dict[str, int]) -> list[str]:
    """How the mails of one mailing stand, in the order of a message's life."""
    return [f"{state.label.capitalize()}: {states[state]:,}" for state in MessageState if state in states]


@require_http_methods(["GET", "POST"])
@see_people
@never_cache
def message_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Write, see it as one of them will, type how many they are, send. The filters stay in the address."""
    event = managed_event(request, pk)
    filters, found = _filtered(request, event)
    if filters.refusal:
        context = {"event": event, "filter_form": filters, "sample": None, "form": BulkMessageForm(people=0)}
        return render(request, "events/staff/registrations_message.html", context, status=422)
    recipients = reachable(found, in_one_state=bool(filters.state))
    people, step = recipients.count(), request.POST.get("paso", "")
    posted = request.method == "POST"
    form = BulkMessageForm(request.POST if posted else None, people=people, sending=step == "enviar")
    if posted and step == "enviar" and form.is_valid() and (sent := _send(request, event, recipients, form)):
        text = ngettext(
            "El mensaje va en camino a {n} persona.", "El mensaje va en camino a {n} personas.", sent.recipients
        )
        messages.success(request, text.format(n=sent.recipients))
        return redirect("staff_event_messages", pk)
    # It is seen again where the message is right and only the number is not.
    written = posted and step != "escribir" and not set(form.errors) - {"confirm"}
    example = recipients.select_related("event__format", "event__municipality", "event__series").first()
    context = {
        "event": event,
        "form": form,
        "filter_form": filters,
        "people": people,
        "without_email": found.live().filter(email="").count(),
        "sample": _sample(form, example) if written and example else None,
        "example": example,
        "back": f"?{request.GET.urlencode()}",
    }
    wrong = posted and step != "escribir" and not form.is_valid()
    return render(request, "events/staff/registrations_message.html", context, status=422 if wrong else 200)


def _sample(form: BulkMessageForm, example: Registration) -> dict[str, str]:
    """The mail of one person, without the key in their own link. From here on the number is asked for."""
    form.fields["confirm"].required = True
    draft = BulkMessage(subject=form.cleaned_data["subject"], body=form.cleaned_data["body"])
    mail = compose_bulk(draft, example)
    return {"subject": mail.subject, "text": mail.text.replace(example.token, "…")}


def _send(
    request: HttpRequest, event: Event, recipients: RegistrationQuerySet, form: BulkMessageForm
) -> BulkMessage | None:
    typed = form.cleaned_data
    try:
        return send_to_many(
            event=event, recipients=recipients, expected=typed["confirm"], subject=typed["subject"],
            body=typed["body"], key=typed["key"], by=request.user,
        )  # fmt: skip
    except ValidationError as error:
        form.add_error(None, error)
        return None


# --- Printed lists


@require_safe
@see_people
@personal_file("badges")
@never_cache
def badges(request: HttpRequest, pk: int) -> HttpResponse:
    """Badges of those that the filters leave, so many a file; without a state asked for, of those who have a place."""
    event = managed_event(request, pk)
    filters, found = _filtered(request, event)
    if wrong := _wrong(filters):
        return wrong
    part = Paginator(_to_print(filters, found), BADGES).get_page(request.GET.get("parte"))
    number = f"-{part.number}" if part.has_other_pages() else ""
    content = badges_pdf(event, part.object_list, moment=timezone.now())
    return _pdf(content, f"gafetes-{event.slug}{number}.pdf")


def _badge_files(request: HttpRequest, event: Event, count: int) -> list[tuple[str, str]]:
    """(words, address) of each file of badges."""
    query = request.GET.copy()
    query.pop("pagina", None)
    found = []
    for number, first in enumerate(range(1, max(count, 1) + 1, BADGES), start=1):
        query["parte"] = str(number)
        words = _("Gafetes {first}–{last}").format(first=first, last=min(first + BADGES - 1, count))
        address = f"{reverse('staff_event_badges_file', args=[event.pk])}?{query.urlencode()}"
        found.append((words if count > BADGES else _("Gafetes"), address))
    return found


@require_safe
@see_people
@personal_file("sign-in-sheet")
@never_cache
def sign_in_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    event = managed_event(request, pk)
    filters, found = _filtered(request, event)
    if wrong := _wrong(filters):
        return wrong
    content = sign_in_pdf(event, _to_print(filters, found), moment=timezone.now())
    return _pdf(content, f"lista-de-firmas-{event.slug}.pdf")


def _to_print(filters: RegistrationFilter, found: RegistrationQuerySet) -> list[Registration]:
    """In the order asked for, else by name as people look names up: Á beside A."""
    rows = list((found if filters.state else found.confirmed()).select_related("municipality", "event"))
    return rows if filters.cleaned_data.get("orden") else sorted(rows, key=lambda row: fold(row.name))


def _pdf(content: bytes, filename: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response
