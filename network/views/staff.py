"""The staff's desk of designations: who represents each municipality, by which letter, and who is missing."""

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.forms import BaseForm
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from rules.contrib.views import permission_required

from network import services
from network.enums import DesignationState
from network.figures import vacancy_reason
from network.filters import DesignationFilter, VacancyFilter
from network.forms import DesignationEditForm, DesignationForm, EndForm, LetterForm, SuccessionForm
from network.guards import personal_file
from network.models import Designation, Person, User, municipalities_without_titular
from network.rules import visible_designations, visible_municipalities, visible_people, visible_proposals
from outbox.rules import visible_messages
from web.uploads import protected_file_response

PER_PAGE = 50
PEOPLE_SHOWN = 8
manages_designations = permission_required("network.manage_designation", raise_exception=True)


def tabs(request: HttpRequest) -> dict[str, int]:
    """What the tabs of this desk count."""
    return {
        "waiting": visible_proposals(request.user).waiting().count(),
        "vacancies": municipalities_without_titular().count(),
    }


@require_safe
@manages_designations
@never_cache
def designation_list(request: HttpRequest) -> HttpResponse:
    rows = visible_designations(request.user).select_related("municipality__region", "person__user")
    narrowed = DesignationFilter(
        request.GET,
        queryset=rows.for_the_desk(),
    )
    context = {
        "filter": narrowed,
        "page": Paginator(narrowed.qs, PER_PAGE).get_page(request.GET.get("pagina")),
        **tabs(request),
    }
    return render(request, "network/designation_list.html", context)


