"""Pages of designations, invitations, accounts, identity and legal texts."""

import datetime as dt
from io import BytesIO

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from network import services
from network.enums import DesignationState, Role
from network.models import Designation, Invitation, Pathway, Person, PrivacyNotice, User
from outbox.models import Message
from tests.factories import (
    PASSWORD,
    DesignationFactory,
    MunicipalityFactory,
    PersonFactory,
    PrivacyNoticeFactory,
    UserFactory,
    liaison,
)
from web.models import Installation

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def pdf(name="oficio.pdf"):
    file = BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(file)
    return SimpleUploadedFile(name, file.getvalue(), content_type="application/pdf")


def typed(place, **fields):
    return {
        "municipality": place.pk,
        "kind": "titular",
        "name": "Ana Prueba",
        "email": "ana@prueba.example",
        "position": "Directora de Ecología",
        "sex": "woman",
        "oficio_number": "PM/12/2026",
        "oficio_date": timezone.localdate().isoformat(),
        "starts_on": timezone.localdate().isoformat(),
    } | fields


def page_state(response):
    return response.content.decode().split('data-state="')[1].split('"')[0]


# --- Designations


def test_recording_a_letter_with_its_file_leads_to_its_page(desk, staff):
    municipality = MunicipalityFactory(name="Zumpahuacán")
    response = desk.post(reverse("staff_designation_create"), typed(municipality, oficio_file=pdf()))
    designation = Designation.objects.get()
    assert response.url == reverse("staff_designation_detail", args=[designation.pk])
    assert (designation.person.name, designation.created_by) == ("Ana Prueba", staff)
    assert len(designation.oficio_sha256) == 64
    assert "Zumpahuac" not in designation.oficio_file.name
    page = desk.get(response.url)
    assert (page_state(page), "Registro del oficio" in page.content.decode()) == ("in-force", True)


def test_letter_is_downloaded_as_a_file_that_no_browser_runs(desk):
    designation = DesignationFactory(municipality__name="Nopaltepec")
    assert desk.get(reverse("designation_oficio", args=[designation.pk])).status_code == 404
    designation.oficio_file.save("x.pdf", pdf())
    response = desk.get(reverse("designation_oficio", args=[designation.pk]))
    assert b"".join(response).startswith(b"%PDF")
    assert response["Content-Disposition"] == f'attachment; filename="oficio-nopaltepec-{designation.pk}.pdf"'
    assert (response["X-Content-Type-Options"], "sandbox" in response["Content-Security-Policy"]) == ("nosniff", True)


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"oficio_file": SimpleUploadedFile("oficio.pdf", b"MZ not a pdf")}, "oficio_file", "no se admite"),
        ({"ends_on": "2020-01-01"}, "ends_on", "termina antes de empezar"),
        ({"oficio_date": "2099-01-01"}, "oficio_date", "fecha futura"),
        ({"name": ""}, "name", "obligatorio"),
        ({"oficio_number": ""}, "oficio_number", "obligatorio"),
        ({"municipality": "99999999"}, "municipality", ""),
        ({"email": "esto no es un correo"}, "email", "correo"),
        ({"starts_on": "31/02/2026"}, "starts_on", "fecha"),
    ],
)
def test_refused_letter_says_why_beside_the_field_and_stores_nothing(desk, change, field, says):
    response = desk.post(reverse("staff_designation_create"), typed(MunicipalityFactory(), **change))
    assert (response.status_code, page_state(response)) == (422, "refused")
    errors = response.context["form"].errors
    assert list(errors) == [field]
    assert says in errors[field][0].lower()
    assert f'href="#id_{field}"' in response.content.decode()
    assert (Designation.objects.count(), Person.objects.count()) == (0, 0)


def test_second_titular_is_refused_beside_the_municipality_and_keeps_what_was_typed(desk):
    municipality = DesignationFactory().municipality
    response = desk.post(reverse("staff_designation_create"), typed(municipality))
    assert "ya tiene una persona titular vigente" in response.context["form"].errors["municipality"][0]
    assert 'value="Ana Prueba"' in response.content.decode()


