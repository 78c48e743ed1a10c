"""A data set as a file: written row by row into a temporary one, so that neither its length nor a database that goes
away in the middle shows in what a reader gets, and its hash is that of its content."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.urls import reverse
from django.utils.translation import gettext as _

from reports.datasets.columns import BETWEEN, DataSet, Narrowed, Shape, Value
from web.tabular import XLSX, Cell, csv_lines, write_xlsx

IN_MEMORY = 1024 * 1024
PIECE = 64 * 1024


@dataclass(frozen=True)
class Format:
    """A form in which a data set is taken; ``media_type`` as IANA registers it."""

    extension: str
    media_type: str
    name: str
    is_download: bool = True


CSV = Format("csv", "text/csv", "CSV")
XLSX_FORMAT = Format("xlsx", XLSX, "XLSX")
JSON = Format("json", "application/json", "JSON", is_download=False)
GEOJSON = Format("geojson", "application/geo+json", "GeoJSON", is_download=False)
TABLES = {form.extension: form for form in (CSV, XLSX_FORMAT, JSON)}


@dataclass(frozen=True)
class Written:
    """A whole file, at its beginning, with the hash of its content in hexadecimal (of a workbook: of its cells) and its length in bytes."""

    file: IO[bytes]
    sha256: str
    length: int


def file_address(dataset: DataSet, form: Format, shape: Shape | None = None) -> str:
    """The whole address of a file, in the language of the page."""
    name = dataset.slug + (shape.suffix if shape else "")
    return settings.SITE_URL + reverse("dataset_file", args=[name, form.extension])


def write(narrowed: Narrowed, form: Format, changed: datetime | None, shape: Shape | None = None) -> Written:
    """The rows in one form. ``shape``: the geometry, where the form is GeoJSON."""
    target: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (closed by who reads it)
    digest = hashlib.sha256()
    if form is XLSX_FORMAT:  # a workbook says when it was made: what counts is what is in it
        write_xlsx(target, _sheets(narrowed, changed, digest))
    else:
        for piece in _in_pieces(_pieces(narrowed, form, changed, shape)):
            digest.update(piece)
            target.write(piece)
    length = target.seek(0, 2)
    target.seek(0)
    return Written(target, digest.hexdigest(), length)


def _pieces(narrowed: Narrowed, form: Format, changed: datetime | None, shape: Shape | None) -> Iterable[bytes]:
    if form is CSV:
        return csv_lines(narrowed.dataset.names, _cells(narrowed))
    writer: Callable[..., Iterator[str]] = _features if shape else _records
    return (text.encode() for text in writer(narrowed, changed, *([shape] if shape else [])))


def _in_pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Few long pieces for many short ones."""
    held: list[bytes] = []
    length = 0
    for part in parts:
        held.append(part)
        length += len(part)
        if length >= PIECE:
            yield b"".join(held)
            held, length = [], 0
    yield b"".join(held)


def cell(value: Value) -> Cell:
    """A value as it stands in one cell of a table."""
    return BETWEEN.join(value) or None if isinstance(value, list) else value


def _cells(narrowed: Narrowed) -> Iterator[list[Cell]]:
    columns = narrowed.dataset.columns
    return ([cell(column.value(row)) for column in columns] for row in narrowed.walk())


def dump(value: Any, **options: Any) -> str:
    return json.dumps(value, cls=MomentEncoder, ensure_ascii=False, **options)


class MomentEncoder(DjangoJSONEncoder):
    """Moments with every digit they have, as the tables write them."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


def about(dataset: DataSet, changed: datetime | None) -> dict[str, Any]:
    """What goes with the rows: what they are, in which version, under which licence, of when."""
    return {
        "conjunto": dataset.slug,
        "titulo": str(dataset.title),
        "version": dataset.version,
        "actualizado": changed,
        "licencia": settings.DATA_LICENCE_URL,
        "diccionario": settings.SITE_URL + reverse("dataset_detail", args=[dataset.slug]),
    }


def _records(narrowed: Narrowed, changed: datetime | None) -> Iterator[str]:
    dataset = narrowed.dataset
    yield dump(about(dataset, changed))[:-1] + ', "datos": [\n'
    before = ""
    for row in narrowed.walk():
        yield before + dump(dataset.record(row))
        before = ",\n"
    yield "\n]}\n"


def _features(narrowed: Narrowed, changed: datetime | None, shape: Shape) -> Iterator[str]:
    """GeoJSON (RFC 7946): the rows that have the geometry, their columns as properties."""
    dataset = narrowed.dataset
    yield '{"type": "FeatureCollection", ' + dump(about(dataset, changed))[1:-1] + ', "features": [\n'
    before = ""
    for row in narrowed.walk():
        if geometry := shape.read(row):
            yield before + dump({"type": "Feature", "geometry": geometry, "properties": dataset.record(row)})
            before = ",\n"
    yield "\n]}\n"


def _sheets(
    narrowed: Narrowed, changed: datetime | None, digest: Any
) -> Iterator[tuple[str, list[Cell], Iterable[list[Cell]]]]:
    dataset = narrowed.dataset
    yield _("Datos"), list(dataset.names), _hashed(_cells(narrowed), digest)
    words: list[list[Cell]] = [
        [column.name, column.kind.words, column.in_words, column.source] for column in dataset.columns
    ]
    yield _("Diccionario"), [_("columna"), _("tipo"), _("descripción"), _("fuente")], words
    digest.update(repr([[str(value) for value in row] for row in words]).encode())
    facts: list[list[Cell]] = [[name, value] for name, value in about(dataset, changed).items()]
    digest.update(repr(facts).encode())
    yield _("Acerca de"), [_("dato"), _("valor")], facts


def _hashed(rows: Iterable[list[Cell]], digest: Any) -> Iterator[list[Cell]]:
    for row in rows:
        digest.update(repr(row).encode())
        yield row
