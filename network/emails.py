"""The mail of the network: invitations, and what the log-in flows have to tell."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from network.enums import ArcoState, DesignationState, InvitationState
from network.models import (
    ArcoRequest,
    ArcoStep,
    Designation,
    DesignationQuerySet,
    Invitation,
    Proposal,
    ProposalLink,
    RightsDeadlines,
)
from network.rules import own_data_code
from outbox.models import DigestLine
from outbox.registry import Mail, NotWanted
from web import identity
from web.mailhtml import inline

StrOrPromise = str | Promise


def invitation(params: dict[str, Any], language: str) -> Mail | NotWanted:
    """The link by which a designated person opens the account; the link is made here and kept nowhere."""
    row = (
        Invitation.objects.select_related("designation__municipality", "designation__person")
        .filter(pk=params["invitation"])
        .first()
    )
    if row is None or row.state != InvitationState.PENDING:
        return NotWanted(_("La invitación ya se aceptó, se retiró o caducó."))
    if not row.designation.is_open:
        return NotWanted(_("La designación terminó."))
    return _mail(
        "invitation",
        invitation=row,
        designation=row.designation,
        url=settings.SITE_URL + reverse("invitation_accept", args=[row.token]),
    )


# The mail of the day on which the periods of all municipalities end names so many.
NAMED = 30


@dataclass(frozen=True, slots=True)
class Ending:
    """A letter that ends or has ended, and for the institute where to renew it."""

    designation: Designation
    days: int
    is_own: bool
    link: str


def designation_ending(params: dict[str, Any], language: str) -> Mail | NotWanted:
    """To titular or suplente: the own letter, or that of the titular of the municipality, ends in so many days."""
    person = params["person"]
    places = set(Designation.objects.in_force().filter(person=person).values_list("municipality", flat=True))
    if not places:
        return NotWanted(_("La designación ya no está vigente."))
    in_force = Designation.objects.in_force().filter(municipality__in=places)
    endings = _endings(params, in_force, person=person)
    if not endings:
        return NotWanted(_("La designación ya se renovó, se sustituyó o terminó."))
    return _mail(
        "designation_ending", endings=endings, first=endings[0], url=settings.SITE_URL + reverse("liaison_home")
    )


def designations_ending(params: dict[str, Any], language: str) -> Mail | NotWanted:
    """To the institute: letters that end soon, and municipalities left without ambassador."""
    endings = _endings(params, Designation.objects.all())
    if not endings:
        return NotWanted(_("Las designaciones ya se renovaron o se sustituyeron."))
    over = [row for row in endings if row.designation.is_expired]
    soon = [row for row in endings if not row.designation.is_expired]
    page = "staff_vacancy_list" if over else "staff_designation_list"
    return _mail(
        "designations_ending",
        over=over[:NAMED],
        soon=soon[:NAMED],
        rest=max(len(over) - NAMED, 0) + max(len(soon) - NAMED, 0),
        headline=_endings_headline(over, soon),
        url=settings.SITE_URL + reverse(page),
    )


def _endings(params: dict[str, Any], rows: DesignationQuerySet, *, person: int | None = None) -> list[Ending]:
    """The letters of a digest that still end on the day it was queued for, the nearest first."""
    told = set(DigestLine.objects.of_digest(params["digest"]).values_list("subject_id", "occasion"))
    today, found = timezone.localdate(), []
    for row in rows.filter(pk__in={pk for pk, _occasion in told}).select_related("municipality", "person"):
        days = {occasion.split(":")[1] for pk, occasion in told if pk == row.pk}
        if row.ending and str(row.ends_on) in days and (row.is_current or row.is_expired) and row.ends_on:
            link = settings.SITE_URL + reverse("staff_designation_detail", args=[row.pk])
            found.append(Ending(row, (row.ends_on - today).days, row.person_id == person, link))
    return sorted(found, key=lambda ending: (ending.days, ending.designation.pk))


def _endings_headline(over: list[Ending], soon: list[Ending]) -> str:
    if len(over) == 1:
        return _("{place} se quedó sin titular").format(place=over[0].designation.municipality.name)
    if over:
        return _("{n} municipios se quedaron sin titular").format(n=len(over))
    if len(soon) == 1:
        return _("Está por terminar la designación de {place}").format(place=soon[0].designation.municipality.name)
    return _("{n} designaciones están por terminar").format(n=len(soon))


# --- Proposals of municipalities


def proposal_link(params: dict[str, Any], language: str) -> Mail | NotWanted:
    """The link by which a municipality proposes its people, the first time or as a reminder."""
    row = ProposalLink.objects.select_related("municipality", "campaign").filter(pk=params["link"]).first()
    if row is None or not row.is_open:
        return NotWanted(_("El enlace ya no sirve."))
    reminder = bool(params.get("reminder"))
    if reminder and not ProposalLink.objects.unanswered().filter(pk=row.pk).exists():
        return NotWanted(_("El municipio ya respondió."))
    url = settings.SITE_URL + reverse("proposal_home", args=[row.token])
    return _mail("proposal_link", link=row, reminder=reminder, url=url)


def proposal_decided(params: dict[str, Any], language: str) -> Mail | NotWanted:
    """To the municipality: its proposal is in force, or what is to be corrected."""
    row = (
        Proposal.objects.select_related("link__municipality", "designation__person")
        .filter(pk=params["proposal"], round=params["round"])
        .exclude(designation__state=DesignationState.PROPOSED)
        .first()
    )
    if row is None:
        return NotWanted(_("La propuesta se envió de nuevo."))
    url = settings.SITE_URL + reverse("proposal_home", args=[row.link.token])
    rejected = row.designation.state == DesignationState.REJECTED
    return _mail("proposal_decided", proposal=row, designation=row.designation, rejected=rejected, url=url)


# --- Rights over personal data


def arco_confirm(params: dict[str, Any], language: str) -> Mail | NotWanted:
    """The link that proves the address of who asks. The name typed does not stand in it: anybody may have typed it."""
    row = ArcoRequest.objects.filter(pk=params["request"]).first()
    if row is None or row.state != ArcoState.UNCONFIRMED:
        return NotWanted(_("La solicitud ya se confirmó."))
    url = settings.SITE_URL + reverse("rights_confirm", args=[row.confirmation_code])
    return _mail("arco_confirm", request=row, url=url)


def arco_step(params: dict[str, Any], language: str) -> Mail | NotWanted:
    """Where the request is now, and what desk and person told each other."""
    step = ArcoStep.objects.select_related("request").filter(pk=params["step"]).first()
    if step is None or step.request.redacted_at:
        return NotWanted(_("La solicitud ya no se conserva."))
    url = settings.SITE_URL + reverse("rights_status", args=[step.request.token])
    return _mail("arco_step", step=step, request=step.request, url=url)


def own_data(params: dict[str, Any], language: str) -> Mail | NotWanted:
    """The link to the person's own data; the data themselves never travel by mail."""
    row = ArcoRequest.objects.select_related("person").filter(pk=params["request"]).first()
    if row is None or row.person is None or row.person.erased_at:
        return NotWanted(_("La solicitud ya no señala a una persona."))
    url = settings.SITE_URL + reverse("own_data_by_link", args=[own_data_code(row.person)])
    return _mail("own_data", request=row, url=url, days=RightsDeadlines.current().link_days)