def test_known_address_makes_a_second_person_only_on_purpose(desk):
    PersonFactory(email="ana@prueba.example")
    municipality = MunicipalityFactory()
    response = desk.post(reverse("staff_designation_create"), typed(municipality))
    assert list(response.context["form"].errors) == ["email"]
    assert 'name="another_person"' in response.content.decode()
    response = desk.post(reverse("staff_designation_create"), typed(municipality, another_person="on"))
    assert response.status_code == 302
    assert Person.objects.filter(email="ana@prueba.example").count() == 2


def test_known_person_is_found_without_accents_and_chosen(desk):
    person = PersonFactory(name="María Ñúñez Ávila", position="Regidora")
    municipality = MunicipalityFactory()
    address = reverse("staff_designation_create")
    found = desk.get(address, {"q": "NUNEZ maria", "municipio": municipality.pk})
    assert [row.pk for row in found.context["people"]] == [person.pk]
    chosen = desk.get(address, {"persona": person.pk, "municipio": municipality.pk})
    assert 'value="María Ñúñez Ávila"' in chosen.content.decode()
    desk.post(address, typed(municipality, person=person.pk, name=person.name, email=person.email))
    assert Designation.objects.get().person == person


def test_replacing_ends_the_old_letter_and_begins_the_new_one(desk):
    old = DesignationFactory()
    data = typed(old.municipality)
    response = desk.post(reverse("staff_designation_replace", args=[old.pk]), data)
    new = Designation.objects.exclude(pk=old.pk).get()
    assert response.url == reverse("staff_designation_detail", args=[new.pk])
    old.refresh_from_db()
    assert (old.state, new.state, new.municipality, new.kind) == (
        DesignationState.REPLACED,
        DesignationState.IN_FORCE,
        old.municipality,
        "titular",
    )


@pytest.mark.parametrize("days", [1, -60])
def test_replacement_in_the_future_or_before_the_old_one_is_refused(desk, days):
    old = DesignationFactory()
    data = typed(old.municipality, starts_on=(timezone.localdate() + days * DAY).isoformat())
    response = desk.post(reverse("staff_designation_replace", args=[old.pk]), data)
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["starts_on"])
    old.refresh_from_db()
    assert old.state == DesignationState.IN_FORCE


def test_year_beyond_reason_is_refused(desk):
    designation = DesignationFactory()
    data = typed(designation.municipality, reason="x", starts_on="0001-01-01", ends_on="", oficio_date="0202-05-01")
    response = desk.post(reverse("staff_designation_edit", args=[designation.pk]), data)
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["oficio_date", "starts_on"])


def test_editing_keeps_the_reason_in_the_history(desk, staff):
    designation = DesignationFactory()
    address = reverse("staff_designation_edit", args=[designation.pk])
    assert f'value="{designation.oficio_number}"' in desk.get(address).content.decode()
    data = typed(designation.municipality, reason="Error de dedo", name="Ana Corregida")
    assert desk.post(address, data).status_code == 302
    designation.refresh_from_db()
    assert (designation.oficio_number, designation.person.name) == ("PM/12/2026", "Ana Corregida")
    latest = designation.history.first()
    assert (latest.history_change_reason, latest.history_user) == ("Error de dedo", staff)


def test_ending_asks_for_the_reason(desk):
    designation = DesignationFactory()
    address = reverse("staff_designation_end", args=[designation.pk])
    today = timezone.localdate().isoformat()
    assert desk.post(address, {"ends_on": today}).status_code == 422
    assert desk.post(address, {"ends_on": "2001-01-01", "reason": "x"}).status_code == 422
    assert desk.post(address, {"ends_on": "9999-12-31", "reason": "x"}).status_code == 422
    assert desk.post(address, {"ends_on": today, "reason": "Renuncia"}).status_code == 302
    designation.refresh_from_db()
    assert designation.state == DesignationState.ENDED
    for name in ("edit", "end", "replace"):
        assert desk.get(reverse(f"staff_designation_{name}", args=[designation.pk])).status_code == 404


