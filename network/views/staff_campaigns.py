"""Renewal campaigns: asking many municipalities at once, and who has answered."""

from collections import Counter
from typing import cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from municipalities.models import Municipality
from network import services
from network.enums import DesignationState, LinkState
from network.forms import CampaignForm
from network.models import RenewalCampaign, User, municipalities_without_titular
from network.rules import visible_campaigns, visible_designations, visible_municipalities
from network.views.staff import manages_designations, tabs

PER_PAGE = 25
TONES = {
    LinkState.VERIFIED: "ok",
    LinkState.PROPOSED: "info",
    LinkState.REJECTED: "warn",
    LinkState.OPENED: "neutral",
    LinkState.SENT: "neutral",
    LinkState.NO_ADDRESS: "danger",
}


@require_safe
@manages_designations
def campaign_list(request: HttpRequest) -> HttpResponse:
    answered = Q(links__proposals__designation__state__in=set(DesignationState) - {DesignationState.REJECTED})
    rows = (
        visible_campaigns(request.user)
        .annotate(asked=Count("links", distinct=True), answered=Count("links", filter=answered, distinct=True))
        .order_by("-created_at", "-pk")
    )
    context = {"page": Paginator(rows, PER_PAGE).get_page(request.GET.get("pagina")), **tabs(request)}
    return render(request, "network/campaign_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@manages_designations
def campaign_create(request: HttpRequest) -> HttpResponse:
    form = CampaignForm(
        request.POST if request.method == "POST" else None,
        municipalities=visible_municipalities(request.user).order_by("sort_name"),
        initial={"who": request.GET.get("a") or CampaignForm.ENDING},
    )
    if request.method == "POST" and form.is_valid():
        try:
            campaign = services.start_campaign(
                campaign=form.instance,
                municipalities=_chosen(request, form),
                also_people=form.cleaned_data["also_people"],
                by=cast(User, request.user),
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("La campaña empezó: los correos van en camino."))
            return redirect("staff_campaign_detail", campaign.pk)
    return render(request, "network/campaign_create.html", {"form": form}, status=422 if form.is_bound else 200)


@require_safe
@manages_designations
@never_cache
def campaign_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """How far each municipality is, with counts that narrow the list."""
    campaign = _campaign(request, pk)
    links = list(
        campaign.links.select_related("municipality__region")
        .prefetch_related("proposals__designation")
        .order_by("municipality__sort_name")
    )
    states = [(link, link.state) for link in links]
    counts, wanted = Counter(state for _link, state in states), request.GET.get("estado", "")
    context = {
        "campaign": campaign,
        "rows": [(link, state, TONES[state]) for link, state in states if wanted in {"", state}],
        "counts": [(state, counts[state], TONES[state]) for state in LinkState if counts[state]],
        "wanted": wanted if wanted in LinkState.values else "",
        "total": len(links),
        "answered": counts[LinkState.PROPOSED] + counts[LinkState.VERIFIED],
        "to_remind": services.to_be_reminded(campaign, timezone.localdate()).count() if campaign.is_open else 0,
    }
    return render(request, "network/campaign_detail.html", context)


@require_POST
@manages_designations
def campaign_remind(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        told = services.remind_campaign(campaign=_campaign(request, pk), by=cast(User, request.user))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("staff_campaign_detail", pk)
    if told:
        text = ngettext(
            "El recordatorio va en camino a {n} municipio.", "El recordatorio va en camino a {n} municipios.", told
        )
        messages.success(request, text.format(n=told))
    else:
        messages.info(request, _("Hoy ya se recordó a todos los que faltan."))
    return redirect("staff_campaign_detail", pk)


@require_POST
@manages_designations
def campaign_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    services.cancel_campaign(campaign=_campaign(request, pk), by=cast(User, request.user))
    messages.success(request, _("La campaña se canceló: sus enlaces ya no sirven. Lo propuesto sigue por decidirse."))
    return redirect("staff_campaign_detail", pk)


def _campaign(request: HttpRequest, pk: int) -> RenewalCampaign:
    return get_object_or_404(visible_campaigns(request.user).select_related("created_by", "cancelled_by"), pk=pk)


def _chosen(request: HttpRequest, form: CampaignForm) -> list[Municipality]:
    data, places = form.cleaned_data, form.places
    if data["who"] == CampaignForm.CHOSEN:
        return [places[pk] for pk in data["municipalities"]]
    if data["who"] == CampaignForm.VACANT:
        found = set(municipalities_without_titular().values_list("pk", flat=True))
    else:
        ending = visible_designations(request.user).titulares().ending(until=data["ends_by"])
        found = set(ending.values_list("municipality", flat=True))
    return [place for place in places.values() if place.pk in found]
