"""The portal's own source, read as a tree: for what may not be in it at all."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("config", "reports", "trainings", "events", "actions", "network", "municipalities", "outbox", "web")


@cache
def trees() -> dict[str, ast.Module]:
    found = {}
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                found[str(path.relative_to(ROOT))] = ast.parse(path.read_text())
    assert len(found) > 200
    return found


def nodes() -> Iterator[tuple[str, ast.AST]]:
    for path, tree in trees().items():
        for node in ast.walk(tree):
            yield path, node


def imports() -> Iterator[tuple[str, str]]:
    for path, node in nodes():
        if isinstance(node, ast.Import):
            yield from ((path, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield path, node.module


def calls(*names: str) -> list[str]:
    """Where a function of one of these names is called: ``file:line name``."""
    found = []
    for path, node in nodes():
        if isinstance(node, ast.Call):
            written = ast.unparse(node.func)
            if written in names:
                found.append(f"{path}:{node.lineno} {written}")
    return found


def scripts() -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((ROOT / "static" / "js").glob("*.js"))}
