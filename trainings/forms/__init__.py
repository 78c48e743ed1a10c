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
from trainings.forms.trainings import SessionRow, TargetRow, TrainingFilter, TrainingForm, training_editor
