"""Input of the trainings' pages."""

from trainings.forms.trainings import SessionRow, TargetRow, TrainingFilter, TrainingForm, training_editor
