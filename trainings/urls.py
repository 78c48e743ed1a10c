"""Addresses of trainings."""

from django.urls import path

from trainings.views import certificates, enrolment, liaison, public, staff, staff_enrolment

urlpatterns = [
    path("capacitaciones/", public.training_list, name="training_list"),
    path("capacitaciones/<slug:slug>/", public.training_detail, name="training_detail"),
    path("capacitaciones/<slug:slug>/inscripcion/", enrolment.training_enrol, name="training_enrol"),
    path("capacitaciones/inscripciones/<slug:token>/", enrolment.enrolment_detail, name="enrolment_detail"),
    path("capacitaciones/inscripciones/<slug:token>/cancelar/", enrolment.enrolment_cancel, name="enrolment_cancel"),
    path("mi-municipio/capacitaciones/", liaison.enrolments, name="liaison_training_enrolments"),
    path(
        "mi-municipio/capacitaciones/<int:pk>/inscribir/",
        liaison.enrolment_create,
        name="liaison_training_enrolment_create",
    ),
    path(
        "mi-municipio/capacitaciones/inscripciones/<int:pk>/cancelar/",
        liaison.enrolment_cancel,
        name="liaison_training_enrolment_cancel",
    ),
    path("constancias/mia/<str:code>/", certificates.own_certificate, name="own_certificate"),
    path("constancias/mia/<str:code>/constancia.pdf", certificates.own_certificate_file, name="own_certificate_file"),
    path("constancias/<slug:folio>/", certificates.certificate, name="certificate"),
    path("gestion/capacitaciones/", staff.training_list, name="staff_training_list"),
    path("gestion/capacitaciones/nueva/", staff.training_create, name="staff_training_create"),
    path("gestion/capacitaciones/<int:pk>/", staff.training_edit, name="staff_training_edit"),
    path("gestion/capacitaciones/<int:pk>/publicar/", staff.training_publish, name="staff_training_publish"),
    path("gestion/capacitaciones/<int:pk>/borrar/", staff.training_delete, name="staff_training_delete"),
    path(
        "gestion/capacitaciones/<int:pk>/inscripciones/", staff_enrolment.enrolments, name="staff_training_enrolments"
    ),
    path(
        "gestion/capacitaciones/<int:pk>/inscripciones/nueva/",
        staff_enrolment.enrolment_create,
        name="staff_enrolment_create",
    ),
    path(
        "gestion/capacitaciones/<int:pk>/inscripciones/sesiones/",
        staff_enrolment.enrolments_sessions,
        name="staff_enrolments_sessions",
    ),
    path("gestion/capacitaciones/inscripciones/<int:pk>/", staff_enrolment.enrolment, name="staff_enrolment"),
    path(
        "gestion/capacitaciones/inscripciones/<int:pk>/excepcion/",
        staff_enrolment.enrolment_exception,
        name="staff_enrolment_exception",
    ),
    path(
        "gestion/capacitaciones/inscripciones/<int:pk>/cancelar/",
        staff_enrolment.enrolment_cancel,
        name="staff_enrolment_cancel",
    ),
]
