"""Input of the trainings' pages."""

from trainings.forms.certificates import (
    CertificateTemplateForm,
    CompareForm,
    IssueForm,
    LogoForm,
    ReplaceForm,
    RevokeForm,
    SignatoryForm,
)
from trainings.forms.enrolment import (
    CancelForm,
    EnrolledPersonForm,
    EnrolmentFilter,
    EnrolmentForm,
    ExceptionForm,
    ScoreForm,
    asked_of,
    colleagues_editor,
)
from trainings.forms.trainings import SessionRow, TargetRow, TrainingFilter, TrainingForm, training_editor
