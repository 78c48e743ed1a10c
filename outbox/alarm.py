"""A drain that stands still cannot mail its own alarm, so whoever asks ``/estado/`` sends it, once per incident.

The incident is two columns of the drain's heartbeat. Opening it is one conditional UPDATE, so of many who ask at once
one wins; where the mail cannot be sent now, the next to ask after a minute tries again. The drain that succeeds closes
it and says so through the outbox.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce, Now
from django.utils import translation

from outbox import emails
from outbox.models import Heartbeat
from outbox.services import Row, enqueue_many

logger = logging.getLogger(__name__)
DRAIN = "outbox.drain"
TRY_AGAIN = timedelta(minutes=1)
STALE_KEY = "outbox.is_stale"
STALE_KEPT_SECONDS = 30


def raise_if_stale() -> bool:
    """Send the alarm where the drain has been silent for too long and nobody has sent it. Whether this call did."""
    Heartbeat.objects.bulk_create([Heartbeat(name=DRAIN)], ignore_conflicts=True)  # from now on it is watched
    silent = Now() - timedelta(seconds=settings.DRAIN_STALE_SECONDS)
    won = (
        Heartbeat.objects.alias(alive=Coalesce("last_succeeded_at", "watched_since"))
        .filter(Q(alarm_at=None) | Q(alarm_sent=False, alarm_at__lt=Now() - TRY_AGAIN), name=DRAIN, alive__lt=silent)
        .update(alarm_at=Now())
    )
    if not won:
        return False
    row = Heartbeat.objects.get(name=DRAIN)
    logger.critical("outbox: mail does not leave, last success %s", row.last_succeeded_at)
    with translation.override(settings.LANGUAGE_CODE):
        mail = emails.alarm(row.last_succeeded_at or row.watched_since, row.last_error)
    try:
        mail.send()
    except OSError as error:
        logger.critical("outbox: the alarm could not be sent either: %s", type(error).__name__)
        return False
    Heartbeat.objects.filter(name=DRAIN, alarm_at__isnull=False).update(alarm_sent=True)
    return True


def close() -> None:
    """The drain succeeded: where an alarm was sent, tell the same people that it is over."""
    if not Heartbeat.objects.filter(name=DRAIN, alarm_at__isnull=False).exists():
        return
    with transaction.atomic():
        row = Heartbeat.objects.select_for_update().get(name=DRAIN)
        if row.alarm_at is None:
            return
        if row.alarm_sent:
            at = row.alarm_at.isoformat()
            enqueue_many(
                Row(
                    kind=emails.RECOVERED,
                    dedupe_key=f"{emails.RECOVERED}:{at}:{number}",
                    to_email=address,
                    params={"alarm_at": at},
                    language=settings.LANGUAGE_CODE,
                    cause="alarm over",
                )
                for number, address in enumerate(emails.keepers())
            )
        Heartbeat.objects.filter(name=DRAIN).update(alarm_at=None, alarm_sent=False)


def is_stale() -> bool:
    """For the banner of staff pages: asked of the database every half minute, not for every page."""
    known = cache.get(STALE_KEY)
    if known is None:
        silent = Now() - timedelta(seconds=settings.DRAIN_STALE_SECONDS)
        watched = Heartbeat.objects.alias(alive=Coalesce("last_succeeded_at", "watched_since")).filter(name=DRAIN)
        known = watched.filter(Q(alive__lt=silent) | Q(alarm_at__isnull=False)).exists()
        cache.set(STALE_KEY, known, STALE_KEPT_SECONDS)
    return bool(known)