@require_safe
@manages_designations
def vacancy_list(request: HttpRequest) -> HttpResponse:
    """Municipalities without a titular in force, each with the reason."""
    narrowed = VacancyFilter(request.GET, queryset=municipalities_without_titular())
    page = Paginator(narrowed.qs, PER_PAGE).get_page(request.GET.get("pagina"))
    total, vacancies = visible_municipalities(request.user).count(), municipalities_without_titular().count()
    context = {
        "filter": narrowed,
        "page": page,
        "rows": [(row, vacancy_reason(row.last_state, row.last_day, timezone.localdate())) for row in page],
        "total": total,
        "vacancies": vacancies,
        "waiting": visible_proposals(request.user).waiting().count(),
        "covered": total - vacancies,
    }
    return render(request, "network/vacancy_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@manages_designations
def designation_create(request: HttpRequest) -> HttpResponse:
    person = _chosen_person(request)
    form = DesignationForm(
        request.POST if request.method == "POST" else None,
        request.FILES or None,
        people=visible_people(request.user),
        municipalities=visible_municipalities(request.user),
        initial=_initial(request, person) | {"municipality": _number(request, "municipio")},
    )
    if request.method == "POST" and form.is_valid():
        if designation := _record(request, form):
            return redirect("staff_designation_detail", designation.pk)
    return _form_page(request, form, person, "network/designation_create.html")


@require_http_methods(["GET", "HEAD", "POST"])
@manages_designations
def designation_replace(request: HttpRequest, pk: int) -> HttpResponse:
    """A new letter takes the place of one in force; both change in the same moment."""
    replaced = _designation(request, pk)
    if replaced.state != DesignationState.IN_FORCE:
        raise Http404
    person = _chosen_person(request)
    form = SuccessionForm(
        request.POST if request.method == "POST" else None,
        request.FILES or None,
        replaced=replaced,
        people=visible_people(request.user),
        initial=_initial(request, person),
    )
    if request.method == "POST" and form.is_valid():
        if designation := _record(request, form, replacing=replaced):
            return redirect("staff_designation_detail", designation.pk)
    return _form_page(request, form, person, "network/designation_replace.html", designation=replaced)


@require_safe
@manages_designations
@never_cache
def designation_detail(request: HttpRequest, pk: int) -> HttpResponse:
    designation = _designation(request, pk)
    invitations = list(designation.invitations.select_related("created_by"))
    keys = {f"network.invitation:{invitation.pk}": invitation for invitation in invitations}
    mail = {message.dedupe_key: message for message in visible_messages(request.user).filter(dedupe_key__in=keys)}
    context = {
        "designation": designation,
        "proposal": getattr(designation, "proposal", None),
        "invitations": [(invitation, mail.get(key)) for key, invitation in keys.items()],
        "history": designation.history.select_related("history_user"),
        "others": visible_designations(request.user)
        .filter(municipality=designation.municipality)
        .exclude(pk=designation.pk)
        .select_related("person"),
    }
    return render(request, "network/designation_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@manages_designations
def designation_edit(request: HttpRequest, pk: int) -> HttpResponse:
    designation = _designation(request, pk)
    if not designation.is_open:
        raise Http404
    form = DesignationEditForm(
        request.POST if request.method == "POST" else None, request.FILES or None, instance=designation
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_designation(
                designation=designation,
                person=form.fill(designation.person),
                by=cast(User, request.user),
                reason=form.cleaned_data["reason"],
            )
        except ValidationError as error:
            _show(form, error)
        else:
            messages.success(request, _("Se guardaron los cambios."))
            return redirect("staff_designation_detail", pk)
    context = {"form": form, "designation": designation}
    return render(request, "network/designation_edit.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@manages_designations
def designation_end(request: HttpRequest, pk: int) -> HttpResponse:
    designation = _designation(request, pk)
    if designation.state != DesignationState.IN_FORCE:
        raise Http404
    form = EndForm(
        request.POST if request.method == "POST" else None,
        designation=designation,
        initial={"ends_on": timezone.localdate()},
    )
    if request.method == "POST" and form.is_valid():
        services.end_designation(designation=designation, by=cast(User, request.user), **form.cleaned_data)
        messages.success(request, _("Se guardó el término de la designación."))
        return redirect("staff_designation_detail", pk)
    context = {"form": form, "designation": designation}
    return render(request, "network/designation_end.html", context, status=422 if form.is_bound else 200)


@require_POST
@manages_designations
def designation_invite(request: HttpRequest, pk: int) -> HttpResponse:
    designation = _designation(request, pk)
    try:
        invitation = services.invite(designation=designation, by=cast(User, request.user))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("La invitación va en camino a %(email)s.") % {"email": invitation.email})
    return redirect("staff_designation_detail", pk)


@require_safe
@manages_designations
@personal_file("letter")
@never_cache
def designation_oficio(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The letter itself: personal data, so staff only and always as a download."""
    designation = _designation(request, pk)
    if not designation.oficio_file:
        raise Http404
    extension = designation.oficio_file.name.rsplit(".", 1)[-1]
    name = f"oficio-{slugify(designation.municipality.name)}-{designation.pk}.{extension}"
    return protected_file_response(designation.oficio_file, name)


def _designation(request: HttpRequest, pk: int) -> Designation:
    rows = visible_designations(request.user).select_related(
        "municipality__region", "person__user", "created_by", "proposal__link"
    )
    return get_object_or_404(rows, pk=pk)


def _record(request: HttpRequest, form: DesignationForm, replacing: Designation | None = None) -> Designation | None:
    """The stored designation, or None with the reasons on the form."""
    person = form.fill(form.cleaned_data.get("person") or Person())
    try:
        designation = services.record_designation(
            designation=form.instance, person=person, by=cast(User, request.user), replacing=replacing
        )
    except ValidationError as error:
        _show(form, error)
        return None
    messages.success(request, _("La designación quedó registrada. El siguiente paso es invitar a la persona."))
    return designation


def _show(form: BaseForm, error: ValidationError) -> None:
    """The service's refusal beside its field, or at the top where this form has no such field."""
    for field, texts in error.message_dict.items():
        form.add_error(field if field in form.fields else None, texts)


def _form_page(
    request: HttpRequest, form: LetterForm, person: Person | None, template: str, **context: Any
) -> HttpResponse:
    words = request.GET.get("q", "").strip()
    people = visible_people(request.user).select_related("municipality")
    context |= {
        "form": form,
        "person": person,
        "words": words,
        "people": people.matching(words)[:PEOPLE_SHOWN] if words else [],
        "municipality_number": _number(request, "municipio"),
    }
    return render(request, template, context, status=422 if form.is_bound else 200)


def _chosen_person(request: HttpRequest) -> Person | None:
    number = request.POST.get("person", "") if request.method == "POST" else request.GET.get("persona", "")
    return visible_people(request.user).filter(pk=number).first() if number.isdecimal() and len(number) < 18 else None


def _initial(request: HttpRequest, person: Person | None) -> dict[str, Any]:
    today = {"starts_on": timezone.localdate()}
    return today | ({"person": person.pk, **DesignationForm.initial_of(person)} if person else {})


def _number(request: HttpRequest, name: str) -> int | None:
    value = request.GET.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 18 else None
