"""Who sees and does what with trainings."""

from collections.abc import Collection

import rules
from allauth.account.models import EmailAddress
from django.core import signing
from django.core.signing import BadSignature, Signer
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.crypto import constant_time_compare, salted_hmac

from events.models import Event, EventQuerySet, Registration, RegistrationQuerySet
from network.enums import Role
from network.models import Designation, Person, User
from network.rules import AnyUser, is_liaison, is_staff_member
from trainings.enums import TrainingForm
from trainings.models import (
    Accompaniment,
    AccompanimentDocument,
    AccompanimentQuerySet,
    AccompanimentSession,
    AccompanimentSessionQuerySet,
    Certificate,
    CertificateQuerySet,
    CertificateTemplate,
    Enrolment,
    EnrolmentQuerySet,
    Expert,
    Training,
    TrainingQuerySet,
    TrainingTarget,
)

rules.add_perm("trainings.manage_training", is_staff_member)
rules.add_perm("trainings.request_accompaniment", is_liaison)
rules.add_perm("trainings.manage_accompaniment", is_staff_member)
rules.add_perm("trainings.view_enrolments", is_staff_member)
rules.add_perm("trainings.enrol_colleagues", is_liaison)
rules.add_perm("trainings.issue_certificate", is_staff_member)
OWN_CERTIFICATE = "trainings.own-certificate"


def visible_trainings(user: AnyUser) -> TrainingQuerySet:
    """Published trainings; to staff also those still being prepared."""
    trainings = Training.objects.all()
    return trainings if is_staff_member(user) else trainings.published()


def targets_of(trainings: TrainingQuerySet) -> QuerySet[TrainingTarget]:
    """The targets of trainings that somebody may see, to be added up."""
    return TrainingTarget.objects.filter(training__in=trainings.order_by().values("pk"))


def municipal_accompaniments(user: AnyUser) -> AccompanimentQuerySet:
    """Those of the own municipality; none without a designation in force. Others' files do not exist."""
    if not user.is_authenticated or user.liaison_municipality is None:
        return Accompaniment.objects.none()
    return Accompaniment.objects.filter(municipality=user.liaison_municipality)


def managed_accompaniments(user: AnyUser) -> AccompanimentQuerySet:
    """What the institute works on: every file, and none to anybody else."""
    return Accompaniment.objects.all() if is_staff_member(user) else Accompaniment.objects.none()


def sessions_of(files: AccompanimentQuerySet) -> AccompanimentSessionQuerySet:
    """The sessions of files that somebody may see."""
    return AccompanimentSession.objects.filter(accompaniment__in=files.order_by().values("pk"))


def visible_accompaniment_documents(user: AnyUser) -> QuerySet[AccompanimentDocument]:
    """Of the own municipality; to the institute all."""
    files = managed_accompaniments(user) | municipal_accompaniments(user)
    return AccompanimentDocument.objects.filter(accompaniment__in=files)


def visible_experts(user: AnyUser) -> QuerySet[Expert]:
    """The register of experts is the institute's."""
    return Expert.objects.all() if is_staff_member(user) else Expert.objects.none()


def assignable_accounts(user: AnyUser) -> QuerySet[User]:
    """The accounts that may accompany: those that work for the institute."""
    found = User.objects.filter(role__in=[Role.STAFF, Role.ADMIN], is_active=True).order_by("name", "pk")
    return found if is_staff_member(user) else found.none()


# --- Constancias


def certificates_by_folio(folio: str) -> CertificateQuerySet:
    """The constancia of this folio, to whoever holds it."""
    return Certificate.objects.printed().filter(folio=folio)


def managed_certificates(user: AnyUser) -> CertificateQuerySet:
    """All of them, with those that wait for their PDF, to the institute."""
    return Certificate.objects.all() if is_staff_member(user) else Certificate.objects.none()


