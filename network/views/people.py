"""The staff's desk of people: who is known, what each took part in, and which records are one human."""

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from rules.contrib.views import permission_required

from network import services
from network.filters import PersonFilter
from network.forms import MergeForm, PersonEditForm, UndoMergeForm
from network.models import Person, PersonEdit, PersonQuerySet, User
from network.rules import visible_duplicates, visible_merges, visible_municipalities, visible_people
from web.search import folded_name

PER_PAGE = 25
PAIRS_PER_PAGE = 20
ROWS_SHOWN = 100
MATCHES_SHOWN = 8
views_people = permission_required("network.view_personal_data", raise_exception=True)
changes_people = permission_required("network.change_person", raise_exception=True)
merges_people = permission_required("network.merge_people", raise_exception=True)


@require_safe
@views_people
@never_cache
def person_list(request: HttpRequest) -> HttpResponse:
    narrowed = PersonFilter(request.GET, queryset=visible_people(request.user).order_by("name_key", "pk"))
    page = Paginator(narrowed.qs.select_related("municipality"), PER_PAGE).get_page(request.GET.get("pagina"))
    counted = {row.pk: row for row in _counted(visible_people(request.user).filter(pk__in=[row.pk for row in page]))}
    context = {
        "filter": narrowed,
        "page": page,
        "rows": [(row, counted[row.pk]) for row in page],
        "open_pairs": visible_duplicates(request.user).open().count(),
    }
    return render(request, "network/person_list.html", context)


