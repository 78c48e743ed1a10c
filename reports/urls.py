from django.urls import path

from reports.views import dashboards, directory, pages, participant, results, staff_reports

urlpatterns = [
    path("", pages.home, name="home"),
    path("red/", pages.about_network, name="about_network"),
    path("municipios/", pages.municipality_list, name="municipality_list"),
    path("municipios/<slug:slug>/", pages.municipality_detail, name="municipality_detail"),
    path("mis-inscripciones/", participant.my_registrations, name="my_registrations"),
    path("mi-municipio/", dashboards.liaison_home, name="liaison_home"),
    path("gestion/", dashboards.staff_home, name="staff_home"),
    path("gestion/municipios/", directory.municipality_list, name="staff_municipality_list"),
    path("gestion/municipios.csv", directory.municipality_list_csv, name="staff_municipality_list_csv"),
    path("gestion/municipios.xlsx", directory.municipality_list_xlsx, name="staff_municipality_list_xlsx"),
    path("gestion/municipios/<slug:slug>/", directory.municipality_file, name="staff_municipality_detail"),
    path("resultados/", results.results, name="results"),
    path("resultados.csv", results.results_csv, name="results_csv"),
    path("informes/<slug:folio>/", results.report_public, name="report_public"),
    path("informes/<slug:folio>/cifras.csv", results.report_public_csv, name="report_public_csv"),
    path("gestion/informes/", staff_reports.report_list, name="staff_report_list"),
    path("gestion/informes/nuevo/", staff_reports.report_create, name="staff_report_create"),
    path("gestion/informes/<slug:folio>/", staff_reports.report_detail, name="staff_report_detail"),
    path("gestion/informes/<slug:folio>/avance/", staff_reports.report_progress, name="staff_report_progress"),
    path("gestion/informes/<slug:folio>/reintentar/", staff_reports.report_retry, name="staff_report_retry"),
    path("gestion/informes/<slug:folio>/informe.pdf", staff_reports.report_file, name="staff_report_file"),
    path("gestion/informes/<slug:folio>/cifras.csv", staff_reports.report_csv, name="staff_report_csv"),
]
