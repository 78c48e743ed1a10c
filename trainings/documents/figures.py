"""The figures of trainings as documents: what the public page says, on paper."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language

from events.emails import absolute
from trainings.completion import rule_in_words
from trainings.figures import sheets
from trainings.models import Training
from web.pdf import render_pdf


def training_document(training: Training, *, moment: datetime) -> bytes:
    """One training (a row of ``with_targets()``) with its targets beside what was reached."""
    context = {
        "training": training,
        "sheet": sheets([training]).rows[0],
        "rule": rule_in_words(training),
        "address": absolute(reverse("training_detail", args=[training.slug])),
    }
    return _pdf("pdf/trainings/training.html", moment, context)


def trainings_document(trainings: Iterable[Training], *, moment: datetime) -> bytes:
    """Several trainings and their targets together."""
    context = {"figures": sheets(trainings), "address": absolute(reverse("training_list"))}
    return _pdf("pdf/trainings/trainings.html", moment, context)


def _pdf(template: str, moment: datetime, context: dict[str, Any]) -> bytes:
    return render_pdf(template, context, moment=moment, language=(get_language() or "es")[:2])
