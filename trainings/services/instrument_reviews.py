"""The rounds of a review: a version comes in, recommendations go out, answers come back."""

from collections.abc import Mapping, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from events.services.rows import Row, StaleVersion, sync_rows
from network.models import User
from trainings.enums import AccompanimentState, DocumentKind, Reply, Side
from trainings.models import Accompaniment, Recommendation, ReviewRound
from trainings.services.accompaniment import (
    FileValues,
    WrongState,
    record,
    store_document,
    take_turn,
    tell_institute,
    tell_municipality,
)

RECOMMENDATION = ("section", "text", "priority")


@transaction.atomic
def upload_version(*, accompaniment: Accompaniment, document: FileValues, note: str, by: User | None) -> ReviewRound:
    """The municipality sends the next version of its instrument: a round begins, and the institute is told.

    Raises :class:`WrongState` while the round before waits for the institute, and ``ValidationError`` while one of its
    recommendations has no answer. The very file of the last round gives that round.
    """
    take_turn(accompaniment, None, {AccompanimentState.ASSIGNED})
    last = accompaniment.rounds.select_related("document").first()
    stored = store_document(accompaniment, document, DocumentKind.VERSION, Side.MUNICIPALITY, by)
    if last is not None and last.document_id == stored.pk:
        return last
    if hasattr(stored, "round"):
        raise ValidationError({"file": _("Ese archivo ya se recibió como una versión anterior.")})
    if last is not None and last.sent_at is None:
        raise WrongState
    if last is not None and last.recommendations.filter(reply="").exists():
        raise ValidationError(_("Responda primero todas las recomendaciones de la versión anterior."))
    number = last.number + 1 if last else 1
    round_ = ReviewRound.objects.create(
        accompaniment=accompaniment, number=number, document=stored, note=note, uploaded_by=by
    )
    record(accompaniment, by, _("Versión %(number)s del instrumento") % {"number": number})
    tell_institute(kind="trainings.version_received", accompaniment=accompaniment, key=str(round_.pk), round=round_.pk)
    return round_


@transaction.atomic
def save_recommendations(*, round_: ReviewRound, data: Row, send: bool, by: User | None) -> ReviewRound:
    """Write what the institute recommends (``rows``, whole), and with ``send`` give it to the municipality.

    Until then only the institute reads it. Sent, the recommendations have numbers and change no more. None at all says
    that there is nothing to change.
    """
    _take_round(round_, data.get("version"), sent=False)
    rows: Sequence[Row] = data["rows"]
    sync_rows(Recommendation, {"round": round_}, rows, RECOMMENDATION, ordered=True)
    if send:
        file = round_.accompaniment
        take_turn(file, None, {AccompanimentState.ASSIGNED})
        before = Recommendation.objects.filter(round__accompaniment=file)
        last = before.aggregate(last=Max("number"))["last"] or 0
        for number, row in enumerate(round_.recommendations.all(), start=last + 1):
            row.number = number
            record(row, by, _("Enviada al municipio"))
        round_.sent_at, round_.sent_by = timezone.now(), by
        round_.save()
        record(file, by, _("Recomendaciones a la versión %(number)s") % {"number": round_.number})
        key = str(round_.pk)
        tell_municipality(kind="trainings.recommendations", accompaniment=file, key=key, round=round_.pk)
    return round_


@transaction.atomic
def reply_to_recommendations(
    *, round_: ReviewRound, replies: Mapping[int, tuple[str, str]], version: int | None, by: User | None
) -> ReviewRound:
    """The municipality answers some or all (recommendation id → reply and words). May be done again until the next
    version is sent; one not accepted, or accepted in part, needs words."""
    _take_round(round_, version, sent=True)
    file = round_.accompaniment
    if file.state != AccompanimentState.ASSIGNED or file.rounds.filter(number__gt=round_.number).exists():
        raise WrongState
    for row in round_.recommendations.select_for_update():
        reply, words = replies.get(row.pk, (row.reply, row.reply_text))
        if (reply, words) == (row.reply, row.reply_text):
            continue
        if reply in {Reply.PARTIAL, Reply.REJECTED} and not words.strip():
            raise ValidationError({f"text_{row.pk}": _("Diga qué parte no se acepta o por qué.")})
        row.reply, row.reply_text = reply, words.strip()
        row.replied_at, row.replied_by = (timezone.now(), by) if reply else (None, None)
        record(row, by, _("Respuesta del municipio"))
    return round_


def _take_round(round_: ReviewRound, version: int | None, *, sent: bool) -> None:
    """Hold the round until the transaction ends, if it is the version that was read and was sent, or was not."""
    wanted = {"version": version} if version is not None else {}
    found = ReviewRound.objects.filter(pk=round_.pk, sent_at__isnull=not sent, **wanted)
    if not found.update(version=F("version") + 1):
        current = ReviewRound.objects.get(pk=round_.pk)
        if version is not None and current.version != version:
            raise StaleVersion(current)
        raise WrongState
    round_.refresh_from_db()
