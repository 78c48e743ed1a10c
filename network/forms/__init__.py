"""Input of the network's pages."""

from network.forms.designations import (
    DesignationEditForm,
    DesignationForm,
    EndForm,
    LetterForm,
    PersonFields,
    SuccessionForm,
)
from network.forms.directory import CommunicationForm, ContactForm, ProgrammeForm
from network.forms.people import MergeForm, PersonEditForm, UndoMergeForm
from network.forms.proposals import AddressForm, CampaignForm, LinkForm, ProposalForm, RejectForm, VerifyForm
from network.forms.rights import (
    ArcoCompletionForm,
    ArcoForm,
    ArcoMoveForm,
    ArcoPersonForm,
    EraseForm,
    NonWorkingDayForm,
    RetentionForm,
    RightsDeadlinesForm,
)
from network.forms.settings import (
    DARK_GROUNDS,
    LIGHT_GROUNDS,
    TEXT_CONTRAST,
    AccountDecisionForm,
    InstallationForm,
    NewPasswordForm,
    PreferencesForm,
    PrivacyNoticeForm,
    SetUpForm,
)
