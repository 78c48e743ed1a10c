"""docs/security.md and the tests name the same requirements: none without a test, no test that the document hides."""

import ast
import re

from tests.security.source import ROOT

ROW = re.compile(r"^\| (V\d+\.\d+\.\d+) \| ([12]) \| [^|]+ \| (?P<tests>[^|]+) \|$", re.MULTILINE)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def marked() -> dict[str, set[str]]:
    """Requirement → the tests that bear its number."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef):
                continue
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.asvs":
                    for number in mark.args:
                        name = f"{path.relative_to(ROOT)}::{node.name}"
                        found.setdefault(ast.literal_eval(number), set()).add(name)
    return found


def documented() -> dict[str, set[str]]:
    text = (ROOT / "docs" / "security.md").read_text()
    rows = list(ROW.finditer(text))
    found = {row[1]: {f"{path}::{name}" for path, name in NAMED.findall(row["tests"])} for row in rows}
    assert len(found) == len(rows), "a requirement has two rows"
    return found


def test_document_and_tests_agree() -> None:
    assert documented() == marked()


def test_document_lists_at_least_sixty_requirements_in_order() -> None:
    numbers = [tuple(int(part) for part in number[1:].split(".")) for number in documented()]
    assert len(numbers) >= 60
    assert numbers == sorted(numbers)
