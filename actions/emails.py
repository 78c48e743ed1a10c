"""One composer for each message about an action. Each reads the rows as they are when the mail leaves."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from actions.enums import ActionStatus, DeadlineKind
from actions.models import Action, ActionComment, Deadline, ExchangeMessage, ExchangePost, Review
from network.enums import DesignationKind
from network.models import Designation
from outbox.models import DigestLine
from outbox.registry import Mail, NotWanted
from web import identity
from web.mailhtml import inline

Params = dict[str, Any]
# The mail of a bad month names so many; the rest are on the page it leads to.
NAMED = 30


@dataclass(frozen=True, slots=True)
class Pending:
    """An action that waits for its municipality, why, and where to say what became of it."""

    action: Action
    deadline: Deadline
    page: str

    @property
    def link(self) -> str:
        return f"{settings.SITE_URL}{reverse(self.page, args=[self.action.pk])}"


def submitted(params: Params, language: str) -> Mail | NotWanted:
    """To the institute: an action waits for review."""
    review = _review(params)
    if review is None or not review.action.is_submitted:
        return NotWanted(_("La acción ya no espera revisión."))
    return _mail("submitted", review, reverse("staff_action_detail", args=[review.action_id]))


def returned(params: Params, language: str) -> Mail | NotWanted:
    """To the municipality: what has to be corrected."""
    review = _review(params)
    if review is None or not review.action.is_returned:
        return NotWanted(_("La acción ya se corrigió."))
    if not _still_designated(params, review.action):
        return NotWanted(_("La designación ya no está vigente."))
    return _mail("returned", review, reverse("liaison_action_detail", args=[review.action_id]))


def validated(params: Params, language: str) -> Mail | NotWanted:
    """To the municipality: the institute accepted the action; it is public, or will be."""
    review = _review(params)
    if review is None or not review.action.is_validated:
        return NotWanted(_("La acción ya no está validada."))
    if not _still_designated(params, review.action):
        return NotWanted(_("La designación ya no está vigente."))
    return _mail("validated", review, _page(review.action))


def published(params: Params, language: str) -> Mail | NotWanted:
    """To the municipality: what was validated before is public now."""
    review = _review(params)
    if review is None or not review.action.is_published:
        return NotWanted(_("La acción ya no es pública."))
    if not _still_designated(params, review.action):
        return NotWanted(_("La designación ya no está vigente."))
    return _mail("published", review, _page(review.action))


def closing(params: Params, language: str) -> Mail | NotWanted:
    """To the institute: a municipality asks to close an action."""
    review = _review(params)
    if review is None or review.action.closing_asked_at is None:
        return NotWanted(_("El cierre ya no espera respuesta."))
    return _mail("closing", review, reverse("staff_action_detail", args=[review.action_id]))


def closed(params: Params, language: str) -> Mail | NotWanted:
    """To the municipality: the action is completed."""
    review = _review(params)
    if review is None or review.action.status != ActionStatus.COMPLETED:
        return NotWanted(_("La acción cambió otra vez."))
    if not _still_designated(params, review.action):
        return NotWanted(_("La designación ya no está vigente."))
    return _mail("closed", review, _page(review.action))


def kept_open(params: Params, language: str) -> Mail | NotWanted:
    """To the municipality: what the closing lacks."""
    review = _review(params)
    if review is None or review.action.closing_asked_at or review.action.status == ActionStatus.COMPLETED:
        return NotWanted(_("La acción cambió otra vez."))
    if not _still_designated(params, review.action):
        return NotWanted(_("La designación ya no está vigente."))
    return _mail("kept_open", review, reverse("liaison_action_detail", args=[review.action_id]))


def withdrawn(params: Params, language: str) -> Mail | NotWanted:
    """To the municipality: the action left the public pages, and why."""
    review = _review(params)
    if review is None or review.action.is_published or not review.action.is_validated:
        return NotWanted(_("La acción cambió otra vez."))
    if not _still_designated(params, review.action):
        return NotWanted(_("La designación ya no está vigente."))
    return _mail("withdrawn", review, _page(review.action))


def follow_up_asked(params: Params, language: str) -> Mail | NotWanted:
    """To the municipality: the institute asks how far an action is."""
    action = Action.objects.sent().select_related("municipality").filter(pk=params["action"]).first()
    if action is None or not action.is_open:
        return NotWanted(_("La acción ya no está en marcha."))
    if action.last_follow_up_on and action.last_follow_up_on.isoformat() >= params["asked_on"]:
        return NotWanted(_("El seguimiento ya se hizo."))
    if not _still_designated(params, action):
        return NotWanted(_("La designación ya no está vigente."))
    path = reverse("liaison_follow_up_create", args=[action.pk])
    return _write("follow_up_asked", action=action, link=f"{settings.SITE_URL}{path}")


def deadlines(params: Params, language: str) -> Mail | NotWanted:
    """To titular or suplente: what of their municipality is due, as it is when the mail leaves."""
    held = list(Designation.objects.in_force().filter(person=params["person"]).select_related("municipality"))
    if not held:
        return NotWanted(_("La designación ya no está vigente."))
    places = {row.municipality_id for row in held}
    own = [row for row in _pending(params, "liaison_follow_up_create") if row.action.municipality_id in places]
    if not own:
        return NotWanted(_("Lo que faltaba ya se hizo."))
    return _digest(
        "deadlines",
        own,
        _headline(own),
        "liaison_home",
        is_suplente=all(row.kind == DesignationKind.SUPLENTE for row in held),
    )


def unanswered(params: Params, language: str) -> Mail | NotWanted:
    """To the institute: what municipalities left unanswered, or nobody stands for."""
    pending = _pending(params, "staff_action_detail")
    if not pending:
        return NotWanted(_("Lo que faltaba ya se hizo."))
    return _digest("unanswered", pending, _desk_headline(pending), "staff_action_list")


def exchange_message(params: Params, language: str) -> Mail | NotWanted:
    """To the other side of a conversation: what was written, without any address; it is answered in the portal."""
    found = ExchangeMessage.objects.select_related("thread__post__municipality", "thread__municipality", "municipality")
    message = found.filter(pk=params["message"]).first()
    if message is None or message.thread.post.is_hidden:
        return NotWanted(_("La publicación ya no está en el intercambio."))
    thread = message.thread
    if not _designated(params, thread.other_side(message.municipality_id)):
        return NotWanted(_("La designación ya no está vigente."))
    link = f"{settings.SITE_URL}{reverse('exchange_thread', args=[thread.pk])}"
    return _write("exchange_message", message=message, post=thread.post, sender=message.municipality, link=link)


def exchange_matched(params: Params, language: str) -> Mail | NotWanted:
    """To the municipality that a post was matched with."""
    found = ExchangePost.objects.select_related("municipality", "matched_with")
    post = found.filter(pk=params["post"]).first()
    if post is None or post.is_hidden or post.matched_with_id is None:
        return NotWanted(_("El intercambio ya no está marcado como concretado."))
    if not _designated(params, post.matched_with_id):
        return NotWanted(_("La designación ya no está vigente."))
    link = f"{settings.SITE_URL}{reverse('exchange_post', args=[post.pk])}"
    return _write("exchange_matched", post=post, link=link)


def comment(params: Params, language: str) -> Mail | NotWanted:
    """To the municipality of an action: another one commented on it."""
    found = ActionComment.objects.select_related("action__municipality", "municipality")
    row = found.filter(pk=params["comment"]).first()
    if row is None or row.is_hidden:
        return NotWanted(_("El comentario se ocultó."))
    if not Action.objects.published().filter(pk=row.action_id).exists():
        return NotWanted(_("La acción ya no es pública."))
    if not _still_designated(params, row.action):
        return NotWanted(_("La designación ya no está vigente."))
    link = f"{settings.SITE_URL}{reverse('action_comments', args=[row.action.slug])}"
    return _write("comment", comment=row, action=row.action, link=link)


def _pending(params: Params, page: str) -> list[Pending]:
    """The actions of a digest that still have the deadline it was queued for, the oldest first."""
    told = defaultdict(list)
    for pk, occasion in DigestLine.objects.of_digest(params["digest"]).values_list("subject_id", "occasion"):
        told[pk].append(occasion)
    found = []
    for action in Action.objects.filter(pk__in=told).select_related("municipality").defer("description", "search_text"):
        deadline = action.deadline
        if deadline and any(occasion.startswith(deadline.code) for occasion in told[action.pk]):
            found.append(Pending(action, deadline, page))
    return sorted(found, key=lambda row: (row.deadline.due_on, row.action.pk))


def _headline(pending: list[Pending]) -> str:
    first, places = pending[0], {row.action.municipality.name for row in pending}
    if len(pending) > 1:
        place = places.pop() if len(places) == 1 else _("sus municipios")
        return _("{n} pendientes de {place}").format(n=len(pending), place=place)
    if first.deadline.kind == DeadlineKind.END:
        words = _("Fuera de plazo: «{title}»")
    else:
        words = _("Falta el seguimiento de «{title}»") if first.deadline.is_past else _("Pronto toca: «{title}»")
    return words.format(title=first.action.title)


def _desk_headline(pending: list[Pending]) -> str:
    first, places = pending[0], {row.action.municipality_id for row in pending}
    if len(pending) == 1:
        words = _("Sin respuesta: «{title}» ({place})")
    elif len(places) == 1:
        words = _("{n} acciones sin respuesta de {place}")
    else:
        words = _("{n} acciones sin respuesta de {m} municipios")
    place = first.action.municipality.name
    return words.format(title=first.action.title, place=place, n=len(pending), m=len(places))


def _digest(name: str, pending: list[Pending], headline: str, home: str, **more: Any) -> Mail:
    link = pending[0].link if len(pending) == 1 else f"{settings.SITE_URL}{reverse(home)}"
    named, rest = pending[:NAMED], max(len(pending) - NAMED, 0)
    return _write(name, headline=headline, pending=named, rest=rest, link=link, **more)


def _page(action: Action) -> str:
    """The public page of an action; while there is none, the municipality's own."""
    if action.is_published:
        return reverse("action_detail", args=[action.slug])
    return reverse("liaison_action_detail", args=[action.pk])


def _review(params: Params) -> Review | None:
    return (
        Review.objects.select_related("action__municipality")
        .prefetch_related("field_comments")
        .filter(pk=params["review"])
        .first()
    )


def _still_designated(params: Params, action: Action) -> bool:
    """Who lost the designation since must not learn of the municipality's work."""
    return _designated(params, action.municipality_id)


def _designated(params: Params, municipality: int) -> bool:
    in_force = Designation.objects.in_force().filter(municipality=municipality)
    return in_force.filter(pk=params["designation"]).exists()


def _mail(name: str, review: Review, path: str) -> Mail:
    return _write(name, review=review, action=review.action, link=f"{settings.SITE_URL}{path}")


def _write(name: str, **context: Any) -> Mail:
    context |= {"installation": identity.current(), "LANGUAGE_CODE": get_language()}
    subject, text, html = (
        render_to_string(f"emails/actions/{name}.{ending}", context) for ending in ("subject.txt", "txt", "html")
    )
    return Mail(subject=" ".join(subject.split()), text=text, html=inline(html))
