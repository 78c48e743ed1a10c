"""Everything that changes an action. Each function is one transaction and leaves a line of history: who and why.

The record travels: *draft* → submitted → (*returned* → submitted …) → validated → published. Its fields change
only while it is with the municipality; follow-up and evidence may be added at any time, because the work goes on while
it is reviewed.
"""

from actions.services.comments import add_comment, approve_comment, edit_comment, hide_comment, report_comment
from actions.services.estimates import EstimateValues, add_estimate, remove_estimate
from actions.services.evidence import EvidenceValues, add_evidence, remove_evidence
from actions.services.exchange import (
    TooMany,
    add_outcome,
    close_post,
    hide_post,
    match_post,
    remove_outcome,
    save_post,
    undo_match,
    unhide_post,
    write,
    write_first,
)
from actions.services.lists import (
    Fate,
    NobodyToTell,
    Outcome,
    ask_follow_up,
    change_many,
    delete_view,
    save_view,
)
from actions.services.plan import (
    DayTaken,
    Measured,
    MilestoneValues,
    remove_indicator,
    remove_milestone,
    remove_reading,
    save_indicator,
    save_milestone,
    save_reading,
)
from actions.services.progress import add_follow_up, restate
from actions.services.records import IndicatorValues, delete_draft, rewrite_search_texts, save_action
from actions.services.reviews import (
    Observation,
    answer_comments,
    publish_action,
    return_action,
    submit_action,
    tell_liaisons,
    unpublish_action,
    validate_action,
)
from actions.services.standing import (
    accept_closing,
    ask_to_close,
    closing_lacks,
    keep_open,
    resume_action,
    stop_action,
)
from actions.services.turns import StaleVersion, WrongState

__all__ = [
    "DayTaken",
    "EstimateValues",
    "EvidenceValues",
    "Fate",
    "IndicatorValues",
    "Measured",
    "MilestoneValues",
    "NobodyToTell",
    "Observation",
    "Outcome",
    "StaleVersion",
    "TooMany",
    "WrongState",
    "accept_closing",
    "add_comment",
    "add_estimate",
    "add_evidence",
    "add_follow_up",
    "add_outcome",
    "answer_comments",
    "approve_comment",
    "ask_follow_up",
    "ask_to_close",
    "change_many",
    "close_post",
    "closing_lacks",
    "delete_draft",
    "delete_view",
    "edit_comment",
    "hide_comment",
    "hide_post",
    "keep_open",
    "match_post",
    "publish_action",
    "remove_estimate",
    "remove_evidence",
    "remove_indicator",
    "remove_milestone",
    "remove_outcome",
    "remove_reading",
    "report_comment",
    "restate",
    "resume_action",
    "return_action",
    "rewrite_search_texts",
    "save_action",
    "save_indicator",
    "save_milestone",
    "save_post",
    "save_reading",
    "save_view",
    "stop_action",
    "submit_action",
    "tell_liaisons",
    "undo_match",
    "unhide_post",
    "unpublish_action",
    "validate_action",
    "write",
    "write_first",
]
