"""A stored file is whole or absent."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils.module_loading import import_string

from config import settings as written_settings
from web.storage import DurableStorage


class DiskFull(ContentFile):
    """A file whose second half does not fit any more."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield b"the first half"
        raise OSError(errno.ENOSPC, "No space left on device")


def files_below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_file_is_kept_whole_and_readable_by_its_owner_and_group(tmp_path: Path) -> None:
    storage = DurableStorage(location=tmp_path)
    name = storage.save("oficios/a.pdf", ContentFile(b"%PDF"))
    assert (tmp_path / name).read_bytes() == b"%PDF"
    assert oct((tmp_path / name).stat().st_mode & 0o777) == "0o640"
    assert files_below(tmp_path) == ["a.pdf"]


def test_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    storage = DurableStorage(location=tmp_path)
    with pytest.raises(OSError, match="No space left"):
        storage.save("oficios/a.pdf", DiskFull(b"x"))
    assert files_below(tmp_path) == []


def test_second_file_of_a_name_gets_another(tmp_path: Path) -> None:
    storage = DurableStorage(location=tmp_path)
    first, second = (storage.save("a.pdf", ContentFile(text)) for text in (b"1", b"2"))
    assert first != second
    assert (tmp_path / first).read_bytes() == b"1"


def test_file_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    storage = DurableStorage(location=tmp_path)
    (tmp_path / "a.pdf").write_bytes(b"theirs")
    with pytest.raises(FileExistsError):
        storage._save("a.pdf", ContentFile(b"ours"))
    assert files_below(tmp_path) == ["a.pdf"]
    assert (tmp_path / "a.pdf").read_bytes() == b"theirs"


def test_static_files_can_be_read_by_every_account(tmp_path: Path) -> None:
    """In the image root collects them and another account serves; uploads are for their owner and its group alone."""
    written = written_settings.STORAGES["staticfiles"]
    storage = import_string(written["BACKEND"])(location=tmp_path, base_url="/static/", **written["OPTIONS"])
    storage.save("css/a.css", ContentFile(b"a{}"))
    assert oct((tmp_path / "css" / "a.css").stat().st_mode & 0o777) == "0o644"
