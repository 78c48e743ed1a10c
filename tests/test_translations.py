"""English is complete: every Spanish text of code and templates has its translation, with the same placeholders."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parent.parent
ENGLISH = ROOT / "locale" / "en" / "LC_MESSAGES" / "django.po"
SOURCES = [
    "config",
    "reports",
    "trainings",
    "events",
    "actions",
    "network",
    "municipalities",
    "outbox",
    "web",
    "templates",
]
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]|\{[a-z_]*\}")


@pytest.fixture(scope="module")
def english() -> polib.POFile:
    return polib.pofile(str(ENGLISH))


def test_every_text_is_in_the_catalogue(english: polib.POFile, tmp_path: Path) -> None:
    for name in SOURCES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "data"))
    (tmp_path / "locale").mkdir()
    command = [sys.executable, "-m", "django", "makemessages", "--locale=en", "--no-location", "--verbosity=0"]
    subprocess.run(command, cwd=tmp_path, check=True, env={"PATH": "/usr/bin:/bin"}, timeout=120)
    found = polib.pofile(str(tmp_path / "locale" / "en" / "LC_MESSAGES" / "django.po"))
    known = {(entry.msgctxt, entry.msgid, entry.msgid_plural) for entry in english}
    assert len(found) > 300
    missing = [entry.msgid for entry in found if (entry.msgctxt, entry.msgid, entry.msgid_plural) not in known]
    assert missing == []


def test_every_text_is_translated(english: polib.POFile) -> None:
    assert [entry.msgid for entry in english if not entry.obsolete and (entry.fuzzy or not entry.translated())] == []


def test_translations_keep_the_placeholders(english: polib.POFile) -> None:
    wrong = []
    for entry in english:
        if entry.obsolete:
            continue
        wanted = set(PLACEHOLDER.findall(entry.msgid + entry.msgid_plural))
        texts = entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]
        wrong += [text for text in texts if not set(PLACEHOLDER.findall(text)) <= wanted]
        if set(PLACEHOLDER.findall("".join(texts))) != wanted:
            wrong.append(entry.msgid)
    assert wrong == []
