"""What an event is made of: who calls and speaks, questions, agreements, materials and the library."""

import secrets

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from actions.models import Action
from events.enums import LibraryKind, MaterialKind, SpeakerRole
from municipalities.models import Municipality
from network.enums import OrganisationRole
from network.models import Organisation, private_storage


class EventOrganiser(models.Model):
    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="organisers")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, verbose_name=_("institución"))
    role = models.CharField(_("papel"), max_length=14, choices=OrganisationRole)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "organisation", "role"],
                name="events_event_organiser_once",
                violation_error_message=_("Esa institución ya está con ese papel."),
            )
        ]


class Speaker(models.Model):
    """Who speaks. Public only with a recorded consent."""

    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="speakers")
    name = models.CharField(_("nombre"), max_length=160)
    affiliation = models.CharField(_("institución o cargo"), max_length=200, blank=True)
    role = models.CharField(_("papel"), max_length=12, choices=SpeakerRole, default=SpeakerRole.SPEAKER)
    consent_on = models.DateField(
        _("consintió publicar su nombre el"), null=True, blank=True,
        help_text=_("Sin esta fecha el nombre no aparece en público."),
    )  # fmt: skip
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("ponente")
        verbose_name_plural = _("ponentes")


class GuidingQuestion(models.Model):
    """A guiding question (*pregunta guía*), in order; its answer is written after the session."""

    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="guiding_questions")
    order = models.PositiveSmallIntegerField(_("orden"), default=0)
    text = models.TextField(_("pregunta"), max_length=600)
    answer = models.TextField(_("respuesta"), max_length=4000, blank=True)

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("pregunta guía")
        verbose_name_plural = _("preguntas guía")


class Agreement(models.Model):
    """What was agreed in a session: who does what by when. It may become a climate action, which is then followed."""

    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="agreements")
    order = models.PositiveSmallIntegerField(_("orden"), default=0)
    text = models.TextField(_("acuerdo"), max_length=600)
    owner = models.CharField(
        _("a cargo de"), max_length=200, blank=True, help_text=_("El área o la institución, no el nombre de alguien.")
    )
    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="agreements",
        verbose_name=_("municipio"),
    )  # fmt: skip
    due_on = models.DateField(_("fecha límite"), null=True, blank=True)
    action = models.OneToOneField(
        Action, on_delete=models.SET_NULL, null=True, blank=True, related_name="agreement", editable=False
    )

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("acuerdo")
        verbose_name_plural = _("acuerdos")

    def __str__(self) -> str:
        return self.text


def material_path(instance: "Material", filename: str) -> str:
    return f"materials/{secrets.token_hex(16)}.{filename.rsplit('.', 1)[-1].lower()}"


class Material(models.Model):
    """A reference document, or what a session leaves: slides, recording, minutes. A file or a link."""

    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="materials")
    kind = models.CharField(_("tipo"), max_length=12, choices=MaterialKind, default=MaterialKind.DOCUMENT)
    title = models.CharField(_("título"), max_length=200)
    file = models.FileField(_("archivo"), upload_to=material_path, storage=private_storage, blank=True)
    url = models.URLField(_("enlace"), max_length=500, blank=True)
    language = models.CharField(
        _("idioma"), max_length=2, choices=[("es", _("Español")), ("en", _("Inglés"))], default="es"
    )
    has_captions = models.BooleanField(_("con subtítulos"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["kind", "pk"]
        verbose_name = _("material")
        verbose_name_plural = _("materiales")
        constraints = [
            models.CheckConstraint(
                condition=(Q(file="") & ~Q(url="")) | (~Q(file="") & Q(url="")),
                name="events_material_file_or_link",
                violation_error_message=_("Suba un archivo o escriba un enlace: uno de los dos."),
            )
        ]

    def __str__(self) -> str:
        return self.title


class LibraryItemQuerySet(models.QuerySet["LibraryItem"]):
    def shown(self) -> "LibraryItemQuerySet":
        """Materials of every published event; of sessions, what they left, once they are over."""
        over = Q(event__ends_at__lt=timezone.now())
        over |= Q(event__ends_at__isnull=True, event__last_day__lt=timezone.localdate())
        return self.filter(Q(material__isnull=False) | over)

    def newest_first(self) -> "LibraryItemQuerySet":
        """By the day of the event, what has no day last; of one event in its own order."""
        return self.order_by(F("event__first_day").desc(nulls_last=True), "-event_id", "order")


class LibraryItem(models.Model):
    """One thing that the library shows of a published event: a material, its results, the answer to a question, or that
    it left nothing yet. Written with its event by ``services.library`` alone, so that lists and counts read one table.

    ``marks``: sectors, topics of the series and pathways of the event as ``|s:water|t:agua|p:resilient|``.
    """

    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="library_items")
    kind = models.CharField(_("tipo"), max_length=12, choices=LibraryKind)
    material = models.ForeignKey(Material, on_delete=models.CASCADE, null=True, related_name="+")
    question = models.ForeignKey(GuidingQuestion, on_delete=models.CASCADE, null=True, related_name="+")
    language = models.CharField(_("idioma"), max_length=2, default="es")
    order = models.PositiveSmallIntegerField(default=0)
    marks = models.TextField(default="")
    search_text = models.TextField(default="")

    objects = LibraryItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("ficha de la biblioteca")
        verbose_name_plural = _("fichas de la biblioteca")
        indexes = [models.Index(fields=["kind"], name="events_library_kind")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.event}"
