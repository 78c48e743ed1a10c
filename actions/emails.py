"""One composer for each message about an action. Each reads the rows as they are when the mail leaves."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from actions.enums import ReviewState
from actions.models import Action, Review
from network.models import Designation
from outbox.registry import Mail, NotWanted
from web import identity
from web.mailhtml import inline

Params = dict[str, Any]


def submitted(params: Params, language: str) -> Mail | NotWanted:
    """To the institute: an action waits for review."""
    review = _review(params)
    if review is None or review.action.review_state != ReviewState.SUBMITTED:
        return NotWanted(_("La acción ya no espera revisión."))
    return _mail("submitted", review, reverse("staff_action_detail", args=[review.action_id]))


def returned(params: Params, language: str) -> Mail | NotWanted:
    """To the municipality: what has to be corrected."""
    review = _review(params)
    if review is None or review.action.review_state != ReviewState.RETURNED:
        return NotWanted(_("La acción ya se corrigió."))
    if not _still_designated(params, review.action):
        return NotWanted(_("La designación ya no está vigente."))
    return _mail("returned", review, reverse("liaison_action_detail", args=[review.action_id]))


def validated(params: Params, language: str) -> Mail | NotWanted:
    """To the municipality: the action is public."""
    review = _review(params)
    if review is None or review.action.review_state != ReviewState.VALIDATED:
        return NotWanted(_("La acción ya no está validada."))
    if not _still_designated(params, review.action):
        return NotWanted(_("La designación ya no está vigente."))
    return _mail("validated", review, reverse("action_detail", args=[review.action.slug]))


def _review(params: Params) -> Review | None:
    return Review.objects.select_related("action__municipality").filter(pk=params["review"]).first()


def _still_designated(params: Params, action: Action) -> bool:
    """Who lost the designation since must not learn of the municipality's work."""
    in_force = Designation.objects.in_force().filter(municipality=action.municipality_id)
    return in_force.filter(pk=params["designation"]).exists()


def _mail(name: str, review: Review, path: str) -> Mail:
    context = {
        "review": review,
        "action": review.action,
        "installation": identity.current(),
        "link": f"{settings.SITE_URL}{path}",
        "LANGUAGE_CODE": get_language(),
    }
    subject, text, html = (
        render_to_string(f"emails/actions/{name}.{ending}", context) for ending in ("subject.txt", "txt", "html")
    )
    return Mail(subject=" ".join(subject.split()), text=text, html=inline(html))
