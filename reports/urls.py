from django.urls import path

from reports.views import dashboards, pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("red/", pages.about_network, name="about_network"),
    path("municipios/", pages.municipality_list, name="municipality_list"),
    path("municipios/<slug:slug>/", pages.municipality_detail, name="municipality_detail"),
    path("mi-municipio/", dashboards.liaison_home, name="liaison_home"),
    path("gestion/", dashboards.staff_home, name="staff_home"),
]
