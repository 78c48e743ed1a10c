"""How the states of an action look: always words, with the same tone and icon on every page."""

from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from actions.enums import ActionStatus, ReviewState
from actions.models import Action, EmissionEstimate, Evidence, rate_of
from web.templatetags.components import badge

register = template.Library()

REVIEW = {
    ReviewState.DRAFT: ("neutral", "edit"),
    ReviewState.SUBMITTED: ("info", "clock"),
    ReviewState.RETURNED: ("warn", "reply"),
    ReviewState.VALIDATED: ("primary", "check"),
    ReviewState.PUBLISHED: ("ok", "check"),
}
STATUS = {
    ActionStatus.PLANNED: ("neutral", "flag"),
    ActionStatus.UNDER_WAY: ("primary", "arrow-right"),
    ActionStatus.COMPLETED: ("ok", "check"),
    ActionStatus.SUSPENDED: ("warn", "minus"),
    ActionStatus.CANCELLED: ("neutral", "close"),
}


@register.simple_tag
def review_badge(action: Action) -> SafeString:
    tone, icon = REVIEW[ReviewState(action.review_state)]
    return badge(action.get_review_state_display(), tone=tone, icon=icon)


@register.simple_tag
def status_badge(action: Action) -> SafeString:
    """Where the work stands; an overdue action says so besides."""
    tone, icon = STATUS[ActionStatus(action.status)]
    shown = badge(action.get_status_display(), tone=tone, icon=icon)
    if action.is_overdue:
        return format_html("{} {}", shown, badge(_("Fuera de plazo"), tone="danger", icon="alert"))
    return shown


@register.filter
def amount(value: Decimal | None) -> str:
    """``1250.00`` → ``1,250``; ``0.50`` → ``0.5``; what is unknown is «sin dato»."""
    if value is None:
        return _("sin dato")
    words = f"{value:,.2f}"
    return words.rstrip("0").rstrip(".")


@register.filter
def pesos(value: Decimal) -> str:
    """Money as people write it: ``1,250,000`` or ``1,250,000.50``."""
    return f"{value:,.2f}".removesuffix(".00")


@register.filter
def file_kind(evidence: Evidence) -> str:
    """``PDF``, ``JPG``: the form of the file, from its stored name."""
    return str(evidence.file.name or "").rsplit(".", 1)[-1].upper()


@register.filter
def host(address: str) -> str:
    """Where a link leads, in short: ``https://toluca.example/obra/1`` → ``toluca.example``."""
    return address.split("://", 1)[-1].split("/", 1)[0].split("?", 1)[0]


@register.filter
def formula(estimate: EmissionEstimate) -> str:
    """``12,000 kWh (12 MWh) × 0.438 tCO2e/MWh (2023, fuente, evidencia C) = 5.26 tCO2e``; empty where it was typed."""
    if estimate.factor_value is None:
        return ""
    activity = f"{amount(estimate.activity_value)} {estimate.activity_unit}"
    if estimate.converted is not None:
        rate = rate_of(estimate.factor_unit)
        activity += f" ({_number(estimate.converted)} {rate.per if rate else ''})"
    return _("%(activity)s × %(factor)s %(unit)s (%(year)s, %(source)s, evidencia %(grade)s) = %(result)s") % {
        "activity": activity,
        "factor": _number(estimate.factor_value),
        "unit": estimate.factor_unit,
        "year": estimate.factor_year,
        "source": estimate.factor_source,
        "grade": estimate.factor_evidence,
        "result": tonnes(estimate),
    }


@register.filter
def tonnes(estimate: EmissionEstimate) -> str:
    """``5.26 tCO2e``: two places, and four where it is less than one tonne."""
    value = estimate.tonnes
    words = f"{value:,.2f}" if value >= 1 else f"{value:.4f}"
    return (words.rstrip("0").rstrip(".") if "." in words else words) + " tCO2e"


def _number(value: Decimal) -> str:
    words = f"{value:,.10f}"
    return words.rstrip("0").rstrip(".")
