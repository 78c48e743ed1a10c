"""The demonstration's desk: a renewal campaign under way, proposals in every state, an action to close and others that
stopped, a comment to approve. Loading again adds nothing twice."""

import datetime as dt
from typing import Any

from django.utils import timezone

from actions import services as actions
from actions.enums import ActionStatus
from actions.models import Action, ActionComment
from municipalities.models import Municipality
from network import services
from network.enums import DesignationKind, Sex
from network.models import Designation, MunicipalOffice, PrivacyNotice, ProposalLink, RenewalCampaign, User

# Municipalities of the campaign: what each has done of it so far.
ASKED = [
    ("almoloya-de-juarez", "waiting"), ("amecameca", "rejected"), ("atlacomulco", "verified"), ("axapusco", "opened"),
    ("chapa-de-mota", "sent"), ("ixtapan-del-oro", "no-address"),
]  # fmt: skip
REJECTED = "El oficio no tiene firma. Envíelo otra vez, firmado por la presidencia municipal (demo)."
TO_CLOSE = ("Compras municipales con criterios verdes", "Nueve de cada diez compras siguen ya los criterios (demo).")
CANCELLED = ("Carril compartido para bicicletas", "La avenida se entrega al estado: lo hará él (demo).")
COMMENT = ("Vivero de árboles nativos", "¿De qué tamaño salen los árboles del vivero? Nos interesa comprar (demo).")


def load_office(by: User) -> None:
    """What waits for the institute on its pages."""
    if not RenewalCampaign.objects.exists():
        _campaign(by)
    _standings(by)
    _comment()


def _campaign(by: User) -> None:
    places = {row.slug: row for row in Municipality.objects.filter(slug__in=[slug for slug, _state in ASKED])}
    for slug, state in ASKED:
        if slug in places and state != "no-address":
            MunicipalOffice.objects.get_or_create(
                municipality=places[slug], defaults={"email": f"oficialia.{slug}@municipio.example", "changed_by": by}
            )
    campaign = services.start_campaign(
        campaign=RenewalCampaign(
            name="Renovación de enlaces (demo)",
            text="El periodo de su enlace está por terminar. Proponga con su oficio a quien seguirá.",
            deadline=timezone.localdate() + dt.timedelta(days=24),
        ),
        municipalities=places.values(),
        also_people=False,
        by=by,
    )
    links = {link.municipality.slug: link for link in campaign.links.select_related("municipality")}
    for number, (slug, state) in enumerate(ASKED):
        if slug in links and state == "opened":
            services.open_link(link=links[slug])
        elif slug in links and state in {"waiting", "rejected", "verified"}:
            _propose(links[slug], state, number, by)


def _propose(link: ProposalLink, state: str, number: int, by: User) -> None:
    """A suplente, so that no titular in force stands in the way of verifying it."""
    today, place = timezone.localdate(), link.municipality
    person: dict[str, Any] = {
        "name": f"Propuesta Demo {place.name}",
        "email": f"propuesta.{place.slug}@municipio.example",
        "position": "Dirección de Ecología",
        "institution": f"Ayuntamiento Demo de {place.name}",
        "sex": Sex.WOMAN if number % 2 else Sex.MAN,
    }
    letter = Designation(
        oficio_number=f"DEMO/PM/{900 + number}/{today.year}",
        oficio_date=today - dt.timedelta(days=2),
        signed_by=f"Presidencia Municipal Demo de {place.name}",
        starts_on=today,
        ends_on=today + dt.timedelta(days=700),
    )
    proposal = services.propose(
        link=link,
        kind=DesignationKind.SUPLENTE,
        designation=letter,
        person=person,
        notice=PrivacyNotice.objects.first(),
    )
    if state == "rejected":
        services.reject_proposal(proposal=proposal, reason=REJECTED, by=by)
    elif state == "verified":
        services.verify_proposal(proposal=proposal, by=by)


def _standings(by: User) -> None:
    """One action that asks to be closed, one that was cancelled; one is suspended in ``demo.yaml``."""
    title, text = TO_CLOSE
    done = Action.objects.filter(title=title, closing_asked_at=None, status=ActionStatus.UNDER_WAY).first()
    if done is not None and not actions.closing_lacks(done):
        actions.ask_to_close(action=done, text=text, ended_on=timezone.localdate(), version=None, by=done.created_by)
    title, reason = CANCELLED
    planned = Action.objects.filter(title=title, status=ActionStatus.PLANNED).first()
    if planned is not None:
        actions.stop_action(
            action=planned, status=ActionStatus.CANCELLED, reason=reason, version=None, by=planned.created_by or by
        )


def _comment() -> None:
    title, text = COMMENT
    action = Action.objects.published().filter(title=title).first()
    writer = User.objects.filter(email="enlace@demo.example").select_related("person").first()
    place = writer.liaison_municipality if writer is not None else None
    if action is None or writer is None or place is None or ActionComment.objects.filter(text=text).exists():
        return
    actions.add_comment(action=action, municipality=place, text=text, by=writer)
