"""Trainings aimed at institutions, and what belongs to them."""

from trainings.models.accompaniment import (
    LONGEST_SESSION,
    SEXES,
    Accompaniment,
    AccompanimentDocument,
    AccompanimentQuerySet,
    AccompanimentSession,
    AccompanimentSessionQuerySet,
    Expert,
    SessionAgreement,
)
from trainings.models.certificates import (
    LEASE,
    MAX_ATTEMPTS,
    MAX_LOGOS,
    MAX_SIGNATORIES,
    Certificate,
    CertificateBatch,
    CertificateLogo,
    CertificateQuerySet,
    CertificateSignatory,
    CertificateState,
    CertificateTemplate,
    RevocationReason,
    certificate_path,
)
from trainings.models.duties import ACCOMPANIMENT, Duty, duties
from trainings.models.enrolment import Enrolment, EnrolmentQuerySet, Facilitator
from trainings.models.instrument_reviews import Attended, Recommendation, ReviewRound
from trainings.models.surveys import Evaluation, EvaluationResult, SatisfactionAnswer, SatisfactionUse
from trainings.models.trainings import Training, TrainingQuerySet, TrainingScope, TrainingSession, TrainingTarget
