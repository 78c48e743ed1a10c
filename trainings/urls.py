"""Addresses of trainings."""

from django.urls import path

from trainings.views import certificates, public, staff

urlpatterns = [
    path("capacitaciones/", public.training_list, name="training_list"),
    path("capacitaciones/<slug:slug>/", public.training_detail, name="training_detail"),
    path("constancias/mia/<str:code>/", certificates.own_certificate, name="own_certificate"),
    path("constancias/mia/<str:code>/constancia.pdf", certificates.own_certificate_file, name="own_certificate_file"),
    path("constancias/<slug:folio>/", certificates.certificate, name="certificate"),
    path("gestion/capacitaciones/", staff.training_list, name="staff_training_list"),
    path("gestion/capacitaciones/nueva/", staff.training_create, name="staff_training_create"),
    path("gestion/capacitaciones/<int:pk>/", staff.training_edit, name="staff_training_edit"),
    path("gestion/capacitaciones/<int:pk>/publicar/", staff.training_publish, name="staff_training_publish"),
    path("gestion/capacitaciones/<int:pk>/borrar/", staff.training_delete, name="staff_training_delete"),
]
