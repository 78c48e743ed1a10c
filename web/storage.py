"""Files that are whole or absent: a full disk or a process that dies leaves no half file under a true name."""

import os
import secrets
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage


class DurableStorage(FileSystemStorage):
    """Writes beside the place, flushes to the disk, then renames. A full disk raises ``OSError`` (page 507)."""

    def _save(self, name: str, content: File) -> str:
        final = Path(self.path(name))
        final.parent.mkdir(parents=True, exist_ok=True)
        partial = final.with_name(f".{secrets.token_hex(8)}.part")
        try:
            with open(partial, "xb") as target:
                content.seek(0)
                for chunk in content.chunks():
                    target.write(chunk)
                target.flush()
                os.fsync(target.fileno())
            if self.file_permissions_mode is not None:
                partial.chmod(self.file_permissions_mode)
            # Never over a file that is there: the name was free a moment ago, and a link fails where it no longer is.
            os.link(partial, final)
        finally:
            partial.unlink(missing_ok=True)
        folder = os.open(final.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return name
