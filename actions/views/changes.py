"""What changed in an action from one version to the next, in the words of its form.

Every service leaves one version of the action, last in its transaction (:func:`actions.services.turns.record`). What
was kept of milestones, indicators, readings and estimates since the version before belongs to it.
"""

import datetime
import difflib
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.apps import apps
from django.db.models import CharField, F, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, JSONObject
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from actions.enums import EstimateKind, IndicatorDirection
from actions.forms import ActionForm, IndicatorForm, MilestoneForm, ReadingForm
from actions.models import Action, ActionQuerySet, EmissionEstimate, Indicator, IndicatorReading, Milestone
from actions.templatetags.action_tags import amount
from network.enums import DesignationKind
from network.models import Designation, User

# Columns of the record in the order of its form, then those that steps of their own change.
FACTS = (
    "title", "kind", "sector", "pathway", "responsible_area", "starts_on", "description", "ends_on", "status",
    "started_on", "ended_on", "cadence", "place", "point", "partners", "beneficiaries_total", "beneficiaries_women",
    "beneficiaries_men", "people_exposed", "linked_pathways", "sdgs", "hazards", "instrument", "instrument_line",
    "budget", "funding_source", "related_actions",
)  # fmt: skip
STEPS = ("status_reason", "progress", "progress_basis", "closing_text", "review_state")
# What everybody may read on the public page of an action.
PUBLIC = (*(name for name in FACTS if name != "cadence"), "progress")
SEVERAL = ("linked_pathways", "sdgs", "hazards", "related_actions")
# Free texts: what an earlier public version said may have been taken back for a reason, so it is not said again.
FREE = {
    "title", "responsible_area", "description", "place", "point", "partners", "instrument_line", "funding_source",
    "related_actions",
}  # fmt: skip
# Texts longer than this are shown as one text with what went and what came marked in it.
SHORT = 90
# So many words stay around a place that changed.
AROUND = 8


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text: kept (``=``), taken out (``-``), put in (``+``), left out as nothing changed (``…``)."""

    what: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One field: what it said and what it says; ``pieces`` where it is a long text. Without either it only changed."""

    label: str
    before: str = ""
    after: str = ""
    pieces: Sequence[Piece] = ()
    # What is added or taken away whole: «Hito agregado».
    thing: str = ""


@dataclass(slots=True)
class Entry:
    """One step of the history: when, what for, who, what changed, and what was said with it."""

    at: datetime.datetime
    title: str
    who: str = ""
    changes: list[Change] = field(default_factory=list)
    comment: str = ""
    # The version of the record that this step left; None where it left none.
    version: int | None = None


# --- Words


def label_of(name: str) -> str:
    field = ActionForm.base_fields.get(name)
    return str(field.label) if field is not None else capfirst(str(Action._meta.get_field(name).verbose_name))


def empty() -> str:
    return _("(vacío)")


def day_words(value: datetime.date | str | None) -> str:
    day = parse_date(value) if isinstance(value, str) else value
    return date_format(day, "DATE_FORMAT") if day else empty()


def number_words(value: Any) -> str:
    return empty() if value is None else amount(Decimal(str(value)))


def words_of(version: Any, name: str, several: Mapping[str, Sequence[str]]) -> str:
    """What a version says in one field."""
    if name in SEVERAL:
        return ", ".join(several.get(name, ())) or empty()
    if name == "point":
        return Action.point.fget(version) or empty()  # type: ignore[attr-defined]
    column = Action._meta.get_field(name)
    value = getattr(version, column.attname)
    if value in (None, ""):
        return empty()
    if column.is_relation:
        row = getattr(version, name, None)
        return str(row.label) if row else _("(ya no está en el catálogo)")
    if column.choices:
        return str(dict(column.flatchoices).get(value, value))
    if isinstance(value, datetime.date):
        return day_words(value)
    return number_words(value) if isinstance(value, (int, Decimal)) else str(value)


