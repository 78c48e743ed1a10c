"""Writes of the network: designations and their succession, invitations, accounts, identity, notices."""

from network.services.campaigns import cancel_campaign, remind_campaign, start_campaign, to_be_reminded
from network.services.designations import (
    INVITATION_DAYS,
    PERIOD_OVERLAPS,
    TITULAR_TAKEN,
    AccountTaken,
    InvitationGone,
    accept_with_account,
    accept_with_new_account,
    edit_designation,
    end_designation,
    invite,
    record_designation,
)
from network.services.directory import (
    ChangedMeanwhile,
    edit_communication,
    finish_step,
    log_communication,
    record_programme,
    save_contact,
)
from network.services.duplicates import find_duplicates
from network.services.erasure import can_erase, erase_person, foresee, holdings, why_not_erase
from network.services.loads import (
    LoadGone,
    LoadRow,
    WrongRow,
    discard_load,
    keep_load,
    refuse_row,
    rewrite_load,
    take_load,
)
from network.services.merging import merge_people, say_different, undo_merge
from network.services.people import edit_person, known_person
from network.services.proposals import (
    AlreadySent,
    LinkGone,
    open_link,
    propose,
    readdress_link,
    reject_proposal,
    revoke_link,
    send_link,
    verify_proposal,
)
from network.services.retention import clean
from network.services.retention import rules as retention_rules
from network.services.retention import set_days as set_retention_days
from network.services.rights import (
    WrongMove,
    add_holiday,
    ask,
    change_deadlines,
    complete,
    confirm,
    holidays,
    identify,
    move,
    recount,
    remove_holiday,
    send_own_data,
    working_days_after,
    working_days_until,
)
from network.services.settings import (
    AlreadySetUp,
    accept_notice,
    change_installation,
    change_preferences,
    decide_account,
    publish_notice,
    set_up,
)
