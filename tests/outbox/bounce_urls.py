"""The portal's addresses where a provider of mail is configured."""

from django.urls import path

from config.urls import urlpatterns as portal
from outbox import bounces

urlpatterns = [path("correo/rebotes/", bounces.webhook("postmark")), *portal]
handler403 = "web.views.permission_denied"