def pieces_of(before: str, after: str) -> list[Piece]:
    """One text with what went and what came; long stretches that stayed are cut short."""
    old, new = (re.findall(r"\s+|[^\s]+", text) for text in (before, after))
    found = []
    for what, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            found += _shortened(old[a:b], first=a == 0, last=b == len(old))
            continue
        found += [Piece("-", "".join(old[a:b]))] if b > a else []
        found += [Piece("+", "".join(new[c:d]))] if d > c else []
    return found


def _shortened(words: list[str], *, first: bool, last: bool) -> list[Piece]:
    keep = AROUND * 2  # a word and the space after it
    if len(words) <= keep * 2:
        return [Piece("=", "".join(words))]
    head, tail = ("", "".join(words[-keep:])), ("".join(words[:keep]), "")
    start, end = (head[0] if first else tail[0]), (tail[1] if last else head[1])
    return [piece for piece in (Piece("=", start), Piece("…", " … "), Piece("=", end)) if piece.text]


def change(label: str, before: str, after: str) -> Change:
    if max(len(before), len(after)) > SHORT and empty() not in (before, after):
        return Change(label, pieces=pieces_of(before, after))
    return Change(label, before, after)


# --- Versions of the record


def versions_of(action: Action) -> QuerySet[Any]:
    """The newest first, each with who wrote it and as what: ``office`` is the kind of the letter in force that day."""
    letters = Designation.objects.filter(
        municipality=action.municipality_id,
        person__user=OuterRef("history_user"),
        starts_on__lte=OuterRef("history_date__date"),
    )
    office = Subquery(letters.order_by("-starts_on", "-pk").values("kind")[:1])
    found: QuerySet[Any] = action.history.order_by("-history_date", "-history_id").annotate(office=office)
    return found.select_related("history_user", "sector", "pathway", "instrument")


def who_wrote(version: Any, reader: User) -> str:
    """The office, and to staff the name besides."""
    user, letter = version.history_user, version.office
    if user is None:
        return _("El portal")
    offices = {DesignationKind.TITULAR: _("Enlace titular"), DesignationKind.SUPLENTE: _("Enlace suplente")}
    office = offices[DesignationKind(letter)] if letter else _("El instituto")
    if reader.is_staff_member:
        return f"{user} ({office})"
    return _("Usted (%(office)s)") % {"office": office} if user.pk == reader.pk else office


def several_of(versions: Iterable[Any], visible: ActionQuerySet) -> dict[int, dict[str, list[str]]]:
    """Linked pathways, goals, hazards and related actions of each version, in words. Actions that the reader may not
    see are left out. At most two queries."""
    keys = [row.history_id for row in versions]
    name = "name_en" if get_language() == "en" else "name"
    parts = []
    for place, (kept, key) in enumerate(
        (("linked_pathways", "pathway"), ("sdgs", "sdg"), ("hazards", "hazard"), ("related_actions", "to_action"))
    ):
        model = apps.get_model("actions", f"HistoricalAction_{kept}")
        words: Any = Value("") if kept == "related_actions" else F(f"{key}__{name}")
        rows = model.objects.filter(history_id__in=keys).annotate(
            kind=Value(place, IntegerField()), words=Cast(words, CharField()), row=F(f"{key}_id")
        )
        parts.append(rows.values_list("history_id", "kind", "row", "words"))
    found: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    rows = sorted(parts[0].union(*parts[1:], all=True), key=lambda row: (row[1], row[2]))
    related = {row for _version, place, row, _words in rows if place == SEVERAL.index("related_actions")}
    titles = dict(visible.filter(pk__in=related).values_list("pk", "title")) if related else {}
    for version, place, row, words in rows:
        said = titles.get(row) if place == SEVERAL.index("related_actions") else words
        if said:
            found[version][SEVERAL[place]].append(said)
    return found


