"""What ``manage.py check`` says about the machine the portal runs on."""

from ctypes.util import find_library
from typing import Any

from django.core.checks import CheckMessage, Warning, register

# What WeasyPrint loads, with the Debian package that holds it.
PDF_LIBRARIES = {
    "pango-1.0": "libpango-1.0-0",
    "pangoft2-1.0": "libpangoft2-1.0-0",
    "harfbuzz-subset": "libharfbuzz-subset0",
}


@register()
def pdf_libraries(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn, naming the packages, where PDF pages would answer 503."""
    missing = [package for library, package in PDF_LIBRARIES.items() if not find_library(library)]
    if not missing:
        return []
    return [
        Warning(
            "PDF documents cannot be made: a system library is missing.",
            hint=f"apt-get install --no-install-recommends {' '.join(missing)}",
            id="web.W001",
        )
    ]
