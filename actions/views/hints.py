"""«Municipios que trabajan en lo mismo»: which posts of others answer what a municipality posted or does.

Points, so that the same board always ranks the same way: a post of the other kind (an offer for a request) in the same
sector has 4, in the same pathway 2; an action of the municipality in its sector adds 1. With the same points the newer
post comes first.
"""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from actions.models import Action, ExchangePost
from actions.rules import municipal_posts
from network.models import User

SAME_SECTOR, SAME_PATHWAY, SECTOR_OF_ACTIONS = 4, 2, 1
SHOWN, LOOKED_AT = 4, 300


@dataclass(frozen=True, slots=True)
class Hint:
    """A post of another municipality, its points, and in words why it is shown."""

    post: ExchangePost
    points: int
    why: str


def hints_for(user: User) -> list[Hint]:
    """In two queries, whatever there is."""
    own = list(municipal_posts(user).open().only("title", "kind", "sector_id", "pathway_id"))
    works_on = Action.objects.filter(municipality=user.liaison_municipality, sector=OuterRef("sector"))
    answers = Q(in_own_sector=True)
    for post in own:
        answers |= Q(kind=post.kind_that_answers, sector=post.sector_id)
        answers |= Q(kind=post.kind_that_answers, pathway=post.pathway_id)
    others = ExchangePost.objects.open().exclude(municipality=user.liaison_municipality)
    found = others.annotate(in_own_sector=Exists(works_on)).filter(answers)
    ranked = [_hint(post, own, post.in_own_sector) for post in found.for_lists()[:LOOKED_AT]]  # type: ignore[attr-defined]
    ranked.sort(key=lambda hint: (-hint.points, -hint.post.created_at.timestamp(), -hint.post.pk))
    return ranked[:SHOWN]


def _hint(post: ExchangePost, own: list[ExchangePost], in_own_sector: bool) -> Hint:
    best, points = None, 0
    for mine in own:
        if mine.kind_that_answers != post.kind:
            continue
        score = SAME_SECTOR * (mine.sector_id == post.sector_id) + SAME_PATHWAY * (mine.pathway_id == post.pathway_id)
        if score > points:
            best, points = mine, score
    if best is None:
        why = _("Su municipio tiene acciones en este sector")
    else:
        if points == SAME_SECTOR + SAME_PATHWAY:
            words = _("Mismo sector y camino que «{title}»")
        else:
            words = _("Mismo sector que «{title}»") if points == SAME_SECTOR else _("Mismo camino que «{title}»")
        why = words.format(title=best.title)
    return Hint(post, points + SECTOR_OF_ACTIONS * in_own_sector, why)
