"""Rows for tests: one factory a model, the least that is valid, in the words of the field.

Vocabulary factories reuse rows by their code, so a test may load the reference data and still call them.
"""

import datetime as dt
from decimal import Decimal
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from actions.enums import STOPPED_STATUSES, ActionKind, ReviewState
from actions.models import (
    Action,
    ActionComment,
    EmissionEstimate,
    Evidence,
    ExchangeMessage,
    ExchangePost,
    ExchangeThread,
    FollowUp,
    Hazard,
    Indicator,
    IndicatorReading,
    Milestone,
)
from events.enums import EventStatus, RegistrationState
from events.models import (
    AccessNeeds,
    Announcement,
    Attendance,
    AttendanceImport,
    Event,
    EventOrganiser,
    Format,
    GuidingQuestion,
    ImportedPerson,
    Material,
    Registration,
    RegistrationAnswer,
    RegistrationQuestion,
    ReminderStage,
    SeatPool,
    Series,
    SeriesOrganiser,
    Speaker,
)
from municipalities.models import Municipality, Region
from network.enums import AliasKind, DesignationKind, DesignationState, Modality, OrganisationRole, Role
from network.models import (
    SDG,
    ArcoRequest,
    ClimateProgramme,
    Communication,
    Designation,
    Instrument,
    MunicipalContact,
    MunicipalOffice,
    NonWorkingDay,
    Organisation,
    Pathway,
    Person,
    PersonAlias,
    PossibleDuplicate,
    PrivacyNotice,
    Proposal,
    ProposalLink,
    RenewalCampaign,
    Sector,
    SheetLoad,
    User,
    normalised_alias,
)
from trainings.documents.certificates import Course, Merit, sealed
from trainings.models import (
    Accompaniment,
    AccompanimentDocument,
    AccompanimentSession,
    Certificate,
    CertificateBatch,
    CertificateLogo,
    CertificateSignatory,
    CertificateTemplate,
    Enrolment,
    Expert,
    Facilitator,
    Recommendation,
    ReviewRound,
    SessionAgreement,
    Training,
    TrainingSession,
    TrainingTarget,
)
from web.search import fold, search_text

PASSWORD = "clave-larga-de-prueba"


class RegionFactory(DjangoModelFactory):
    class Meta:
        model = Region
        django_get_or_create = ["number"]

    number = factory.Sequence(lambda n: 100 + n)
    name = factory.LazyAttribute(lambda o: f"Región {o.number}")
    slug = factory.LazyAttribute(lambda o: f"region-{o.number}")
    zone_number = 1
    zone = "Centro"


