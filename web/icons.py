"""The portal's own line icons on a grid of 24: name → the inside of the ``<svg>``. They mean nothing without words beside them."""

from functools import cache

from django.template import TemplateSyntaxError
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

PATHS = {
    "alert": '<path d="M12 3 2.5 20h19Z"/><path d="M12 10v4M12 17v.01"/>',
    "arrow-right": '<path d="M5 12h14M13 6l6 6-6 6"/>',
    "arrow-left": '<path d="M19 12H5M11 6l-6 6 6 6"/>',
    "bell": '<path d="M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15ZM10 21h4"/>',
    "book": '<path d="M4 5.5C6.5 4 9.5 4 12 6c2.5-2 5.5-2 8-.5V19c-2.5-1.5-5.5-1.5-8 .5-2.5-2-5.5-2-8-.5ZM12 6v13.5"/>',
    "calendar": '<rect x="3.5" y="5" width="17" height="15.5" rx="2"/><path d="M3.5 10h17M8 2.5v4M16 2.5v4"/>',
    "chart": '<path d="M4 20V4M4 20h16M8.5 16v-4M13 16V8M17.5 16v-6"/>',
    "check": '<path d="m4.5 12.5 5 5 10-11"/>',
    "chevron-right": '<path d="m9 5 7 7-7 7"/>',
    "chevron-left": '<path d="m15 5-7 7 7 7"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.5 2"/>',
    "close": '<path d="M5 5l14 14M19 5 5 19"/>',
    "copy": '<rect x="8.5" y="8.5" width="12" height="12" rx="2"/><path d="M5.5 15.5h-2v-12h12v2"/>',
    "download": '<path d="M12 3.5v11M7 10l5 5 5-5M4 20h16"/>',
    "edit": '<path d="M4 20h4L19.5 8.5l-4-4L4 16ZM13 7l4 4"/>',
    "external": '<path d="M14 4h6v6M20 4l-9 9M18 14v6H4V6h6"/>',
    "file": '<path d="M6 2.5h8l5 5v14H6ZM14 2.5v5h5M9 13h6M9 17h6"/>',
    "filter": '<path d="M3.5 6h17M7 12h10M10.5 18h3"/>',
    "flag": '<path d="M5 21V4c4-2 7 2 14 0v10c-7 2-10-2-14 0"/>',
    "globe": '<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c3.5 3.5 3.5 14.5 0 18M12 3c-3.5 3.5-3.5 14.5 0 18"/>',
    "hexagon": '<path d="M12 2.5 20.2 7.25v9.5L12 21.5l-8.2-4.75v-9.5Z"/>',
    "home": '<path d="M3.5 11.5 12 4l8.5 7.5M6 10v10h12V10M10 20v-5.5h4V20"/>',
    "hybrid": '<rect x="2.5" y="5" width="11" height="9" rx="1.5"/><path d="M8 14v3M5 17h6"/><circle cx="18" cy="11" r="2.2"/><path d="M13.8 20c0-5 8.4-5 8.4 0"/>',
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.5v.01"/>',
    "inbox": '<path d="M3.5 13 6 5h12l2.5 8v6.5h-17ZM3.5 13H9l1 2.5h4l1-2.5h5.5"/>',
    "leaf": '<path d="M5 19C3 9 9 4 20 4c0 11-5 17-13 14M4 21c2-6 5-9 10-11"/>',
    "link": '<path d="M10 14a4 4 0 0 0 6 .5l3.5-3.5a4 4 0 0 0-6-5.5L12 7M14 10a4 4 0 0 0-6-.5L4.5 13a4 4 0 0 0 6 5.5L12 17"/>',
    "lock": '<rect x="4.5" y="10.5" width="15" height="10" rx="2"/><path d="M8 10.5V7a4 4 0 0 1 8 0v3.5"/>',
    "logout": '<path d="M14 4H5v16h9M10 12h11M17 8l4 4-4 4"/>',
    "mail": '<rect x="3" y="5" width="18" height="14" rx="2"/><path d="m3.5 7 8.5 6 8.5-6"/>',
    "menu": '<path d="M4 6.5h16M4 12h16M4 17.5h16"/>',
    "minus": '<path d="M5 12h14"/>',
    "paperclip": '<path d="m20 11-8.5 8.5a5 5 0 0 1-7-7L13 4a3.5 3.5 0 0 1 5 5l-8.5 8.5a1.8 1.8 0 0 1-2.5-2.5L14.5 7.5"/>',
    "pin": '<path d="M12 21.5c-5-6-7.5-9-7.5-12a7.5 7.5 0 0 1 15 0c0 3-2.5 6-7.5 12Z"/><circle cx="12" cy="9.5" r="2.5"/>',
    "plus": '<path d="M12 4.5v15M4.5 12h15"/>',
    "question": '<circle cx="12" cy="12" r="9"/><path d="M9.5 9.5a2.6 2.6 0 1 1 3.6 2.5c-.8.4-1.1.9-1.1 1.8M12 17v.01"/>',
    "reply": '<path d="M9 6 3.5 11.5 9 17M4 11.5h9c4 0 7 2 7.5 7"/>',
    "search": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5"/>',
    "send": '<path d="M3 11.5 21 3l-6.5 18-3.5-7.5ZM11 13.5 21 3"/>',
    "settings": '<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2.2"/><circle cx="9" cy="17" r="2.2"/>',
    "star": '<path d="m12 3 2.7 5.7 6.3.8-4.6 4.3 1.2 6.2L12 17l-5.6 3 1.2-6.2L3 9.5l6.3-.8Z"/>',
    "task": '<rect x="4" y="4" width="16" height="17" rx="2"/><path d="M9 2.5h6v3H9ZM8.5 13l2.5 2.5 4.5-5"/>',
    "team": '<circle cx="8.5" cy="8" r="3.2"/><path d="M2.5 20c0-8 12-8 12 0M15.5 5a3.2 3.2 0 0 1 0 6.2M17.5 14c2.5.7 4 2.7 4 6"/>',
    "trash": '<path d="M4 6.5h16M9 6.5V4h6v2.5M6.5 6.5 7.5 21h9l1-14.5"/>',
    "upload": '<path d="M12 15V4M7 8.5l5-5 5 5M4 20h16"/>',
    "user": '<circle cx="12" cy="8" r="4"/><path d="M4 21c0-10 16-10 16 0"/>',
    "video": '<rect x="2.5" y="6" width="13" height="12" rx="2"/><path d="m15.5 11 6-3.5v9l-6-3.5"/>',
    # The five pathways
    "low-carbon": '<path d="M13 2.5 5 14h6l-1 7.5L19 10h-6.5Z"/>',
    "nature-based": '<path d="M12 21.5V11M12 14c-7 0-8-4-8-8 6 0 8 3 8 8ZM12 11c0-5 2-8 8-8 0 5-2 8-8 8Z"/>',
    "circular": '<path d="M19.5 9A8 8 0 0 0 5 8M4.5 15A8 8 0 0 0 19 16M5 3.5V8h4.5M19 20.5V16h-4.5"/>',
    "resilient": '<path d="M12 2.5 20 5.5v6c0 5-3.5 8-8 10-4.5-2-8-5-8-10v-6ZM8 12.5c1.3-1.3 2.7-1.3 4 0s2.7 1.3 4 0"/>',
    "equitable": '<circle cx="12" cy="6" r="2.8"/><circle cx="5" cy="12" r="2.2"/><circle cx="19" cy="12" r="2.2"/><path d="M7.5 21c0-9 9-9 9 0M2 20c0-3.5 1-5 3-5M22 20c0-3.5-1-5-3-5"/>',
}


@cache
def icon(name: str, css: str = "") -> SafeString:
    """One icon, hidden from assistive technology. An unknown name is an error: the set is closed."""
    if name not in PATHS:
        raise TemplateSyntaxError(f"icon: {name!r} is not one of {', '.join(PATHS)}")
    inside = PATHS[name]
    classes = f"icon {css}".strip()
    return format_html(
        '<svg class="{}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true">{}</svg>',
        classes,
        mark_safe(inside),
    )
