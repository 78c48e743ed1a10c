"""The exchange board: what municipalities offer and look for, what they write to each other, and what came of it.

Everything here belongs to municipalities: who works for one today sees and answers it, whoever wrote it.
"""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from actions.enums import OutcomeKind, PostKind, PostState
from actions.models.actions import Action
from municipalities.models import Municipality
from network.models import Pathway, Sector, User


class ExchangePostQuerySet(models.QuerySet["ExchangePost"]):
    def shown(self) -> "ExchangePostQuerySet":
        """Those that the institute has not hidden."""
        return self.filter(hidden_at=None)

    def open(self) -> "ExchangePostQuerySet":
        """On the board today: neither matched nor withdrawn nor hidden, and their day has not passed."""
        return self.shown().filter(state=PostState.OPEN, until__gte=timezone.localdate())

    def matched(self) -> "ExchangePostQuerySet":
        return self.shown().filter(state=PostState.MATCHED)

    def on_board(self) -> "ExchangePostQuerySet":
        """What every liaison reads: open ones, and those that found their match."""
        return self.shown().filter(
            Q(state=PostState.MATCHED) | Q(state=PostState.OPEN, until__gte=timezone.localdate())
        )

    def told_to(self, municipality: Municipality) -> "ExchangePostQuerySet":
        """Not hidden, and the municipality wrote about it or was matched with it."""
        threads = ExchangeThread.objects.filter(post=OuterRef("pk"), municipality=municipality)
        return self.shown().filter(Q(Exists(threads)) | Q(matched_with=municipality))

    def for_lists(self) -> "ExchangePostQuerySet":
        """What a row of the board shows, in one query."""
        return self.select_related("municipality__region", "sector", "pathway", "matched_with").defer("search_text")


