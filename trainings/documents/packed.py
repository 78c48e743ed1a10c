"""All constancias of a training in one ZIP."""

from collections.abc import Iterator
from datetime import datetime
from typing import IO

from django.utils.text import slugify

from network.models import private_storage
from trainings.models import CertificateQuerySet
from web import zips


def packed(certificates: CertificateQuerySet) -> Iterator[bytes]:
    """The bytes of the ZIP. Names hold the printed name in plain letters and the folio: safe in every system."""
    return zips.streamed(_files(certificates))


def _files(certificates: CertificateQuerySet) -> Iterator[tuple[str, datetime, IO[bytes]]]:
    storage = private_storage()
    rows = certificates.values_list("folio", "file", "snapshot__name", "issued_at")
    for folio, stored, name, issued_at in rows.iterator(chunk_size=200):
        if stored and storage.exists(stored):
            yield f"{slugify(name)[:60] or 'constancia'}-{folio}.pdf", issued_at, storage.open(stored)
