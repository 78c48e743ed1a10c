"""What everybody may see: published actions. No person is named on these pages."""

from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from actions.filters import PublicActionFilter
from actions.models import Evidence
from actions.rules import published_actions, visible_evidence
from actions.views.story import indicator_chart, public_steps, steps_of, story
from web.uploads import protected_file_response


@login_not_required
@require_safe
def action_list(request: HttpRequest) -> HttpResponse:
    actions = PublicActionFilter(request.GET, queryset=published_actions())
    rows = actions.qs.for_lists().order_by("-published_at", "-pk")
    page = actions.paginator(rows).get_page(request.GET.get("pagina"))
    context = {"page": page, "filter": actions, "form": actions.form_with_counts(), "total": actions.total}
    return render(request, "actions/list.html", context)


@login_not_required
@require_safe
def action_detail(request: HttpRequest, slug: str) -> HttpResponse:
    found = published_actions().select_related("municipality__region", "sector", "pathway", "agreement__event")
    action = get_object_or_404(found, slug=slug)
    others = published_actions().filter(sector=action.sector_id).exclude(municipality=action.municipality_id)
    measured = action.indicators.measured()
    evidence = list(action.evidence.with_subject())
    context = {
        "action": action,
        "links": action.links(),
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
