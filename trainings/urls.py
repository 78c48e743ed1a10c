"""Addresses of trainings."""

from django.urls import URLPattern, include, path

from trainings.enums import Side
from trainings.views import (
    accompaniment,
    accompaniment_liaison,
    accompaniment_staff,
    certificates,
    enrolment,
    issuer,
    liaison,
    public,
    staff,
    staff_certificates,
    staff_enrolment,
    surveys,
)
from trainings.views import staff_certificate_templates as papers

# The same pages on both desks; ``side`` says on which.
LIAISON, STAFF = "mi-municipio/acompanamientos/", "gestion/acompanamientos/"
OURS, THEIRS = {"side": Side.INSTITUTE}, {"side": Side.MUNICIPALITY}


def desk(prefix: str, who: str, side: dict[str, Side]) -> list[URLPattern]:
    shared = (
        ("", accompaniment.detail, "accompaniment_detail"),
        ("sesion/", accompaniment.session_edit, "accompaniment_session_create"),
        ("sesion/<int:session_pk>/", accompaniment.session_edit, "accompaniment_session_edit"),
        ("sesion/<int:session_pk>/confirmar/", accompaniment.session_confirm, "accompaniment_session_confirm"),
        ("sesion/<int:session_pk>/quitar/", accompaniment.session_delete, "accompaniment_session_delete"),
        ("acuerdo/<int:agreement_pk>/", accompaniment.agreement_settle, "accompaniment_agreement_settle"),
        ("documento/", accompaniment.document_create, "accompaniment_document_create"),
        ("documento/<int:document_pk>/quitar/", accompaniment.document_remove, "accompaniment_document_remove"),
    )
    return [path(f"{prefix}<int:pk>/{rest}", view, side, name=f"{who}_{name}") for rest, view, name in shared]


of_training = [
    path("constancias/", staff_certificates.certificate_list, name="staff_certificate_list"),
    path("constancias/avance/", staff_certificates.certificate_progress, name="staff_certificate_progress"),
    path("constancias/reintentar/", staff_certificates.certificate_retry, name="staff_certificate_retry"),
    path("constancias.zip", staff_certificates.certificate_zip, name="staff_certificate_zip"),
]
of_certificate = [
    path("", staff_certificates.certificate_detail, name="staff_certificate_detail"),
    path("constancia.pdf", staff_certificates.staff_certificate_file, name="staff_certificate_file"),
    path("revocar/", staff_certificates.certificate_revoke, name="staff_certificate_revoke"),
    path("sustituir/", staff_certificates.certificate_replace, name="staff_certificate_replace"),
]
of_templates = [
    path("", papers.template_list, name="staff_certificate_template_list"),
    path("nueva/", papers.template_create, name="staff_certificate_template_create"),
    path("<int:pk>/", papers.template_edit, name="staff_certificate_template_edit"),
    path("<int:pk>/ejemplo.pdf", papers.template_preview, name="staff_certificate_template_preview"),
    path("<int:pk>/logotipos/", papers.logo_add, name="staff_certificate_logo_add"),
    path("<int:pk>/logotipos/<int:logo_pk>/quitar/", papers.logo_remove, name="staff_certificate_logo_remove"),
    path("<int:pk>/firmantes/", papers.signatory_add, name="staff_certificate_signatory_add"),
    path(
        "<int:pk>/firmantes/<int:signatory_pk>/quitar/", papers.signatory_remove,
        name="staff_certificate_signatory_remove",
    ),
]  # fmt: skip

