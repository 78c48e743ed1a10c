"""Examples that an action may begin from: reference data, nothing of it is stored before the municipality saves."""

from dataclasses import dataclass
from functools import cache

from django.utils.translation import get_language

from web.reference import reference_rows


@dataclass(frozen=True, slots=True)
class Example:
    """What an example fills in, with the codes of its vocabularies; each milestone has its weight."""

    code: str
    sector: str
    kind: str
    pathway: str
    linked: tuple[str, ...]
    sdgs: tuple[int, ...]
    hazards: tuple[str, ...]
    title: str
    title_en: str
    description: str
    indicator: str
    unit: str
    milestones: tuple[tuple[str, int], ...]

    @property
    def label(self) -> str:
        return self.title_en if get_language() == "en" else self.title


@cache
def examples() -> dict[str, Example]:
    """By their code, in the order of the file."""
    return {row["code"]: _example(row) for row in reference_rows("actions", "templates")}


def _example(row: dict[str, str]) -> Example:
    steps = (step.rsplit(" ", 1) for step in row["milestones"].split("|") if step)
    several = {
        "linked": tuple(row["linked"].split()),
        "sdgs": tuple(map(int, row["sdgs"].split())),
        "hazards": tuple(row["hazards"].split()),
        "milestones": tuple((title, int(weight)) for title, weight in steps),
    }
    return Example(**(row | several))  # type: ignore[arg-type]
