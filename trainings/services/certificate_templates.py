"""How staff write what constancias look like and say. Every change makes a new version of the template."""

from datetime import date

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from network.models import User, private_storage
from trainings.documents.certificates import problems
from trainings.models import MAX_LOGOS, MAX_SIGNATORIES, CertificateLogo, CertificateSignatory, CertificateTemplate


@transaction.atomic
def save_template(
    *, template: CertificateTemplate | None, name: str, issuer: str, title: str, text: str, is_active: bool, by: User
) -> CertificateTemplate:
    """Create or change a template. Raises ``ValidationError`` where the text has a placeholder that does not exist."""
    if found := problems(text):
        raise ValidationError({"text": found})
    if template is None:
        template = CertificateTemplate(version=0)
    else:
        template = CertificateTemplate.objects.select_for_update().get(pk=template.pk)
    template.name, template.issuer, template.title, template.text = name, issuer, title, text
    template.is_active = is_active
    template.full_clean()
    _new_version(template, by=by, reason=_("Texto"))
    return template


@transaction.atomic
def add_logo(*, template: CertificateTemplate, image: File, label: str, by: User) -> CertificateLogo:
    """Put a logo at the head. ``image`` was proven and redrawn by ``check_upload``."""
    template = CertificateTemplate.objects.select_for_update().get(pk=template.pk)
    if template.logos.count() >= MAX_LOGOS:
        raise ValidationError(_("Caben {n} logotipos. Quite uno antes de agregar otro.").format(n=MAX_LOGOS))
    logo = CertificateLogo(template=template, label=label)
    logo.image.save(image.name or "logo.png", image, save=False)
    logo.save()
    _new_version(template, by=by, reason=_("Logotipos"))
    return logo


@transaction.atomic
def remove_logo(*, logo: CertificateLogo, by: User) -> None:
    template = CertificateTemplate.objects.select_for_update().get(pk=logo.template_id)
    _delete_later(logo.image.name)
    logo.delete()
    _new_version(template, by=by, reason=_("Logotipos"))


@transaction.atomic
def add_signatory(
    *, template: CertificateTemplate, name: str, position: str, signature: File | None, consented_on: date, by: User
) -> CertificateSignatory:
    """Let somebody sign who agreed to it on that day."""
    template = CertificateTemplate.objects.select_for_update().get(pk=template.pk)
    if template.signatories.count() >= MAX_SIGNATORIES:
        raise ValidationError(_("Caben {n} firmas. Quite una antes de agregar otra.").format(n=MAX_SIGNATORIES))
    one = CertificateSignatory(template=template, name=name, position=position, consented_on=consented_on)
    if signature is not None:
        one.signature.save(signature.name or "firma.png", signature, save=False)
    one.save()
    _new_version(template, by=by, reason=_("Firmantes"))
    return one


@transaction.atomic
def remove_signatory(*, signatory: CertificateSignatory, by: User) -> None:
    template = CertificateTemplate.objects.select_for_update().get(pk=signatory.template_id)
    _delete_later(signatory.signature.name)
    signatory.delete()
    _new_version(template, by=by, reason=_("Firmantes"))


def _new_version(template: CertificateTemplate, *, by: User, reason: str) -> None:
    template.version += 1
    template._history_user = by  # type: ignore[attr-defined]
    template._change_reason = reason  # type: ignore[attr-defined]
    template.save()


def _delete_later(name: str | None) -> None:
    if name:
        transaction.on_commit(lambda: private_storage().delete(name), robust=True)
