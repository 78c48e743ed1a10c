"""PostgreSQL, Redis, Celery workers and clocks of the chaos's own: other ports, temporary folders, nothing shared."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import redis

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgres_programs() -> Path | None:
    """The folder of the newest PostgreSQL, which Debian keeps off the PATH."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    return found[-1].parent if found else Path(on_path).parent if on_path else None


class Postgres:
    """A cluster in a folder. PostgreSQL refuses to run as root, so root gives it away."""

    def __init__(self, folder: Path) -> None:
        programs = postgres_programs()
        assert programs, "PostgreSQL is not installed: apt-get install postgresql"
        self.programs, self.folder, self.port = programs, folder, free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        folder.mkdir()
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "-N")
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        unprivileged = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        command = [str(self.programs / program), "-D", str(self.folder / "data"), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **unprivileged
        )  # type: ignore[call-overload]
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        # fsync is off: what is tried here is the death of processes, not of the machine.
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=60"
        self._run("pg_ctl", "start", "-w", "-l", str(self.folder / "log"), "-o", options)

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-m", "immediate")

    def connect(self) -> "psycopg.Connection[tuple]":
        return psycopg.connect(self.url.replace("postgres://", "postgresql://"), autocommit=True)


class Redis:
    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen([*command, "--dir", str(self.folder)], stdout=subprocess.DEVNULL)
        client = redis.Redis(port=self.port)
        deadline = time.monotonic() + 20
        while True:
            with contextlib.suppress(redis.RedisError):
                client.ping()
                return
            assert time.monotonic() < deadline, "redis-server does not answer"
            time.sleep(0.05)

    def flush(self) -> None:
        redis.Redis(port=self.port).flushall()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(10)


class Programs:
    """Workers and clocks, each a process group that can be killed."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment
        self.running: list[subprocess.Popen[bytes]] = []
        self.started = 0

    def start(self, command: list[str], **environment: str) -> subprocess.Popen[bytes]:
        self.started += 1
        with (self.folder / f"{self.started}.log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment | environment, stdout=log, stderr=log, start_new_session=True
            )
        self.running.append(process)
        return process

    def worker(self, **environment: str) -> subprocess.Popen[bytes]:
        command = "celery --app tests.chaos.worker --quiet worker --queues default,mail,heavy --concurrency 1"
        command += f" --loglevel error --without-gossip --without-mingle --hostname w{self.started}@%h"
        return self.start([sys.executable, "-W", "ignore", "-m", *command.split()], **environment)

    def beat(self) -> subprocess.Popen[bytes]:
        schedule = self.folder / f"schedule-{self.started}"
        command = f"celery --app config --quiet beat --schedule {schedule} --pidfile= --loglevel error"
        return self.start([sys.executable, "-m", *command.split()])

    def web(self) -> str:
        """The portal's web process; answers its address."""
        port = free_port()
        command = f"gunicorn config.wsgi --worker-class gthread --threads 4 --bind 127.0.0.1:{port} --log-level error"
        self.start([sys.executable, "-m", *command.split()], SITE_URL=f"http://127.0.0.1:{port}")
        return f"http://127.0.0.1:{port}"

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL for the process and everything it started."""
        self.running.remove(process)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)

    def kill_all(self) -> None:
        for process in list(self.running):
            self.kill(process)

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-1500:] for path in sorted(self.folder.glob("*.log")))


def pool_process(worker: subprocess.Popen[bytes]) -> int | None:
    """The process of a worker that carries out its tasks."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1]) == worker.pid:
                return int(folder.name)
    return None
