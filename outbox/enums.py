from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class MessageState(TextChoices):
    """Where a message stands. Only *queued* and *sending* can go back, to wait for another turn."""

    SCHEDULED = "scheduled", _("programado")
    QUEUED = "queued", _("en cola")
    SENDING = "sending", _("enviando")
    SENT = "sent", _("enviado")
    RETRY = "retry", _("reintento")
    IN_DOUBT = "in_doubt", _("en duda")
    FAILED = "failed", _("fallido")
    SKIPPED = "skipped", _("omitido")
    SUPPRESSED = "suppressed", _("suprimido")


# Not begun: a drain may claim them once they are due (a queued one only after its lease has run out).
WAITING_STATES = (MessageState.SCHEDULED, MessageState.QUEUED, MessageState.RETRY)
# In the hands of one drain, which holds a token and a lease.
CLAIMED_STATES = (MessageState.QUEUED, MessageState.SENDING)
# Nothing more will be done by itself; no text of the message is kept.
FINAL_STATES = (
    MessageState.SENT,
    MessageState.IN_DOUBT,
    MessageState.FAILED,
    MessageState.SKIPPED,
    MessageState.SUPPRESSED,
)


class SuppressionReason(TextChoices):
    UNSUBSCRIBED = "unsubscribed", _("se dio de baja")
    BOUNCED = "bounced", _("la dirección rechaza el correo")
    COMPLAINED = "complained", _("lo marcó como no deseado")
    STAFF = "staff", _("decisión del personal")
