"""Starting what is measured, and reading how much processor time it used."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_of(pid: int) -> float:
    """User and system seconds of a process, with those of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / TICKS


def tree(pid: int) -> list[int]:
    """A process and everything below it that lives."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents.setdefault(int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1]), []).append(
                int(folder.name)
            )
    found = [pid]
    for known in found:
        found += parents.get(known, [])
    return found


def cpu_of_trees(roots: list[int]) -> float:
    """Processor seconds of these processes and all below them, those that ended meanwhile included."""
    total = 0.0
    for pid in {member for root in roots for member in tree(root)}:
        with contextlib.suppress(OSError):
            total += cpu_of(pid)
    return total


@dataclass
class Server:
    """A gunicorn; ``helpers`` names the processes that work for it at the moment."""

    port: int
    pid: int
    helpers: Callable[[], list[int]]

    def get(self, path: str, times: int, headers: dict[str, str] | None = None) -> tuple[int, int]:
        """Ask for a page so many times over one connection; (status, bytes of the body) of the last answer."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        for _turn in range(times):
            line.request("GET", path, headers={"Host": f"127.0.0.1:{self.port}", **(headers or {})})
            answer = line.getresponse()
            body = answer.read()
        line.close()
        return answer.status, len(body)

    def etag(self, path: str) -> str | None:
        """Of the page as anybody gets it; None where it bears none."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        line.request("GET", path, headers={"Host": f"127.0.0.1:{self.port}"})
        answer = line.getresponse()
        answer.read()
        line.close()
        return answer.headers["ETag"]

    def cpu_per_request(self, path: str, times: int, headers: dict[str, str] | None = None) -> float:
        """Milliseconds of processor time for one request."""
        roots = [self.pid, *self.helpers()]
        before = cpu_of_trees(roots)
        self.get(path, times, headers)
        return (cpu_of_trees(roots) - before) * 1000 / times


@contextlib.contextmanager
def serving(
    application: str, *, environment: dict[str, str], helpers: Callable[[], list[int]], log: Path
) -> Iterator[Server]:
    """gunicorn with the portal's settings of processes and threads, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", application, "--worker-class", "gthread", "--workers", "2"]
    command += ["--threads", "4", "--preload", "--log-level", "warning", "--bind", f"127.0.0.1:{port}"]
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        server = Server(port, process.pid, helpers)
        try:
            deadline = time.monotonic() + 60
            while True:
                with contextlib.suppress(OSError):
                    server.get("/healthz", 1)
                    break
                if process.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"{application} does not answer: {log.read_text()[-2000:]}")
                time.sleep(0.1)
            yield server
        finally:
            process.terminate()
            process.wait(30)