def changes_between(
    before: Any, after: Any, several: Mapping[int, Mapping[str, Sequence[str]]], names: Iterable[str]
) -> list[Change]:
    found = []
    for name in names:
        old, new = (words_of(row, name, several.get(row.history_id, {})) for row in (before, after))
        if old != new:
            found.append(change(label_of(name), old, new))
    return found


# --- What is kept beside the record


@dataclass(frozen=True, slots=True)
class Kept:
    """A line of what is kept beside the record: ``sign`` says added (+), changed (~) or taken away (-)."""

    kind: str
    row: int
    at: datetime.datetime
    sign: str
    facts: dict[str, Any]
    reason: str = ""


def kept_beside(action: Action) -> list[Kept]:
    """Histories of milestones, indicators, readings and estimates, with reviews and evidence; the oldest first. One
    query."""

    def lines(
        said: str, rows: QuerySet[Any], key: str, at: str, sign: Any, reason: Any, /, **facts: Any
    ) -> QuerySet[Any]:
        return (
            rows.order_by()
            .annotate(
                kept_kind=Value(said, CharField()),
                kept_row=F(key),
                kept_at=F(at),
                kept_sign=Cast(sign, CharField()),
                kept_reason=Cast(reason, CharField()),
                kept_facts=JSONObject(**facts),
            )
            .values_list("kept_kind", "kept_row", "kept_at", "kept_sign", "kept_facts", "kept_reason")
        )

    def history(kind: str, rows: QuerySet[Any], *names: str, **more: str) -> QuerySet[Any]:
        facts = {name: name for name in names} | more
        return lines(kind, rows, "id", "history_date", F("history_type"), F("history_change_reason"), **facts)

    nothing, new = Value(""), Value("+")
    rows = history(
        "milestone", Milestone.history.filter(action_id=action.pk), "title", "weight", "due_on", "done_on"
    ).union(
        history(
            "indicator",
            Indicator.history.filter(action_id=action.pk),
            "name",
            "unit",
            "direction",
            "baseline",
            "target",
        ),
        history(
            "reading",
            IndicatorReading.history.filter(indicator__action=action.pk),
            "date",
            "value",
            "source",
            name="indicator__name",
            unit="indicator__unit",
        ),
        history("estimate", EmissionEstimate.history.filter(action_id=action.pk), "kind", "activity", "tonnes"),
        lines("review", action.reviews.all(), "pk", "created_at", new, nothing, comment="comment"),
        lines("evidence", action.evidence.all(), "pk", "created_at", new, nothing, title="title"),
        all=True,
    )
    return sorted((Kept(*row) for row in rows), key=lambda row: row.at)


def _labels(kind: str) -> dict[str, str]:
    forms: dict[str, Any] = {"milestone": MilestoneForm, "indicator": IndicatorForm, "reading": ReadingForm}
    return {name: str(field.label) for name, field in forms[kind].base_fields.items()} if kind in forms else {}


def _fact_words(name: str, value: Any) -> str:
    if value in (None, ""):
        return empty()
    if name in {"due_on", "done_on", "date"}:
        return day_words(value)
    if name == "direction":
        return str(IndicatorDirection(value).label)
    return number_words(value) if isinstance(value, (int, float)) else str(value)


def _thing(row: Kept) -> tuple[str, str]:
    """(what it is, which one it is)."""
    facts = row.facts
    if row.kind == "milestone":
        return _("Hito"), facts["title"]
    if row.kind == "indicator":
        return _("Indicador"), facts["name"]
    if row.kind == "reading":
        day = day_words(facts["date"])
        return _("Lectura"), f"{facts['name']}, {day}: {number_words(facts['value'])} {facts['unit']}"
    if row.kind == "estimate":
        kind, tonnes = EstimateKind(facts["kind"]).label, number_words(facts["tonnes"])
        return _("Estimación de emisiones"), f"{facts['activity']}: {tonnes} tCO₂e ({kind})"
    return _("Evidencia"), facts["title"]


