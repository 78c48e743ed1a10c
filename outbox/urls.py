from django.urls import path

from outbox import views

urlpatterns = [
    path("estado/", views.status, name="status"),
    path("gestion/correo/", views.staff_mail_list, name="staff_mail_list"),
    path("gestion/correo/<int:pk>/", views.staff_mail_detail, name="staff_mail_detail"),
    path("gestion/correo/<int:pk>/reenviar/", views.staff_mail_resend, name="staff_mail_resend"),
    path("gestion/correo/<int:pk>/desistir/", views.staff_mail_give_up, name="staff_mail_give_up"),
    path("gestion/correo/direcciones/", views.staff_address_list, name="staff_address_list"),
    path("gestion/correo/direcciones/<int:pk>/", views.staff_address_lift, name="staff_address_lift"),
    path("demo/correo/", views.demo_mail, name="demo_mail"),
    path("demo/correo/<slug:file>/<int:index>/", views.demo_mail_message, name="demo_mail_message"),
    path("demo/correo/<slug:file>/<int:index>/html/", views.demo_mail_html, name="demo_mail_html"),
    path(
        "demo/correo/<slug:file>/<int:index>/adjunto/<int:number>/",
        views.demo_mail_attachment,
        name="demo_mail_attachment",
    ),
]