def certificate_templates(user: AnyUser) -> QuerySet[CertificateTemplate]:
    return CertificateTemplate.objects.all() if is_staff_member(user) else CertificateTemplate.objects.none()


def own_certificates(user: AnyUser) -> CertificateQuerySet:
    """Those of the person behind this account, and of whom an e-mail is that this account has *verified*."""
    if not user.is_authenticated:
        return Certificate.objects.none()
    verified = EmailAddress.objects.filter(user_id=user.pk, verified=True).values(address=Lower("email"))
    found = Certificate.objects.printed().alias(address=Lower("person__email"))
    return found.filter(Q(person__user=user.pk) | Q(address__in=verified))


def own_certificate_code(certificate: Certificate) -> str:
    """What the mail with a constancia carries. It names the row and seals the address it went to without holding it, so
    that the link ends where the address is corrected or erased."""
    return signing.dumps([certificate.pk, _address_seal(certificate)], salt=OWN_CERTIFICATE)


def certificate_by_code(code: str) -> Certificate | None:
    """The constancia that this code was sent with, whole; the link has no other end than its address."""
    try:
        pk, seal = signing.loads(code, salt=OWN_CERTIFICATE)
    except signing.BadSignature:
        return None
    found = Certificate.objects.printed().select_related("person", "training", "replaced_by").filter(pk=pk).first()
    if found is None or not constant_time_compare(seal, _address_seal(found)):
        return None
    return found


def _address_seal(certificate: Certificate) -> str:
    return salted_hmac(OWN_CERTIFICATE, certificate.person.email.lower(), algorithm="sha256").hexdigest()[:24]


# --- Places in trainings


def enrolments_by_link(token: str) -> EnrolmentQuerySet:
    """The enrolment whose own link this is, to whoever holds the link."""
    return Enrolment.objects.filter(token=token)


def visible_enrolments(user: AnyUser) -> EnrolmentQuerySet:
    """With personal data of everybody: all to staff, none to anybody else."""
    return Enrolment.objects.all() if is_staff_member(user) else Enrolment.objects.none()


def municipal_enrolments(user: AnyUser) -> EnrolmentQuerySet:
    """Those that whoever worked or works for the reader's municipality made for colleagues; to a liaison alone."""
    municipality = user.liaison_municipality if user.is_authenticated else None
    if municipality is None:
        return Enrolment.objects.none()
    liaisons = Designation.objects.filter(municipality=municipality).values("person__user")
    return Enrolment.objects.filter(self_registered=False, municipality=municipality, created_by__in=liaisons)


def session_events(training: Training) -> EventQuerySet:
    """The sessions that the public sees, in their order."""
    return (
        Event.objects.public().filter(training_sessions__training=training).order_by("training_sessions__order", "pk")
    )


def registrations_of(enrolment: Enrolment) -> RegistrationQuerySet:
    """What whoever holds a place in a training holds in its sessions."""
    return Registration.objects.live().filter(
        event__training_sessions__training=enrolment.training_id, person=enrolment.person_id
    )


def people_named(pks: Collection[int]) -> dict[int, str]:
    """The names of people who came, for the staff's list."""
    return dict(Person.objects.filter(pk__in=pks).values_list("pk", "name"))


_form_signer = Signer(salt="trainings.form", sep=".")


def form_code(enrolment: Enrolment, form: TrainingForm) -> str:
    """What stands in the link to a short form: the place, the form, and the signature that is the permission."""
    return _form_signer.sign(f"{enrolment.pk}-{form}")


def form_by_code(code: str) -> tuple[Enrolment, TrainingForm] | None:
    """The place and the form that a link was made for; None where the signature is not ours or the place is over."""
    try:
        number, form = _form_signer.unsign(code).split("-")
    except (BadSignature, ValueError):
        return None
    row = Enrolment.objects.confirmed().select_related("training").filter(pk=int(number)).first()
    return (row, TrainingForm(form)) if row else None
