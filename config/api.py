"""The open interface. What each address answers is described at ``openapi.json`` and, to read, at ``docs``."""

from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI

from trainings.api import router as trainings

api = NinjaAPI(
    title="Datos abiertos de la red",
    version="1.0.0",
    description="Solo lectura y sin cuenta: lo que publican las páginas. Lo que no se sabe es nulo, nunca cero.",
    urls_namespace="api",
)
api.add_router("", trainings)


def open_to_everybody() -> tuple[list[URLResolver | URLPattern], str, str]:
    """Its addresses, which ask nobody to sign in."""
    patterns, app_name, namespace = api.urls
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            pattern.callback.login_required = False  # type: ignore[attr-defined]  # asked by the middleware
    return patterns, app_name, namespace