def beside_changes(row: Kept, before: Kept | None) -> list[Change]:
    """What a line of a milestone, indicator, reading, estimate or evidence says, against the one before of the same."""
    label, which = _thing(row)
    if row.sign == "~":
        if before is None:  # its history began later than it did
            return [Change(f"{label} «{which}»")]
        labels = _labels(row.kind)
        return [
            change(f"{label} «{which}»: {labels[name]}", *(_fact_words(name, one.facts[name]) for one in (before, row)))
            for name in labels
            if name in row.facts and before.facts.get(name) != row.facts[name]
        ]
    return [Change(label, thing="-" if row.sign == "-" else "+", before=which, after=which)]


# --- The history


def entries(
    action: Action, versions: Sequence[Any], before: Any | None, visible: ActionQuerySet, reader: User, *, newest: bool
) -> list[Entry]:
    """One for each of these versions (the newest first) and for evidence that came between them.

    ``before`` is the version before the oldest of them; ``newest``: nothing newer than the first of them exists.
    """
    if not versions:
        return []
    rows = [*versions, *([before] if before is not None else [])]
    several = several_of(rows, visible)
    found = []
    for row, older in zip(versions, [*rows[1:], None], strict=False):
        names = (*FACTS, *STEPS)
        changes = changes_between(older, row, several, names) if older is not None else []
        title = row.history_change_reason or _("Cambio")
        found.append(Entry(row.history_date, title, who_wrote(row, reader), changes, version=row.history_id))
    _add_kept(action, found, before, newest=newest)
    return found


def _add_kept(action: Action, found: list[Entry], before: Any | None, *, newest: bool) -> None:
    """Put what is kept beside the record with the version that it came with. A review comes right after its version,
    the rest right before it; evidence may come with none."""
    upward = found[::-1]
    moments = [entry.at for entry in upward]
    since = before.history_date if before is not None else None
    last: dict[tuple[str, int], Kept] = {}
    for row in kept_beside(action):
        earlier, last[row.kind, row.row] = last.get((row.kind, row.row)), row
        if row.kind == "review":
            place = bisect_right(moments, row.at) - 1
            if place >= 0 and (newest or place < len(upward) - 1 or row.at < moments[-1] + ONE_STEP):
                upward[place].comment = upward[place].comment or row.facts["comment"]
            continue
        place = bisect_left(moments, row.at)
        if (since is not None and row.at <= since) or (place == len(moments) and not newest):
            continue
        if row.kind == "evidence":
            close = place - 1 if place and row.at - moments[place - 1] < ONE_STEP else None
            if close is not None:
                upward[close].changes += beside_changes(row, None)
            else:
                found.append(Entry(row.at, _("Evidencia agregada"), _("El municipio"), beside_changes(row, None)))
        elif place < len(moments):
            upward[place].changes += beside_changes(row, earlier)
    found.sort(key=lambda entry: entry.at, reverse=True)
    # A version that says what the one before said, for no reason that anybody gave, tells nothing.
    found[:] = [
        one
        for one in found
        if one.changes or one.comment or one.title != _("Cambio") or (one is upward[0] and before is None)
    ]


# Within one transaction: what the services write of one step lies closer together than two presses of a button.
ONE_STEP = datetime.timedelta(seconds=1)


def public_entries(published: Sequence[Any], visible: ActionQuerySet) -> list[Entry]:
    """What everybody may know of what changed: each public version (the newest first) against the public one before.

    Nobody is named, what was written while it was not public is not told, and free texts are only said to have changed.
    """
    several = several_of(published, visible)
    found = []
    free = {label_of(name) for name in FREE}
    for row, older in pairwise(published):
        changes = changes_between(older, row, several, PUBLIC)
        changes = [Change(one.label) if one.label in free else one for one in changes]
        if changes:
            found.append(Entry(row.history_date, _("Cambió lo que se publica"), changes=changes))
    if published:
        first = published[-1]
        found.append(Entry(first.published_at or first.history_date, _("Se publicó por primera vez")))
    return found
