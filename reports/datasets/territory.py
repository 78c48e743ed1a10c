"""The territory and the words everything is sorted by."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, IntegerField, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from actions.rules import published_actions
from events.models import Format
from municipalities.models import MetropolitanZone, Municipality, Region
from network.enums import DesignationKind, ProgrammeState
from network.figures import NONE, SUPLENTE_ONLY, TITULAR
from network.models import SDG, Designation, Pathway, Sector
from network.rules import programme_statuses, visible_municipalities
from reports.datasets.columns import Column, DataSet, Kind, Shape, address_of
from reports.filters import MunicipalityFilter, with_coverage

CENSUS = _("INEGI, Censo de Población y Vivienda 2020")
FRAMEWORK = _("INEGI, Marco Geoestadístico")
ANVCC = _("INECC, Municipios vulnerables al cambio climático, 2023")
STATE = _("Regionalización de la entidad")
SUN = _("SEDATU, CONAPO e INEGI, delimitación de zonas metropolitanas")
UN = _("Naciones Unidas, Agenda 2030")
ICLEI = _("ICLEI, los cinco caminos del desarrollo")

KEY = Column(
    "cvegeo", Kind.TEXT, _("Clave del INEGI del municipio, cinco cifras."), lambda row: row.cvegeo, "15106", True,
    source=FRAMEWORK,
)  # fmt: skip
COVERAGE = [
    (TITULAR, _("con titular vigente")), (SUPLENTE_ONLY, _("solo con suplente")), (NONE, _("sin designación vigente")),
]  # fmt: skip


def place_columns(path: str = "municipality") -> list[Column]:
    """The municipality that a row stands in; null where it stands in none."""

    def place(row: Any) -> Any:
        return getattr(row, path)

    return [
        Column(
            "cvegeo", Kind.TEXT, _("Clave del INEGI del municipio, cinco cifras."),
            lambda row: place(row) and place(row).cvegeo, "15106", source=FRAMEWORK,
        ),
        Column("municipio", Kind.TEXT, _("Nombre del municipio."), lambda row: place(row) and place(row).name, "Toluca"),
        Column(
            "region", Kind.TEXT, _("Región de la entidad a la que pertenece el municipio."),
            lambda row: place(row) and place(row).region.name, "Toluca", source=STATE,
        ),
    ]  # fmt: skip


def _municipalities() -> QuerySet[Municipality]:
    actions = published_actions().filter(municipality=OuterRef("pk")).order_by().values("municipality")
    return with_coverage(visible_municipalities(AnonymousUser())).annotate(
        action_count=Coalesce(Subquery(actions.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0)
    ).prefetch_related(
        "metropolitan_zones",
        Prefetch("programmes", programme_statuses(), to_attr="programme_now"),
    ).defer("search_text")  # fmt: skip


def _coverage(row: Any) -> str:
    return TITULAR if row.has_titular else SUPLENTE_ONLY if row.has_any else NONE


def _seat(row: Any) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [float(row.seat_longitude), float(row.seat_latitude)]}


def _designation_changes() -> tuple[QuerySet[Any], str]:
    return Designation.history.order_by(), "history_date"


MUNICIPALITIES = DataSet(
    slug="municipios",
    version="1.0",
    title=_("Municipios y su cobertura"),
    description=_(
        "Cada municipio con su territorio, su población, su vulnerabilidad, si tiene embajadora o embajador, en qué está "
        "su programa climático y cuántas acciones ha publicado."
    ),
    keywords=[_("municipios"), _("cobertura"), _("vulnerabilidad"), _("población")],
    rows=_municipalities,
    key="cvegeo",
    filters=MunicipalityFilter,
    changed=_designation_changes,
    page="municipality_list",
    shapes=[
        Shape("", _("Cabeceras municipales, como puntos"), _seat),
        Shape("-territorio", _("Territorio municipal, como polígonos"), lambda row: row.boundary or None),
    ],
    columns=[
        KEY,
        Column("nombre", Kind.TEXT, _("Nombre del municipio."), lambda row: row.name, "Toluca", True, source=FRAMEWORK),
        Column(
            "otro_nombre", Kind.TEXT, _("Otro nombre por el que se le conoce."), lambda row: row.alternative_name,
            source=FRAMEWORK,
        ),
        Column("slug", Kind.TEXT, _("Nombre en la dirección de su página."), lambda row: row.slug, "toluca", True),
        Column(
            "cabecera", Kind.TEXT, _("Cabecera municipal."), lambda row: row.seat, "Toluca de Lerdo", True,
            source=FRAMEWORK,
        ),
        Column(
            "region_numero", Kind.INTEGER, _("Número de la región."), lambda row: row.region.number, 19, True,
            source=STATE,
        ),
        Column("region", Kind.TEXT, _("Región de la entidad."), lambda row: row.region.name, "Toluca", True, source=STATE),
        Column("zona", Kind.TEXT, _("Zona que agrupa a la región."), lambda row: row.region.zone, None, True, source=STATE),
        Column(
            "zonas_metropolitanas", Kind.LIST, _("Zonas metropolitanas, con el año de su delimitación."),
            lambda row: [str(zone) for zone in row.metropolitan_zones.all()], ["Toluca (2020)"], True, source=SUN,
        ),
        Column("poblacion", Kind.INTEGER, _("Población en 2020."), lambda row: row.population, 910608, True, source=CENSUS),
        Column("poblacion_mujeres", Kind.INTEGER, _("Mujeres en 2020."), lambda row: row.population_women, None, True, source=CENSUS),
        Column("poblacion_hombres", Kind.INTEGER, _("Hombres en 2020."), lambda row: row.population_men, None, True, source=CENSUS),
        Column("superficie_km2", Kind.NUMBER, _("Superficie en kilómetros cuadrados."), lambda row: row.area_km2, None, True, source=FRAMEWORK),
        Column("latitud", Kind.NUMBER, _("Latitud de la cabecera, en grados WGS 84."), lambda row: row.seat_latitude, 19.292, True, source=FRAMEWORK),
        Column("longitud", Kind.NUMBER, _("Longitud de la cabecera, en grados WGS 84."), lambda row: row.seat_longitude, -99.657, True, source=FRAMEWORK),
        Column(
            "vulnerabilidad", Kind.INTEGER,
            _("Nivel de vulnerabilidad al cambio climático, de 1 a 3; 3 es el más vulnerable. Vacío: no se le asigna."),
            lambda row: row.vulnerability_level, 2, source=ANVCC,
        ),
        Column("cobertura", Kind.TEXT, _("Si tiene hoy embajadora o embajador."), _coverage, TITULAR, True, COVERAGE),
        Column(
            "programa", Kind.TEXT, _("En qué está su programa climático. Vacío: no se sabe."),
            lambda row: row.programme_now[0].shown_state.value if row.programme_now else None, "published", False,
            ProgrammeState.choices,
        ),
        Column("acciones", Kind.INTEGER, _("Acciones climáticas publicadas."), lambda row: row.action_count, 4, True),
        Column("pagina", Kind.LINK, _("Página del municipio."), lambda row: address_of("municipality_detail", row.slug), None, True),
    ],
)  # fmt: skip

REGIONS = DataSet(
    slug="regiones",
    version="1.0",
    title=_("Regiones"),
    description=_("Las regiones de la entidad y la zona de cada una."),
    keywords=[_("regiones")],
    rows=lambda: Region.objects.annotate(how_many=Count("municipalities")),
    key="number",
    is_vocabulary=True,
    columns=[
        Column("numero", Kind.INTEGER, _("Número de la región."), lambda row: row.number, 1, True, source=STATE),
        Column("slug", Kind.TEXT, _("Nombre en las direcciones y en los filtros."), lambda row: row.slug, "toluca", True),
        Column("nombre", Kind.TEXT, _("Nombre de la región."), lambda row: row.name, "Toluca", True, source=STATE),
        Column("zona_numero", Kind.INTEGER, _("Número de la zona."), lambda row: row.zone_number, 1, True, source=STATE),
        Column("zona", Kind.TEXT, _("Zona que agrupa a la región."), lambda row: row.zone, None, True, source=STATE),
        Column("municipios", Kind.INTEGER, _("Cuántos municipios tiene."), lambda row: row.how_many, 12, True),
    ],
)  # fmt: skip

ZONES = DataSet(
    slug="zonas-metropolitanas",
    by="",
    version="1.0",
    title=_("Zonas metropolitanas"),
    description=_("Las zonas metropolitanas de cada delimitación, con sus municipios. Las de años distintos conviven."),
    keywords=[_("zonas metropolitanas")],
    rows=lambda: MetropolitanZone.objects.prefetch_related("municipalities"),
    is_vocabulary=True,
    columns=[
        Column("nombre", Kind.TEXT, _("Nombre de la zona metropolitana."), lambda row: row.name, "Toluca", True, source=SUN),
        Column("tipo", Kind.TEXT, _("Tipo de zona, según su delimitación."), lambda row: row.kind, source=SUN),
        Column("delimitacion", Kind.INTEGER, _("Año de la delimitación."), lambda row: row.delimitation_year, 2020, True, source=SUN),
        Column(
            "municipios", Kind.LIST, _("Claves del INEGI de sus municipios en la entidad."),
            lambda row: sorted(place.cvegeo for place in row.municipalities.all()), ["15106"], True, source=SUN,
        ),
    ],
)  # fmt: skip


def _named(source: Any) -> list[Column]:
    return [
        Column("nombre", Kind.TEXT, _("Nombre, en el idioma de la respuesta."), lambda row: row.label, None, True, source=source)
    ]  # fmt: skip


def _coded() -> Column:
    return Column(
        "clave", Kind.TEXT, _("Clave en los filtros y en los demás conjuntos."), lambda row: row.code, None, True
    )


PATHWAYS = DataSet(
    slug="caminos",
    version="1.0",
    title=_("Caminos del desarrollo"),
    description=_("Los cinco caminos con los que se ordena todo lo que hace la red."),
    keywords=[_("caminos")],
    rows=lambda: Pathway.objects.all(),
    is_vocabulary=True,
    by="code",
    columns=[
        _coded(),
        *_named(ICLEI),
        Column("resumen", Kind.TEXT, _("De qué trata, en el idioma de la respuesta."), lambda row: row.summary_label, source=ICLEI),
    ],
)  # fmt: skip

SECTORS = DataSet(
    slug="sectores",
    version="1.0",
    title=_("Sectores"),
    description=_("Los sectores de las acciones y los temas de los eventos."),
    keywords=[_("sectores")],
    rows=lambda: Sector.objects.select_related("entry_pathway").prefetch_related("sdgs"),
    is_vocabulary=True,
    by="code",
    columns=[
        _coded(),
        *_named(_("Este portal")),
        Column(
            "camino_de_entrada", Kind.TEXT, _("Clave del camino que se propone para lo que se registra en el sector."),
            lambda row: row.entry_pathway and row.entry_pathway.code, "resilient",
        ),
        Column(
            "ods", Kind.LIST, _("Números de los ODS con los que se relaciona."),
            lambda row: [str(goal.number) for goal in row.sdgs.all()], ["11", "13"], True,
        ),
        Column("sector_gpc", Kind.TEXT, _("Sector del protocolo mundial de inventarios de comunidades (GPC)."), lambda row: row.gpc_sector),
    ],
)  # fmt: skip

GOALS = DataSet(
    slug="ods",
    version="1.0",
    title=_("Objetivos de Desarrollo Sostenible"),
    description=_("Los 17 objetivos, con su número y su color."),
    keywords=["ODS"],
    rows=lambda: SDG.objects.all(),
    key="number",
    is_vocabulary=True,
    by="number",
    columns=[
        Column("numero", Kind.INTEGER, _("Número del objetivo."), lambda row: row.number, 13, True, source=UN),
        *_named(UN),
        Column("color", Kind.TEXT, _("Color oficial, como #RRGGBB."), lambda row: row.colour, "#3F7E44", True, source=UN),
    ],
)  # fmt: skip

FORMATS = DataSet(
    slug="formatos",
    version="1.0",
    title=_("Formatos de eventos"),
    description=_("Qué clases de eventos organiza la red."),
    keywords=[_("formatos")],
    rows=lambda: Format.objects.filter(is_individual=False),
    is_vocabulary=True,
    by="code",
    columns=[
        _coded(),
        *_named(_("Este portal")),
        Column("definicion", Kind.TEXT, _("Qué es, en español."), lambda row: row.definition),
        Column("es_capacitacion", Kind.BOOLEAN, _("Si cuenta como capacitación."), lambda row: row.counts_as_training, True, True),
    ],
)  # fmt: skip


def _directory() -> QuerySet[Designation]:
    return Designation.objects.in_force().select_related("municipality__region", "municipality__contact", "person").only(
        "kind", "starts_on", "ends_on", "municipality", "person__position", "municipality__cvegeo", "municipality__name",
        "municipality__slug", "municipality__region__name", "municipality__contact__office",
        "municipality__contact__address", "municipality__contact__phone", "municipality__contact__website",
    )  # fmt: skip


def _contact(row: Any, name: str) -> str | None:
    contact = getattr(row.municipality, "contact", None)
    return contact and getattr(contact, name)


DIRECTORY = DataSet(
    slug="directorio",
    by="",
    version="1.0",
    title=_("Directorio por oficina"),
    description=_(
        "Qué oficina de cada municipio responde por el clima: cargo de titulares y suplentes con designación vigente, y "
        "cómo se encuentra la oficina. Sin nombres ni correos de personas."
    ),
    keywords=[_("directorio"), _("designaciones")],
    rows=_directory,
    changed=_designation_changes,
    columns=[
        *place_columns(),
        Column("calidad", Kind.TEXT, _("En qué calidad."), lambda row: row.kind, "titular", True, DesignationKind.choices),
        Column("cargo", Kind.TEXT, _("Cargo u oficina designada por el ayuntamiento."), lambda row: row.person.position),
        Column("vigente_desde", Kind.DAY, _("Primer día de la designación."), lambda row: row.starts_on, None, True),
        Column("vigente_hasta", Kind.DAY, _("Último día de la designación. Vacío: sin término."), lambda row: row.ends_on),
        Column("oficina", Kind.TEXT, _("Oficina municipal que atiende."), lambda row: _contact(row, "office")),
        Column("domicilio", Kind.TEXT, _("Domicilio de la oficina."), lambda row: _contact(row, "address")),
        Column("telefono", Kind.TEXT, _("Teléfono de la oficina."), lambda row: _contact(row, "phone")),
        Column("sitio", Kind.LINK, _("Sitio web de la oficina."), lambda row: _contact(row, "website")),
        Column("pagina", Kind.LINK, _("Página del municipio."), lambda row: address_of("municipality_detail", row.municipality.slug), None, True),
    ],
)  # fmt: skip
