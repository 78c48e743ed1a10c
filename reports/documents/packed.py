"""The documents of a batch in one ZIP."""

from collections.abc import Iterator
from datetime import datetime
from typing import IO

from network.models import private_storage
from reports.models import IssuedReportQuerySet
from web import zips


def packed(reports: IssuedReportQuerySet) -> Iterator[bytes]:
    """The newest version of each in a ZIP, in the order of the municipalities' keys: ``15106-toluca-<folio>.pdf``."""
    return zips.streamed(_files(reports))


def _files(reports: IssuedReportQuerySet) -> Iterator[tuple[str, datetime, IO[bytes]]]:
    storage = private_storage()
    rows = reports.newest().order_by("municipality__cvegeo", "pk")
    columns = ("municipality__cvegeo", "municipality__slug", "folio", "file", "requested_at")
    for code, slug, folio, stored, moment in rows.values_list(*columns).iterator(chunk_size=50):
        if storage.exists(stored):
            yield f"{code}-{slug}-{folio}.pdf", moment, storage.open(stored)
