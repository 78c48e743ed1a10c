from django.urls import path

from web import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("tema.css", views.theme_css, name="theme_css"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("manifest.webmanifest", views.web_manifest, name="web_manifest"),
    path("sin-conexion/", views.offline, name="offline"),
    path("sw.js", views.worker, name="worker_js"),
    path("robots.txt", views.robots_txt, name="robots_txt"),
    path(".well-known/security.txt", views.security_txt, name="security_txt"),
    path("componentes/", views.gallery, name="gallery"),
]
