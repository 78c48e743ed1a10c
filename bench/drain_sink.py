"""The SMTP server of ``bench.drain``, aiosmtpd, as a process of its own; prints its port."""

import asyncio
import sys
import time
from typing import Any

from aiosmtpd.controller import Controller

from tests.chaos.servers import free_port


class Handler:
    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  (aiosmtpd's name)
        await asyncio.sleep(float(sys.argv[1]))
        return "250 taken"


controller = Controller(Handler(), hostname="127.0.0.1", port=free_port())
controller.start()
print(controller.port, flush=True)
while True:
    time.sleep(60)
