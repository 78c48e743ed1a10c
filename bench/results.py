"""What a benchmark says: a line for whoever looks on, and one for ``bench/RESULTS.md``."""

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

# Where the lines for RESULTS.md are kept; ``python -m bench`` sets it for what it starts.
KEPT = "BENCH_RESULTS"


@dataclass(frozen=True)
class Result:
    """``values``: one of each round. The goal is a most or a least; a result of neither has none."""

    part: str
    name: str
    values: list[float]
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def goal(self) -> str:
        if self.at_most is not None:
            return f"≤ {self.at_most:g}"
        return "" if self.at_least is None else f"≥ {self.at_least:g}"

    @property
    def verdict(self) -> str:
        """Met by the median, or not."""
        if self.at_most is not None:
            return "yes" if self.median <= self.at_most else "**no**"
        if self.at_least is not None:
            return "yes" if self.median >= self.at_least else "**no**"
        return ""

    @property
    def spread(self) -> str:
        return spread(self.values)


def spread(values: Sequence[float]) -> str:
    """Median, and lowest and highest where there are several."""
    digits = 3 if max(values) < 1 else 2 if max(values) < 10 else 1
    middle = f"{statistics.median(values):.{digits}f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def say(text: str) -> None:
    print(text, flush=True)


def tell(result: Result) -> None:
    goal = f" (goal {result.goal}: {result.verdict.strip('*')})" if result.goal else ""
    say(f"{result.part} · {result.name}: {result.spread}{goal}{' · ' + result.note if result.note else ''}")
    if KEPT in os.environ:
        with Path(os.environ[KEPT]).open("a") as file:
            file.write(json.dumps(asdict(result)) + "\n")


def read(path: Path) -> list[Result]:
    return [Result(**json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


def machine() -> str:
    """Cores, model and versions; nothing that says whose machine it is."""
    import django
    import redis
    import weasyprint

    from bench.database import REDIS, administration

    with administration() as server:
        postgres = server.info.server_version // 10000
    found = redis.Redis.from_url(REDIS).info("server")["redis_version"]
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    return (
        f"{os.cpu_count()} cores, {model}; Python {platform.python_version()}, Django {django.__version__}, "
        f"PostgreSQL {postgres}, Redis {found}, WeasyPrint {weasyprint.__version__}"
    )
