"""Records that may be one human, found without comparing everybody with everybody.

Each record is compared once, and again after it was corrected, and only with those that share one of the keys that
the database keeps: the e-mail (also as an alias), the telephone, the whole name, or the institution and the first
letters of the name. A key that very many share (the mailbox of an office) tells little by itself: then the names must
be close as well. Whoever shares no key is never looked at, however alike the names are.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from network.enums import AliasKind, DuplicateReason
from network.models import Person, PersonAlias, PossibleDuplicate

BATCH = 200
# An e-mail or a telephone of more records than this may be an office's.
OFFICE = 2
# More than this behind one institution and first letters are not compared with each other.
CROWD = 200
# A common name in a large municipality: so many pairs are proposed of one record, the likeliest.
PAIRS_EACH = 10
CLOSE = 0.85
LIKENESS = {
    DuplicateReason.EMAIL: 40,
    DuplicateReason.PHONE: 20,
    DuplicateReason.NAME_PLACE: 45,
    DuplicateReason.NAME_INSTITUTION: 40,
    DuplicateReason.NAME_ONE_PLACE: 20,
    DuplicateReason.CLOSE_NAME: 25,
    DuplicateReason.INSTITUTION: 10,
}


@dataclass(slots=True)
class _Record:
    pk: int
    name: str
    municipality_id: int | None
    email: str
    phone: str
    institution: str  # with the first letters of the name; see Person.institution_key
    emails: set[str] = field(default_factory=set)

    @property
    def place_of_work(self) -> str:
        return self.institution.rsplit("|", 1)[0]


def find_duplicates(limit: int = BATCH) -> int:
    """Compare up to ``limit`` records that were not compared yet, and propose pairs. Answers how many were compared.

    A bounded number of queries, whatever is stored; harmless to run twice at once.
    """
    with transaction.atomic():
        new = Person.objects.current().filter(compared_at=None).order_by("pk")
        pks = list(new.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)[:limit])
        if pks:
            _propose(_pairs(_with_emails(_records(Q(pk__in=pks)))))
            Person.objects.filter(pk__in=pks).update(compared_at=timezone.now())
    return len(pks)


def closeness(one: str, other: str) -> float:
    """How alike two folded names are, 0–1, whatever order their words have; a name within the other is close."""
    first, second = set(one.replace(".", " ").split()), set(other.replace(".", " ").split())
    smaller, larger = sorted((first, second), key=len)
    if len(smaller) >= 2 and smaller <= larger:
        return 1.0 if smaller == larger else 0.95
    matcher = SequenceMatcher(None, " ".join(sorted(first)), " ".join(sorted(second)), autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= CLOSE and matcher.quick_ratio() >= CLOSE else 0.0


def reasons_of(one: _Record, other: _Record, *, own: set[DuplicateReason]) -> list[DuplicateReason]:
    """Why two records may be one human; empty where what they have in common is too little.

    ``own``: whether the e-mail or the telephone that they share is nobody else's, so that it says something by itself.
    """
    same_work = one.place_of_work != "" and one.place_of_work == other.place_of_work
    close = one.name == other.name or closeness(one.name, other.name) >= CLOSE
    contacts = {
        DuplicateReason.EMAIL: bool(one.emails & other.emails),
        DuplicateReason.PHONE: one.phone != "" and one.phone == other.phone,
    }
    reasons = [reason for reason, same in contacts.items() if same and (close or reason in own)]
    if one.name == other.name and one.municipality_id == other.municipality_id is not None:
        reasons.append(DuplicateReason.NAME_PLACE)
    elif one.name == other.name and same_work:
        reasons.append(DuplicateReason.NAME_INSTITUTION)
    elif one.name == other.name and None in (one.municipality_id, other.municipality_id):
        reasons.append(DuplicateReason.NAME_ONE_PLACE)
    elif close and (reasons or same_work):
        reasons.append(DuplicateReason.CLOSE_NAME)
    if reasons and same_work and DuplicateReason.NAME_INSTITUTION not in reasons:
        reasons.append(DuplicateReason.INSTITUTION)
    return reasons


def _records(which: Q) -> dict[int, _Record]:
    columns = ("pk", "name_key", "municipality_id", "email", "phone_key", "institution_key")
    return {row[0]: _Record(*row) for row in Person.objects.current().filter(which).values_list(*columns)}


def _with_emails(records: dict[int, _Record]) -> dict[int, _Record]:
    """Each with the first e-mail and the further ones."""
    for record in records.values():
        record.emails = {record.email.lower()} - {""}
    aliases = PersonAlias.objects.filter(kind=AliasKind.EMAIL, person__in=list(records))
    for pk, email in aliases.values_list("person", "normalised"):
        records[pk].emails.add(email)
    return records


def _pairs(new: dict[int, _Record]) -> dict[tuple[int, int], list[DuplicateReason]]:
    known = _with_emails(_sharing_a_key(new)) | new
    by_email, by_phone, by_name, by_work = (defaultdict[str, set[int]](set) for _number in range(4))
    for record in known.values():
        by_name[record.name].add(record.pk)
        for email in record.emails:
            by_email[email].add(record.pk)
        if record.phone:
            by_phone[record.phone].add(record.pk)
        if record.place_of_work:
            by_work[record.institution].add(record.pk)
    found: dict[tuple[int, int], list[DuplicateReason]] = {}
    for record in new.values():
        own: dict[int, set[DuplicateReason]] = {pk: set() for pk in by_name[record.name]}
        crowd = by_work.get(record.institution, set())
        own |= {pk: set() for pk in crowd if len(crowd) <= CROWD}
        for email in record.emails:
            for pk in by_email[email]:
                own.setdefault(pk, set()).update({DuplicateReason.EMAIL} if len(by_email[email]) <= OFFICE else ())
        for pk in by_phone.get(record.phone, ()):
            own.setdefault(pk, set()).update({DuplicateReason.PHONE} if len(by_phone[record.phone]) <= OFFICE else ())
        del own[record.pk]
        proposed = {pk: reasons for pk in own if (reasons := reasons_of(record, known[pk], own=own[pk]))}
        for pk in sorted(proposed, key=lambda pk: (-likeness(proposed[pk]), pk))[:PAIRS_EACH]:
            found[min(pk, record.pk), max(pk, record.pk)] = proposed[pk]
    return found


def likeness(reasons: Iterable[DuplicateReason]) -> int:
    return min(100, sum(LIKENESS[reason] for reason in reasons))


def _sharing_a_key(new: dict[int, _Record]) -> dict[int, _Record]:
    """Everybody who shares a key with one of these, in a query a key."""
    emails = set().union(*(record.emails for record in new.values()))
    aliases = PersonAlias.objects.for_emails(emails).values_list("person", flat=True)
    by_email = Person.objects.alias(address=Lower("email")).filter(address__in=emails).values_list("pk", flat=True)
    found = _records(Q(name_key__in={record.name for record in new.values()} - {""}))
    found |= _records(Q(pk__in=[*aliases, *by_email]))
    found |= _records(~Q(phone="") & Q(phone_key__in={record.phone for record in new.values()} - {""}))
    work = {record.institution for record in new.values() if record.place_of_work}
    return found | _records(~Q(institution="") & Q(institution_key__in=work))


def _propose(pairs: dict[tuple[int, int], list[DuplicateReason]]) -> None:
    """Pairs that a person decided on stay decided; those still open get the reasons of today."""
    PossibleDuplicate.objects.bulk_create(
        [
            PossibleDuplicate(one_id=one, other_id=other, reasons=list(map(str, reasons)), likeness=likeness(reasons))
            for (one, other), reasons in sorted(pairs.items())
        ],
        update_conflicts=True,
        unique_fields=["one", "other"],
        update_fields=["reasons", "likeness"],
    )
