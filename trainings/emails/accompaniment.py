"""The messages about accompaniments. Each reads the rows as they are when the mail leaves.

All of them say one thing and lead to one page, so they share two templates: a notice and a digest.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from network.enums import DesignationKind
from network.models import Designation
from outbox.models import DigestLine
from outbox.registry import Mail, NotWanted
from trainings.enums import AccompanimentState, Side
from trainings.models import Accompaniment, AccompanimentSession, Duty, ReviewRound, duties
from web import identity
from web.mailhtml import inline

Params = dict[str, Any]
# The mail of a bad month names so many; the rest are on the page it leads to.
NAMED = 30


def requested(params: Params, language: str) -> Mail | NotWanted:
    """To the institute: a municipality asks for accompaniment."""
    file = _file(params)
    if file is None or file.state != AccompanimentState.REQUESTED:
        return NotWanted(_("La solicitud ya tiene respuesta."))
    return _notice(
        file,
        Side.INSTITUTE,
        headline=_("{municipality} solicita acompañamiento: «{topic}»"),
        lead=_("Falta responder si se acepta y quién acompaña."),
        quote=file.request,
        button=_("Responder la solicitud"),
    )


def answered(params: Params, language: str) -> Mail | NotWanted:
    """To the municipality: accepted, or not and why."""

    def words(file: Accompaniment) -> Mail | NotWanted:
        if file.state == AccompanimentState.DECLINED:
            headline, lead = _("No se aceptó el acompañamiento «{topic}»"), _("El instituto explica por qué:")
        elif file.state == AccompanimentState.ACCEPTED:
            headline = _("Se aceptó el acompañamiento «{topic}»")
            lead = _("El instituto asignará a quien acompaña y le avisará.")
        else:
            return NotWanted(_("El acompañamiento ya siguió su curso."))
        return _notice(file, Side.MUNICIPALITY, headline=headline, lead=lead, quote=file.answer)

    return _to_liaison(params, words)


def assigned(params: Params, language: str) -> Mail | NotWanted:
    """To the municipality: who accompanies."""

    def words(file: Accompaniment) -> Mail | NotWanted:
        if file.state != AccompanimentState.ASSIGNED:
            return NotWanted(_("El acompañamiento ya siguió su curso."))
        people = [person.name or _("Personal del instituto") for person in file.assignees.all()]
        return _notice(
            file,
            Side.MUNICIPALITY,
            headline=_("Ya hay quien acompañe «{topic}»"),
            lead=_("Le acompañan:"),
            quote="\n".join([*people, *(expert.shown for expert in file.experts.all())]),
        )

    return _to_liaison(params, words)


def given(params: Params, language: str) -> Mail | NotWanted:
    """To an account of the institute: an accompaniment was given to it."""
    file = _file(params)
    if file is None or not file.assignees.filter(pk=params["user"], is_active=True).exists():
        return NotWanted(_("El acompañamiento se asignó a otra persona."))
    return _notice(
        file,
        Side.INSTITUTE,
        headline=_("Se le asignó el acompañamiento «{topic}» ({municipality})"),
        lead=_("Proponga la primera sesión y regístrela en el expediente."),
    )


def session_to_confirm(params: Params, language: str) -> Mail | NotWanted:
    """To whichever side has not confirmed a session that the other one did."""
    found = AccompanimentSession.objects.select_related("accompaniment__municipality").filter(pk=params["session"])
    session = found.first()
    side = Side.MUNICIPALITY if "designation" in params else Side.INSTITUTE
    if session is None or not session.is_recorded or session.confirmed_by(side):
        return NotWanted(_("La sesión ya no espera confirmación."))
    day = date_format(session.day, "DATE_FORMAT")
    notice = {
        "headline": _("Confirme la sesión del {day}: «{topic}»").replace("{day}", day),
        "lead": _(
            "Revise la fecha, los minutos, las personas, el producto y los acuerdos. Si algo no es así, corríjalo."
        ),
        "quote": session.product,
        "button": _("Revisar y confirmar"),
        "anchor": f"#sesion-{session.pk}",
    }
    if side == Side.INSTITUTE:
        return _notice(session.accompaniment, side, **notice)
    return _to_liaison(params, lambda file: _notice(file, side, **notice))


def version_received(params: Params, language: str) -> Mail | NotWanted:
    """To the institute: a version of an instrument waits for its recommendations."""
    round_ = _round(params)
    if round_ is None or round_.sent_at is not None:
        return NotWanted(_("La versión ya se revisó."))
    return _notice(
        round_.accompaniment,
        Side.INSTITUTE,
        headline=_("{municipality} envió la versión {n}: «{topic}»").replace("{n}", str(round_.number)),
        lead=_("Falta escribir las recomendaciones y enviarlas."),
        quote=round_.note,
        button=_("Revisar la versión"),
    )


def recommendations(params: Params, language: str) -> Mail | NotWanted:
    """To the municipality: what the institute recommends about a version."""
    round_ = _round(params)
    if round_ is None or round_.sent_at is None:
        return NotWanted(_("La versión ya no está en revisión."))
    count = round_.recommendations.filter(reply="").count()
    if count == 0 and round_.recommendations.exists():
        return NotWanted(_("Las recomendaciones ya tienen respuesta."))
    lead = _("Responda cada una y envíe la versión siguiente.") if count else _("No hay nada que cambiar.")
    headline = _("El instituto revisó la versión {n} de «{topic}»").replace("{n}", str(round_.number))
    return _to_liaison(params, lambda file: _notice(file, Side.MUNICIPALITY, headline=headline, lead=lead, quote=""))


def closing(params: Params, language: str) -> Mail | NotWanted:
    """To the municipality: the institute proposes to conclude."""

    def words(file: Accompaniment) -> Mail | NotWanted:
        if file.state != AccompanimentState.CLOSING:
            return NotWanted(_("El cierre ya se decidió."))
        return _notice(
            file,
            Side.MUNICIPALITY,
            headline=_("Confirme el cierre del acompañamiento «{topic}»"),
            lead=_("El instituto escribió el resultado. Confírmelo, o diga qué falta."),
            quote=file.result,
            button=_("Confirmar el cierre"),
        )

    return _to_liaison(params, words)


def closed(params: Params, language: str) -> Mail | NotWanted:
    """To both: it is concluded."""

    def words(file: Accompaniment, side: Side = Side.MUNICIPALITY) -> Mail | NotWanted:
        if file.state != AccompanimentState.CLOSED:
            return NotWanted(_("El acompañamiento se reabrió."))
        return _notice(
            file,
            side,
            headline=_("Concluyó el acompañamiento «{topic}» ({municipality})"),
            lead=_("Ambas partes confirmaron el cierre. El resultado:"),
            quote=file.result,
        )

    if "designation" in params:
        return _to_liaison(params, words)
    found = _file(params)
    return NotWanted(_("El expediente ya no existe.")) if found is None else words(found, Side.INSTITUTE)


# --- Digests of what is late


def duties_of_liaison(params: Params, language: str) -> Mail | NotWanted:
    """To titular or suplente: what their municipality owes, as it is when the mail leaves."""
    held = list(Designation.objects.in_force().filter(person=params["person"]))
    if not held:
        return NotWanted(_("La designación ya no está vigente."))
    places = {row.municipality_id for row in held}
    own = [duty for duty in _pending(params, Side.MUNICIPALITY) if duty.municipality in places]
    if not own:
        return NotWanted(_("Lo que faltaba ya se hizo."))
    is_suplente = all(row.kind == DesignationKind.SUPLENTE for row in held)
    return _digest(own, Side.MUNICIPALITY, is_suplente=is_suplente)


def duties_of_institute(params: Params, language: str) -> Mail | NotWanted:
    """To the institute: what it owes itself, and what municipalities left unanswered."""
    pending = _pending(params, None)
    if not pending:
        return NotWanted(_("Lo que faltaba ya se hizo."))
    return _digest(pending, Side.INSTITUTE, is_suplente=False)


def _pending(params: Params, side: Side | None) -> list[Duty]:
    """What the digest was queued for and is still owed, the most overdue first."""
    told = defaultdict(set)
    for pk, occasion in DigestLine.objects.of_digest(params["digest"]).values_list("subject_id", "occasion"):
        told[pk].add(occasion)
    owed = duties(Accompaniment.objects.filter(pk__in=told), side)
    return [duty for duty in owed if duty.code in told[duty.accompaniment]]


def _digest(pending: list[Duty], side: Side, *, is_suplente: bool) -> Mail:
    rows = [(duty, _address(side, duty.accompaniment)) for duty in pending]
    if len(pending) == 1:
        headline = _("{duty}: «{topic}»").format(duty=pending[0].kind.label, topic=pending[0].topic)
    else:
        headline = _("{n} pendientes de acompañamientos").format(n=len(pending))
    home = f"{settings.SITE_URL}{reverse(_LISTS[side])}"
    return _write(
        "duties",
        headline=headline,
        rows=rows[:NAMED],
        rest=max(len(rows) - NAMED, 0),
        link=rows[0][1] if len(rows) == 1 else home,
        is_suplente=is_suplente,
        for_institute=side == Side.INSTITUTE,
    )


# --- Steps of the above

_LISTS = {Side.INSTITUTE: "staff_accompaniment_list", Side.MUNICIPALITY: "liaison_accompaniment_list"}
_PAGES = {Side.INSTITUTE: "staff_accompaniment_detail", Side.MUNICIPALITY: "liaison_accompaniment_detail"}


def _file(params: Params) -> Accompaniment | None:
    return Accompaniment.objects.select_related("municipality").filter(pk=params["accompaniment"]).first()


def _round(params: Params) -> ReviewRound | None:
    return ReviewRound.objects.select_related("accompaniment__municipality").filter(pk=params["round"]).first()


def _to_liaison(params: Params, words: Callable[[Accompaniment], Mail | NotWanted]) -> Mail | NotWanted:
    """Who lost the designation since must not learn of the municipality's work."""
    file = _file(params)
    if file is None:
        return NotWanted(_("El expediente ya no existe."))
    in_force = Designation.objects.in_force().filter(municipality=file.municipality_id)
    if not in_force.filter(pk=params["designation"]).exists():
        return NotWanted(_("La designación ya no está vigente."))
    return words(file)


def _address(side: Side, pk: int) -> str:
    return f"{settings.SITE_URL}{reverse(_PAGES[side], args=[pk])}"


def _notice(
    file: Accompaniment, side: Side, *, headline: str, lead: str, quote: str = "", button: str = "", anchor: str = ""
) -> Mail:
    said = headline.replace("{municipality}", file.municipality.name).replace("{topic}", file.topic)
    return _write(
        "notice",
        headline=said,
        lead=lead,
        quote=quote,
        button=button or _("Abrir el expediente"),
        link=_address(side, file.pk) + anchor,
        municipality=file.municipality,
        for_institute=side == Side.INSTITUTE,
    )


def _write(name: str, **context: Any) -> Mail:
    context |= {"installation": identity.current(), "LANGUAGE_CODE": get_language()}
    subject, text, html = (
        render_to_string(f"emails/trainings/{name}.{ending}", context) for ending in ("subject.txt", "txt", "html")
    )
    return Mail(subject=" ".join(subject.split()), text=text, html=inline(html))