def test_list_is_narrowed_by_words_region_kind_and_state(desk):
    toluca = DesignationFactory(municipality__name="Toluca de Prueba", person__name="Íñigo López")
    over = DesignationFactory(
        kind="suplente",
        starts_on=timezone.localdate() - 40 * DAY,
        ends_on=timezone.localdate() - DAY,
        municipality__region__number=107,
    )

    def rows(**query):
        return {row.pk for row in desk.get(reverse("staff_designation_list"), query).context["page"]}

    assert rows() == {toluca.pk, over.pk}
    assert rows(q="toluca lopez") == {toluca.pk}
    assert rows(q="%") == set()
    assert rows(region=over.municipality.region_id) == {over.pk}
    assert rows(tipo="titular") == {toluca.pk}
    assert (rows(estado="in-force"), rows(estado="expired")) == ({toluca.pk}, {over.pk})
    assert rows(pagina="no-es-numero") == {toluca.pk, over.pk}


def test_vacancies_are_counted_and_give_their_reason(desk):
    DesignationFactory(municipality__name="Con Titular")
    DesignationFactory(municipality__name="Solo Suplente", kind="suplente")
    DesignationFactory(municipality__name="Vencida", ends_on=timezone.localdate() - DAY)
    DesignationFactory(municipality__name="Concluida", state="ended", ends_on=timezone.localdate() - 3 * DAY)
    MunicipalityFactory(name="Nunca")
    response = desk.get(reverse("staff_vacancy_list"))
    assert [row.name for row in response.context["page"]] == ["Concluida", "Nunca", "Solo Suplente", "Vencida"]
    assert (response.context["vacancies"], response.context["covered"], response.context["total"]) == (4, 1, 5)
    text = response.content.decode()
    assert [text.count(words) for words in ("Nunca ha designado", "Venció el", "Concluyó el", "Sí, vigente")] == [
        2,
        1,
        1,
        1,
    ]


@pytest.mark.parametrize(
    ("name", "queries"),
    [("staff_designation_list", 7), ("staff_vacancy_list", 8), ("staff_designation_detail", 7), ("staff_user_list", 4)],
)
def test_pages_ask_the_database_the_same_with_one_and_with_many(
    office, admin, name, queries, django_assert_num_queries
):
    first = DesignationFactory(municipality__region__number=101)
    MunicipalityFactory()
    arguments = [first.pk] if name.endswith("detail") else []
    office.get(reverse(name, args=arguments))
    for rows in (1, 4):
        for _ in range(rows):
            other = DesignationFactory(
                municipality=first.municipality if arguments else MunicipalityFactory(),
                kind="suplente",
                person=PersonFactory(user=UserFactory()),
            )
            services.invite(designation=first, by=admin)
            services.edit_designation(designation=first, person=first.person, by=admin, reason="prueba")
            assert other.pk
        with django_assert_num_queries(queries):
            assert office.get(reverse(name, args=arguments)).status_code == 200


# --- Invitations


@pytest.fixture
def invitation(staff):
    designation = DesignationFactory(municipality__name="Toluca de Prueba", person__name="Ana Prueba")
    return services.invite(designation=designation, by=staff)


def address_of(invitation):
    return reverse("invitation_accept", args=[invitation.token])


def test_inviting_from_the_page_queues_the_mail(desk):
    designation = DesignationFactory()
    response = desk.post(reverse("staff_designation_invite", args=[designation.pk]), follow=True)
    assert Message.objects.get().to_email == designation.person.email
    assert f"La invitación va en camino a {designation.person.email}" in response.content.decode()


def test_opening_the_link_shows_and_changes_nothing(client, invitation):
    for _ in range(2):
        response = client.get(address_of(invitation))
        assert (response.status_code, page_state(response)) == (200, "new-account")
    text = response.content.decode()
    assert all(words in text for words in ("Toluca de Prueba", "Ana Prueba", invitation.email, "noindex"))
    invitation.refresh_from_db()
    assert (invitation.accepted_at, User.objects.filter(email=invitation.email).count()) == (None, 0)


def test_choosing_a_password_opens_the_account_and_signs_in(client, invitation):
    response = client.post(address_of(invitation), {"password": PASSWORD})
    assert response.url == reverse("after_login")
    user = User.objects.get(email=invitation.email)
    assert int(client.session["_auth_user_id"]) == user.pk
    assert user.liaison_municipality == invitation.designation.municipality
    again = client.get(address_of(invitation))
    assert (again.status_code, page_state(again)) == (410, "accepted")


