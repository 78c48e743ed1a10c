"""What people type about actions."""

from actions.forms.actions import ActionForm
from actions.forms.estimates import EstimateForm
from actions.forms.exchange import (
    CommentForm,
    HideForm,
    MatchForm,
    MessageForm,
    ModerationForm,
    OutcomeForm,
    PostForm,
    ReportForm,
)
from actions.forms.fields import AmountField, DayField, LongTextField, RowField, RowsField, text_field
from actions.forms.lists import MOST_AT_ONCE, BulkForm, BulkStep, CrfForm, OverdueFilter, SavedViewForm
from actions.forms.plan import IndicatorForm, MilestoneForm, ReadingForm
from actions.forms.progress import ACCEPT, EvidenceForm, FollowUpForm
from actions.forms.restoring import RestoreForm
from actions.forms.reviews import ObserveForm, ReviewForm, show_comments
from actions.forms.sheet import Plan, SheetForm
from actions.forms.standing import ClosingForm, ResumeForm, StopForm

__all__ = [
    "ACCEPT",
    "MOST_AT_ONCE",
    "ActionForm",
    "AmountField",
    "BulkForm",
    "BulkStep",
    "ClosingForm",
    "CommentForm",
    "CrfForm",
    "DayField",
    "EstimateForm",
    "EvidenceForm",
    "FollowUpForm",
    "HideForm",
    "IndicatorForm",
    "LongTextField",
    "MatchForm",
    "MessageForm",
    "MilestoneForm",
    "ModerationForm",
    "ObserveForm",
    "OutcomeForm",
    "OverdueFilter",
    "Plan",
    "PostForm",
    "ReadingForm",
    "ReportForm",
    "RestoreForm",
    "ResumeForm",
    "ReviewForm",
    "RowField",
    "RowsField",
    "SavedViewForm",
    "SheetForm",
    "StopForm",
    "show_comments",
    "text_field",
]
