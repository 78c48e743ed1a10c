"""A ZIP sent while it is written: one file of it is in memory at a time."""

import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import RawIOBase
from typing import IO, Any

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


def streamed(files: Iterable[tuple[str, datetime, IO[bytes]]]) -> Iterator[bytes]:
    """The bytes of a ZIP of (name, moment, open file): the same files give the same bytes. Each file is closed."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        for name, moment, file in files:
            entry = zipfile.ZipInfo(name, moment.timetuple()[:6])
            with file, archive.open(entry, "w") as target:
                while piece := file.read(CHUNK):
                    target.write(piece)
                    yield pipe.emptied()
    yield pipe.emptied()