@pytest.mark.parametrize("password", ["", "corta", "123456789012345", "ana prueba ana"])
def test_weak_password_is_refused_in_words(client, invitation, password):
    response = client.post(address_of(invitation), {"password": password})
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["password"])
    assert not User.objects.filter(email=invitation.email).exists()


def test_person_with_an_account_signs_in_first_and_then_accepts(client, invitation, signed_in):
    user = UserFactory(email=invitation.email)
    response = client.get(address_of(invitation))
    assert page_state(response) == "sign-in"
    assert f"?next={address_of(invitation)}" in response.content.decode()
    assert page_state(client.post(address_of(invitation), {"password": PASSWORD})) == "sign-in"
    browser = signed_in(user)
    assert page_state(browser.get(address_of(invitation))) == "link"
    assert browser.post(address_of(invitation)).url == reverse("after_login")
    assert User.objects.get(pk=user.pk).liaison_municipality == invitation.designation.municipality


def test_somebody_else_who_is_signed_in_cannot_accept(invitation, signed_in):
    browser = signed_in(UserFactory())
    response = browser.post(address_of(invitation), {"password": PASSWORD})
    assert page_state(response) == "other-account"
    assert Invitation.objects.get().accepted_at is None


def test_forged_foreign_and_spoiled_links_lead_nowhere(client, invitation):
    other = services.invite(designation=DesignationFactory(), by=invitation.created_by)
    stolen = f"{other.pk}.{invitation.token.split('.')[1]}"
    for token in (f"{invitation.pk}.x", stolen, str(invitation.pk), "no-es", "9" * 400):
        assert client.get(reverse("invitation_accept", args=[token])).status_code == 404


def test_expired_and_replaced_links_say_what_to_do(client, invitation):
    Invitation.objects.update(expires_at=timezone.now())
    response = client.get(address_of(invitation))
    assert (response.status_code, page_state(response)) == (410, "gone")
    assert Installation.current().contact_email in response.content.decode()
    assert client.post(address_of(invitation), {"password": PASSWORD}).status_code == 410


def test_account_of_another_designated_person_is_refused_with_a_page(staff, signed_in):
    user = liaison()
    invitation = services.invite(designation=DesignationFactory(person__email=user.email), by=staff)
    response = signed_in(user).post(address_of(invitation))
    assert (response.status_code, page_state(response)) == (409, "refused")


# --- Accounts


@pytest.mark.parametrize(
    ("who", "name"),
    [
        ("staff", "staff_home"),
        ("admin", "staff_home"),
        ("liaison", "liaison_home"),
        ("participant", "my_registrations"),
    ],
)
def test_after_signing_in_each_arrives_where_the_work_is(signed_in, staff, admin, who, name):
    user = {"staff": staff, "admin": admin}.get(who) or (liaison() if who == "liaison" else UserFactory())
    assert signed_in(user).get(reverse("after_login")).url == reverse(name)


def test_language_of_the_account_chooses_the_page_after_signing_in(signed_in):
    browser = signed_in(UserFactory(language="en"))
    assert browser.get(reverse("after_login")).url == "/en" + reverse("my_registrations")


def test_preferences_change_name_and_language(signed_in):
    user = UserFactory()
    browser = signed_in(user)
    response = browser.post(reverse("account_preferences"), {"name": "Ana", "language": "en"})
    assert response.url == "/en" + reverse("account_preferences")
    user.refresh_from_db()
    assert (user.name, user.language) == ("Ana", "en")
    refused = browser.post(reverse("account_preferences"), {"name": "Ana", "language": "fr", "role": "admin"})
    user.refresh_from_db()
    assert (refused.status_code, user.role) == (422, Role.PARTICIPANT)


def test_administrator_changes_a_role_with_its_reason(office, admin):
    account = UserFactory()
    address = reverse("staff_user_edit", args=[account.pk])
    assert office.post(address, {"role": "staff", "is_active": "on"}).status_code == 422
    assert office.post(address, {"role": "staff", "is_active": "on", "reason": "Ingreso"}).status_code == 302
    account.refresh_from_db()
    assert account.role == Role.STAFF
    assert "Ingreso" in office.get(address).content.decode()


