"""The portal's components: template tags with closed arguments. `/componentes/` shows each in every state.

A builtin library (settings.TEMPLATES), so no page needs `{% load %}`.
"""

from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def thousands(value: object) -> str:
    """``1088`` → ``1,088``; what is unknown stays an em dash, never zero."""
    if value is None or value == "":
        return "—"
    return f"{value:,}" if isinstance(value, (int, float, Decimal)) else str(value)
