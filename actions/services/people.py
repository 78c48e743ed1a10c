"""What becomes of what a person wrote in the exchange: told in an own-data copy, taken out by an erasure.

No key leads from here to a person: texts stand in a municipality's name, and the account that wrote them is known for
the limits and the minutes in which a comment may be corrected. The account is the way to the person.
"""

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actions.models import ActionComment, CommentReport, ExchangeMessage, ExchangePost
from network.models import Person, User
from network.registry import Exported, Outlook
from network.services.people import accounts_of

REDACTED = "[texto suprimido a petición de quien lo escribió]"


def export(person: Person) -> Exported:
    accounts = accounts_of(person)
    return {
        _("Mensajes del intercambio entre municipios"): _rows(ExchangeMessage.objects.filter(created_by__in=accounts)),
        _("Comentarios a acciones"): _rows(ActionComment.objects.filter(created_by__in=accounts)),
    }


def erase(person: Person) -> list[str]:
    """The conversation keeps its turns; their words go, and which account wrote them. Offers and requests are the
    municipality's and stay, without who typed them."""
    accounts = list(accounts_of(person))
    ExchangeMessage.objects.filter(created_by__in=accounts).update(text=REDACTED, created_by=None)
    ActionComment.objects.filter(created_by__in=accounts).update(text=REDACTED, created_by=None)
    CommentReport.objects.filter(created_by__in=accounts).update(reason=REDACTED, created_by=None)
    ExchangePost.objects.filter(created_by__in=accounts).update(created_by=None)
    return []


def outlook(person: Person) -> list[Outlook]:
    accounts: QuerySet[User] = accounts_of(person)
    written = ExchangeMessage.objects.filter(created_by__in=accounts).count()
    written += ActionComment.objects.filter(created_by__in=accounts).count()
    return [Outlook(label=gettext_lazy("mensajes y comentarios entre municipios (sin su texto)"), kept=written)]


def _rows(texts: QuerySet[ExchangeMessage] | QuerySet[ActionComment]) -> list[dict[str, object]]:
    return [
        {_("Fecha"): row.created_at, _("Municipio"): str(row.municipality), _("Texto"): row.text}
        for row in texts.select_related("municipality")
    ]