def test_nobody_changes_the_own_role(office, admin):
    address = reverse("staff_user_edit", args=[admin.pk])
    assert "Es su propia cuenta" in office.get(address).content.decode()
    assert office.post(address, {"role": "staff", "reason": "x"}).status_code == 403
    admin.refresh_from_db()
    assert (admin.role, admin.is_active) == (Role.ADMIN, True)


def test_closed_account_is_out_at_its_next_page(office, signed_in):
    account = liaison()
    browser = signed_in(account)
    assert browser.get(reverse("account_preferences")).status_code == 200
    office.post(reverse("staff_user_edit", args=[account.pk]), {"role": "participant", "reason": "Baja"})
    assert browser.get(reverse("account_preferences")).url.startswith(reverse("account_login"))


def test_accounts_are_found_by_name_role_and_activity(office, admin):
    closed = UserFactory(name="Óscar Prueba", is_active=False)

    def rows(**query):
        return {row.pk for row in office.get(reverse("staff_user_list"), query).context["page"]}

    assert rows(q="oscar") == rows(activa="no") == {closed.pk}
    assert rows(papel="admin") == {admin.pk}


# --- Identity


def identity(**changes):
    row = Installation()
    names = [field.name for field in Installation._meta.fields if field.name not in {"id", "updated_at"}]
    return {name: getattr(row, name) for name in names} | changes


@pytest.mark.django_db(transaction=True)
def test_saved_identity_is_on_every_page(office):
    data = identity(name="Red de Puebla", primary_light="#1F4E9E", primary_dark="#9CC3FF", time_zone="America/Cancun")
    assert office.post(reverse("settings_edit"), data).status_code == 302
    assert "Red de Puebla" in office.get(reverse("privacy")).content.decode()
    assert "#1F4E9E" in office.get(reverse("theme_css")).content.decode()
    MunicipalityFactory()
    drawing = office.get(reverse("home")).content.decode().split('class="ornament"')[1].split("</svg>")[0]
    assert "#0B6B52" not in drawing
    assert "<path" in drawing
    assert Installation.objects.get().time_zone == "America/Cancun"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("primary_light", "#7FC7A9", "contraste 1.7 a 1"),
        ("primary_dark", "#0B6B52", "contraste"),
        ("primary_light", "verde", "#RRGGBB"),
        ("time_zone", "America/Atlantis", ""),
        ("contact_email", "nada", "correo"),
    ],
)
def test_identity_that_could_not_be_read_is_refused(office, field, value, says):
    response = office.post(reverse("settings_edit"), identity(**{field: value}))
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert says in response.context["form"].errors[field][0]
    assert not Installation.objects.exists()


# --- Legal texts


def test_newest_notice_is_shown_and_earlier_ones_stay(client):
    PrivacyNoticeFactory(version="2025-1", published_on=dt.date(2025, 1, 1), summary="Resumen viejo.")
    PrivacyNoticeFactory(version="2026-1", published_on=dt.date(2026, 1, 1), summary="Resumen nuevo.")
    newest = client.get(reverse("privacy")).content.decode()
    assert ("Resumen nuevo." in newest, "Resumen viejo." in newest, "Versión 2025-1" in newest) == (True, False, True)
    assert "<h2>Quién cuida sus datos</h2>" in newest
    earlier = client.get(reverse("privacy_version", args=["2025-1"])).content.decode()
    assert ("Resumen viejo." in earlier, "Esta es una versión anterior" in earlier) == (True, True)
    assert client.get(reverse("privacy_version", args=["1999-9"])).status_code == 404


def test_notice_in_english_and_its_absence(client):
    assert "Todavía no se publica un aviso" in client.get(reverse("privacy")).content.decode()
    PrivacyNoticeFactory()
    assert "<h2>Who looks after your data</h2>" in client.get("/en" + reverse("privacy")).content.decode()


