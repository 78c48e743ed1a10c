"""What everybody may see: published actions. No person is named on these pages."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import Count
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from actions.filters import PublicActionFilter
from actions.maps import ActionMap, action_map
from actions.models import Evidence, withdrawn_since
from actions.rules import published_actions, visible_evidence
from actions.views.relatives import relatives
from actions.views.story import indicator_chart, public_steps, steps_of, story
from municipalities.figures import places
from web.shared import shared
from web.uploads import protected_file_response


@shared
@login_not_required
@require_safe
def action_list(request: HttpRequest) -> HttpResponse:
    """The list or, with ``vista=mapa``, how many each municipality has. A filter that does not exist is a 400."""
    actions = PublicActionFilter(request.GET, queryset=published_actions())
    wrong = bool(actions.problems)
    context: dict[str, Any] = {
        "filter": actions,
        "form": actions.form if wrong else actions.form_with_counts(),
        "total": 0 if wrong else actions.total,
        "view": "mapa" if request.GET.get("vista") == "mapa" else "lista",
        "forms": _other_forms(actions),
        "withdrawn": withdrawn_since(actions.since_moment) if actions.since_moment else [],
    }
    if wrong:
        context["page"] = None
    elif context["view"] == "mapa":
        context["map"] = _map(actions)
    else:
        rows = actions.qs.for_lists().order_by("-published_at", "-pk")
        context["page"] = actions.paginator(rows).get_page(request.GET.get("pagina"))
    return render(request, "actions/list.html", context, status=400 if wrong else 200)


def _other_forms(actions: PublicActionFilter) -> list[tuple[str, str]]:
    """(words, address) of the same filter to follow or to take away."""
    query = f"?{actions.query_string}" if actions.query_string else ""
    forms = [("action_list_csv", "CSV"), ("action_list_json", "JSON"), ("action_list_atom", "Atom")]
    return [(words, f"{reverse(name)}{query}") for name, words in forms]


def _map(actions: PublicActionFilter) -> ActionMap:
    """A tile leads to the list of its municipality under the other filters."""
    counts = dict(actions.qs.order_by().values_list("municipality").annotate(count=Count("pk")))
    query = QueryDict(actions.query_string, mutable=True)
    query.pop("municipio", None)
    kept = query.urlencode().replace("{", "{{").replace("}", "}}")
    return action_map(places(), counts, f"?{kept}&municipio={{}}" if kept else "?municipio={}")


@shared
@login_not_required
@require_safe
def action_detail(request: HttpRequest, slug: str) -> HttpResponse:
    found = published_actions().select_related(
        "municipality__region", "sector", "pathway", "instrument", "agreement__event"
    )
    action = get_object_or_404(found, slug=slug)
    others = published_actions().filter(sector=action.sector_id).exclude(municipality=action.municipality_id)
    measured = action.indicators.measured()
    evidence = list(action.evidence.with_subject())
    links = action.links(published_actions())
    context = {
        "action": action,
        "links": links,
        "relatives": relatives(links.related, lambda row: reverse("action_detail", args=[row.slug])),
        "measured": [(row, indicator_chart(row)) for row in measured],
        "steps": steps_of(action.milestones.all()),
        "estimates": action.emission_estimates.all(),
        "evidence": evidence,
        "story": story(action.follow_ups.all(), evidence, measured, public_steps(action)),
        "related": others.for_lists().order_by("-published_at", "-pk")[:3],
    }
    return render(request, "actions/detail.html", context)


@login_not_required
@require_safe
def evidence_file(request: HttpRequest, pk: int) -> FileResponse:
    """An evidence's file, to whoever may see its action."""
    evidence: Evidence = get_object_or_404(visible_evidence(request.user), pk=pk)
    if not evidence.file:
        raise Http404
    return protected_file_response(evidence.file, evidence.original_name or evidence.title)
