"""Writes of trainings and of what belongs to them."""

from trainings.services.accompaniment import (
    FileValues,
    WrongState,
    accept_request,
    add_document,
    assign,
    change_request,
    confirm_closing,
    confirm_session,
    decline_request,
    delete_session,
    propose_closing,
    remove_document,
    reopen,
    request_accompaniment,
    save_expert,
    save_session,
    settle_agreement,
)
from trainings.services.enrolment import (
    AlreadyEnrolled,
    Outcome,
    cancel_enrolment,
    enrol,
    enrol_colleagues,
    enrol_in_new_sessions,
    grant_exception,
    hand_out,
    mail_was_queued,
    position_in_line,
    positions_in_line,
    sessions_to_come,
    set_score,
    withdraw_exception,
)
from trainings.services.instrument_reviews import (
    reply_to_recommendations,
    save_recommendations,
    upload_version,
)
from trainings.services.trainings import (
    FIELDS,
    TARGET,
    delete_training,
    publish_training,
    rewrite_search_texts,
    save_training,
    withdraw_training,
)