def test_dates_are_said_as_each_language_says_them(client):
    PrivacyNoticeFactory(published_on=dt.date(2026, 2, 7))
    assert "7 de febrero de 2026" in client.get(reverse("privacy")).content.decode()
    english = client.get("/en" + reverse("privacy")).content.decode()
    assert ("7 February 2026" in english, "de February" in english) == (True, False)


def test_text_of_a_notice_is_text(client):
    hostile = "<script>alert(1)</script> [x](javascript:alert(1)) ![p](https://malo.example/p.png) **bien**"
    PrivacyNoticeFactory(text=hostile, summary="<b>x</b>")
    page = client.get(reverse("privacy")).content.decode()
    body = page.split('<div class="prose">')[1].split("</div>")[0]
    assert "<strong>bien</strong>" in body
    assert all(words not in body for words in ("<script", 'href="javascript', "<img"))
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_administrator_publishes_a_new_version(office, client):
    PrivacyNoticeFactory(version="2026-1")
    assert "Usamos sus datos para inscribirle." in office.get(reverse("privacy_notice_create")).content.decode()
    today = timezone.localdate().isoformat()
    data = {"version": "2026-2", "published_on": today, "summary": "Nuevo.", "text": "## Nuevo"}
    assert office.post(reverse("privacy_notice_create"), data | {"version": "2026-1"}).status_code == 422
    assert office.post(reverse("privacy_notice_create"), data).url == reverse("privacy")
    assert PrivacyNotice.objects.latest().version == "2026-2"
    assert "Versión 2026-1" in client.get(reverse("privacy")).content.decode()


@pytest.mark.parametrize(
    "odd",
    [
        {"version": "2026/2"},
        {"version": ".."},
        {"published_on": "2999-01-01"},
        {"published_on": "2025-12-31"},
    ],
)
def test_notice_without_an_address_or_out_of_its_time_is_refused(office, client, odd):
    PrivacyNoticeFactory(version="2026-1")
    data = {"version": "2026-2", "published_on": timezone.localdate().isoformat(), "summary": "Nuevo.", "text": "x"}
    response = office.post(reverse("privacy_notice_create"), data | odd)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == list(odd)
    assert PrivacyNotice.objects.count() == 1
    assert client.get(reverse("privacy")).status_code == 200


def test_accessibility_statement_names_what_is_not_known(client):
    page = client.get(reverse("accessibility")).content.decode()
    assert "Lo que todavía no podemos asegurar" in page
    assert f"mailto:{Installation.current().contact_email}" in page


def test_picture_of_a_letter_loses_where_it_was_taken(desk):
    file = BytesIO()
    picture = Image.new("RGB", (8, 8), "white")
    exif = picture.getexif()
    exif[0x010E] = "domicilio particular"
    picture.save(file, "JPEG", exif=exif)
    upload = SimpleUploadedFile("foto.jpg", file.getvalue(), content_type="image/jpeg")
    desk.post(reverse("staff_designation_create"), typed(MunicipalityFactory(), oficio_file=upload))
    with Designation.objects.get().oficio_file.open() as stored:
        assert b"domicilio particular" not in stored.read()


def test_pathways_are_summed_up_in_the_language_of_the_page(client):
    call_command("load_reference", verbosity=0)
    assert "Use resources more than once" in client.get("/en/red/").content.decode()
    spanish = client.get("/red/").content.decode()
    assert "Usar los recursos más de una vez" in spanish
    assert "Use resources" not in spanish
    assert not Pathway.objects.filter(summary_en="").exists()


def test_two_who_edit_one_letter_read_of_each_other(desk):
    designation = DesignationFactory()
    address = reverse("staff_designation_edit", args=[designation.pk])
    seen = desk.get(address).context["form"]["seen"].value()
    data = typed(designation.municipality, reason="Error de dedo", name="Ana Corregida", seen=seen)
    assert desk.post(address, data).status_code == 302
    told = desk.post(address, data | {"name": "Ana de Otra"})
    assert told.status_code == 422
    assert "Nombre completo dice ahora: Ana Corregida" in told.content.decode()
    designation.person.refresh_from_db()
    assert designation.person.name == "Ana Corregida"
    again = data | {"name": "Ana de Otra", "seen": told.context["form"]["seen"].value()}
    assert desk.post(address, again).status_code == 302