@require_safe
@views_people
@never_cache
def person_detail(request: HttpRequest, pk: int) -> HttpResponse:
    person = _person(request, pk)
    words = request.GET.get("q", "").strip()
    context = {
        "person": person,
        "aliases": person.aliases.select_related("municipality"),
        "designations": person.designations.select_related("municipality"),
        "registrations": person.registrations.select_related("event").order_by("-created_at", "-pk")[:ROWS_SHOWN],
        "attendances": person.attendances.select_related("event").order_by("-event__first_day", "-pk")[:ROWS_SHOWN],
        "edits": [(edit, _in_words(edit)) for edit in person.edits.select_related("by")],
        "merges": visible_merges(request.user).filter(kept=person).select_related("gone", "by"),
        "words": words,
        "matches": _matches(request, person, words),
    }
    return render(request, "network/person_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@changes_people
def person_edit(request: HttpRequest, pk: int) -> HttpResponse:
    person = _person(request, pk)
    form = PersonEditForm(
        request.POST if request.method == "POST" else None,
        instance=person,
        municipalities=visible_municipalities(request.user),
    )
    if request.method == "POST" and form.is_valid():
        services.edit_person(
            person=person, values=form.values(), reason=form.cleaned_data["reason"], by=cast(User, request.user)
        )
        messages.success(request, _("Se guardaron los cambios."))
        return redirect("staff_person_detail", pk)
    context = {"form": form, "person": person, "name": form.initial["name"]}
    return render(request, "network/person_edit.html", context, status=422 if form.is_bound else 200)


# --- Which records are one human


@require_safe
@merges_people
@never_cache
def duplicate_list(request: HttpRequest) -> HttpResponse:
    pairs = visible_duplicates(request.user).open().select_related("one__municipality", "other__municipality")
    context = {
        "page": Paginator(pairs, PAIRS_PER_PAGE).get_page(request.GET.get("pagina")),
        "waiting": visible_people(request.user).filter(compared_at=None).count(),
    }
    return render(request, "network/duplicate_list.html", context)


@require_POST
@merges_people
def duplicate_search(request: HttpRequest) -> HttpResponse:
    services.find_duplicates()
    if left := visible_people(request.user).filter(compared_at=None).count():
        messages.info(request, _("Faltan {n} fichas por comparar. La búsqueda sigue sola.").format(n=left))
    else:
        messages.success(request, _("Todas las fichas están comparadas."))
    return redirect("staff_duplicate_list")


@require_http_methods(["GET", "HEAD", "POST"])
@merges_people
@never_cache
def person_merge(request: HttpRequest, one: int, other: int) -> HttpResponse:
    """Both records side by side; GET shows, POST joins them."""
    first, second = _pair(request, one, other)
    proposed = visible_duplicates(request.user).of_pair(first, second).first()
    form = MergeForm(
        request.POST if request.method == "POST" else None,
        one=first,
        other=second,
        initial={"kept": max((first, second), key=_weight).pk},
    )
    if request.method == "POST" and form.is_valid():
        try:
            merge = services.merge_people(by=cast(User, request.user), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            text = _("Se unieron las dos fichas en la de {name}. Si fue un error, puede deshacerlo en «Uniones».")
            messages.success(request, text.format(name=merge.kept))
            return redirect("staff_person_detail", merge.kept_id)
    context = {
        "form": form,
        "one": first,
        "other": second,
        "rows": _side_by_side(first, second),
        "proposed": proposed,
    }
    return render(request, "network/person_merge.html", context, status=422 if form.is_bound else 200)


@require_POST
@merges_people
def person_different(request: HttpRequest, one: int, other: int) -> HttpResponse:
    first, second = _pair(request, one, other)
    services.say_different(one=first, other=second, by=cast(User, request.user))
    messages.success(request, _("Quedó anotado que son dos personas: no se propondrá otra vez."))
    return redirect("staff_duplicate_list")


@require_safe
@merges_people
@never_cache
def merge_list(request: HttpRequest) -> HttpResponse:
    rows = visible_merges(request.user).select_related("kept", "gone", "by", "undone_by")
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("pagina")),
        "open_pairs": visible_duplicates(request.user).open().count(),
    }
    return render(request, "network/merge_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@merges_people
@never_cache
def merge_undo(request: HttpRequest, pk: int) -> HttpResponse:
    rows = visible_merges(request.user).select_related("kept__municipality", "gone__municipality", "by")
    merge = get_object_or_404(rows, pk=pk)
    form = UndoMergeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.undo_merge(merge=merge, by=cast(User, request.user), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Se deshizo la unión: cada ficha tiene otra vez lo suyo."))
            return redirect("staff_merge_list")
    context = {"form": form, "merge": merge}
    return render(request, "network/merge_undo.html", context, status=422 if form.is_bound else 200)


def _person(request: HttpRequest, pk: int) -> Person:
    return get_object_or_404(visible_people(request.user).select_related("municipality", "user"), pk=pk)


def _counted(people: PersonQuerySet) -> PersonQuerySet:
    return people.annotate(
        registered=Count("registrations", distinct=True),
        attended=Count("attendances", distinct=True),
        certified=Count("certificates", distinct=True),
        designated=Count("designations", distinct=True),
    )


def _pair(request: HttpRequest, one: int, other: int) -> tuple[Any, Any]:
    """The two records with their counts; a pair that was joined meanwhile is not there any more."""
    people = visible_people(request.user).filter(pk__in=[one, other]).select_related("municipality", "user")
    found = {person.pk: person for person in _counted(people)}
    if len(found) < 2:
        raise Http404
    return found[one], found[other]


def _weight(person: Any) -> tuple[bool, int, int]:
    """The record with an account is kept, else the one with more, else the older one."""
    return person.user_id is not None, person.registered + person.attended + person.designated, -person.pk


def _matches(request: HttpRequest, person: Person, words: str) -> list[Person]:
    people = visible_people(request.user).exclude(pk=person.pk).select_related("municipality")
    return list(people.matching(words)[:MATCHES_SHOWN]) if words else []


def _side_by_side(one: Any, other: Any) -> list[tuple[str, str, str, bool]]:
    """What is known of both, line by line: label, A, B, and whether they contradict each other."""
    lines = [
        (_("Nombre"), one.name, other.name),
        (_("Correo"), one.email, other.email),
        (_("Teléfono"), one.phone, other.phone),
        (_("Sexo"), one.get_sex_display(), other.get_sex_display()),
        (_("Tipo de persona"), one.get_category_display(), other.get_category_display()),
        (_("Municipio"), *(str(person.municipality or "") for person in (one, other))),
        (_("Institución"), one.institution, other.institution),
        (_("Cargo"), one.position, other.position),
        (_("Cuenta"), *(person.user.email if person.user else "" for person in (one, other))),
    ]
    told = [(label, a, b, bool(a and b) and folded_name(a) != folded_name(b)) for label, a, b in lines]
    counts = [
        (_("Inscripciones"), "registered"),
        (_("Asistencias"), "attended"),
        (_("Constancias"), "certified"),
        (_("Designaciones"), "designated"),
    ]
    return told + [(label, str(getattr(one, name)), str(getattr(other, name)), False) for label, name in counts]


def _in_words(edit: PersonEdit) -> list[tuple[str, str, str]]:
    """What a correction changed: column, before, now."""
    words = []
    for column, (before, now) in edit.changes.items():
        field = Person._meta.get_field(column.removesuffix("_id"))
        choices = dict(getattr(field, "choices", None) or ())
        hidden = field.is_relation  # the number of a municipality says nothing; that it changed does
        label = str(getattr(field, "verbose_name", column))
        was, becomes = ("" if hidden else str(choices.get(value, value) or "") for value in (before, now))
        words.append((label, was, becomes))
    return words
