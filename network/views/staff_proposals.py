"""The staff's desk of proposals: send a link, verify what came back, or say what is wrong with it."""

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from network import services
from network.enums import DesignationKind, DesignationState
from network.forms import AddressForm, LinkForm, RejectForm, VerifyForm
from network.models import Designation, Person, Proposal, ProposalLink, User
from network.rules import visible_designations, visible_links, visible_municipalities, visible_people, visible_proposals
from network.views.staff import manages_designations, tabs
from web.search import folded_name

PER_PAGE = 50
KNOWN_SHOWN = 12


@require_safe
@manages_designations
@never_cache
def proposal_list(request: HttpRequest) -> HttpResponse:
    """What waits for the institute, the oldest first, and the links that were sent by themselves."""
    waiting = (
        visible_proposals(request.user).waiting().select_related("designation__person", "link__municipality__region")
    )
    links = visible_links(request.user).filter(campaign=None).select_related("municipality")
    context = {
        "page": Paginator(waiting, PER_PAGE).get_page(request.GET.get("pagina")),
        "links": Paginator(links.prefetch_related("proposals__designation"), PER_PAGE).get_page(
            request.GET.get("enlaces")
        ),
        **tabs(request),
    }
    return render(request, "network/proposal_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@manages_designations
@never_cache
def link_create(request: HttpRequest) -> HttpResponse:
    """Ask one municipality to propose its people."""
    chosen = request.GET.get("municipio", "")
    form = LinkForm(
        request.POST if request.method == "POST" else None,
        municipalities=visible_municipalities(request.user).select_related("office"),
        initial={"municipality": chosen if chosen.isdecimal() and len(chosen) < 18 else None},
    )
    if request.method == "POST" and form.is_valid():
        try:
            link = services.send_link(by=cast(User, request.user), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("El enlace va en camino a {email}.").format(email=link.email))
            return redirect("staff_link_detail", link.pk)
    return render(request, "network/link_create.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@manages_designations
@never_cache
def link_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One link: the address to copy, what came of it, and sending it again or elsewhere."""
    link = _link(request, pk)
    form = AddressForm(request.POST if request.method == "POST" else None, initial={"email": link.email, "keep": False})
    if request.method == "POST" and form.is_valid():
        try:
            services.readdress_link(link=link, by=cast(User, request.user), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("El enlace va en camino a {email}.").format(email=form.cleaned_data["email"]))
            return redirect("staff_link_detail", pk)
    context = {
        "form": form,
        "link": link,
        "url": settings.SITE_URL + reverse("proposal_home", args=[link.token]),
        "proposals": link.proposals.all(),
    }
    return render(request, "network/link_detail.html", context, status=422 if form.is_bound else 200)


@require_POST
@manages_designations
def link_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    services.revoke_link(link=_link(request, pk), by=cast(User, request.user))
    messages.success(request, _("El enlace ya no sirve."))
    return redirect("staff_link_detail", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@manages_designations
@never_cache
def designation_verify(request: HttpRequest, pk: int) -> HttpResponse:
    """Say who the proposed person is and whom they succeed; both change in the same moment."""
    proposal = _proposal(request, pk)
    designation = proposal.designation
    if request.method != "POST" and designation.state != DesignationState.PROPOSED:
        return redirect("staff_designation_detail", pk)
    form = VerifyForm(
        request.POST if request.method == "POST" else None,
        designation=designation,
        known=_known(request, designation),
        replaced=_to_replace(request, designation),
    )
    status = 422 if form.is_bound else 200
    if request.method == "POST" and (form.is_valid() or designation.state != DesignationState.PROPOSED):
        try:
            verified = services.verify_proposal(
                proposal=proposal,
                person=form.chosen(),
                replacing=form.replaced if form.cleaned_data.get("replace") else None,
                send_invitation=bool(form.cleaned_data.get("invite")),
                by=cast(User, request.user),
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
            status = 409
        else:
            _say_verified(request, verified)
            return redirect("staff_designation_detail", pk)
    return _decision_page(request, proposal, form, "network/designation_verify.html", status)


@require_http_methods(["GET", "HEAD", "POST"])
@manages_designations
@never_cache
def designation_reject(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what is wrong; the municipality reads it by mail and may correct it."""
    proposal = _proposal(request, pk)
    if request.method != "POST" and proposal.designation.state != DesignationState.PROPOSED:
        return redirect("staff_designation_detail", pk)
    form = RejectForm(request.POST if request.method == "POST" else None)
    status = 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        try:
            services.reject_proposal(proposal=proposal, by=cast(User, request.user), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
            status = 409
        else:
            messages.success(request, _("La propuesta quedó rechazada. El motivo va por correo al municipio."))
            return redirect("staff_designation_detail", pk)
    return _decision_page(request, proposal, form, "network/designation_reject.html", status)


def _decision_page(
    request: HttpRequest, proposal: Proposal, form: BaseForm, template: str, status: int
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "proposal": proposal,
        "designation": proposal.designation,
        "words": request.GET.get("q", "").strip(),
    }
    return render(request, template, context, status=status)


def _say_verified(request: HttpRequest, designation: Designation) -> None:
    if designation.invitations.pending().exists():
        text = _("La designación quedó vigente y la invitación va en camino a {email}.")
        messages.success(request, text.format(email=designation.person.email))
    else:
        messages.success(request, _("La designación quedó vigente."))


def _proposal(request: HttpRequest, pk: int) -> Proposal:
    rows = visible_proposals(request.user).select_related(
        "designation__person__user", "designation__municipality__region", "link", "decided_by"
    )
    return get_object_or_404(rows, designation=pk)


def _link(request: HttpRequest, pk: int) -> ProposalLink:
    rows = visible_links(request.user).select_related("municipality__region", "campaign", "created_by")
    return get_object_or_404(rows.prefetch_related("proposals__designation__person"), pk=pk)


def _known(request: HttpRequest, designation: Designation) -> list[Person]:
    """Whom the proposed person may be: the same e-mail, the same name in this municipality, or who was searched for.

    Nobody is chosen by itself: namesakes and shared mailboxes are two people until somebody says otherwise.
    """
    typed, words = designation.person, request.GET.get("q", "").strip()
    same = Q(name_key=folded_name(typed.name), municipality=designation.municipality_id)
    if typed.email:
        same |= Q(email__iexact=typed.email) | Q(aliases__normalised=typed.email.lower())
    people = visible_people(request.user).exclude(pk=typed.pk).select_related("municipality")
    found = {person.pk: person for person in people.filter(same)[:KNOWN_SHOWN]}
    if words:
        found |= {person.pk: person for person in people.matching(words)[:KNOWN_SHOWN]}
    return list(found.values())


def _to_replace(request: HttpRequest, designation: Designation) -> Designation | None:
    """The titular whom verifying would succeed; one whose period is over before is concluded without asking."""
    if designation.kind != DesignationKind.TITULAR:
        return None
    same = visible_designations(request.user).titulares().filter(municipality=designation.municipality_id)
    in_books = same.filter(state=DesignationState.IN_FORCE).exclude(pk=designation.pk).select_related("person")
    found = in_books.first()
    if found is None or (found.is_expired and found.ends_on and found.ends_on < designation.starts_on):
        return None
    return found
