"""Writes of trainings and of what belongs to them."""

from trainings.services.trainings import (
    FIELDS,
    TARGET,
    delete_training,
    publish_training,
    rewrite_search_texts,
    save_training,
    withdraw_training,
)
