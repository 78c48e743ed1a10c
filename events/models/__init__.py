"""Series, events, registration with counted seats, attendance and the stages of reminders.

What belongs to an event names it as ``"events.Event"``, so that the event can ask for all of it.
"""

from events.models.announcements import Announcement, AnnouncementQuerySet, Segment
from events.models.attendance import Attendance, DoorMark
from events.models.contents import (
    Agreement,
    EventOrganiser,
    GuidingQuestion,
    LibraryItem,
    LibraryItemQuerySet,
    Material,
    Speaker,
    material_path,
)
from events.models.events import CANCELLED_IN_FEEDS, Event, EventQuerySet, is_ahead
from events.models.imports import AttendanceImport, ImportedPerson, ImportedPersonQuerySet
from events.models.messages import BulkMessage
from events.models.registration import (
    AccessNeeds,
    Invitation,
    PersonalFeed,
    Registration,
    RegistrationAnswer,
    RegistrationQuerySet,
    RegistrationQuestion,
    SeatPool,
    answer_choices,
    answer_words,
    new_token,
)
from events.models.reminders import (
    FOLLOW_UP_KEPT,
    MAX_OFFSET,
    ReminderStage,
    ReminderStageQuerySet,
    in_force,
    reminder_key,
)
from events.models.series import Format, Series, SeriesOrganiser

__all__ = [
    "CANCELLED_IN_FEEDS",
    "FOLLOW_UP_KEPT",
    "MAX_OFFSET",
    "AccessNeeds",
    "Agreement",
    "Announcement",
    "AnnouncementQuerySet",
    "Attendance",
    "AttendanceImport",
    "BulkMessage",
    "DoorMark",
    "Event",
    "EventOrganiser",
    "EventQuerySet",
    "Format",
    "GuidingQuestion",
    "ImportedPerson",
    "ImportedPersonQuerySet",
    "Invitation",
    "LibraryItem",
    "LibraryItemQuerySet",
    "Material",
    "PersonalFeed",
    "Registration",
    "RegistrationAnswer",
    "RegistrationQuerySet",
    "RegistrationQuestion",
    "ReminderStage",
    "ReminderStageQuerySet",
    "SeatPool",
    "Segment",
    "Series",
    "SeriesOrganiser",
    "Speaker",
    "answer_choices",
    "answer_words",
    "in_force",
    "is_ahead",
    "material_path",
    "new_token",
    "reminder_key",
]
