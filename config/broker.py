"""Where the embedded portal keeps its nudges: kombu's folder of files, each of which appears whole."""

import logging
import os
import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps

logger = logging.getLogger(__name__)


class Channel(filesystem.Channel):
    """Kombu opens a message's file and then fills it; a worker that looks in between reads nothing and ends."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # as kombu does
        """Write beside the queue, then give the file its name."""
        text, key = str_to_bytes(dumps(payload)), uuid.uuid4()
        part = Path(self.data_folder_out, f"{key}.part")
        part.write_bytes(text)
        os.replace(part, Path(self.data_folder_out, f"{round(monotonic() * 1000)}_{key}.{queue}.msg"))

    def _get(self, queue: str) -> Any:  # type: ignore[override]
        """The next message. One that a power cut left unreadable is dropped: the clock does what it asked for."""
        while True:
            try:
                return super()._get(queue)
            except ValueError:
                logger.warning("a message of the queue %s could not be read and was dropped", queue)


class Transport(filesystem.Transport):
    Channel = Channel


TRANSPORT_ALIASES["filesystem"] = "config.broker:Transport"
