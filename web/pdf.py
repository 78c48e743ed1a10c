"""PDF bytes from HTML. The one place that knows WeasyPrint."""


class PdfUnavailable(Exception):
    """A system library that WeasyPrint loads is missing; ``packages`` names the Debian packages to install."""

    packages = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
