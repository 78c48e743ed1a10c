"""What a phone at the door sends."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

OLDEST = timedelta(days=30)
LATEST_SENT = 2**48  # milliseconds; far beyond the calendar of any phone, and within ours
MINUTE = timedelta(minutes=1)


class MarkForm(forms.Form):
    """One mark. ``at`` and ``sent``: milliseconds since 1970 by the phone's clock, when it was made and when it left.

    The clock is put right by whole minutes: so a phone whose clock is wrong tells the true time, and how long a message
    takes does not change the order of one phone's marks.
    """

    key = forms.RegexField(r"^[A-Za-z0-9_-]{16,36}$")
    registration = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    came = forms.BooleanField(required=False)
    anyway = forms.BooleanField(required=False)
    at = forms.IntegerField(min_value=0, max_value=LATEST_SENT)

    def __init__(self, *args: Any, sent: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sent = moment(sent)

    def clean_at(self) -> datetime:
        made = moment(self.cleaned_data["at"])
        if not timedelta(0) <= self.sent - made <= OLDEST:
            raise ValidationError("")
        return made + round((timezone.now() - self.sent) / MINUTE) * MINUTE


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
