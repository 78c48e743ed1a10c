"""The administration's desk of the rights over personal data, its calendar and its deadlines."""

from datetime import date
from typing import cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from rules.contrib.views import permission_required

from network import services
from network.enums import ArcoKind, ArcoState
from network.filters import ArcoFilter
from network.forms import ArcoMoveForm, ArcoPersonForm, EraseForm, NonWorkingDayForm, RetentionForm, RightsDeadlinesForm
from network.guards import asks_identity, personal_file
from network.models import ArcoRequest, ArcoStep, Person, RightsDeadlines, User
from network.rules import visible_arco_requests, visible_holidays, visible_people
from web.uploads import protected_file_response

PER_PAGE = 50
PEOPLE_SHOWN = 8
handles_arco = permission_required("network.handle_arco", raise_exception=True)


@require_safe
@handles_arco
@never_cache
def arco_list(request: HttpRequest) -> HttpResponse:
    """The queue: what is overdue first."""
    visible = visible_arco_requests(request.user)
    narrowed = ArcoFilter(request.GET, queryset=visible.urgent_first())
    page = Paginator(narrowed.qs, PER_PAGE).get_page(request.GET.get("pagina"))
    today, free = timezone.localdate(), services.holidays()
    context = {
        "filter": narrowed,
        "page": page,
        "rows": [(row, _days_left(row, today, free)) for row in page],
        "overdue": visible.overdue().count(),
    }
    return render(request, "network/arco_list.html", context)


@require_safe
@handles_arco
@never_cache
def arco_detail(request: HttpRequest, pk: int) -> HttpResponse:
    found = _request(request, pk)
    return _page(request, found, ArcoMoveForm(request=found))


@require_POST
@handles_arco
def arco_move(request: HttpRequest, pk: int) -> HttpResponse:
    """The next step of a request."""
    found = _request(request, pk)
    form = ArcoMoveForm(request.POST, request.FILES, request=found)
    if form.is_valid():
        typed = form.cleaned_data | {"state": ArcoState(form.cleaned_data["state"])}
        try:
            services.move(request=found, by=cast(User, request.user), **typed)
        except services.WrongMove:
            messages.warning(request, _("Alguien más movió esta solicitud. Vea cómo está ahora."))
            return redirect("arco_detail", pk)
        except ValidationError as error:
            form.add_error(None if not hasattr(error, "error_dict") else "identity", error.messages)
        else:
            messages.success(request, _("Se guardó el paso. Si le toca saberlo, la persona recibirá un correo."))
            return redirect("arco_detail", pk)
    elif "state" in form.errors and request.POST.get("state") in ArcoState:
        messages.warning(request, _("Alguien más movió esta solicitud. Vea cómo está ahora."))
        return redirect("arco_detail", pk)
    return _page(request, found, form, status=422)


