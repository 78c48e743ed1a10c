from django.urls import path

from actions.views import liaison, public, staff

urlpatterns = [
    path("acciones/", public.action_list, name="action_list"),
    path("acciones/evidencia/<int:pk>/", public.evidence_file, name="evidence_file"),
    path("acciones/<slug:slug>/", public.action_detail, name="action_detail"),
    path("mi-municipio/acciones/", liaison.action_list, name="liaison_action_list"),
    path("mi-municipio/acciones/nueva/", liaison.action_create, name="liaison_action_create"),
    path("mi-municipio/acciones/<int:pk>/", liaison.action_detail, name="liaison_action_detail"),
    path("mi-municipio/acciones/<int:pk>/editar/", liaison.action_edit, name="liaison_action_edit"),
    path("mi-municipio/acciones/<int:pk>/enviar/", liaison.action_submit, name="liaison_action_submit"),
    path("mi-municipio/acciones/<int:pk>/eliminar/", liaison.action_delete, name="liaison_action_delete"),
    path("mi-municipio/acciones/<int:pk>/seguimiento/", liaison.follow_up_create, name="liaison_follow_up_create"),
    path("mi-municipio/acciones/<int:pk>/evidencia/", liaison.evidence_create, name="liaison_evidence_create"),
    path(
        "mi-municipio/acciones/<int:pk>/evidencia/<int:evidence_pk>/eliminar/",
        liaison.evidence_delete,
        name="liaison_evidence_delete",
    ),
    path("gestion/acciones/", staff.action_list, name="staff_action_list"),
    path("gestion/acciones/<int:pk>/", staff.action_detail, name="staff_action_detail"),
]
