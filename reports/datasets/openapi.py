"""The description of the open interface (OpenAPI 3.1), made of the declarations, in the language of the request."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django_filters import CharFilter, DateFilter

from reports.datasets import DATASETS, DataSet, parameters
from reports.datasets.columns import Column
from reports.datasets.results import RESULTS
from web import identity

PAGE = 50
LARGEST = 200
JSON, PROBLEM = "application/json", "application/problem+json"
OF_A_REPORT = ("cuadro", "clave", "concepto", "medida", "valor", "de", "nota")  # the columns of its CSV
PLAIN = "^[^\\u0000]*$"


def description() -> dict[str, Any]:
    """The whole document. One query at most: the name of the installation."""
    row = identity.current()
    paths: dict[str, Any] = {"/api/v1/": {"get": _operation("index", _("Qué hay"), {"type": "object"}, [])}}
    for dataset in DATASETS:
        paths |= _paths(dataset)
    paths["/api/v1/informes/{folio}/"] = {
        "get": _operation(
            "report",
            _("Las cifras públicas de un informe emitido, por su folio"),
            _report(),
            [_in_path("folio", _("Folio del informe."))],
            not_found=True,
        )
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": _("Datos abiertos de {name}").format(name=row.name),
            "version": "1.0.0",
            "description": _(
                "Solo lectura y sin cuenta: lo que publican las páginas. Lo que no se sabe es nulo, nunca cero. Una lista se "
                "recorre con «siguiente», que es nulo en la última página; cada fila se ve una vez aunque lleguen otras. Lo "
                "que no cambió se contesta con 304 (ETag). Cada dirección puede pedir {n} veces por minuto."
            ).format(n=settings.API_PER_MINUTE),
            "contact": {"name": row.institution_name, "email": row.contact_email},
            "license": {"name": settings.DATA_LICENCE_NAME, "url": settings.DATA_LICENCE_URL},
        },
        "servers": [{"url": settings.SITE_URL}],
        "tags": [{"name": dataset.slug, "description": str(dataset.description)} for dataset in DATASETS],
        "paths": paths,
        "components": {
            "schemas": {"problema": _problem_schema()} | {d.slug: _record(d.columns) for d in DATASETS},
            "headers": {
                name: {"description": words, "schema": {"type": "integer"}}
                for name, words in (
                    ("RateLimit-Limit", _("Consultas por minuto.")),
                    ("RateLimit-Remaining", _("Las que quedan.")),
                    ("RateLimit-Reset", _("Segundos para que vuelvan todas.")),
                )
            },
        },
    }


def _paths(dataset: DataSet) -> dict[str, Any]:
    asked = [_filter(name, field) for name, field in parameters(dataset).items()]
    page: dict[str, Any] = {"datos": _many(dataset.slug), "siguiente": {"type": ["string", "null"], "format": "uri"}}
    if not dataset.computed:
        asked += [
            _parameter("cursor", _("De «siguiente»: dónde continúa la lista."), {"type": "string", "minLength": 1}),
            _parameter(
                "limite", _("Filas por página."), {"type": "integer", "minimum": 1, "maximum": LARGEST, "default": PAGE}
            ),
        ]
    example = {"datos": [_example(dataset.columns)], "siguiente": None}
    address = f"/api/v1/{dataset.slug}/"
    found = {
        address: {"get": _operation(dataset.slug, str(dataset.title), _object(page), asked, dataset.slug, example)}
    }
    if dataset.by:
        columns = [*dataset.columns, *dataset.only_in_api]
        found[f"{address}{{value}}/"] = {
            "get": _operation(
                f"{dataset.slug}-detail",
                _("Una fila de «{title}»").format(title=dataset.title),
                _record(columns),
                [_in_path("value", _("Valor de «{name}».").format(name=_named(dataset)))],
                dataset.slug,
                _example(columns),
                not_found=True,
            )
        }
    return found


def _operation(
    name: str,
    summary: str,
    schema: dict[str, Any],
    asked: list[dict[str, Any]],
    tag: str = "",
    example: Any = None,
    *,
    not_found: bool = False,
) -> dict[str, Any]:
    limits = {
        key: {"$ref": f"#/components/headers/{key}"}
        for key in ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
    }
    content: dict[str, Any] = {"schema": schema} | ({"example": example} if example is not None else {})
    etag = {"ETag": {"schema": {"type": "string"}}}
    problems = {
        "400": _("Un filtro no existe o su valor no existe."),
        "429": _("Demasiadas consultas por minuto."),
        "503": _("La base de datos no contesta."),
    }
    if not_found:
        problems["404"] = _("No existe o no es público.")
    language = _parameter("lang", _("Idioma; vale más que Accept-Language."), {"type": "string", "enum": ["es", "en"]})
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [*asked, language],
        **({"tags": [tag]} if tag else {}),
        "responses": {
            "200": {"description": "OK", "headers": limits | etag, "content": {JSON: content}},
            "304": {"description": _("No cambió.")},
            **{
                status: {
                    "description": words,
                    "headers": limits,
                    "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/problema"}}},
                }
                for status, words in problems.items()
            },
        },
    }


def _named(dataset: DataSet) -> str:
    """The column that the address of a row is made of."""
    return {"slug": "slug", "code": "clave", "number": "numero"}[dataset.by]


def _filter(name: str, field: Any) -> dict[str, Any]:
    """A filter as a parameter. Choices that stand in the database are said by the set that lists them."""
    schema: dict[str, Any] = {"type": "string", "pattern": PLAIN}
    extra = getattr(field, "extra", {})
    choices = extra.get("choices") or ()
    if choices:
        schema = {"type": "string", "enum": [str(value) for value, _words in choices]}
    elif isinstance(field, DateFilter) or type(field).__name__ == "DateField":
        schema = {"type": "string", "format": "date"}
    elif isinstance(field, CharFilter) and extra.get("max_length"):
        schema["maxLength"] = extra["max_length"]
    elif getattr(field, "max_length", None):
        schema["maxLength"] = field.max_length
    return _parameter(name, str(field.label), schema)


def _parameter(name: str, words: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": words, "schema": schema}


def _in_path(name: str, words: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"}
    return {"name": name, "in": "path", "required": True, "description": words, "schema": schema}


def _record(columns: Any) -> dict[str, Any]:
    return _object({column.name: column.schema for column in columns})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _report() -> dict[str, Any]:
    """A report with its rows. A report of actions says an amount as its municipality wrote it, thus as text too."""
    row = {column.name: column.schema for column in RESULTS.columns if column.name in OF_A_REPORT}
    for name in row:
        row[name]["type"] = ["number", "string", "null"] if name in ("valor", "de") else ["string", "null"]
    days = {name: _text("date") for name in ("desde", "hasta")}
    words = {name: _text() for name in ("folio", "titulo", "ambito", "sha256")}
    rows = {"type": "array", "items": _object(row)}
    return _object(words | days | {"version": {"type": "integer"}, "emitido": _text("date-time"), "datos": rows})


def _many(slug: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{slug}"}}


def _text(form: str = "") -> dict[str, Any]:
    return {"type": ["string", "null"]} | ({"format": form} if form else {})


def _problem_schema() -> dict[str, Any]:
    """RFC 9457."""
    one = _object({"name": {"type": "string"}, "detail": {"type": "string"}})
    text = {"type": "string"}
    schema = _object({"type": text, "title": text, "status": {"type": "integer"}, "detail": text, "instance": text})
    schema["properties"] |= {"errors": {"type": "array", "items": one}}
    return schema


EXAMPLES = {
    "TEXT": "texto", "INTEGER": 1, "NUMBER": 1.5, "BOOLEAN": True, "DAY": "2026-06-17",
    "MOMENT": "2026-06-17T11:00:00-06:00", "LINK": "https://red.example.org/pagina/",
    "ID": "3f1c1f0e-6d0a-4a57-9a35-0d3e7a6f2b11", "LIST": [],
}  # fmt: skip


def _example(columns: Any) -> dict[str, Any]:
    """A row as it may look: what a column says, else something of its kind; what may be unknown is null."""

    def of(column: Column) -> Any:
        if column.example is not None:
            return column.example
        return EXAMPLES[column.kind.name] if column.always and not column.choices else None

    return {column.name: of(column) for column in columns}
