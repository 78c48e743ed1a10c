"""The whole benchmark with one command: ``python -m bench`` (an hour or so; ``--quick``: some minutes).

It needs PostgreSQL and Redis on 127.0.0.1 (``BENCH_DATABASE_URL`` and ``BENCH_REDIS_URL`` name others). Every part runs
by itself too (``python -m bench.pages`` …), each in a database of its own that is dropped at its end. Ratios against
the limit, taken in turns, go to ``bench/RESULTS.md``: absolute times say little on shared machines.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from bench.results import KEPT, Result, machine, read, say
from bench.servers import ROOT

RESULTS = ROOT / "bench" / "RESULTS.md"
# A part, and its sizes for a few minutes.
PARTS = {
    "pages": "--events 1000 --actions 2000 --registrations 5000 50000 --signups 100 --rounds 2",
    "sqlite": "--registrations 25",
    "drain": "--messages 300 --rounds 2 --sent 1000 50000",
    "reports": "--municipalities 10 --rounds 1",
    "certificates": "--certificates 50 --rounds 1",
    "figures": "--events 1000 --attendances 5000 50000 --rounds 2",
    "imports": "--rows 1000 --rounds 2",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small sizes: says that it works, not how fast")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument("--to", type=Path, default=RESULTS, help="where the results are written")
    parser.add_argument("--minutes", type=float, default=45, help="what one part may take at most")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        kept = Path(folder) / "results"
        failed = [part for part in wanted.only if not run(part, kept, quick=wanted.quick, minutes=wanted.minutes)]
        wanted.to.write_text(report(read(kept), failed, quick=wanted.quick))
    say(f"written: {wanted.to.name}")
    sys.exit(1 if failed else 0)


def run(part: str, kept: Path, *, quick: bool, minutes: float) -> bool:
    """One part in a process of its own; whether it came to its end."""
    sizes = PARTS[part].split() if quick else []
    say(f"{part} {' '.join(sizes)}")
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", f"bench.{part}", *sizes], cwd=ROOT, env=dict(os.environ) | {KEPT: str(kept)}
    )
    try:
        done = process.wait(minutes * 60) == 0
    except subprocess.TimeoutExpired:
        process.terminate()  # it drops its database
        process.wait(60)
        done = False
    say(f"  {part}: {'done' if done else 'NOT DONE'} after {(time.monotonic() - began) / 60:.1f} minutes")
    return done


def report(found: list[Result], failed: list[str], *, quick: bool) -> str:
    lines = [
        "# Results of `python -m bench`",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}; {machine()}.",
        "",
        "Median (lowest–highest) of rounds in which the limit and the portal took turns. *Bare* is a Django view",
        "without middleware that answers the same number of bytes from memory under the same server settings; pages",
        "are compared by the processor time of application, PostgreSQL and Redis for one request.",
    ]
    if quick:
        lines += [
            "",
            "**Small sizes (`--quick`): these figures say that every part runs, not how fast the portal is.**",
        ]
    if failed:
        lines += ["", f"**Not finished: {', '.join(failed)}.**"]
    for part, results in groupby(found, key=lambda result: result.part):
        lines += ["", f"## {part}", "", "| what | ratio | goal | met |", "|---|---:|---:|---|"]
        for result in results:
            note = f" ({result.note})" if result.note else ""
            lines.append(f"| {result.name}{note} | {result.spread} | {result.goal} | {result.verdict} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