urlpatterns = [
    path("capacitaciones/", public.training_list, name="training_list"),
    path("capacitaciones/<slug:slug>/", public.training_detail, name="training_detail"),
    path("capacitaciones/capacitaciones.csv", public.training_list_csv, name="training_list_csv"),
    path("capacitaciones/capacitaciones.pdf", public.training_list_pdf, name="training_list_pdf"),
    path("capacitaciones/<slug:slug>/capacitacion.pdf", public.training_pdf, name="training_pdf"),
    path("capacitaciones/<slug:slug>/inscripcion/", enrolment.training_enrol, name="training_enrol"),
    path("capacitaciones/inscripciones/<slug:token>/", enrolment.enrolment_detail, name="enrolment_detail"),
    path("capacitaciones/inscripciones/<slug:token>/cancelar/", enrolment.enrolment_cancel, name="enrolment_cancel"),
    path("capacitaciones/formulario/<str:code>/", surveys.training_form, name="training_form"),
    path("gestion/capacitaciones/<int:pk>/encuestas/", surveys.survey_edit, name="staff_training_surveys"),
    path("gestion/capacitaciones/<int:pk>/encuestas/enviar/", surveys.survey_send, name="staff_training_survey_send"),
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
    path("constancias/mia/<str:code>/insignia.jwt", certificates.own_certificate_badge, name="own_certificate_badge"),
    path("constancias/<slug:folio>/", certificates.certificate, name="certificate"),
    path("emisor/", issuer.issuer, name="issuer"),
    path("emisor/claves/<str:kid>/", issuer.issuer_key, name="issuer_key"),
    path("emisor/estado/<int:number>/", issuer.credential_status, name="credential_status"),
    path("gestion/capacitaciones/", staff.training_list, name="staff_training_list"),
    path("gestion/capacitaciones/nueva/", staff.training_create, name="staff_training_create"),
    path("gestion/capacitaciones/<int:pk>/", staff.training_edit, name="staff_training_edit"),
    path("gestion/capacitaciones/<int:pk>/cifras/", staff.training_figures, name="staff_training_figures"),
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
    path(LIAISON, accompaniment_liaison.accompaniment_list, name="liaison_accompaniment_list"),
    path(f"{LIAISON}nuevo/", accompaniment_liaison.accompaniment_create, name="liaison_accompaniment_create"),
    path(
        f"{LIAISON}<int:pk>/editar/",
        accompaniment_liaison.accompaniment_edit,
        THEIRS,
        name="liaison_accompaniment_edit",
    ),
    path(
        f"{LIAISON}<int:pk>/version/",
        accompaniment_liaison.version_create,
        THEIRS,
        name="liaison_accompaniment_version_create",
    ),
    path(
        f"{LIAISON}<int:pk>/version/<int:round_pk>/",
        accompaniment_liaison.round_reply,
        THEIRS,
        name="liaison_accompaniment_round_reply",
    ),
    path(f"{LIAISON}<int:pk>/cierre/", accompaniment_liaison.closing, THEIRS, name="liaison_accompaniment_closing"),
    *desk(LIAISON, "liaison", THEIRS),
    path(STAFF, accompaniment_staff.accompaniment_list, name="staff_accompaniment_list"),
    path(f"{STAFF}agenda/", accompaniment_staff.agenda, name="staff_accompaniment_agenda"),
    path(f"{STAFF}horas/", accompaniment_staff.hours, name="staff_accompaniment_hours"),
    path(f"{STAFF}horas.csv", accompaniment_staff.hours_csv, name="staff_accompaniment_hours_csv"),
    path(f"{STAFF}personas-expertas/", accompaniment_staff.expert_list, name="staff_expert_list"),
    path(f"{STAFF}personas-expertas/nueva/", accompaniment_staff.expert_edit, name="staff_expert_create"),
    path(f"{STAFF}personas-expertas/<int:pk>/", accompaniment_staff.expert_edit, name="staff_expert_edit"),
    path(f"{STAFF}<int:pk>/respuesta/", accompaniment_staff.decide, OURS, name="staff_accompaniment_decide"),
    path(f"{STAFF}<int:pk>/asignacion/", accompaniment_staff.assign, OURS, name="staff_accompaniment_assign"),
    path(
        f"{STAFF}<int:pk>/version/<int:round_pk>/",
        accompaniment_staff.round_recommend,
        OURS,
        name="staff_accompaniment_round_recommend",
    ),
    path(f"{STAFF}<int:pk>/cierre/", accompaniment_staff.close, OURS, name="staff_accompaniment_close"),
    path(f"{STAFF}<int:pk>/reabrir/", accompaniment_staff.reopen, OURS, name="staff_accompaniment_reopen"),
    *desk(STAFF, "staff", OURS),
    path("acompanamientos/", accompaniment.public_hours_page, name="accompaniment_hours"),
    path("acompanamientos/horas.csv", accompaniment.public_hours_csv, name="accompaniment_hours_csv"),
    path("acompanamientos/documentos/<int:pk>/", accompaniment.document_file, name="accompaniment_document_file"),
    path("gestion/capacitaciones/<int:pk>/", include(of_training)),
    path("gestion/constancias/plantillas/", include(of_templates)),
    path("gestion/constancias/<slug:folio>/", include(of_certificate)),
]
