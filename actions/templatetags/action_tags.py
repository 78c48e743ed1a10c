"""How the states of an action look: always words, with the same tone and icon on every page."""

from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from actions.enums import ActionStatus, ReviewState
from actions.models import Action, Evidence
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
