"""Constancias: the templates they are made from, the batches they are issued in, and what each says for ever."""

import secrets
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from network.models import Person, User, private_storage
from trainings.models.trainings import Training
from web.folios import new_folio

MAX_LOGOS = 3
MAX_SIGNATORIES = 3
# A worker that took some to print and says nothing for so long is taken for dead.
LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 3


def picture_path(instance: models.Model, filename: str) -> str:
    return f"constancias/imagenes/{secrets.token_hex(16)}.{filename.rsplit('.', 1)[-1].lower()}"


def certificate_path(instance: "Certificate", filename: str) -> str:
    return f"constancias/{instance.folio[:2]}/{instance.folio}.pdf"


class CertificateTemplate(models.Model):
    """What the constancias of an institution look like and say: title, text with placeholders, logos, signatories.

    ``version`` rises with every change; a constancia keeps which one it was printed from.
    """

    name = models.CharField(_("nombre"), max_length=100, unique=True, help_text=_("Solo lo ve el personal."))
    issuer = models.CharField(
        _("institución que la expide"), max_length=200, blank=True,
        help_text=_("Vacío: la institución responsable del portal."),
    )  # fmt: skip
    title = models.CharField(_("título"), max_length=60, default="Constancia")
    text = models.TextField(_("texto"), max_length=600)
    is_active = models.BooleanField(_("en uso"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["name"]
        verbose_name = _("plantilla de constancia")
        verbose_name_plural = _("plantillas de constancias")

    def __str__(self) -> str:
        return self.name


class CertificateLogo(models.Model):
    """A logo at the head of a template's constancias; ``label`` is what a screen reader says."""

    template = models.ForeignKey(CertificateTemplate, on_delete=models.CASCADE, related_name="logos")
    image = models.FileField(_("imagen"), upload_to=picture_path, storage=private_storage)
    label = models.CharField(_("de quién es"), max_length=120)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("logotipo")
        verbose_name_plural = _("logotipos")


class CertificateSignatory(models.Model):
    """Who signs. Name and position appear on a public page, so the day of the consent is kept."""

    template = models.ForeignKey(CertificateTemplate, on_delete=models.CASCADE, related_name="signatories")
    name = models.CharField(_("nombre"), max_length=120)
    position = models.CharField(_("cargo"), max_length=160)
    signature = models.FileField(_("firma"), upload_to=picture_path, storage=private_storage, blank=True)
    consented_on = models.DateField(_("fecha del consentimiento"))

    class Meta:
        ordering = ["pk"]
        verbose_name = _("firmante")
        verbose_name_plural = _("firmantes")


class CertificateState(models.TextChoices):
    ISSUED = "issued", _("Vigente")
    REVOKED = "revoked", _("Revocada")
    REPLACED = "replaced", _("Sustituida")


class RevocationReason(models.TextChoices):
    """Why a constancia no longer holds, as its public page says it."""

    NAME = "name", _("Corrección del nombre")
    DATA = "data", _("Corrección de los datos de la capacitación")
    RULE = "rule", _("No se cumplía el requisito")
    REQUEST = "request", _("A petición de la persona")
    OTHER = "other", _("Otro motivo")


class CertificateBatch(models.Model):
    """One press of the button: the constancias that it made are printed in the background.

    ``key`` came with the form, so that the same form sent twice issues once. ``notify``: tell each person by mail.
    """

    training = models.ForeignKey(Training, on_delete=models.PROTECT, related_name="certificate_batches")
    template = models.ForeignKey(CertificateTemplate, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=36, unique=True)
    notify = models.BooleanField(default=True)
    requested_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-requested_at", "-pk"]
        verbose_name = _("emisión de constancias")
        verbose_name_plural = _("emisiones de constancias")


class CertificateQuerySet(models.QuerySet["Certificate"]):
    def printed(self) -> "CertificateQuerySet":
        """With their PDF: only these exist for anybody outside the institute."""
        return self.exclude(sha256="")

    def unprinted(self) -> "CertificateQuerySet":
        return self.filter(sha256="", state=CertificateState.ISSUED)

    def waiting(self) -> "CertificateQuerySet":
        """To be printed, in nobody's hands, and not tried too often."""
        free = Q(claimed_until=None) | Q(claimed_until__lt=Now())
        return self.unprinted().filter(free, attempts__lt=MAX_ATTEMPTS)

    def without_words(self) -> "CertificateQuerySet":
        """Whose they are and how far their printing is, without what they say."""
        return self.order_by().only("person_id", "state", "sha256", "attempts", "claimed_until")

    def stuck(self) -> "CertificateQuerySet":
        """Tried as often as makes sense, without a PDF."""
        free = Q(claimed_until=None) | Q(claimed_until__lt=Now())
        return self.unprinted().filter(free, attempts__gte=MAX_ATTEMPTS)

    def in_force(self) -> "CertificateQuerySet":
        return self.filter(state=CertificateState.ISSUED)


class Certificate(models.Model):
    """A constancia: that this person met the rule of this training, said as it was on its day.

    ``snapshot`` holds every word that is printed; nothing of it follows later changes of person, training or template.
    ``is_held``: kept whole, name and all, also where its person is erased (a legal duty).
    ``file`` and ``sha256`` are of the PDF; empty while it waits to be printed. ``claim_token`` and ``claimed_until``
    say which worker is printing it and until when, by the database's clock.
    """

    folio = models.CharField(max_length=16, unique=True, default=new_folio, editable=False)
    training = models.ForeignKey(Training, on_delete=models.PROTECT, related_name="certificates")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="certificates")
    batch = models.ForeignKey(CertificateBatch, on_delete=models.PROTECT, related_name="certificates")
    state = models.CharField(_("estado"), max_length=8, choices=CertificateState, default=CertificateState.ISSUED)
    snapshot = models.JSONField(default=dict)
    file = models.FileField(upload_to=certificate_path, storage=private_storage, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    issued_at = models.DateTimeField(_("expedida"))
    issued_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    ended_reason = models.CharField(_("motivo"), max_length=8, choices=RevocationReason, blank=True)
    ended_note = models.CharField(_("nota interna"), max_length=300, blank=True)
    is_held = models.BooleanField(default=False)
    replaced_by = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaces")
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    claim_token = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("constancia")
        verbose_name_plural = _("constancias")
        constraints = [
            models.UniqueConstraint(
                fields=["training", "person"],
                condition=Q(state="issued"),
                name="trainings_certificate_once",
                violation_error_message=_("Esta persona ya tiene una constancia vigente de esta capacitación."),
            ),
            models.CheckConstraint(
                condition=Q(state="issued", ended_at__isnull=True, replaced_by__isnull=True)
                | Q(state="revoked", ended_at__isnull=False, replaced_by__isnull=True)
                | Q(state="replaced", ended_at__isnull=False),
                name="trainings_certificate_end_said",
                violation_error_message=_("Una constancia que ya no vale dice desde cuándo."),
            ),
        ]
        indexes = [models.Index(fields=["batch"], condition=Q(sha256=""), name="trainings_cert_unprinted")]

    def __str__(self) -> str:
        return self.folio

    @property
    def is_in_force(self) -> bool:
        return self.state == CertificateState.ISSUED

    @property
    def is_stuck(self) -> bool:
        """In force, tried as often as makes sense, and without a PDF."""
        in_hand = self.claimed_until is not None and self.claimed_until >= timezone.now()
        return self.is_in_force and not self.sha256 and not in_hand and self.attempts >= MAX_ATTEMPTS

    @property
    def holder(self) -> str:
        """The name that is printed on it."""
        return str(self.snapshot.get("name", ""))
