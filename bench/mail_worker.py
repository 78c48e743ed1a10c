"""The portal's Celery application with the limit beside it: one task for each message."""

import django
from django.core.mail import get_connection

from config.celery import app as app

django.setup()

from django.db.models.functions import Now  # noqa: E402

from outbox import registry  # noqa: E402
from outbox.enums import MessageState  # noqa: E402
from outbox.envelope import build  # noqa: E402
from outbox.models import Message  # noqa: E402
from outbox.registry import Mail  # noqa: E402

KIND = "bench.note"
TEXT = "Le recordamos la sesión de mañana.\n\n" * 40


def compose(params: dict[str, int], language: str) -> Mail:
    return Mail(subject=f"Aviso {params['id']}", text=TEXT, html=f"<p>{TEXT}</p>")


registry.register(KIND, compose, label="Bench")


@app.task(name="bench.one", queue="mail")
def one(pk: int) -> None:
    """The usual way: a task takes its row, opens a line, sends, and says so."""
    message = Message.objects.get(pk=pk)
    email = build(message, compose(message.params, message.language), from_name="Red")
    get_connection().send_messages([email])
    Message.objects.filter(pk=pk).update(state=MessageState.SENT, sent_at=Now())
