"""The limit: a Django view without middleware that answers so many bytes from memory, under the portal's server."""

from functools import lru_cache

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    ROOT_URLCONF="bench.bare", ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="only-for-the-limit", MIDDLEWARE=[]
)


@lru_cache
def body(size: int) -> bytes:
    return b"x" * size


def answer(request: HttpRequest, size: int) -> HttpResponse:
    return HttpResponse(body(size), content_type="text/html; charset=utf-8")


urlpatterns = [path("healthz", answer, {"size": 2}), path("<int:size>/", answer)]
application = get_wsgi_application()
