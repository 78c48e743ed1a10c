"""What the portal is made of: the packages that it runs with, as they are installed here."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata

from django.conf import settings

PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
CLASSIFIER = "License :: "
PAGES = ("homepage", "source", "repository", "documentation")
LONGEST = 80  # some packages put the whole text where its name belongs


@dataclass(frozen=True, slots=True)
class Package:
    """``licence`` is what the package says: an SPDX expression where it has one; empty where it says nothing."""

    name: str
    version: str
    licence: str
    home: str


@cache
def run_packages() -> list[Package]:
    """Those of ``requirements/server.txt`` that this machine has, by name; a process reads them once."""
    pinned = PINNED.findall((settings.BASE_DIR / "requirements" / "server.txt").read_text())
    found = filter(None, (_package(name) for name, _version in pinned))
    return sorted(found, key=lambda package: package.name.lower())


def _package(name: str) -> Package | None:
    try:
        said = metadata(name)
    except PackageNotFoundError:  # of another system or version of Python, or not wanted here
        return None
    licence = _said(said, "License-Expression")
    if not licence:
        classifiers = [text for text in said.get_all("Classifier", []) if text.startswith(CLASSIFIER)]
        licence = ", ".join(text.rsplit(" :: ", 1)[-1] for text in classifiers)
    if not licence and len(text := _said(said, "License")) <= LONGEST:
        licence = text
    pages = dict(line.split(", ", 1) for line in said.get_all("Project-URL", []) if ", " in line)
    by_name = {label.lower(): address for label, address in pages.items()}
    home = _said(said, "Home-page") or next((by_name[label] for label in PAGES if label in by_name), "")
    return Package(said["Name"], said["Version"], licence, home if home.startswith("https://") else "")


def _said(package: PackageMetadata, field: str) -> str:
    return package[field].strip() if field in package else ""
