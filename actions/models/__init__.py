"""The climate action log: actions of municipalities with indicators, follow-up, evidence and review."""

from actions.models.actions import FOLLOW_UP_EVERY, FOLLOW_UP_SOON, SUBJECT, Action, ActionQuerySet, Deadline, Links
from actions.models.beginnings import ActionTemplate, TypedDraft
from actions.models.emissions import EmissionEstimate
from actions.models.facts import MOST_PEOPLE
from actions.models.milestones import HEAVIEST, LIGHTEST, Milestone
from actions.models.progress import (
    Evidence,
    FollowUp,
    Indicator,
    IndicatorQuerySet,
    IndicatorReading,
    Measured,
    Reading,
    evidence_path,
)
from actions.models.reviews import Review
from actions.models.views import SavedView, SavedViewQuerySet
from actions.models.vocabulary import EmissionFactor, Hazard

__all__ = [
    "FOLLOW_UP_EVERY",
    "FOLLOW_UP_SOON",
    "HEAVIEST",
    "LIGHTEST",
    "MOST_PEOPLE",
    "SUBJECT",
    "Action",
    "ActionQuerySet",
    "ActionTemplate",
    "Deadline",
    "EmissionEstimate",
    "EmissionFactor",
    "Evidence",
    "FollowUp",
    "Hazard",
    "Indicator",
    "IndicatorQuerySet",
    "IndicatorReading",
    "Links",
    "Measured",
    "Milestone",
    "Reading",
    "Review",
    "SavedView",
    "SavedViewQuerySet",
    "TypedDraft",
    "evidence_path",
]
