"""Every kind of document is accessible, and what people type can bring neither a file nor another host into it."""

from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from pdfua import validate
from pypdf import PdfReader

from actions.models import Action
from events.models import Event
from reports.models import IssuedReport
from tests.reports.test_documents import bytes_of, issue
from trainings.models import Training

pytestmark = pytest.mark.django_db
SECRET = "hunter2-only-in-a-file"
KINDS = ("full", "short", "actions", "network", "training", "trainings")


@pytest.fixture
def typed(network, tmp_path: Path) -> Any:
    """The small network; whoever typed its texts named a file of the server in each, as markup and as an address."""
    file = tmp_path / "secret.txt"
    file.write_text(SECRET)
    named = f"![x]({file}) <img src='file://{file}'> file://{file} [y](file:///etc/passwd)"
    Event.objects.update(summary=named)
    Event.objects.filter(pk=network.workshop.pk).update(title=f"Taller ![x](file://{file})"[:200])
    Training.objects.update(objective=named, note=named, source="![x](/etc/hostname)")
    Action.objects.update(title="Acción ![x](/etc/passwd) <img src='http://127.0.0.1:9/x.png'>", description=named)
    network.named = f"{named} [datos](/etc/passwd)\n\n- ![z](http://127.0.0.1:9/x.png)"
    return network


def made(kind: str, network: Any, client: Client) -> bytes:
    if kind == "training":
        return client.get(reverse("training_pdf", args=[network.training.slug])).content
    if kind == "trainings":
        return client.get(reverse("training_list_pdf")).content
    asked: dict[str, Any] = {"introduction": network.named, "results": network.named, "next_steps": network.named}
    if kind == "actions":
        asked |= {"kind": "actions", "scope": "municipality", "municipality": network.first}
    asked |= {"network": {"kind": "network"}, "short": {"length": "short"}}.get(kind, {})
    report: IssuedReport = issue(network, **asked)
    assert report.state == "ready", report.error
    return bytes_of(report)


def elements(document: pikepdf.Pdf) -> Iterator[pikepdf.Dictionary]:
    """The structure in the order of reading."""
    stack: list[Any] = [document.Root.StructTreeRoot]
    while stack:
        element = stack.pop()
        if not isinstance(element, pikepdf.Dictionary):
            continue
        if "/S" in element:
            yield element
        children = element.get("/K")
        found = list(children) if isinstance(children, pikepdf.Array) else [children]
        stack += reversed(found)


def count(bookmarks: Any) -> int:
    return sum(1 + count(one.children) for one in bookmarks)


@pytest.mark.parametrize("kind", KINDS)
def test_document_is_accessible_and_closed(kind: str, typed: Any, client: Client, tmp_path: Path) -> None:
    data = made(kind, typed, client)
    path = tmp_path / f"{kind}.pdf"
    path.write_bytes(data)
    answer = validate(str(path))
    assert [(finding.rule_id, finding.message) for finding in answer.findings] == []
    # Its rule on empty headings fails by itself with this pikepdf; the levels are asked below.
    assert [outcome.rule_id for outcome in answer.outcomes if outcome.skipped_reason] == ["UA-14-001"]
    with pikepdf.open(BytesIO(data)) as document:
        root = document.Root
        assert (bool(root.MarkInfo.Marked), str(root.Lang), bool(root.ViewerPreferences.DisplayDocTitle)) == (
            True, "es", True,
        )  # fmt: skip
        assert str(document.docinfo.Title).strip()
        found = list(elements(document))
        levels = [int(str(one.S)[2]) for one in found if str(one.S) in {"/H1", "/H2", "/H3", "/H4"}]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(below - above <= 1 for above, below in pairwise(levels)), levels
        figures = [one for one in found if str(one.S) == "/Figure"]
        assert all(str(one.get("/Alt", "")).strip() for one in figures)
        assert figures or kind in {"training", "trainings"}  # the two sheets have no picture
        with document.open_outline() as outline:
            assert count(outline.root) == len(levels)  # a bookmark for each heading
        assert "/OpenAction" not in root
        assert "/JavaScript" not in root.get("/Names", {})
        leads = [
            str(note.A.URI) for page in document.pages for note in page.get("/Annots", [])
            if "/A" in note and "/URI" in note.A
        ]  # fmt: skip
        assert all(address.startswith(("http://", "https://")) for address in leads), leads
        assert (f"{settings.SITE_URL}/etc/passwd" in leads) == (kind not in {"training", "trainings"})
        streams = b"".join(
            one.read_bytes() for one in document.objects
            if isinstance(one, pikepdf.Stream) and one.get("/Subtype") != "/Image" and "/Length1" not in one
        )  # fmt: skip
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages)
    assert SECRET not in text
    assert SECRET.encode() not in streams
    assert "root:x:0" not in text
    assert all(name.startswith("cifras-") for name in PdfReader(BytesIO(data)).attachments)
