"""All constancias of a training in one ZIP, sent while it is written: one document is in memory at a time."""

import zipfile
from collections.abc import Iterator
from io import RawIOBase
from typing import Any

from django.utils.text import slugify

from network.models import private_storage
from trainings.models import CertificateQuerySet

CHUNK = 64 * 1024


class _Pipe(RawIOBase):
    """What was written since it was last emptied. It tells no position, so the ZIP is written for streaming."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def emptied(self) -> bytes:
        data, self._parts = b"".join(self._parts), []
        return data


def packed(certificates: CertificateQuerySet) -> Iterator[bytes]:
    """The bytes of the ZIP. Names hold the printed name in plain letters and the folio: safe in every system."""
    pipe, storage = _Pipe(), private_storage()
    rows = certificates.values_list("folio", "file", "snapshot__name", "issued_at")
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        for folio, stored, name, issued_at in rows.iterator(chunk_size=200):
            if not stored or not storage.exists(stored):
                continue
            entry = zipfile.ZipInfo(f"{slugify(name)[:60] or 'constancia'}-{folio}.pdf", issued_at.timetuple()[:6])
            with storage.open(stored) as file, archive.open(entry, "w") as target:
                while piece := file.read(CHUNK):
                    target.write(piece)
                    yield pipe.emptied()
    yield pipe.emptied()
