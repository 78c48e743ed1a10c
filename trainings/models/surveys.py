"""What the people of a training answer: the evaluation before and after it, and how satisfied they were."""

import uuid
from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from trainings.enums import TrainingForm
from trainings.models.enrolment import Enrolment
from trainings.models.trainings import Training


class Evaluation(models.Model):
    """The questions of a training's evaluation, the same before and after. ``questions``: text, options and the index
    of the right one, in order (:func:`trainings.services.surveys.read_questions`)."""

    training = models.OneToOneField(Training, on_delete=models.CASCADE, related_name="evaluation")
    questions = models.JSONField(default=list)

    class Meta:
        verbose_name = _("evaluación")
        verbose_name_plural = _("evaluaciones")


class EvaluationResult(models.Model):
    """How many questions somebody answered rightly, before or after; it belongs to the enrolment and is given once."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="evaluation_results")
    moment = models.CharField(max_length=12, choices=TrainingForm)
    right = models.PositiveSmallIntegerField()
    questions = models.PositiveSmallIntegerField()
    answered_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("resultado de una evaluación")
        verbose_name_plural = _("resultados de evaluaciones")
        constraints = [models.UniqueConstraint(fields=["enrolment", "moment"], name="trainings_evaluation_once")]

    @property
    def score(self) -> Decimal:
        """Of a hundred."""
        return (Decimal(100) * self.right / self.questions).quantize(Decimal("0.01"))


def rating(label: Any) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(label, validators=[MinValueValidator(1), MaxValueValidator(5)])


class SatisfactionAnswer(models.Model):
    """What somebody thought of a training, 1 (worst) to 5. Nothing tells who: neither a key, nor a time, nor an order
    (the number of the row is random)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    training = models.ForeignKey(Training, on_delete=models.CASCADE, related_name="satisfaction_answers")
    contents = rating(_("Los contenidos"))
    facilitation = rating(_("Quienes la impartieron"))
    usefulness = rating(_("Su utilidad para el trabajo"))
    comment = models.TextField(_("¿Qué mejoraría?"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("respuesta de satisfacción")
        verbose_name_plural = _("respuestas de satisfacción")


class SatisfactionUse(models.Model):
    """This place's link was used: nobody answers twice. Kept apart from what was answered."""

    enrolment = models.OneToOneField(
        Enrolment, on_delete=models.CASCADE, primary_key=True, related_name="satisfaction_use"
    )
