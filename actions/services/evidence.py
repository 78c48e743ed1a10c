"""Files and links that show what was done."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from actions.models import Action, Evidence, FollowUp
from actions.services.turns import WrongState, lock, record
from network.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceValues:
    """A file that :mod:`web.uploads` has checked, or a link: one of the two. It may be of a milestone or a reading
    (their ids) of the same action, of one of the two."""

    title: str
    file: File | None = None
    original_name: str = ""
    url: str = ""
    milestone: int | None = None
    reading: int | None = None


def add_evidence(*, action: Action, evidence: EvidenceValues, by: User | None) -> Evidence:
    """Attach a file or a link. The same file or link again gives the evidence that is there."""
    with transaction.atomic():
        lock(action)
        return store_evidence(action, evidence, by, None)


def remove_evidence(*, evidence: Evidence, by: User | None) -> None:
    """Take an evidence away while the record is with the municipality; its file goes once that is certain."""
    with transaction.atomic():
        action = lock(evidence.action)
        if not action.is_editable:
            raise WrongState
        forget_files([evidence])
        title = evidence.title
        evidence.delete()
        action.version += 1
        record(action, by, _("Evidencia retirada") + f": {title}")


# --- Steps of the above


def store_evidence(action: Action, values: EvidenceValues, by: User | None, follow_up: FollowUp | None) -> Evidence:
    if bool(values.file) == bool(values.url):
        raise ValueError("Evidence is a file or a link.")
    if values.milestone is not None and not action.milestones.filter(pk=values.milestone).exists():
        raise ValueError("The milestone belongs to another action.")
    if values.reading is not None and not action.indicators.filter(readings=values.reading).exists():
        raise ValueError("The reading belongs to another action.")
    if (same := known_evidence(action, values)) is not None:
        return same
    return Evidence.objects.create(
        action=action,
        follow_up=follow_up,
        milestone_id=values.milestone,
        reading_id=values.reading,
        title=values.title,
        file=values.file or "",
        original_name=values.original_name[:200],
        sha256=_digest(values.file),
        url=values.url,
        created_by=by,
    )


def known_evidence(action: Action, values: EvidenceValues) -> Evidence | None:
    """The evidence of the action that is this same file or link."""
    same = {"sha256": _digest(values.file)} if values.file else {"url": values.url}
    return action.evidence.filter(**same).first()


def _digest(file: File | None) -> str:
    if not file:
        return ""
    digest = hashlib.sha256(b"".join(file.chunks())).hexdigest()
    file.seek(0)
    return digest


def forget_files(rows: Iterable[Evidence]) -> None:
    for row in rows:
        if row.file.name:
            transaction.on_commit(partial(row.file.storage.delete, row.file.name))
