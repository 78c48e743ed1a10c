"""What a municipality sees behind its link: what was sent, what comes next, and the form."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from network import services
from network.enums import DesignationKind, DesignationState
from network.forms import ProposalForm
from network.models import Proposal, ProposalLink
from network.rules import proposal_links

# What the page says happened: the most urgent first.
STATES = (DesignationState.REJECTED, DesignationState.PROPOSED)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def proposal_home(request: HttpRequest, token: str) -> HttpResponse:
    """What was asked and what was sent. Opening writes nothing (mail scanners open links); the button begins."""
    link = _link(token)
    sent = _sent(link)
    if request.method == "POST":
        kind = request.POST.get("kind", "")
        if kind not in DesignationKind.values:
            raise Http404
        if link.is_open:
            services.open_link(link=link)
            return redirect("proposal_form", token=token, kind=kind)
    return _home(request, link, sent, status=410 if request.method == "POST" else 200)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def proposal_form(request: HttpRequest, token: str, kind: str) -> HttpResponse:
    """Propose a titular or a suplente; where that was done, what was sent is shown instead."""
    if kind not in DesignationKind.values:
        raise Http404
    link = _link(token)
    sent = _sent(link)
    earlier = sent.get(kind)
    corrects = earlier.designation if earlier else None
    if not link.is_open:
        return _home(request, link, sent, status=410 if request.method == "POST" else 200)
    if corrects is not None and corrects.state != DesignationState.REJECTED:
        return redirect("proposal_home", token=token)
    form = ProposalForm(request.POST if request.method == "POST" else None, request.FILES or None, corrects=corrects)
    if request.method == "POST" and form.is_valid():
        try:
            services.propose(
                link=link,
                kind=DesignationKind(kind),
                designation=form.instance,
                person=form.person_values(),
                notice=form.shown,
            )
        except services.LinkGone:
            link.refresh_from_db()
            return _home(request, link, sent, status=410)
        except services.AlreadySent:  # the same form sent twice, or by two people at once: the first one counts
            return redirect("proposal_home", token=token)
        return redirect("proposal_home", token=token)
    context = {"link": link, "kind": DesignationKind(kind), "form": form, "earlier": earlier}
    return _private(render(request, "network/proposal_form.html", context, status=422 if form.is_bound else 200))


def _link(token: str) -> ProposalLink:
    return get_object_or_404(proposal_links().signed(token))


def _sent(link: ProposalLink) -> dict[str, Proposal]:
    return {row.kind: row for row in link.proposals.select_related("designation__person")}


def _home(request: HttpRequest, link: ProposalLink, sent: dict[str, Proposal], *, status: int) -> HttpResponse:
    states = {row.designation.state for row in sent.values()}
    context = {
        "link": link,
        "kinds": [(kind, sent.get(kind)) for kind in DesignationKind],
        "page_state": next((state for state in STATES if state in states), "verified" if states else _begin(link)),
    }
    return _private(render(request, "network/proposal_home.html", context, status=status))


def _begin(link: ProposalLink) -> str:
    return "open" if link.is_open else "gone"


def _private(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "same-origin"
    return response