def arco_due(params: dict[str, Any], language: str) -> Mail | NotWanted:
    """To an administrator: requests about to fall due, and overdue ones."""
    told = DigestLine.objects.of_digest(params["digest"]).values("subject_id")
    rows = [row for row in ArcoRequest.objects.open().urgent_first().filter(pk__in=told) if row.due_on]
    if not rows:
        return NotWanted(_("Las solicitudes ya se atendieron."))
    return _mail("arco_due", rows=rows, url=settings.SITE_URL + reverse("arco_list"))


_ignore = gettext_lazy("Si no lo pidió usted, puede ignorar este correo: nada cambia.")
_alarm = gettext_lazy(
    "Si no fue usted, cambie su contraseña cuanto antes y avise al correo de contacto que está al pie de este mensaje."
)


@dataclass(frozen=True, slots=True)
class Notice:
    """What one mail of the log-in flows says; ``link`` is the key of its address in allauth's context."""

    subject: StrOrPromise
    text: StrOrPromise
    button: StrOrPromise = ""
    link: str = ""
    footnote: StrOrPromise = _alarm


# allauth's name of the mail → what it says here. A missing name is an error: no mail leaves in English by chance.
_NOTICES: dict[str, Notice] = {
    "email_confirmation_signup": Notice(
        gettext_lazy("Confirme su correo"),
        gettext_lazy("Falta un paso para abrir su cuenta: confirmar que esta dirección es suya."),
        gettext_lazy("Confirmar mi correo"),
        "activate_url",
        footnote=_ignore,
    ),
    "email_confirmation": Notice(
        gettext_lazy("Confirme su correo"),
        gettext_lazy("Esta dirección se agregó a una cuenta. Confirme que es suya para poder usarla."),
        gettext_lazy("Confirmar mi correo"),
        "activate_url",
        footnote=_ignore,
    ),
    "password_reset_key": Notice(
        gettext_lazy("Elija una contraseña nueva"),
        gettext_lazy("Se pidió cambiar la contraseña de su cuenta. El enlace sirve una sola vez."),
        gettext_lazy("Elegir contraseña"),
        "password_reset_url",
        footnote=_ignore,
    ),
    "unknown_account": Notice(
        gettext_lazy("No hay una cuenta con este correo"),
        gettext_lazy(
            "Se pidió entrar con esta dirección, pero no tiene una cuenta. Puede abrir una, o probar con otro correo."
        ),
        gettext_lazy("Crear una cuenta"),
        "signup_url",
        footnote=_ignore,
    ),
    "account_already_exists": Notice(
        gettext_lazy("Ya tiene una cuenta"),
        gettext_lazy(
            "Se pidió abrir una cuenta con esta dirección, que ya tiene una. Si olvidó la contraseña, elija otra."
        ),
        gettext_lazy("Elegir contraseña"),
        "password_reset_url",
        footnote=_ignore,
    ),
    "password_changed": Notice(
        gettext_lazy("Su contraseña cambió"), gettext_lazy("La contraseña de su cuenta se cambió.")
    ),
    "password_reset": Notice(
        gettext_lazy("Su contraseña cambió"),
        gettext_lazy("La contraseña de su cuenta se cambió con un enlace enviado por correo."),
    ),
    "password_set": Notice(
        gettext_lazy("Su cuenta ya tiene contraseña"), gettext_lazy("Se puso una contraseña a su cuenta.")
    ),
    "email_changed": Notice(
        gettext_lazy("Cambió el correo de su cuenta"), gettext_lazy("Se cambió el correo con que se entra a su cuenta.")
    ),
    "email_confirm": Notice(
        gettext_lazy("Correo confirmado"), gettext_lazy("Esta dirección quedó confirmada en su cuenta.")
    ),
    "email_deleted": Notice(
        gettext_lazy("Se quitó un correo de su cuenta"), gettext_lazy("Una dirección de correo se quitó de su cuenta.")
    ),
    "totp_activated": Notice(
        gettext_lazy("Verificación en dos pasos activada"),
        gettext_lazy("Desde ahora su cuenta pide también un código de su aplicación de verificación."),
    ),
    "totp_deactivated": Notice(
        gettext_lazy("Verificación en dos pasos desactivada"),
        gettext_lazy("Su cuenta ya no pide el código de la aplicación de verificación."),
    ),
    "webauthn_added": Notice(
        gettext_lazy("Llave de acceso agregada"), gettext_lazy("Se agregó una llave de acceso a su cuenta.")
    ),
    "webauthn_removed": Notice(
        gettext_lazy("Llave de acceso eliminada"), gettext_lazy("Se quitó una llave de acceso de su cuenta.")
    ),
    "recovery_codes_generated": Notice(
        gettext_lazy("Códigos de recuperación nuevos"),
        gettext_lazy("Se generaron códigos de recuperación para su cuenta; los anteriores ya no sirven."),
    ),
    "account_connected": Notice(
        gettext_lazy("Ya puede entrar con su institución"),
        gettext_lazy("Desde ahora se entra a su cuenta también con el sistema de su institución."),
    ),
    "account_disconnected": Notice(
        gettext_lazy("Ya no se entra con su institución"),
        gettext_lazy("Se quitó de su cuenta la entrada con el sistema de su institución."),
    ),
}


def account_mail(name: str, context: dict[str, Any]) -> Mail:
    """A mail of the log-in flows, written at once because its link cannot be made again later.

    ``name`` is allauth's, without folders (``password_reset_key``); an unknown one raises ``KeyError``.
    """
    notice = _NOTICES[name]
    url = own_address(context[notice.link]) if notice.link else ""
    return _mail("account", notice=notice, url=url)


def own_address(url: str) -> str:
    """The same page at the address of the settings: a link in a mail never repeats the Host that a request claimed."""
    parts = urlsplit(url)
    return settings.SITE_URL + parts.path + (f"?{parts.query}" if parts.query else "")


def _mail(name: str, **context: Any) -> Mail:
    context |= {"installation": identity.current(), "LANGUAGE_CODE": get_language()}
    subject, text, html = (
        render_to_string(f"emails/network/{name}.{part}", context) for part in ("subject.txt", "txt", "html")
    )
    return Mail(subject=subject.strip(), text=text, html=inline(html))
