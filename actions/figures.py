"""Numbers of climate actions: those the institute published whose planned dates touch the period."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, QuerySet, Value
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from actions.enums import ActionKind, ActionStatus, OutcomeKind, PostKind, PostState
from actions.models import Action, ExchangeOutcome, ExchangePost
from municipalities.figures import Count as Counted
from municipalities.figures import Period, Scope


@dataclass(frozen=True)
class ActionFigures:
    """Published actions, each counted once in every table; pathway is the entry pathway."""

    total: int
    by_kind: tuple[Counted, ...]
    by_status: tuple[Counted, ...]
    by_pathway: tuple[Counted, ...]
    by_sector: tuple[Counted, ...]


def actions_of(scope: Scope, period: Period) -> QuerySet[Action]:
    """Published actions of the scope that begin before the period is over and do not end before it begins."""
    return Action.objects.published().filter(scope.within("municipality"), period.touches("starts_on", "ends_on"))


def action_figures(scope: Scope, period: Period) -> ActionFigures:
    """One query; what comes back is bounded by the vocabularies."""
    english = (get_language() or "es").startswith("en")
    rows = (
        actions_of(scope, period)
        .order_by()
        .values_list(
            "kind", "status", "pathway__order", "pathway__code", "pathway__name", "pathway__name_en",
            "sector__order", "sector__code", "sector__name", "sector__name_en",
        )
        .annotate(Count("pk"))
    )  # fmt: skip
    kinds: dict[str, int] = defaultdict(int)
    statuses: dict[str, int] = defaultdict(int)
    pathways: dict[tuple, int] = defaultdict(int)
    sectors: dict[tuple, int] = defaultdict(int)
    for kind, status, *names, count in rows:
        kinds[kind] += count
        statuses[status] += count
        for table, (order, code, name, name_en) in ((pathways, names[:4]), (sectors, names[4:])):
            table[order, code, (english and name_en) or name] += count
    return ActionFigures(
        total=sum(kinds.values()),
        by_kind=tuple(Counted(code, str(label), kinds[code]) for code, label in ActionKind.choices if kinds[code]),
        by_status=tuple(
            Counted(code, str(label), statuses[code]) for code, label in ActionStatus.choices if statuses[code]
        ),
        by_pathway=_ordered(pathways),
        by_sector=_ordered(sectors),
    )


def _ordered(found: dict[tuple, int]) -> tuple[Counted, ...]:
    return tuple(Counted(code, label, count) for (_order, code, label), count in sorted(found.items()))


@dataclass(frozen=True)
class ExchangeFigures:
    """What the exchange board holds and what came of it; posts that the institute hid are not counted."""

    offers: int
    requests: int
    matched: int
    outcomes: tuple[Counted, ...]


def exchange_figures() -> ExchangeFigures:
    """One query."""
    posts = ExchangePost.objects.shown().order_by().annotate(what=Value("post")).values_list("what", "kind", "state")
    came = ExchangeOutcome.objects.filter(post__hidden_at=None).order_by().annotate(what=Value("outcome"))
    rows = posts.annotate(n=Count("pk")).union(came.values_list("what", "kind", Value("")).annotate(n=Count("pk")))
    counted: Counter[tuple[str, str]] = Counter()
    for what, kind, state, number in rows:
        counted[what, kind] += number
        counted["state", state] += number
    return ExchangeFigures(
        offers=counted["post", PostKind.OFFER],
        requests=counted["post", PostKind.REQUEST],
        matched=counted["state", PostState.MATCHED],
        outcomes=tuple(
            Counted(code, str(label), counted["outcome", code])
            for code, label in OutcomeKind.choices
            if counted["outcome", code]
        ),
    )


def exchange_csv_head() -> list[str]:
    return [
        _("Número"), _("Qué es"), _("Título"), _("Municipio"), _("Sector"), _("Camino"), _("Estado"), _("Publicada"),
        _("Vigente hasta"), _("Municipios que escribieron"), _("Concretada con"), _("Cuándo"), _("De aquí salió"),
    ]  # fmt: skip


def exchange_csv_rows() -> Iterator[list[object]]:
    """One row a post, hidden ones included and called so; no person is named in it."""
    posts = ExchangePost.objects.for_lists().annotate(
        wrote=Count("threads", distinct=True), came=Count("outcomes", distinct=True)
    )
    for post in posts.order_by("pk"):
        yield [
            post.pk, post.get_kind_display(), post.title, post.municipality.name, post.sector.label, post.pathway.label,
            post.state_label, timezone.localdate(post.created_at), post.until, post.wrote,
            post.matched_with.name if post.matched_with else "", post.matched_on or "", post.came,
        ]  # fmt: skip


def sector_profiles() -> dict[int, dict[int, int]]:
    """Municipality → sector → published actions. One query."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    rows = Action.objects.published().order_by().values_list("municipality", "sector").annotate(how_many=Count("pk"))
    for municipality, sector, how_many in rows:
        found[municipality][sector] = how_many
    return dict(found)
