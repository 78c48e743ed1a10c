"""An SMTP server that counts by Message-ID and, where asked, fails as mail servers do."""

import random
import re
import socketserver
import threading
import time
from collections import Counter
from dataclasses import dataclass
from email import message_from_bytes, policy

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.IGNORECASE | re.MULTILINE)
# Each as often as the others. The last one is the only one after which the message *was* taken.
FAULTS = (
    "451 at the recipient",
    "451 at the text",
    "421",
    "drop at the sender",
    "drop before taking",
    "drop after taking",
)


@dataclass(frozen=True)
class Taken:
    """A message that the server accepted. ``asked_at`` is when its dialogue began."""

    message_id: str
    asked_at: float
    raw: bytes

    @property
    def text(self) -> str:
        message = message_from_bytes(self.raw, policy=policy.default)
        body = message.get_body(("plain",))  # type: ignore[attr-defined]
        return f"{message['Subject']}\n{body.get_content() if body else ''}"

    @property
    def to(self) -> str:
        return str(message_from_bytes(self.raw, policy=policy.default)["To"])


class Sink(socketserver.ThreadingTCPServer):
    """``faults`` is the share of messages that something goes wrong with; ``delay`` what storing a message takes."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *, faults: float = 0.0, delay: float = 0.0) -> None:
        super().__init__(("127.0.0.1", 0), Dialogue)
        self.faults, self.delay = faults, delay
        self.chance = random.Random(7)
        self.taken: list[Taken] = []
        self.dropped_after_taking: set[str] = set()
        self.injected: Counter[str] = Counter()
        self.port: int = self.server_address[1]
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def fault(self) -> str:
        fault = self.chance.choice(FAULTS) if self.chance.random() < self.faults else ""
        if fault:
            self.injected[fault] += 1
        return fault

    def times(self) -> Counter[str]:
        return Counter(one.message_id for one in list(self.taken))

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class Dialogue(socketserver.StreamRequestHandler):
    server: Sink
    disable_nagle_algorithm = True

    def handle(self) -> None:
        try:
            self.talk()
        except ConnectionError:  # the other side was killed
            return

    def say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")

    def talk(self) -> None:
        self.say(b"220 sink")
        fault, asked_at = "", 0.0
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"EHLO":
                self.say(b"250-sink")
                self.say(b"250 8BITMIME")
            elif verb == b"MAIL":
                fault, asked_at = self.server.fault(), time.time()
                if fault == "drop at the sender":
                    return
                self.say(b"250 ok")
            elif verb == b"RCPT":
                self.say(b"451 later" if fault == "451 at the recipient" else b"250 ok")
            elif verb == b"DATA":
                self.say(b"354 go on")
                if not self.take_text(fault, asked_at):
                    return
            elif verb == b"QUIT":
                self.say(b"221 bye")
                return
            else:
                self.say(b"250 ok")

    def take_text(self, fault: str, asked_at: float) -> bool:
        """Read one text and answer; False where the line is to be dropped."""
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line)
        else:
            return False
        raw = b"".join(lines)
        found = MESSAGE_ID.search(raw)
        assert found, "a message without Message-ID"
        if fault == "drop before taking":
            return False
        if fault in ("451 at the text", "421"):
            self.say(f"{fault[:3]} later".encode())
            return fault != "421"
        time.sleep(self.server.delay)
        message_id = found[1].decode()
        self.server.taken.append(Taken(message_id, asked_at, raw))
        if fault == "drop after taking":
            self.server.dropped_after_taking.add(message_id)
            return False
        self.say(b"250 taken")
        return True
