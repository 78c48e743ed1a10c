"""Processes that share work: all are up and wait before the clock starts."""

import subprocess
import sys
import time

from bench.servers import ROOT


def seconds_of(code: str, arguments: list[str], environment: dict[str, str], number: int) -> float:
    """Wall seconds that so many processes take for ``code``, from the word that starts all of them to the end of the
    last. The code prints a line when it is up, and reads one before it begins."""
    words = [sys.executable, "-c", code, *arguments]
    pipe = subprocess.PIPE
    running = [subprocess.Popen(words, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe) for _each in range(number)]
    try:
        for worker in running:
            assert worker.stdout
            worker.stdout.readline()
        start = time.monotonic()
        for worker in running:
            assert worker.stdin
            worker.stdin.write(b"\n")
            worker.stdin.flush()
        for worker in running:
            if worker.wait():
                sys.exit("a worker failed")
        return time.monotonic() - start
    finally:
        for worker in running:
            worker.kill()
