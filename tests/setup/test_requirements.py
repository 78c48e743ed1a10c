"""The hashed exports that set-up installs say the same as ``pyproject.toml``."""

import re
import tomllib

import pytest

from tests.live import ROOT

PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)( ; [^\\]+)? \\$")


def canonical(requirement: str) -> str:
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name is not None
    return re.sub(r"[-_.]+", "-", name.group()).lower()


def pins(kind: str) -> dict[str, str]:
    lines = (ROOT / "requirements" / f"{kind}.txt").read_text().splitlines()
    found = {}
    for line in lines:
        if line.startswith(("#", "    --hash=sha256:")):
            continue
        match = PINNED.match(line)
        assert match is not None, f"not pinned with hashes: {line}"
        found[match.group(1)] = match.group(2)
    return found


def test_run_requirements_hold_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {canonical(text) for text in project["dependencies"]} <= set(pins("run"))


def test_test_requirements_hold_every_dependency_of_the_tests() -> None:
    group = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["test"]
    assert {canonical(text) for text in group} <= set(pins("test"))


def test_test_requirements_hold_the_run_requirements_at_the_same_versions() -> None:
    assert pins("run").items() <= pins("test").items()


def test_server_requirements_hold_the_run_requirements_and_what_some_installations_switch_on() -> None:
    optional = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["server"]
    assert (
        pins("run").items() | {(canonical(text), pins("server")[canonical(text)]) for text in optional}
        <= pins("server").items()
    )


def test_audit_requirements_hold_the_tools_of_the_audit() -> None:
    group = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["audit"]
    assert {canonical(text) for text in group} <= set(pins("audit"))


@pytest.mark.parametrize("kind", ["run", "server", "test", "audit"])
def test_requirements_name_no_index(kind: str) -> None:
    text = (ROOT / "requirements" / f"{kind}.txt").read_text()
    assert "://" not in text
    assert "--index" not in text
