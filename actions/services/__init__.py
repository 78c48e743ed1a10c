"""Everything that changes an action. Each function is one transaction and leaves a line of history: who and why.

The record travels: *draft* → submitted → (*returned* → submitted …) → validated → published. Its fields change
only while it is with the municipality; follow-up and evidence may be added at any time, because the work goes on while
it is reviewed.
"""

from actions.services.evidence import EvidenceValues, add_evidence, remove_evidence
from actions.services.progress import add_follow_up
from actions.services.records import IndicatorValues, delete_draft, rewrite_search_texts, save_action
from actions.services.reviews import (
    publish_action,
    return_action,
    submit_action,
    tell_liaisons,
    unpublish_action,
    validate_action,
)
from actions.services.turns import StaleVersion, WrongState

__all__ = [
    "EvidenceValues",
    "IndicatorValues",
    "StaleVersion",
    "WrongState",
    "add_evidence",
    "add_follow_up",
    "delete_draft",
    "publish_action",
    "remove_evidence",
    "return_action",
    "rewrite_search_texts",
    "save_action",
    "submit_action",
    "tell_liaisons",
    "unpublish_action",
    "validate_action",
]
