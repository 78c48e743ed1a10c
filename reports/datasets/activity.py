"""What the network does: events, series, trainings, what sessions left, actions."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _

from actions.enums import ActionKind, ActionStatus
from actions.filters import PublicActionFilter
from actions.models import Action, Hazard
from actions.rules import published_actions
from events.enums import EventStatus, LibraryKind
from events.figures import SessionCounts, all_sessions, session_counts
from events.filters import EventFilter
from events.forms.library import LibraryFilter
from events.models import Event, EventOrganiser, LibraryItem, Series, SeriesOrganiser
from events.rules import visible_events, visible_library, visible_series
from network.enums import Modality
from network.models import SDG, Pathway, Sector
from reports.datasets.columns import Column, DataSet, Kind, Shape, address_of
from reports.datasets.territory import place_columns
from trainings.figures import Sheet, sheets
from trainings.forms.trainings import TrainingFilter
from trainings.models import Training
from trainings.rules import visible_trainings

SOURCE_DOCUMENT = _("Documento del que se tomó el dato, si no nació en este portal.")
STATUSES = [
    (EventStatus.PUBLISHED.value, EventStatus.PUBLISHED.label),
    (EventStatus.CANCELLED.value, EventStatus.CANCELLED.label),
]


def _linked(name: str = "linked_pathways") -> Prefetch:
    return Prefetch(name, Pathway.objects.only("code"), to_attr="linked")


def _goals() -> Prefetch:
    return Prefetch("sdgs", SDG.objects.only("number"), to_attr="goals")


def pathway_columns() -> list[Column]:
    return [
        Column("camino", Kind.TEXT, _("Clave del camino de entrada."), lambda row: row.pathway.code, "resilient", True),
        Column(
            "caminos_vinculados", Kind.LIST, _("Claves de los demás caminos."),
            lambda row: [pathway.code for pathway in row.linked], ["circular"], True,
        ),
    ]  # fmt: skip


def _sdgs() -> Column:
    return Column(
        "ods",
        Kind.LIST,
        _("Números de los ODS."),
        lambda row: [str(goal.number) for goal in row.goals],
        ["11", "13"],
        True,
    )


def _roles(row: Any) -> list[str]:
    return [f"{organiser.get_role_display()}: {organiser.organisation.full_name}" for organiser in row.organisers.all()]


# --- Events


def _events() -> QuerySet[Event]:
    organisers = Prefetch("organisers", EventOrganiser.objects.select_related("organisation"))
    return (
        visible_events(AnonymousUser())
        .select_related("format", "pathway", "series", "municipality__region")
        .prefetch_related(_linked(), _goals(), Prefetch("sectors", Sector.objects.only("code"), to_attr="themes"), organisers)
        .defer("vevent_es", "vevent_en", "search_text")
    )  # fmt: skip


def _at(row: Any, moment: Any) -> Any:
    return moment and moment.astimezone(ZoneInfo(row.time_zone))


EVENTS = DataSet(
    slug="eventos",
    version="1.0",
    title=_("Eventos"),
    description=_(
        "Los eventos publicados, pasados y por venir, y los cancelados con su motivo: cuándo, dónde, quién convoca y qué "
        "tema tienen."
    ),
    keywords=[_("eventos"), _("calendario"), _("capacitación")],
    rows=_events,
    filters=EventFilter,
    changed=lambda: (Event.objects.public().order_by(), "revised_at"),
    page="calendar",
    columns=[
        Column("id", Kind.ID, _("Identificador para siempre; el mismo de los calendarios."), lambda row: row.uid, None, True),
        Column("slug", Kind.TEXT, _("Nombre en la dirección de su página."), lambda row: row.slug, None, True),
        Column("titulo", Kind.TEXT, _("Título, en el idioma de la respuesta donde lo hay."), lambda row: row.label, None, True),
        Column("estado", Kind.TEXT, _("Si sigue en pie."), lambda row: row.status, "published", True, STATUSES),
        Column("motivo_cancelacion", Kind.TEXT, _("Por qué se canceló."), lambda row: row.cancellation_reason),
        Column("primer_dia", Kind.DAY, _("Primer día, como se cuenta en su lugar. Vacío: por confirmar."), lambda row: row.first_day),
        Column("ultimo_dia", Kind.DAY, _("Último día."), lambda row: row.last_day or row.first_day),
        Column("inicio", Kind.MOMENT, _("Hora de inicio. Vacía: no se registró."), lambda row: _at(row, row.starts_at)),
        Column("fin", Kind.MOMENT, _("Hora de término. Vacía: no se registró."), lambda row: _at(row, row.ends_at)),
        Column("zona_horaria", Kind.TEXT, _("Zona horaria del evento (IANA)."), lambda row: row.time_zone, "America/Mexico_City", True),
        Column("formato", Kind.TEXT, _("Clave del formato."), lambda row: row.format.code, "workshop", True),
        Column("modalidad", Kind.TEXT, _("Cómo se asiste."), lambda row: row.modality, "virtual", True, Modality.choices),
        Column("ciclo", Kind.TEXT, _("Ciclo al que pertenece, por su nombre en las direcciones."), lambda row: row.series and row.series.slug),
        Column("numero", Kind.INTEGER, _("Número en el ciclo, contado por formato."), lambda row: row.number_in_series, 3),
        *pathway_columns(),
        Column("sectores", Kind.LIST, _("Claves de los sectores."), lambda row: [sector.code for sector in row.themes], ["water"], True),
        _sdgs(),
        Column("tema", Kind.TEXT, _("Tema."), lambda row: row.topic),
        Column("resumen", Kind.TEXT, _("Descripción."), lambda row: row.summary),
        Column("lugar", Kind.TEXT, _("Dónde se reúnen, en palabras."), lambda row: row.where_label, None, True),
        *place_columns(),
        Column("organiza", Kind.LIST, _("Instituciones, cada una con su papel."), _roles, None, True),
        Column("aforo_declarado", Kind.INTEGER, _("Personas contadas a la vista; no es asistencia nominal. Vacío: no se declaró."), lambda row: row.headcount),
        Column("fuente", Kind.TEXT, SOURCE_DOCUMENT, lambda row: row.source, "000"),
        Column("actualizado", Kind.MOMENT, _("Última revisión."), lambda row: row.revised_at, None, True),
        Column("pagina", Kind.LINK, _("Página del evento."), lambda row: address_of("event_detail", row.slug), None, True),
    ],
    only_in_api=[
        Column("objetivos", Kind.LIST, _("Objetivos."), lambda row: row.objective_list, None, True),
        Column("preguntas_guia", Kind.LIST, _("Preguntas guía, en su orden."), lambda row: [question.text for question in row.guiding_questions.all()], None, True),
        Column("resultados", Kind.TEXT, _("Resultados de la sesión."), lambda row: row.results_summary),
    ],
)  # fmt: skip

# --- Series


class SeriesRow:
    """A series with the counts of its sessions."""

    def __init__(self, series: Series, counts: SessionCounts) -> None:
        self.series, self.counts = series, counts


def _series() -> QuerySet[Series]:
    organisers = Prefetch("organisers", SeriesOrganiser.objects.select_related("organisation"))
    return visible_series(AnonymousUser()).prefetch_related(organisers)


def _counted_series(batch: list[Series]) -> Sequence[SeriesRow]:
    counts = session_counts(batch)
    return [SeriesRow(row, all_sessions(counts.get(row.pk, {}))) for row in batch]


SERIES = DataSet(
    slug="ciclos",
    version="1.0",
    title=_("Ciclos de eventos"),
    description=_("Los ciclos con sus contadores: sesiones anunciadas, en el calendario, realizadas y con resultados."),
    keywords=[_("ciclos"), _("eventos")],
    rows=_series,
    prepare=_counted_series,
    changed=lambda: (Series.history.order_by(), "history_date"),
    page="series_list",
    columns=[
        Column("slug", Kind.TEXT, _("Nombre en la dirección de su página."), lambda row: row.series.slug, None, True),
        Column("titulo", Kind.TEXT, _("Título, en el idioma de la respuesta donde lo hay."), lambda row: row.series.label, None, True),
        Column("resumen", Kind.TEXT, _("Descripción."), lambda row: row.series.summary),
        Column("periodo", Kind.TEXT, _("Periodo, en palabras de la fuente."), lambda row: row.series.period),
        Column("temas", Kind.LIST, _("Temas."), lambda row: row.series.topic_list, None, True),
        Column("anunciadas", Kind.INTEGER, _("Sesiones anunciadas. Vacío: no se sabe."), lambda row: row.series.planned_sessions, 12),
        Column("en_calendario", Kind.INTEGER, _("Sesiones publicadas en el calendario."), lambda row: row.counts.listed, 5, True),
        Column("realizadas", Kind.INTEGER, _("De esas, las realizadas."), lambda row: row.counts.held, 5, True),
        Column("con_resultados", Kind.INTEGER, _("De las realizadas, las que dejaron resultados."), lambda row: row.counts.with_results, 0, True),
        Column("organiza", Kind.LIST, _("Instituciones, cada una con su papel."), lambda row: _roles(row.series), None, True),
        Column("fuente", Kind.TEXT, SOURCE_DOCUMENT, lambda row: row.series.source, "000"),
        Column("pagina", Kind.LINK, _("Página del ciclo."), lambda row: address_of("series_detail", row.series.slug), None, True),
    ],
)  # fmt: skip

# --- Trainings


class TrainingRow:
    """A training with its figures as everybody reads them: what was reached has totals alone."""

    def __init__(self, training: Training, sheet: Sheet) -> None:
        self.training, self.sheet = training, sheet
        self.pathway, self.linked = training.pathway, training.linked  # type: ignore[attr-defined]  # prefetched
        self.target, self.reach = sheet.target, sheet.reach

    def aimed(self, part: str) -> int | None:
        """A part of the target; null where the plan does not say it."""
        known = self.target.sex_known if part in ("women", "men") else self.target.modality_known
        return getattr(self.target, part) if known else getattr(self.target, f"{part}_alone") or None


def _with_sheets(batch: list[Training]) -> Sequence[TrainingRow]:
    return [TrainingRow(row, sheet) for row, sheet in zip(batch, sheets(batch).rows, strict=True)]


def _aimed(name: str, part: str, words: Any) -> Column:
    return Column(name, Kind.INTEGER, words, lambda row: row.aimed(part))


TRAININGS = DataSet(
    slug="capacitaciones",
    version="2.0",
    title=_("Capacitaciones"),
    description=_(
        "Las capacitaciones publicadas: a quién se dirigen (meta) y a quién alcanzaron sus sesiones (asistencias y "
        "personas únicas), solo en totales. Una meta no es asistencia."
    ),
    keywords=[_("capacitación"), _("metas"), _("asistencias")],
    rows=lambda: visible_trainings(AnonymousUser())
    .published()
    .with_targets()
    .select_related("pathway")
    .prefetch_related(_linked()),
    prepare=_with_sheets,
    filters=TrainingFilter,
    changed=lambda: (Training.history.filter(is_published=True).order_by(), "history_date"),
    page="training_list",
    note=_(
        "A quién llegó se dice solo en totales: al restar un desglose de los resultados de un territorio se podría "
        "reconocer a alguien."
    ),
    columns=[
        Column("slug", Kind.TEXT, _("Nombre en la dirección de su página."), lambda row: row.sheet.slug, None, True),
        Column("titulo", Kind.TEXT, _("Título."), lambda row: row.sheet.title, None, True),
        Column("objetivo", Kind.TEXT, _("Objetivo."), lambda row: row.training.objective),
        Column("formato", Kind.TEXT, _("Clave del formato."), lambda row: row.training.format.code, "workshop", True),
        Column("modalidad", Kind.TEXT, _("Cómo se asiste. Vacío: no se sabe."), lambda row: row.training.modality, "virtual", False, Modality.choices),
        Column("horas", Kind.NUMBER, _("Duración en horas. Vacío: no se sabe."), lambda row: row.sheet.hours, 20.0),
        *pathway_columns(),
        Column("instituciones", Kind.LIST, _("Instituciones a las que se dirige."), lambda row: list(row.sheet.organisations), None, True),
        Column("meta_personas", Kind.INTEGER, _("Personas a las que se dirige. Vacío: no se sabe."), lambda row: row.target.people or None, 210),
        Column("meta_modalidad_conocida", Kind.INTEGER, _("De la meta, personas de modalidad conocida: denominador de las dos que siguen."), lambda row: row.target.modality_known, 210, True),
        _aimed("meta_en_linea", "virtual", _("Meta: en línea.")),
        _aimed("meta_presenciales", "in_person", _("Meta: presenciales.")),
        Column("meta_sexo_conocido", Kind.INTEGER, _("De la meta, personas de sexo conocido: denominador de las dos que siguen."), lambda row: row.target.sex_known, 242, True),
        _aimed("meta_mujeres", "women", _("Meta: mujeres.")),
        _aimed("meta_hombres", "men", _("Meta: hombres.")),
        Column("sesiones_realizadas", Kind.INTEGER, _("Sesiones realizadas."), lambda row: row.sheet.sessions_held, 4, True),
        Column("asistencias", Kind.INTEGER, _("Asistencias con lista nominal. Vacío: no se sabe."), lambda row: row.reach and row.reach.attendances, 80),
        Column("personas_unicas", Kind.INTEGER, _("Personas únicas: cada una cuenta una vez. Vacío: no se sabe."), lambda row: row.reach and row.reach.persons, 40),
        Column("fuente", Kind.TEXT, SOURCE_DOCUMENT, lambda row: row.sheet.source, "002"),
        Column("pagina", Kind.LINK, _("Página de la capacitación."), lambda row: address_of("training_detail", row.sheet.slug), None, True),
    ],
)  # fmt: skip

# --- Library


def _library() -> QuerySet[LibraryItem]:
    return visible_library(AnonymousUser()).select_related(
        "event__format", "event__series", "event__pathway", "material", "question"
    )


def _thing(row: LibraryItem) -> str:
    return row.material.title if row.material else row.question.text if row.question else row.event.label


def _text(row: LibraryItem) -> str | None:
    if row.question:
        return row.question.answer
    return row.event.results_summary if row.kind == LibraryKind.RESULTS else None


LIBRARY = DataSet(
    slug="biblioteca",
    by="",
    version="1.0",
    title=_("Biblioteca"),
    description=_("Lo que dejan las sesiones: documentos, presentaciones, grabaciones, relatorías, resultados y respuestas."),
    keywords=[_("biblioteca"), _("documentos")],
    rows=_library,
    filters=LibraryFilter,
    changed=lambda: (LibraryItem.objects.order_by(), "event__revised_at"),
    page="library",
    columns=[
        Column("tipo", Kind.TEXT, _("Qué es."), lambda row: row.kind, "slides", True, LibraryKind.choices),
        Column("titulo", Kind.TEXT, _("Título; de una respuesta, su pregunta."), _thing, None, True),
        Column("texto", Kind.TEXT, _("Texto de los resultados o de la respuesta."), _text),
        Column("enlace", Kind.LINK, _("Dirección del documento, si está en otro sitio."), lambda row: row.material and row.material.url),
        Column("idioma", Kind.TEXT, _("Idioma (ISO 639-1)."), lambda row: row.language, "es", True),
        Column("evento", Kind.TEXT, _("Evento, por su nombre en las direcciones."), lambda row: row.event.slug, None, True),
        Column("ciclo", Kind.TEXT, _("Ciclo, por su nombre en las direcciones."), lambda row: row.event.series and row.event.series.slug),
        Column("fecha", Kind.DAY, _("Día del evento. Vacío: por confirmar."), lambda row: row.event.first_day),
        Column("formato", Kind.TEXT, _("Clave del formato."), lambda row: row.event.format.code, "webinar", True),
        Column("camino", Kind.TEXT, _("Clave del camino de entrada."), lambda row: row.event.pathway.code, "resilient", True),
        Column("pagina", Kind.LINK, _("Página del evento."), lambda row: address_of("event_detail", row.event.slug), None, True),
    ],
)  # fmt: skip

# --- Actions


def _actions() -> QuerySet[Action]:
    hazards = Prefetch("hazards", Hazard.objects.only("code"), to_attr="threats")
    return (
        published_actions()
        .select_related("municipality__region", "sector", "pathway")
        .prefetch_related(_linked(), _goals(), hazards)
        .defer("search_text")
    )


def _point(row: Any) -> dict[str, Any] | None:
    if row.latitude is None:
        return None
    return {"type": "Point", "coordinates": [float(row.longitude), float(row.latitude)]}


ACTIONS = DataSet(
    slug="acciones",
    version="1.0",
    title=_("Acciones climáticas"),
    description=_(
        "Las acciones de los municipios que el instituto validó y publicó: qué son, dónde, de qué sector y camino, "
        "cuándo y cuánto avanzan."
    ),
    keywords=[_("acciones climáticas"), _("mitigación"), _("adaptación")],
    rows=_actions,
    filters=PublicActionFilter,
    changed=lambda: (published_actions().order_by(), "updated_at"),
    page="action_list",
    shapes=[Shape("", _("Acciones con punto en el mapa"), _point)],
    columns=[
        Column("id", Kind.ID, _("Identificador para siempre, también cuando se retira."), lambda row: row.uid, None, True),
        Column("slug", Kind.TEXT, _("Nombre en la dirección de su página."), lambda row: row.slug, None, True),
        Column("titulo", Kind.TEXT, _("Título."), lambda row: row.title, None, True),
        *place_columns(),
        Column("tipo", Kind.TEXT, _("Qué busca."), lambda row: row.kind, "adaptation", True, ActionKind.choices),
        Column("situacion", Kind.TEXT, _("En qué está."), lambda row: row.status, "under-way", True, ActionStatus.choices),
        Column("avance", Kind.INTEGER, _("Avance en por ciento. Vacío: aún no se informa."), lambda row: row.progress, 40),
        Column("sector", Kind.TEXT, _("Clave del sector."), lambda row: row.sector.code, "energy", True),
        *pathway_columns(),
        _sdgs(),
        Column("amenazas", Kind.LIST, _("Claves de las amenazas que atiende."), lambda row: [hazard.code for hazard in row.threats], None, True),
        Column("inicia", Kind.DAY, _("Cuándo empieza, según su plan."), lambda row: row.starts_on, None, True),
        Column("termina", Kind.DAY, _("Cuándo termina, según su plan."), lambda row: row.ends_on),
        Column("ultimo_seguimiento", Kind.DAY, _("Día del último seguimiento."), lambda row: row.last_follow_up_on),
        Column("latitud", Kind.NUMBER, _("Latitud, en grados WGS 84. Vacía: sin punto."), lambda row: row.latitude),
        Column("longitud", Kind.NUMBER, _("Longitud, en grados WGS 84. Vacía: sin punto."), lambda row: row.longitude),
        Column("personas_expuestas", Kind.INTEGER, _("Personas expuestas a la amenaza. Vacío: no se sabe."), lambda row: row.people_exposed),
        Column("personas_beneficiadas", Kind.INTEGER, _("Personas beneficiadas, según el municipio. Vacío: no se sabe."), lambda row: row.beneficiaries_total),
        Column("publicada", Kind.MOMENT, _("Cuándo se publicó."), lambda row: row.published_at, None, True),
        Column("actualizada", Kind.MOMENT, _("Último cambio."), lambda row: row.updated_at, None, True),
        Column("pagina", Kind.LINK, _("Página de la acción."), lambda row: address_of("action_detail", row.slug), None, True),
    ],
    only_in_api=[Column("descripcion", Kind.TEXT, _("Qué se hace y por qué."), lambda row: row.description)],
)  # fmt: skip
