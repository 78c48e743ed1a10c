from django.urls import path

from network.views import account, administration, public, staff

urlpatterns = [
    path("privacidad/", public.privacy, name="privacy"),
    path("privacidad/<str:version>/", public.privacy, name="privacy_version"),
    path("accesibilidad/", public.accessibility, name="accessibility"),
    path("invitacion/<str:token>/", public.invitation_accept, name="invitation_accept"),
    path("cuenta/entrada/", account.after_login, name="after_login"),
    path("cuenta/preferencias/", account.preferences, name="account_preferences"),
    path("gestion/designaciones/", staff.designation_list, name="staff_designation_list"),
    path("gestion/designaciones/nueva/", staff.designation_create, name="staff_designation_create"),
    path("gestion/designaciones/vacantes/", staff.vacancy_list, name="staff_vacancy_list"),
    path("gestion/designaciones/<int:pk>/", staff.designation_detail, name="staff_designation_detail"),
    path("gestion/designaciones/<int:pk>/editar/", staff.designation_edit, name="staff_designation_edit"),
    path("gestion/designaciones/<int:pk>/sustituir/", staff.designation_replace, name="staff_designation_replace"),
    path("gestion/designaciones/<int:pk>/concluir/", staff.designation_end, name="staff_designation_end"),
    path("gestion/designaciones/<int:pk>/invitar/", staff.designation_invite, name="staff_designation_invite"),
    path("gestion/designaciones/<int:pk>/oficio/", staff.designation_oficio, name="designation_oficio"),
    path("gestion/usuarios/", administration.user_list, name="staff_user_list"),
    path("gestion/usuarios/<int:pk>/", administration.user_edit, name="staff_user_edit"),
    path("gestion/ajustes/", administration.settings_edit, name="settings_edit"),
    path("gestion/ajustes/aviso/", administration.notice_create, name="privacy_notice_create"),
]
