"""Addresses of events."""

from django.urls import path

from events import feeds
from events.views import calendar, public, registration, staff, staff_people

urlpatterns = [
    path("calendario/", calendar.calendar, name="calendar"),
    path("calendario.ics", feeds.calendar_ics, name="calendar_ics"),
    path("eventos/inscripciones/<slug:token>/", registration.registration_detail, name="registration_detail"),
    path("eventos/inscripciones/<slug:token>/cancelar/", registration.registration_cancel, name="registration_cancel"),
    path("eventos/inscripciones/<slug:token>/evento.ics", registration.registration_ics, name="registration_ics"),
    path("eventos/<slug:slug>.ics", feeds.event_ics, name="event_ics"),
    path("eventos/<slug:slug>/", public.event_detail, name="event_detail"),
    path("eventos/<slug:slug>/inscripcion/", registration.event_register, name="event_register"),
    path("eventos/<slug:slug>/materiales/<int:pk>/", public.material_file, name="material_file"),
    path("ciclos/", public.series_list, name="series_list"),
    path("ciclos/<slug:slug>/", public.series_detail, name="series_detail"),
    path("gestion/eventos/", staff.event_list, name="staff_event_list"),
    path("gestion/eventos/nuevo/", staff.event_create, name="staff_event_create"),
    path("gestion/eventos/<int:pk>/", staff.event_detail, name="staff_event_detail"),
    path("gestion/eventos/<int:pk>/editar/", staff.event_edit, name="staff_event_edit"),
    path("gestion/eventos/<int:pk>/publicar/", staff.event_publish, name="staff_event_publish"),
    path("gestion/eventos/<int:pk>/cancelar/", staff.event_cancel, name="staff_event_cancel"),
    path("gestion/eventos/<int:pk>/borrar/", staff.event_delete, name="staff_event_delete"),
    path("gestion/eventos/<int:pk>/resultados/", staff.event_results, name="staff_event_results"),
    path("gestion/eventos/<int:pk>/inscripciones/", staff_people.registrations, name="staff_event_registrations"),
    path(
        "gestion/eventos/<int:pk>/inscripciones.csv",
        staff_people.registrations_csv,
        name="staff_event_registrations_csv",
    ),
    path(
        "gestion/eventos/<int:pk>/inscripciones/nueva/",
        staff_people.registration_create,
        name="staff_event_registration_create",
    ),
    path(
        "gestion/eventos/<int:pk>/inscripciones/<int:registration_pk>/cancelar/",
        staff_people.registration_cancel,
        name="staff_event_registration_cancel",
    ),
    path("gestion/eventos/<int:pk>/asistencia/", staff_people.attendance, name="staff_event_attendance"),
    path(
        "gestion/eventos/<int:pk>/asistencia/nueva/", staff_people.attendee_create, name="staff_event_attendee_create"
    ),
    path(
        "gestion/eventos/<int:pk>/asistencia/<int:attendance_pk>/quitar/",
        staff_people.attendance_remove,
        name="staff_event_attendance_remove",
    ),
    path("gestion/ciclos/", staff.series_list, name="staff_series_list"),
    path("gestion/ciclos/nuevo/", staff.series_create, name="staff_series_create"),
    path("gestion/ciclos/<int:pk>/", staff.series_edit, name="staff_series_edit"),
]
