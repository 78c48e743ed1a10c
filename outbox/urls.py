from django.urls import path

from outbox.views import choices, staff, texts

urlpatterns = [
    path("estado/", staff.status, name="status"),
    path("gestion/correo/", staff.staff_mail_list, name="staff_mail_list"),
    path("gestion/correo/<int:pk>/", staff.staff_mail_detail, name="staff_mail_detail"),
    path("gestion/correo/<int:pk>/reenviar/", staff.staff_mail_resend, name="staff_mail_resend"),
    path("gestion/correo/<int:pk>/desistir/", staff.staff_mail_give_up, name="staff_mail_give_up"),
    path("gestion/correo/direcciones/", staff.staff_address_list, name="staff_address_list"),
    path("gestion/correo/direcciones/preferencias/", staff.staff_preference_list, name="staff_preference_list"),
    path("gestion/correo/direcciones/<int:pk>/", staff.staff_address_lift, name="staff_address_lift"),
    path("correo/preferencias/<str:code>/", choices.choices, name="mail_choices"),
    path("correo/baja/<str:code>/", choices.unsubscribe, name="mail_unsubscribe"),
    path("gestion/correo/textos/", texts.staff_text_list, name="staff_text_list"),
    path("gestion/correo/textos/<str:key>/<slug:language>/", texts.staff_text_edit, name="staff_text_edit"),
    path("gestion/correo/textos/<str:key>/<slug:language>/vista/", texts.staff_text_preview, name="staff_text_preview"),
    path("gestion/correo/textos/<str:key>/<slug:language>/prueba/", texts.staff_text_test, name="staff_text_test"),
    path("demo/correo/", staff.demo_mail, name="demo_mail"),
    path("demo/correo/<slug:file>/<int:index>/", staff.demo_mail_message, name="demo_mail_message"),
    path("demo/correo/<slug:file>/<int:index>/html/", staff.demo_mail_html, name="demo_mail_html"),
    path(
        "demo/correo/<slug:file>/<int:index>/adjunto/<int:number>/",
        staff.demo_mail_attachment,
        name="demo_mail_attachment",
    ),
]
