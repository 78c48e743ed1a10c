"""Accounts, persons, institutions, vocabulary, designations and privacy notices."""

from network.models.accounts import AccountDecision, AccountManager, User
from network.models.aliases import PersonAlias, PersonAliasQuerySet, normalised_alias
from network.models.audit import KEPT_DAYS, AuditEntry, AuditEntryQuerySet
from network.models.designations import (
    ENDING_FIRST,
    ENDING_SECOND,
    Designation,
    DesignationQuerySet,
    Invitation,
    InvitationQuerySet,
    municipalities_without_titular,
    oficio_path,
    private_storage,
)
from network.models.directory import (
    ClimateProgramme,
    ClimateProgrammeQuerySet,
    Communication,
    CommunicationQuerySet,
    MunicipalContact,
)
from network.models.instruments import OTHER_INSTRUMENT, Instrument
from network.models.loads import SheetLoad, SheetLoadQuerySet
from network.models.merges import PersonEdit, PersonMerge, PossibleDuplicate, PossibleDuplicateQuerySet
from network.models.people import ERASED_NAME, Person, PersonQuerySet
from network.models.privacy import PrivacyNotice
from network.models.proposals import (
    MunicipalOffice,
    Proposal,
    ProposalLink,
    ProposalLinkQuerySet,
    ProposalQuerySet,
    RenewalCampaign,
)
from network.models.rights import (
    ArcoRequest,
    ArcoRequestQuerySet,
    ArcoStep,
    NonWorkingDay,
    RetentionDays,
    RetentionRun,
    RightsDeadlines,
)
from network.models.vocabulary import SDG, Organisation, Pathway, Sector, Translated
