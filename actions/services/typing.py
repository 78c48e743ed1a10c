"""What is typed and not saved yet: kept while somebody types, found again by the same person only."""

import datetime
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from actions.models import Action, TypedDraft
from municipalities.models import Municipality
from network.models import Person, User
from network.registry import Exported, Outlook
from network.services.people import accounts_of

# The form of an action, in TypedDraft.form.
ACTION_FORM = "action"
# How long what nobody came back for is kept.
TYPED_DAYS = 30
# So many new actions may be begun and left at once.
MOST_NEW = 20


class AlreadySaved(Exception):
    """The form that this was typed into was saved meanwhile: there is nothing left to keep."""


def typed_draft(
    *, user: User, municipality: Municipality, action: Action | None, key: UUID | None = None
) -> TypedDraft | None:
    """What was typed into the form of an action, or of a new one: then ``key`` names the form."""
    return _rows(user, municipality, action, key).first()


def new_typed(*, user: User, municipality: Municipality) -> QuerySet[TypedDraft]:
    """What this person typed of actions that do not exist yet, the newest first."""
    rows = TypedDraft.objects.filter(user=user, municipality=municipality, form=ACTION_FORM, action=None)
    return rows.exclude(key=None).order_by("-saved_at", "-pk")


def keep_typed(
    *,
    by: User,
    municipality: Municipality,
    action: Action | None,
    key: UUID | None,
    fields: Mapping[str, Sequence[str]],
) -> TypedDraft:
    """Keep what the form holds now, in place of what it held before. ``key`` names the form of a new action.

    Raises :class:`AlreadySaved` for a form whose action exists: what was on its way while the form was sent. Of new
    actions the :data:`MOST_NEW` that were typed last are kept.
    """
    if action is None and Action.objects.filter(request_key=key).exists():
        raise AlreadySaved
    row, is_new = TypedDraft.objects.update_or_create(
        user=by,
        municipality=municipality,
        form=ACTION_FORM,
        action=action,
        key=None if action else key,
        defaults={"fields": dict(fields), "saved_at": timezone.now()},
    )
    if is_new and action is None:
        rows = new_typed(user=by, municipality=municipality)
        rows.filter(pk__in=list(rows.values_list("pk", flat=True)[MOST_NEW:])).delete()
    return row


def forget_typed(*, by: User, municipality: Municipality, action: Action | None, key: UUID | None = None) -> None:
    _rows(by, municipality, action, key).delete()


def old_typed(before: datetime.date) -> QuerySet[TypedDraft]:
    """What was typed before that day and never saved."""
    return TypedDraft.objects.filter(saved_at__date__lt=before)


def erase_old_typed(before: datetime.date) -> int:
    with transaction.atomic():
        return old_typed(before).delete()[0]


# --- Of a person (network.registry.PersonSteps)


def export_typed(person: Person) -> Exported:
    rows = _of(person).select_related("municipality")
    return {
        _("Textos de acciones sin guardar"): [
            {
                _("Municipio"): row.municipality.name,
                _("Escrito"): timezone.localtime(row.saved_at).isoformat(timespec="minutes"),
                _("Texto"): "\n".join(value for values in row.fields.values() for value in values if value),
            }
            for row in rows
        ]
    }


def erase_typed_of(person: Person) -> list[str]:
    _of(person).delete()
    return []


def outlook_typed(person: Person) -> list[Outlook]:
    return [Outlook(label=_("Textos de acciones sin guardar"), erased=_of(person).count())]


# --- Steps of the above


def _of(person: Person) -> QuerySet[TypedDraft]:
    return TypedDraft.objects.filter(user__in=accounts_of(person))


def _rows(user: User, municipality: Municipality, action: Action | None, key: UUID | None) -> QuerySet[TypedDraft]:
    rows = TypedDraft.objects.filter(user=user, municipality=municipality, form=ACTION_FORM)
    return rows.filter(action=action) if action else rows.filter(action=None, key=key)