@require_POST
@handles_arco
def arco_identify(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which person of the network this is."""
    found, form = _request(request, pk), ArcoPersonForm(request.POST)
    person = None
    if form.is_valid() and form.cleaned_data["person"]:
        person = get_object_or_404(visible_people(request.user), pk=form.cleaned_data["person"])
    try:
        services.identify(request=found, person=person, by=cast(User, request.user))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Se guardó de qué persona se trata."))
    return redirect("arco_detail", pk)


@require_POST
@handles_arco
@asks_identity
def arco_send_data(request: HttpRequest, pk: int) -> HttpResponse:
    """Mail the person the link to their own data."""
    found = _request(request, pk)
    try:
        services.send_own_data(request=found, by=cast(User, request.user))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("El enlace a sus datos va en camino a %(email)s.") % {"email": found.email})
    return redirect("arco_detail", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@handles_arco
@asks_identity
@never_cache
def arco_erase(request: HttpRequest, pk: int) -> HttpResponse:
    """What would go, what stays without a name, what is kept; and, with the folio typed, the erasure itself."""
    found = _request(request, pk)
    if found.person is None or not services.can_erase(found):
        raise Http404
    why_not = services.why_not_erase(found.person)
    holdings = services.holdings(found.person)
    form = EraseForm(
        request.POST if request.method == "POST" else None,
        folio=found.folio,
        holdings=holdings,
        held=request.GET.getlist("conservar"),
    )
    if request.method == "POST" and form.is_valid() and not why_not:
        try:
            reason = form.cleaned_data.get("reason", "")
            services.erase_person(request=found, by=cast(User, request.user), held=form.held, reason=reason)
        except services.WrongMove:
            messages.warning(request, _("Alguien más movió esta solicitud. Vea cómo está ahora."))
        else:
            messages.success(request, _("Los datos se suprimieron y la solicitud quedó cumplida."))
        return redirect("arco_detail", pk)
    outlooks = services.foresee(found.person, held=form.held)
    context = {"request_row": found, "form": form, "why_not": why_not, "outlooks": outlooks}
    context["choices"] = [(app, holding, app in form.held) for app, holding in holdings.items()]
    context |= {name: sum(getattr(row, name) for row in outlooks) for name in ("erased", "kept", "held")}
    return render(request, "network/arco_erase.html", context, status=422 if form.is_bound else 200)


@require_safe
@handles_arco
@personal_file("rights-file")
@never_cache
def arco_file(request: HttpRequest, pk: int, step: int) -> HttpResponse | FileResponse:
    """A file of the request: personal data, so administrators only and always as a download."""
    found = _request(request, pk)
    row: ArcoStep = get_object_or_404(found.steps.exclude(file=""), pk=step)
    return protected_file_response(row.file, f"{found.folio}-{row.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
@handles_arco
@never_cache
def holiday_list(request: HttpRequest) -> HttpResponse:
    """The days on which the clock stands still, and how many working days each step may take."""
    which = request.POST.get("form", "") if request.method == "POST" else ""
    day = NonWorkingDayForm(request.POST if which == "day" else None)
    deadlines = RightsDeadlinesForm(request.POST if which == "deadlines" else None, instance=RightsDeadlines.current())
    if which == "day" and day.is_valid():
        services.add_holiday(day=day.save(commit=False))
        messages.success(request, _("Se agregó el día. Los plazos abiertos se contaron de nuevo."))
        return redirect("holiday_list")
    if which == "deadlines" and deadlines.is_valid():
        services.change_deadlines(deadlines=deadlines.save(commit=False))
        messages.success(request, _("Se guardaron los plazos. Las solicitudes abiertas se contaron de nuevo."))
        return redirect("holiday_list")
    context = {"days": visible_holidays(request.user), "day_form": day, "deadlines_form": deadlines}
    return render(request, "network/holiday_list.html", context, status=422 if which else 200)


@require_POST
@handles_arco
def holiday_delete(request: HttpRequest, pk: int) -> HttpResponse:
    services.remove_holiday(day=get_object_or_404(visible_holidays(request.user), pk=pk))
    messages.success(request, _("Se quitó el día. Los plazos abiertos se contaron de nuevo."))
    return redirect("holiday_list")


@require_http_methods(["GET", "HEAD", "POST"])
@handles_arco
@never_cache
def retention_list(request: HttpRequest) -> HttpResponse:
    """How long each kind of data is kept, and when it was last cleaned; what is due today, where that is asked for."""
    rules = services.retention_rules(count="ensayo" in request.GET)
    form = RetentionForm(request.POST if request.method == "POST" else None, rules=rules)
    if request.method == "POST" and form.is_valid():
        services.set_retention_days(days=form.cleaned_data, by=cast(User, request.user))
        messages.success(request, _("Se guardaron los plazos. Rigen desde la siguiente limpieza, cada hora."))
        return redirect("retention_list")
    context = {"rules": rules, "form": form, "is_rehearsal": "ensayo" in request.GET}
    return render(request, "network/retention_list.html", context, status=422 if form.is_bound else 200)


def _request(request: HttpRequest, pk: int) -> ArcoRequest:
    rows = visible_arco_requests(request.user).select_related("person__municipality", "identity_by", "privacy_notice")
    return get_object_or_404(rows, pk=pk)


def _page(request: HttpRequest, found: ArcoRequest, form: ArcoMoveForm, *, status: int = 200) -> HttpResponse:
    words = request.GET.get("q", "").strip() or found.email
    people: list[Person] = []
    if found.identity_at and found.person is None and not found.is_closed:
        people = list(visible_people(request.user).matching(words).select_related("municipality")[:PEOPLE_SHOWN])
    context = {
        "request_row": found,
        "steps": found.steps.select_related("by").order_by("-pk"),
        "form": form if found.moves else None,
        "days_left": _days_left(found, timezone.localdate(), services.holidays()),
        "words": words,
        "people": people,
        "can_send_data": bool(found.person and found.kind == ArcoKind.ACCESS and found.identity_at),
        "can_erase": services.can_erase(found),
    }
    return render(request, "network/arco_detail.html", context, status=status)


def _days_left(row: ArcoRequest, today: date, free: set[date]) -> int | None:
    return None if row.due_on is None else services.working_days_until(row.due_on, today, free)
