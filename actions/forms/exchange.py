"""What municipalities type on the exchange board and about each other's actions."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actions.enums import OutcomeKind, PostKind
from actions.forms.fields import DayField, LongTextField, RowField, VersionedForm, text_field
from actions.models import Action, ActionComment, CommentReport, ExchangeMessage, ExchangePost
from actions.registry import Thing, find_thing
from municipalities.models import Municipality
from network.models import Pathway, Sector
from web.forms import RequestForm

# How long a post stays where nobody says otherwise, and how long it may.
USUAL_DAYS, LONGEST_DAYS = 90, 366


class PostForm(RequestForm, VersionedForm):
    """An offer or a request."""

    kind = forms.ChoiceField(label=gettext_lazy("Qué quiere publicar"), choices=PostKind, widget=forms.RadioSelect)
    title = text_field(
        ExchangePost,
        "title",
        label=gettext_lazy("En qué"),
        help_text=gettext_lazy("Continúa la frase: «huertos escolares», «un reglamento de arbolado»."),
    )
    text = LongTextField(
        label=gettext_lazy("Cuéntelo en pocas líneas"),
        max_length=2000,
        rows=6,
        help_text=gettext_lazy(
            "Qué hicieron o qué necesitan. No hace falta un correo ni un teléfono: le escriben por aquí."
        ),
    )
    sector = RowField(label=gettext_lazy("Sector"))
    pathway = RowField(label=gettext_lazy("Camino"), required=False, help_text=gettext_lazy("Vacío: el del sector."))
    until = DayField(label=gettext_lazy("Vigente hasta"), help_text=gettext_lazy("Ese día sale sola del tablero."))
    action = RowField(
        label=gettext_lazy("Acción publicada de su municipio"),
        required=False,
        help_text=gettext_lazy("La que muestra de qué habla, si la hay."),
    )

    def __init__(
        self, data: Any = None, *, actions: Iterable[Action], post: ExchangePost | None = None, kind: str = ""
    ) -> None:
        initial: dict[str, Any] = {"kind": kind, "until": timezone.localdate() + timedelta(days=USUAL_DAYS)}
        if post is not None:
            names = ("kind", "title", "text", "until", "version")
            initial = {name: getattr(post, name) for name in names}
            initial |= {"sector": post.sector_id, "pathway": post.pathway_id, "action": post.action_id}
        super().__init__(data, initial=initial)
        label = lambda row: row.label  # noqa: E731
        self.fields["sector"].offer(Sector.objects.select_related("entry_pathway"), label)
        self.fields["pathway"].offer(Pathway.objects.all(), label)
        self.fields["action"].offer(actions)

    def clean_until(self) -> Any:
        until, today = self.cleaned_data["until"], timezone.localdate()
        if until < today:
            raise forms.ValidationError(_("Ese día ya pasó: escriba hoy o uno posterior."), code="past")
        if until > today + timedelta(days=LONGEST_DAYS):
            raise forms.ValidationError(_("A lo más un año: después se puede alargar."), code="far")
        return until

    def clean(self) -> None:
        """A missing pathway is the one proposed for the sector."""
        given = self.cleaned_data
        sector = given.get("sector")
        if sector is not None and not given.get("pathway"):
            if sector.entry_pathway is None:
                self.add_error("pathway", _("Elija un camino."))
            given["pathway"] = sector.entry_pathway

    def values(self) -> dict[str, Any]:
        names = ("kind", "title", "text", "sector", "pathway", "until", "action")
        return {name: self.cleaned_data[name] for name in names}


class MatchForm(VersionedForm):
    """With whom, when and what was agreed."""

    municipality = RowField(label=gettext_lazy("Con qué municipio"))
    on = DayField(label=gettext_lazy("Cuándo"), not_after_today=True)
    note = LongTextField(
        label=gettext_lazy("Qué se acordó"),
        required=False,
        max_length=500,
        rows=3,
        help_text=gettext_lazy("Lo leen todos los enlaces de la red y el instituto."),
    )

    def __init__(
        self, data: Any = None, *, post: ExchangePost, first: Iterable[Municipality], chosen: str = ""
    ) -> None:
        initial = {"version": post.version, "on": timezone.localdate(), "municipality": chosen}
        super().__init__(data, initial=initial)
        wrote = {row.pk: row for row in first}
        others = Municipality.objects.exclude(pk__in=[post.municipality_id, *wrote]).only("name", "sort_name")
        self.fields["municipality"].offer([*wrote.values(), *others])


class MessageForm(RequestForm):
    text = LongTextField(
        label=gettext_lazy("Mensaje"),
        max_length=ExchangeMessage._meta.get_field("text").max_length,
        rows=5,
        help_text=gettext_lazy(
            "Llega por correo a quienes representan al otro municipio; su correo y el de ellos no se muestran."
        ),
    )


class OutcomeForm(forms.Form):
    """The address of a page of this portal, pasted from the browser."""

    address = forms.CharField(
        label=gettext_lazy("Dirección de la página"),
        max_length=500,
        help_text=gettext_lazy(
            "Cópiela del navegador: un evento, una capacitación, un acompañamiento o una acción de este portal."
        ),
    )

    def __init__(self, data: Any = None, *, request: HttpRequest) -> None:
        super().__init__(data)
        self.request = request

    def clean_address(self) -> tuple[OutcomeKind, Thing]:
        own_hosts = {"", self.request.get_host(), urlsplit(settings.SITE_URL).netloc}
        try:
            address = urlsplit(self.cleaned_data["address"])
        except ValueError:
            address = urlsplit("//?")
        found = find_thing(self.request.user, address.path) if address.netloc in own_hosts else None
        if found is None:
            raise forms.ValidationError(
                _("No es una página de este portal con un evento, una capacitación, un acompañamiento o una acción.")
            )
        return found


class HideForm(forms.Form):
    """Why the institute hides something; its municipality reads it."""

    reason = LongTextField(
        label=gettext_lazy("Por qué se oculta"),
        max_length=300,
        rows=3,
        help_text=gettext_lazy("Lo lee el municipio que lo escribió."),
    )


class CommentForm(RequestForm):
    text = LongTextField(
        label=gettext_lazy("Comentario"),
        max_length=ActionComment._meta.get_field("text").max_length,
        rows=4,
        help_text=gettext_lazy(
            "Firma su municipio. Lo lee enseguida el municipio de la acción; la red, cuando el instituto lo aprueba."
        ),
    )


class ReportForm(forms.Form):
    reason = LongTextField(
        label=gettext_lazy("Qué tiene de malo"),
        max_length=CommentReport._meta.get_field("reason").max_length,
        rows=3,
        help_text=gettext_lazy("Lo lee solo el instituto."),
    )


class ModerationForm(forms.Form):
    """Approve, or hide with a reason."""

    APPROVE, HIDE = "approve", "hide"
    decision = forms.ChoiceField(choices=[(APPROVE, APPROVE), (HIDE, HIDE)], widget=forms.HiddenInput)
    reason = LongTextField(
        label=gettext_lazy("Motivo para ocultarlo"),
        required=False,
        max_length=300,
        rows=2,
        help_text=gettext_lazy("Lo lee el municipio que lo escribió."),
    )
    # The moment of the words that were read, as the page wrote it.
    edited_at = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean(self) -> None:
        given: Mapping[str, Any] = self.cleaned_data
        if given.get("decision") == self.HIDE and not given.get("reason"):
            self.add_error("reason", _("Diga por qué se oculta."))
