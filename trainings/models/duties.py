"""What the two sides of an accompaniment owe each other now, and since when."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.db.models import CharField, DateField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, TruncDate
from django.utils import timezone

from trainings.enums import DAYS, AccompanimentState, DutyKind, Side
from trainings.models.accompaniment import (
    Accompaniment,
    AccompanimentSession,
    SessionAgreement,
)
from trainings.models.instrument_reviews import Recommendation, ReviewRound

# What accompaniments are called in the lines of a digest (outbox.models.DigestLine).
ACCOMPANIMENT = "accompaniment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One thing that a side owes: of which file, which of its rows (``thing``) and from which day on."""

    kind: DutyKind
    side: Side
    accompaniment: int
    topic: str
    municipality: int
    place: str
    thing: int
    since: datetime.date
    words: str

    @property
    def due_on(self) -> datetime.date:
        return self.since + datetime.timedelta(days=DAYS[self.kind])

    @property
    def late(self) -> int:
        """Days since it was due; 0 or less while there is time."""
        return (timezone.localdate() - self.due_on).days

    @property
    def is_past(self) -> bool:
        return self.late > 0

    @property
    def code(self) -> str:
        """Names it in what was told about it; another day is another occasion."""
        return f"{self.kind.value}:{self.side.value[:1]}:{self.thing}:{self.due_on}"


def duties(of: QuerySet[Accompaniment], side: Side | None = None) -> list[Duty]:
    """All that is owed in these files, the most overdue first; ``side`` keeps what that side owes. One query."""
    rows = (
        Duty(
            kind=DutyKind(kind), side=Side(owes), accompaniment=pk, topic=topic, municipality=municipality, place=place,
            thing=thing, since=since, words=words,
        )
        for kind, owes, pk, topic, municipality, place, thing, since, words in _rows(of)
    )  # fmt: skip
    found = [row for row in rows if side is None or row.side == side]
    return sorted(found, key=lambda row: (row.due_on, row.accompaniment, row.kind, row.thing))


def _rows(of: QuerySet[Accompaniment]) -> Iterable[tuple]:
    mine = Q(accompaniment__in=of.order_by().values("pk"))
    files = Accompaniment.objects.filter(pk__in=of.order_by().values("pk"))
    under_way = Q(accompaniment__state=AccompanimentState.ASSIGNED)
    counted = Q(
        accompaniment__state__in=[
            AccompanimentState.ASSIGNED,
            AccompanimentState.CLOSING,
            AccompanimentState.CLOSED,
        ]
    )
    recorded = Q(minutes__isnull=False) | Q(people__isnull=False) | ~Q(product="")
    sessions = AccompanimentSession.objects.filter(mine).begun()
    open_agreements = SessionAgreement.objects.filter(
        session__accompaniment__in=of.order_by().values("pk"),
        session__accompaniment__state=AccompanimentState.ASSIGNED,
        done_at__isnull=True,
        due_on__isnull=False,
    )
    open_replies = Recommendation.objects.filter(round=OuterRef("pk"), reply="")
    rounds = ReviewRound.objects.filter(mine & under_way)
    parts = [
        _part(files.filter(state=AccompanimentState.REQUESTED), DutyKind.ANSWER, Side.INSTITUTE, "requested_at"),
        _part(files.filter(state=AccompanimentState.ACCEPTED), DutyKind.ASSIGN, Side.INSTITUTE, "answered_at"),
        _part(files.filter(state=AccompanimentState.CLOSING), DutyKind.CLOSE, Side.MUNICIPALITY, "closing_at"),
        _part(sessions.filter(under_way).exclude(recorded), DutyKind.RECORD, Side.INSTITUTE, "day"),
        _part(
            sessions.filter(counted & recorded, institute_confirmed_at__isnull=True),
            DutyKind.CONFIRM, Side.INSTITUTE, "changed_at",
        ),
        _part(
            sessions.filter(counted & recorded, municipality_confirmed_at__isnull=True),
            DutyKind.CONFIRM, Side.MUNICIPALITY, "changed_at",
        ),
        _part(open_agreements, DutyKind.AGREEMENT, "", "due_on", "session__accompaniment", F("text")),
        _part(rounds.filter(sent_at__isnull=True), DutyKind.RECOMMEND, Side.INSTITUTE, "uploaded_at"),
        _part(
            rounds.filter(Exists(open_replies), sent_at__isnull=False), DutyKind.REPLY, Side.MUNICIPALITY, "sent_at"
        ),
    ]  # fmt: skip
    return parts[0].union(*parts[1:], all=True)


def _part(
    rows: QuerySet, kind: DutyKind, side: str, since: str, path: str | None = None, words: F | Value | None = None
) -> QuerySet:
    """One kind of duty as columns; without ``side`` the row says whose it is."""
    moment = rows.model._meta.get_field(since)
    if path is None:
        path = "" if rows.model is Accompaniment else "accompaniment"
    lead = f"{path}__" if path else ""
    return (
        rows.order_by()
        .annotate(
            a_kind=Value(kind.value, output_field=CharField()),
            b_side=Value(side, output_field=CharField()) if side else Cast("side", CharField()),
            c_file=F(f"{lead}pk"),
            d_topic=F(f"{lead}topic"),
            e_municipality=F(f"{lead}municipality_id"),
            f_place=F(f"{lead}municipality__name"),
            g_thing=F("pk"),
            h_since=TruncDate(since) if isinstance(moment, models.DateTimeField) else Cast(since, DateField()),
            i_words=words or Value("", output_field=CharField()),
        )
        .values_list(
            "a_kind", "b_side", "c_file", "d_topic", "e_municipality", "f_place", "g_thing", "h_since", "i_words"
        )
    )  # fmt: skip