class ExchangePost(models.Model):
    """«Tengo experiencia en…» or «Busco…»: an offer or a request of a municipality, until a day."""

    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, related_name="exchange_posts", verbose_name=_("municipio")
    )
    kind = models.CharField(_("qué es"), max_length=8, choices=PostKind)
    title = models.CharField(_("título"), max_length=120)
    text = models.TextField(_("texto"), max_length=2000)
    pathway = models.ForeignKey(
        Pathway, on_delete=models.PROTECT, related_name="exchange_posts", verbose_name=_("camino")
    )
    sector = models.ForeignKey(
        Sector, on_delete=models.PROTECT, related_name="exchange_posts", verbose_name=_("sector")
    )
    until = models.DateField(_("vigente hasta"))
    action = models.ForeignKey(
        Action, on_delete=models.SET_NULL, null=True, blank=True, related_name="exchange_posts",
        verbose_name=_("acción publicada"),
    )  # fmt: skip
    state = models.CharField(_("estado"), max_length=8, choices=PostState, default=PostState.OPEN, editable=False)
    matched_with = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, null=True, editable=False, related_name="exchange_matches",
        verbose_name=_("con qué municipio"),
    )  # fmt: skip
    matched_on = models.DateField(_("cuándo"), null=True, editable=False)
    match_note = models.CharField(_("qué se acordó"), max_length=500, blank=True, editable=False)
    hidden_at = models.DateTimeField(null=True, editable=False)
    hidden_reason = models.CharField(_("motivo"), max_length=300, blank=True, editable=False)
    hidden_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    # One per form that was opened, so that sending it twice makes one post.
    request_key = models.UUIDField(null=True, unique=True, editable=False)
    search_text = models.TextField(editable=False, default="")
    history = HistoricalRecords(excluded_fields=["search_text", "request_key"])

    objects = ExchangePostQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("publicación del intercambio")
        verbose_name_plural = _("publicaciones del intercambio")
        constraints = [
            models.CheckConstraint(
                condition=Q(state="matched", matched_with__isnull=False, matched_on__isnull=False)
                | (~Q(state="matched") & Q(matched_with__isnull=True, matched_on__isnull=True, match_note="")),
                name="actions_post_match_is_whole",
                violation_error_message=_("Diga con qué municipio y cuándo."),
            ),
            models.CheckConstraint(
                condition=Q(matched_with__isnull=True) | ~Q(matched_with=F("municipality")),
                name="actions_post_match_is_another",
                violation_error_message=_("El intercambio es con otro municipio."),
            ),
            models.CheckConstraint(
                condition=Q(hidden_at__isnull=True) | ~Q(hidden_reason=""),
                name="actions_post_hidden_has_reason",
                violation_error_message=_("Diga por qué se oculta."),
            ),
        ]
        indexes = [models.Index(fields=["state", "until"], name="actions_post_board")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_hidden(self) -> bool:
        return self.hidden_at is not None

    @property
    def is_expired(self) -> bool:
        """Its day passed before anybody matched it: it left the board by itself."""
        return self.state == PostState.OPEN and self.until < timezone.localdate()

    @property
    def is_open(self) -> bool:
        return self.state == PostState.OPEN and not self.is_expired and not self.is_hidden

    @property
    def state_label(self) -> str:
        """Its state as people say it: hidden and over are states too."""
        if self.is_hidden:
            return gettext("Oculta por el instituto")
        return gettext("Vencida") if self.is_expired else str(self.get_state_display())

    @property
    def is_offer(self) -> bool:
        return self.kind == PostKind.OFFER

    @property
    def kind_that_answers(self) -> PostKind:
        """An offer answers a request, and a request an offer."""
        return PostKind(self.kind).other

    @property
    def is_matched(self) -> bool:
        return self.state == PostState.MATCHED

    def is_party(self, municipality: Municipality | None) -> bool:
        """Posted it, or was matched with it."""
        return municipality is not None and municipality.pk in {self.municipality_id, self.matched_with_id}


class ExchangeThreadQuerySet(models.QuerySet["ExchangeThread"]):
    def of(self, municipality: Municipality) -> "ExchangeThreadQuerySet":
        """Those that the municipality is a side of."""
        return self.filter(Q(municipality=municipality) | Q(post__municipality=municipality))


class ExchangeThread(models.Model):
    """What two municipalities write to each other about a post: its own, and the one that asked."""

    post = models.ForeignKey(ExchangePost, on_delete=models.CASCADE, related_name="threads")
    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, related_name="exchange_threads", verbose_name=_("municipio que escribe")
    )
    last_message_at = models.DateTimeField(default=timezone.now, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ExchangeThreadQuerySet.as_manager()

    class Meta:
        ordering = ["-last_message_at", "-pk"]
        verbose_name = _("conversación del intercambio")
        verbose_name_plural = _("conversaciones del intercambio")
        constraints = [
            models.UniqueConstraint(
                fields=["post", "municipality"],
                name="actions_thread_one_a_side",
                violation_error_message=_("Ya hay una conversación de este municipio sobre esta publicación."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.post} · {self.municipality}"

    def other_side(self, municipality_id: int) -> int:
        """The municipality that a message of this one goes to."""
        return self.post.municipality_id if municipality_id == self.municipality_id else self.municipality_id


class ExchangeMessage(models.Model):
    """One message of a conversation, said by a municipality."""

    thread = models.ForeignKey(ExchangeThread, on_delete=models.CASCADE, related_name="messages")
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("mensaje"), max_length=2000)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    request_key = models.UUIDField(null=True, unique=True, editable=False)

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name = _("mensaje del intercambio")
        verbose_name_plural = _("mensajes del intercambio")
        indexes = [models.Index(fields=["created_by", "created_at"], name="actions_message_pace")]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"


class ExchangeOutcome(models.Model):
    """«De aquí salió»: an event, a training, an accompaniment or an action that came of a match.

    Events and trainings stand above this app in the order of imports, so there is no foreign key to them: a row keeps
    which page of the portal it is (``kind`` and ``key``, the slug or number in its address). What was pasted is looked
    up through ``actions.registry`` when it is written, so the thing existed and its writer could see it; ``title`` is
    what it was called then. ``private_to`` is the municipality whose matter it is, where it is no public page.
    """

    post = models.ForeignKey(ExchangePost, on_delete=models.CASCADE, related_name="outcomes")
    kind = models.CharField(_("qué es"), max_length=14, choices=OutcomeKind)
    key = models.CharField(max_length=200)
    title = models.CharField(_("título"), max_length=200)
    private_to = models.ForeignKey(Municipality, on_delete=models.PROTECT, null=True, related_name="+")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name = _("resultado del intercambio")
        verbose_name_plural = _("resultados del intercambio")
        constraints = [
            models.UniqueConstraint(
                fields=["post", "kind", "key"],
                name="actions_outcome_once",
                violation_error_message=_("Eso ya está enlazado."),
            )
        ]

    def __str__(self) -> str:
        return self.title
