"""Long texts written by people."""

from django import template
from django.utils.safestring import SafeString

from web import markdown

register = template.Library()


@register.filter("markdown")
def as_html(text: str) -> SafeString:
    """``{{ notice.text|markdown }}`` inside ``<div class="prose">``."""
    return markdown.render(text)