class MunicipalityFactory(DjangoModelFactory):
    class Meta:
        model = Municipality
        django_get_or_create = ["cvegeo"]

    cvegeo = factory.Sequence(lambda n: f"{90000 + n}")
    name = factory.LazyAttribute(lambda o: f"Municipio {o.cvegeo}")
    slug = factory.LazyAttribute(lambda o: f"municipio-{o.cvegeo}")
    seat = factory.LazyAttribute(lambda o: f"Cabecera de {o.name}")
    region = factory.SubFactory(RegionFactory, number=101)
    population = 1000
    population_women = 510
    population_men = 490
    area_km2 = 100
    seat_latitude = "19.3"
    seat_longitude = "-99.6"
    tile_column = factory.Sequence(lambda n: 100 + n % 100)
    tile_row = factory.Sequence(lambda n: 100 + n // 100)
    sort_name = factory.LazyAttribute(lambda o: fold(o.name))
    search_text = factory.LazyAttribute(lambda o: search_text(o.name, o.seat))


class SDGFactory(DjangoModelFactory):
    class Meta:
        model = SDG
        django_get_or_create = ["number"]

    number = 13
    name = "Acción por el clima"
    name_en = "Climate Action"
    colour = "#3F7E44"
    text_colour = "#FFFFFF"


class PathwayFactory(DjangoModelFactory):
    class Meta:
        model = Pathway
        django_get_or_create = ["code"]

    code = "resilient"
    name = factory.LazyAttribute(lambda o: {"resilient": "Resiliente"}.get(o.code, o.code))
    name_en = "Resilient development"
    order = 4


class SectorFactory(DjangoModelFactory):
    class Meta:
        model = Sector
        django_get_or_create = ["code"]

    code = "risk"
    name = "Gestión de riesgos y protección civil"
    name_en = "Disaster risk management"
    scope = "adaptation"
    entry_pathway = factory.SubFactory(PathwayFactory)


class HazardFactory(DjangoModelFactory):
    class Meta:
        model = Hazard
        django_get_or_create = ["code"]

    code = "flood"
    name = "Inundaciones"
    name_en = "Floods"
    group = "Hydrological"
    source = "GCoM"


class OrganisationFactory(DjangoModelFactory):
    class Meta:
        model = Organisation
        django_get_or_create = ["name"]

    name = factory.Sequence(lambda n: f"Institución de prueba {n}")


class PrivacyNoticeFactory(DjangoModelFactory):
    class Meta:
        model = PrivacyNotice
        django_get_or_create = ["version"]

    version = "prueba-1"
    published_on = dt.date(2026, 1, 15)
    summary = "Usamos sus datos para inscribirle."
    text = "## Quién cuida sus datos\nLa institución."
    summary_en = "We use your data to register you."
    text_en = "## Who looks after your data\nThe institution."


class UserFactory(DjangoModelFactory):
    """An account with a verified e-mail and the password :data:`PASSWORD`."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"cuenta{n}@prueba.example")
    name = factory.Sequence(lambda n: f"Cuenta {n}")
    role = Role.PARTICIPANT

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        from allauth.account.models import EmailAddress

        verified = kwargs.pop("verified", True)
        user = User.objects.create_user(password=PASSWORD, **kwargs)
        EmailAddress.objects.create(user=user, email=user.email, verified=verified, primary=True)
        return user


class StaffFactory(UserFactory):
    role = Role.STAFF


class AdminFactory(UserFactory):
    role = Role.ADMIN
    is_staff = True


class PersonFactory(DjangoModelFactory):
    class Meta:
        model = Person

    name = factory.Sequence(lambda n: f"Persona de Prueba {n}")
    email = factory.Sequence(lambda n: f"persona{n}@prueba.example")


class PersonAliasFactory(DjangoModelFactory):
    """A further e-mail; ``kind="name"`` makes it a name."""

    class Meta:
        model = PersonAlias

    person = factory.SubFactory(PersonFactory)
    kind = AliasKind.EMAIL
    value = factory.Sequence(lambda n: f"otro{n}@prueba.example")
    normalised = factory.LazyAttribute(lambda o: normalised_alias(o.kind, o.value))


class PossibleDuplicateFactory(DjangoModelFactory):
    class Meta:
        model = PossibleDuplicate

    one = factory.SubFactory(PersonFactory)
    other = factory.SubFactory(PersonFactory)
    reasons = ["email"]


class DesignationFactory(DjangoModelFactory):
    """A titular in force since a month ago, without an end."""

    class Meta:
        model = Designation

    municipality = factory.SubFactory(MunicipalityFactory)
    person = factory.SubFactory(PersonFactory)
    kind = DesignationKind.TITULAR
    state = DesignationState.IN_FORCE
    oficio_number = factory.Sequence(lambda n: f"PM/{n}/2026")
    starts_on = factory.LazyFunction(lambda: timezone.localdate() - dt.timedelta(days=30))


class MunicipalOfficeFactory(DjangoModelFactory):
    class Meta:
        model = MunicipalOffice

    municipality = factory.SubFactory(MunicipalityFactory)
    email = factory.Sequence(lambda n: f"presidencia{n}@municipio.example")


class RenewalCampaignFactory(DjangoModelFactory):
    class Meta:
        model = RenewalCampaign

    name = factory.Sequence(lambda n: f"Campaña de prueba {n}")
    text = "Su periodo municipal termina: proponga a quien seguirá."
    deadline = factory.LazyFunction(lambda: timezone.localdate() + dt.timedelta(days=20))


class ProposalLinkFactory(DjangoModelFactory):
    class Meta:
        model = ProposalLink

    municipality = factory.SubFactory(MunicipalityFactory)
    email = factory.Sequence(lambda n: f"oficialia{n}@municipio.example")
    ends_on = factory.LazyFunction(lambda: timezone.localdate() + dt.timedelta(days=20))
    sent_count = 1


class ProposalFactory(DjangoModelFactory):
    """A titular that a municipality proposed by its link, waiting for the institute."""

    class Meta:
        model = Proposal

    link = factory.SubFactory(ProposalLinkFactory)
    kind = DesignationKind.TITULAR
    designation = factory.SubFactory(
        DesignationFactory,
        municipality=factory.SelfAttribute("..link.municipality"),
        kind=factory.SelfAttribute("..kind"),
        state=DesignationState.PROPOSED,
        starts_on=factory.LazyFunction(timezone.localdate),
    )
    sent_at = factory.LazyFunction(timezone.now)


def liaison(municipality: Municipality | None = None, **designation: Any) -> User:
    """An account whose person holds a designation in force in the municipality."""
    user = UserFactory()
    person = PersonFactory(user=user, name=user.name, email=user.email)
    DesignationFactory(municipality=municipality or MunicipalityFactory(), person=person, **designation)
    return user


class MunicipalContactFactory(DjangoModelFactory):
    class Meta:
        model = MunicipalContact

    municipality = factory.SubFactory(MunicipalityFactory)
    office = "Dirección de Medio Ambiente"
    address = "Plaza Principal 1"
    phone = "722 000 0000"
    website = "https://municipio.example"


class ClimateProgrammeFactory(DjangoModelFactory):
    """A published programme without a day of its end."""

    class Meta:
        model = ClimateProgramme

    municipality = factory.SubFactory(MunicipalityFactory)
    number = factory.Sequence(lambda n: n + 1)
    state = "published"
    year = 2025


class CommunicationFactory(DjangoModelFactory):
    """A call of today with a next step due tomorrow."""

    class Meta:
        model = Communication

    municipality = factory.SubFactory(MunicipalityFactory)
    kind = "call"
    subject = factory.Sequence(lambda n: f"Asunto {n}")
    counterpart = "Dirección de Medio Ambiente"
    next_step = "Enviar la guía"
    due_on = factory.LazyFunction(lambda: timezone.localdate() + dt.timedelta(days=1))


class FormatFactory(DjangoModelFactory):
    class Meta:
        model = Format
        django_get_or_create = ["code"]

    code = "webinar"
    name = factory.LazyAttribute(lambda o: {"webinar": "Webinar", "gaad": "GAAD"}.get(o.code, o.code))
    plural = factory.LazyAttribute(lambda o: f"{o.name}s")
    glyph = "▶"


class SeriesFactory(DjangoModelFactory):
    class Meta:
        model = Series

    title = factory.Sequence(lambda n: f"Ciclo de prueba {n}")
    slug = factory.Sequence(lambda n: f"ciclo-de-prueba-{n}")


class SeriesOrganiserFactory(DjangoModelFactory):
    class Meta:
        model = SeriesOrganiser

    series = factory.SubFactory(SeriesFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    role = OrganisationRole.CONVENES


class EventFactory(DjangoModelFactory):
    """A published webinar of an hour, ten days from now at 11:00 in Mexico City, with one pool of 20 seats.

    ``day`` moves it (a date, or None for *fecha por confirmar*); ``hour=None`` leaves the hour unknown;
    ``capacity=None`` lifts the limit. Stored times agree with each other as the editing service would write them.
    """

    class Meta:
        model = Event
        skip_postgeneration_save = True

    class Params:
        day = factory.LazyFunction(lambda: timezone.localdate() + dt.timedelta(days=10))
        hour = 11

    title = factory.Sequence(lambda n: f"Evento de prueba {n}")
    slug = factory.Sequence(lambda n: f"evento-de-prueba-{n}")
    format = factory.SubFactory(FormatFactory)
    modality = Modality.VIRTUAL
    pathway = factory.SubFactory(PathwayFactory)
    status = EventStatus.PUBLISHED
    meeting_url = "https://videollamada.example/sala"
    first_day = factory.LazyAttribute(lambda o: o.day)
    last_day = factory.LazyAttribute(lambda o: o.day)
    start_time = factory.LazyAttribute(lambda o: None if o.day is None or o.hour is None else dt.time(o.hour))
    end_time = factory.LazyAttribute(lambda o: None if o.day is None or o.hour is None else dt.time(o.hour + 1))
    starts_at = factory.LazyAttribute(
        lambda o: o.start_time and timezone.make_aware(dt.datetime.combine(o.first_day, o.start_time))
    )
    ends_at = factory.LazyAttribute(
        lambda o: o.end_time and timezone.make_aware(dt.datetime.combine(o.last_day, o.end_time))
    )
    search_text = factory.LazyAttribute(lambda o: search_text(o.title, o.format.name))

    @factory.post_generation
    def capacity(self, create: bool, extracted: int | None, **kwargs: Any) -> None:
        value = kwargs.get("seats", extracted if extracted is not None else 20)
        SeatPool.objects.create(event=self, capacity=value)


def unlimited_event(**fields: Any) -> Event:
    """A published event without a limit of seats."""
    return EventFactory(capacity__seats=None, **fields)


class EventOrganiserFactory(DjangoModelFactory):
    class Meta:
        model = EventOrganiser

    event = factory.SubFactory(EventFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    role = OrganisationRole.CONVENES


class SpeakerFactory(DjangoModelFactory):
    class Meta:
        model = Speaker

    event = factory.SubFactory(EventFactory)
    name = factory.Sequence(lambda n: f"Ponente de Prueba {n}")
    consent_on = dt.date(2026, 1, 15)


class GuidingQuestionFactory(DjangoModelFactory):
    class Meta:
        model = GuidingQuestion

    event = factory.SubFactory(EventFactory)
    order = factory.Sequence(lambda n: n)
    text = factory.Sequence(lambda n: f"¿Pregunta guía {n}?")


class MaterialFactory(DjangoModelFactory):
    class Meta:
        model = Material

    event = factory.SubFactory(EventFactory)
    title = factory.Sequence(lambda n: f"Material {n}")
    url = "https://documentos.example/guia.pdf"


class RegistrationFactory(DjangoModelFactory):
    """A confirmed registration made by the person. It does not move the counter of its pool: services do."""

    class Meta:
        model = Registration

    event = factory.SubFactory(EventFactory)
    person = factory.SubFactory(PersonFactory)
    seat_pool = factory.LazyAttribute(lambda o: o.event.seat_pools.get())
    state = RegistrationState.CONFIRMED
    name = factory.LazyAttribute(lambda o: o.person.name)
    email = factory.LazyAttribute(lambda o: o.person.email)
    email_normalised = factory.LazyAttribute(lambda o: o.email.lower())
    privacy_notice = factory.SubFactory(PrivacyNoticeFactory)
    consented_at = factory.LazyFunction(timezone.now)


class RegistrationQuestionFactory(DjangoModelFactory):
    class Meta:
        model = RegistrationQuestion

    event = factory.SubFactory(EventFactory)
    order = factory.Sequence(lambda n: n)
    text = factory.Sequence(lambda n: f"¿Pregunta de la inscripción {n}?")
    purpose = "Para preparar la sesión."


class RegistrationAnswerFactory(DjangoModelFactory):
    class Meta:
        model = RegistrationAnswer

    registration = factory.SubFactory(RegistrationFactory)
    question = factory.SubFactory(RegistrationQuestionFactory)
    value = "Una respuesta"


class AccessNeedsFactory(DjangoModelFactory):
    class Meta:
        model = AccessNeeds

    registration = factory.SubFactory(RegistrationFactory)
    accessibility = "Acceso con silla de ruedas"


class AttendanceFactory(DjangoModelFactory):
    class Meta:
        model = Attendance

    event = factory.SubFactory(EventFactory)
    person = factory.SubFactory(PersonFactory)


class AttendanceImportFactory(DjangoModelFactory):
    """A report under review, with nobody in it yet."""

    class Meta:
        model = AttendanceImport

    event = factory.SubFactory(EventFactory)
    format = "zoom"
    file_name = factory.Sequence(lambda n: f"informe-{n}.csv")


class ImportedPersonFactory(DjangoModelFactory):
    """Somebody in a report, undecided, for an hour."""

    class Meta:
        model = ImportedPerson

    attendance_import = factory.SubFactory(AttendanceImportFactory)
    line = factory.Sequence(lambda n: n + 2)
    name = factory.Sequence(lambda n: f"Invitada {n}")
    spans = [[None, None, 3600]]
    minutes = 60


class AnnouncementFactory(DjangoModelFactory):
    """To the liaisons of the whole state."""

    class Meta:
        model = Announcement

    audience = "liaisons"
    key = factory.Sequence(lambda n: f"aviso-{n}")
    subject = "Aviso de prueba"
    body = "Texto de prueba."
    recipients = 1


class ReminderStageFactory(DjangoModelFactory):
    """``minutes_before`` the start, unless ``offset_minutes`` (negative: before) and ``anchor`` say more."""

    class Meta:
        model = ReminderStage
        django_get_or_create = ["code", "event", "format"]

    class Params:
        minutes_before = 24 * 60

    code = "24h"
    name = "1 día antes"
    event = None
    format = None
    anchor = "start"
    offset_minutes = factory.LazyAttribute(lambda o: -o.minutes_before)


class ActionFactory(DjangoModelFactory):
    class Meta:
        model = Action

    municipality = factory.SubFactory(MunicipalityFactory)
    title = factory.Sequence(lambda n: f"Acción de prueba {n}")
    slug = factory.Sequence(lambda n: f"accion-de-prueba-{n}")
    kind = ActionKind.ADAPTATION
    sector = factory.SubFactory(SectorFactory)
    pathway = factory.SubFactory(PathwayFactory)
    description = "Limpieza de canales antes de las lluvias."
    responsible_area = "Dirección de Medio Ambiente"
    starts_on = factory.LazyFunction(lambda: timezone.localdate() - dt.timedelta(days=20))
    review_state = ReviewState.DRAFT
    published_at = factory.LazyAttribute(lambda o: timezone.now() if o.review_state == ReviewState.PUBLISHED else None)
    status_reason = factory.LazyAttribute(
        lambda o: "Falta el permiso." if getattr(o, "status", "") in STOPPED_STATUSES else ""
    )
    search_text = factory.LazyAttribute(lambda o: search_text(o.title, o.description))

    @classmethod
    def _create(cls, model_class: type[Action], **values: Any) -> Action:
        """With the day of the next follow-up, as the services keep it."""
        action = model_class(**values)
        action.follow_up_due_on = values.get("follow_up_due_on", action.next_follow_up())
        action.save()
        return action


class ExchangePostFactory(DjangoModelFactory):
    """An offer on the board, open for a month."""

    class Meta:
        model = ExchangePost

    municipality = factory.SubFactory(MunicipalityFactory)
    kind = "offer"
    title = factory.Sequence(lambda n: f"Huertos de prueba {n}")
    text = "Lo hicimos en tres escuelas."
    pathway = factory.SubFactory(PathwayFactory)
    sector = factory.SubFactory(SectorFactory)
    until = factory.LazyFunction(lambda: timezone.localdate() + dt.timedelta(days=30))
    search_text = factory.LazyAttribute(lambda o: search_text(o.title, o.text))


class ExchangeThreadFactory(DjangoModelFactory):
    class Meta:
        model = ExchangeThread

    post = factory.SubFactory(ExchangePostFactory)
    municipality = factory.SubFactory(MunicipalityFactory)


class ExchangeMessageFactory(DjangoModelFactory):
    """Of who asked."""

    class Meta:
        model = ExchangeMessage

    thread = factory.SubFactory(ExchangeThreadFactory)
    municipality = factory.SelfAttribute("thread.municipality")
    text = "¿Nos cuentan cómo?"


class ActionCommentFactory(DjangoModelFactory):
    """A comment that waits, on a published action."""

    class Meta:
        model = ActionComment

    action = factory.SubFactory(ActionFactory, review_state=ReviewState.PUBLISHED)
    municipality = factory.SubFactory(MunicipalityFactory)
    text = "Nosotros empezamos igual."


class IndicatorFactory(DjangoModelFactory):
    class Meta:
        model = Indicator

    action = factory.SubFactory(ActionFactory)
    name = "Canales limpios"
    unit = "km"
    baseline = 0
    target = 12


class IndicatorReadingFactory(DjangoModelFactory):
    class Meta:
        model = IndicatorReading

    indicator = factory.SubFactory(IndicatorFactory)
    date = factory.LazyFunction(timezone.localdate)
    value = 3
    source = "Conteo en campo"


class MilestoneFactory(DjangoModelFactory):
    class Meta:
        model = Milestone

    action = factory.SubFactory(ActionFactory)
    title = factory.Sequence(lambda n: f"Hito de prueba {n}")
    weight = 1


class EmissionEstimateFactory(DjangoModelFactory):
    """One that was typed, with its method."""

    class Meta:
        model = EmissionEstimate

    action = factory.SubFactory(ActionFactory)
    activity = "Electricidad que deja de consumirse"
    tonnes = Decimal("5.3")
    method = "Medición en dos recibos."


class FollowUpFactory(DjangoModelFactory):
    class Meta:
        model = FollowUp

    action = factory.SubFactory(ActionFactory)
    date = factory.LazyFunction(timezone.localdate)
    progress = 40
    status = "under-way"
    text = "Se limpiaron tres canales."


class EvidenceFactory(DjangoModelFactory):
    class Meta:
        model = Evidence

    action = factory.SubFactory(ActionFactory)
    title = "Fotografías"
    url = "https://documentos.example/fotos"


class TrainingFactory(DjangoModelFactory):
    class Meta:
        model = Training

    title = factory.Sequence(lambda n: f"Capacitación de prueba {n}")
    slug = factory.Sequence(lambda n: f"capacitacion-de-prueba-{n}")
    format = factory.SubFactory(FormatFactory, code="training-day", name="Jornada de capacitación")
    pathway = factory.SubFactory(PathwayFactory)
    is_published = True


class TrainingSessionFactory(DjangoModelFactory):
    class Meta:
        model = TrainingSession

    training = factory.SubFactory(TrainingFactory)
    event = factory.SubFactory(EventFactory)


class TrainingTargetFactory(DjangoModelFactory):
    class Meta:
        model = TrainingTarget

    training = factory.SubFactory(TrainingFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    people = 50


class FacilitatorFactory(DjangoModelFactory):
    class Meta:
        model = Facilitator

    training = factory.SubFactory(TrainingFactory)
    name = "Persona Facilitadora Inventada"
    affiliation = "Instituto Inventado"


class EnrolmentFactory(DjangoModelFactory):
    """Confirmed, as though it had been stored so: its place is not counted in the training."""

    class Meta:
        model = Enrolment

    training = factory.SubFactory(TrainingFactory)
    person = factory.SubFactory(PersonFactory)
    state = "confirmed"
    name = factory.SelfAttribute("person.name")
    email = factory.SelfAttribute("person.email")
    email_normalised = factory.LazyAttribute(lambda row: row.email.lower())


class InstrumentFactory(DjangoModelFactory):
    class Meta:
        model = Instrument
        django_get_or_create = ["code"]

    code = "promacc"
    name = factory.LazyAttribute(lambda o: {"promacc": "Promacc", "other": "Otro instrumento"}.get(o.code, o.code))


class ExpertFactory(DjangoModelFactory):
    class Meta:
        model = Expert

    name = factory.Sequence(lambda n: f"Persona Experta {n}")
    institution = "Universidad de Prueba"
    sector = "academia"


class AccompanimentFactory(DjangoModelFactory):
    """A request that waits for the institute's answer; ``state`` puts it elsewhere, with what that state needs."""

    class Meta:
        model = Accompaniment

    municipality = factory.SubFactory(MunicipalityFactory)
    topic = factory.Sequence(lambda n: f"Acompañamiento de prueba {n}")
    instrument = factory.SubFactory(InstrumentFactory)
    stage = "design"
    pathway = factory.SubFactory(PathwayFactory)
    request = "Ayuda para escribir el diagnóstico."
    answer = factory.LazyAttribute(lambda o: "" if o.state == "requested" else "De acuerdo.")
    answered_at = factory.LazyAttribute(lambda o: None if o.state == "requested" else timezone.now())
    result = factory.LazyAttribute(lambda o: "Diagnóstico listo." if o.state in {"closing", "closed"} else "")
    closing_at = factory.LazyAttribute(lambda o: timezone.now() if o.state in {"closing", "closed"} else None)
    closed_at = factory.LazyAttribute(lambda o: timezone.now() if o.state == "closed" else None)
    state = "requested"
    search_text = factory.LazyAttribute(lambda o: search_text(o.topic))


class AccompanimentSessionFactory(DjangoModelFactory):
    """Ninety minutes, three days ago, with four people; nobody confirmed it yet."""

    class Meta:
        model = AccompanimentSession

    accompaniment = factory.SubFactory(AccompanimentFactory, state="assigned")
    day = factory.LazyFunction(lambda: timezone.localdate() - dt.timedelta(days=3))
    modality = Modality.VIRTUAL
    minutes = 90
    people = 4
    women = 2
    men = 1
    other = 0
    undisclosed = 0
    unknown = 1
    product = "Índice del diagnóstico"


class SessionAgreementFactory(DjangoModelFactory):
    class Meta:
        model = SessionAgreement

    session = factory.SubFactory(AccompanimentSessionFactory)
    text = "Enviar los datos de consumo"
    side = "municipality"


class AccompanimentDocumentFactory(DjangoModelFactory):
    class Meta:
        model = AccompanimentDocument

    accompaniment = factory.SubFactory(AccompanimentFactory, state="assigned")
    title = "Oficio"
    file = factory.django.FileField(filename="oficio.pdf", data=b"%PDF-1.7")
    sha256 = factory.Sequence(lambda n: f"{n:064}")
    side = "municipality"


class ReviewRoundFactory(DjangoModelFactory):
    class Meta:
        model = ReviewRound

    accompaniment = factory.SubFactory(AccompanimentFactory, state="assigned")
    number = 1
    document = factory.SubFactory(
        AccompanimentDocumentFactory, kind="version", accompaniment=factory.SelfAttribute("..accompaniment")
    )


class RecommendationFactory(DjangoModelFactory):
    class Meta:
        model = Recommendation

    round = factory.SubFactory(ReviewRoundFactory)
    section = "Capítulo 2, página 14"
    text = "Citar la fuente de la línea base."


class CertificateTemplateFactory(DjangoModelFactory):
    class Meta:
        model = CertificateTemplate
        django_get_or_create = ["name"]

    name = "General"
    text = "por haber cumplido los requisitos de «{capacitacion}», celebrada {fechas} ({horas})."


class CertificateLogoFactory(DjangoModelFactory):
    class Meta:
        model = CertificateLogo

    template = factory.SubFactory(CertificateTemplateFactory)
    image = "constancias/imagenes/logo.png"
    label = "Instituto inventado"


class CertificateSignatoryFactory(DjangoModelFactory):
    class Meta:
        model = CertificateSignatory

    template = factory.SubFactory(CertificateTemplateFactory)
    name = "Rosa Firmante Inventada"
    position = "Directora inventada"
    consented_on = dt.date(2026, 1, 15)


class CertificateBatchFactory(DjangoModelFactory):
    class Meta:
        model = CertificateBatch

    training = factory.SubFactory(TrainingFactory)
    template = factory.SubFactory(CertificateTemplateFactory)
    key = factory.Sequence(lambda n: f"emision-{n}")


class CertificateFactory(DjangoModelFactory):
    """In force, as though it had been printed: its PDF is not there."""

    class Meta:
        model = Certificate

    training = factory.SubFactory(TrainingFactory)
    person = factory.SubFactory(PersonFactory)
    batch = factory.SubFactory(CertificateBatchFactory, training=factory.SelfAttribute("..training"))
    issued_at = factory.LazyFunction(timezone.now)
    sha256 = "0" * 64
    snapshot = factory.LazyAttribute(
        lambda o: sealed(
            o.batch.template,
            Course(o.training.title, o.training.hours, "virtual", dt.date(2026, 6, 3), dt.date(2026, 6, 17)),
            name=o.person.name,
            merit=Merit("4 de 5 sesiones (se pide 80 %).", 240, 4, 5),
            issued_at=o.issued_at,
        )
    )


class ArcoRequestFactory(DjangoModelFactory):
    """Received: the address is proven and the clock has begun."""

    class Meta:
        model = ArcoRequest

    kind = "access"
    state = "received"
    number = factory.Sequence(lambda n: f"ARCO-2020-{n:05d}")
    name = "Persona Solicitante"
    email = factory.Sequence(lambda n: f"solicitante{n}@personas.example")
    asks = "Quiero saber qué datos míos guardan."
    privacy_notice = factory.SubFactory(PrivacyNoticeFactory)
    confirmed_at = factory.LazyFunction(timezone.now)
    clock_from = factory.LazyFunction(timezone.localdate)
    due_on = factory.LazyFunction(lambda: timezone.localdate() + dt.timedelta(days=28))


class NonWorkingDayFactory(DjangoModelFactory):
    class Meta:
        model = NonWorkingDay

    day = factory.Sequence(lambda n: dt.date(2030, 1, 1) + dt.timedelta(days=n))
    name = "Día feriado"


class SheetLoadFactory(DjangoModelFactory):
    class Meta:
        model = SheetLoad

    kind = "actions"
    file_name = "acciones.xlsx"
    created_by = factory.SubFactory(StaffFactory)
