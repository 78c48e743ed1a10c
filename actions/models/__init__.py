"""The climate action log: actions of municipalities with indicators, follow-up, evidence and review."""

from actions.models.actions import ACCEPTED, SENT, SUBJECT, Action, ActionQuerySet, Links
from actions.models.beginnings import TypedDraft
from actions.models.cadence import FOLLOW_UP_SOON, Deadline
from actions.models.comments import ActionComment, ActionCommentQuerySet, CommentReport
from actions.models.computing import Computed, computed_progress, progress_on
from actions.models.emissions import EmissionEstimate, activity_units, rate_of, tonnes_of
from actions.models.exchange import (
    ExchangeMessage,
    ExchangeOutcome,
    ExchangePost,
    ExchangePostQuerySet,
    ExchangeThread,
    ExchangeThreadQuerySet,
)
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
from actions.models.reviews import FieldComment, Review
from actions.models.views import SavedView, SavedViewQuerySet
from actions.models.vocabulary import EmissionFactor, Hazard, vocabulary
from actions.models.withdrawals import Withdrawn, withdrawn_since

__all__ = [
    "ACCEPTED",
    "FOLLOW_UP_SOON",
    "HEAVIEST",
    "LIGHTEST",
    "MOST_PEOPLE",
    "SENT",
    "SUBJECT",
    "Action",
    "ActionComment",
    "ActionCommentQuerySet",
    "ActionQuerySet",
    "CommentReport",
    "Computed",
    "Deadline",
    "EmissionEstimate",
    "EmissionFactor",
    "Evidence",
    "ExchangeMessage",
    "ExchangeOutcome",
    "ExchangePost",
    "ExchangePostQuerySet",
    "ExchangeThread",
    "ExchangeThreadQuerySet",
    "FieldComment",
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
    "Withdrawn",
    "activity_units",
    "computed_progress",
    "evidence_path",
    "progress_on",
    "rate_of",
    "tonnes_of",
    "vocabulary",
    "withdrawn_since",
]
