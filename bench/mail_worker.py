"""The portal's Celery application with the limit beside it: one task for each message."""

import django
from django.core.mail import get_connection
from django.utils import translation

from config.celery import app as app

django.setup()

from django.db.models.functions import Now

from events import emails
from outbox.enums import MessageState
from outbox.envelope import build
from outbox.models import Message
from outbox.registry import Mail


@app.task(name="bench.one", queue="mail")
def one(pk: int) -> None:
    """The usual way: a task takes its row, writes its mail, opens a line, sends, and says so."""
    message = Message.objects.get(pk=pk)
    with translation.override(message.language):
        mail = emails.reminder(message.params, message.language)
    assert isinstance(mail, Mail)
    get_connection().send_messages([build(message, mail, from_name="Red")])
    Message.objects.filter(pk=pk).update(state=MessageState.SENT, sent_at=Now())
