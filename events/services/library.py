"""What the library keeps of an event, written anew in the transaction that changes the event."""

from collections.abc import Iterator

from django.utils.text import slugify

from events.enums import EventStatus, LibraryKind, MaterialKind
from events.models import Event, LibraryItem
from web.search import search_text, stems

TEXT_LIMIT = 8000
LEAST_LETTERS = 4  # of the word that a topic is recognised by


def keep(event: Event) -> None:
    """Make the library's rows those of the event as it is; a draft or a cancelled event has none."""
    LibraryItem.objects.filter(event=event).delete()
    if event.status != EventStatus.PUBLISHED:
        return
    marks = "|".join(["", *_marks(event), ""])
    rows = list(_rows(event))
    for order, row in enumerate(rows):
        row.event, row.order, row.marks = event, order, marks
    LibraryItem.objects.bulk_create(rows)


def _rows(event: Event) -> Iterator[LibraryItem]:
    """Results first, then answers in the order of their questions, recordings and the other materials."""
    materials = sorted(event.materials.all(), key=lambda row: (LibraryKind.values.index(row.kind), row.pk))
    answers = [question for question in event.guiding_questions.all() if question.answer]
    if event.results_summary:
        yield LibraryItem(kind=LibraryKind.RESULTS, search_text=_words(event, event.results_summary))
    for question in answers:
        words = _words(event, question.text, question.answer)
        yield LibraryItem(kind=LibraryKind.ANSWER, question=question, search_text=words)
    for material in materials:
        yield LibraryItem(
            kind=material.kind,
            material=material,
            language=material.language,
            search_text=_words(event, material.title),
        )
    left = any(material.kind != MaterialKind.REFERENCE for material in materials)
    if not (event.results_summary or answers or left):
        yield LibraryItem(kind=LibraryKind.SESSION, search_text=_words(event))


def _words(event: Event, *own: str) -> str:
    """What an item is found by: its own words and those of its event."""
    return search_text(*own, limit=TEXT_LIMIT) + event.search_text


def _marks(event: Event) -> Iterator[str]:
    for sector in event.sectors.all():
        yield f"s:{sector.code}"
    for topic in topics_of(event):
        yield f"t:{slugify(topic)}"
    for code in dict.fromkeys([event.pathway.code, *(row.code for row in event.linked_pathways.all())]):
        yield f"p:{code}"


def topics_of(event: Event) -> list[str]:
    """The topics that the series announces and the session is about.

    A topic is recognised by its main word, which in Spanish comes first: *movilidad sustentable* by «movilidad» in the
    title, the topic or the description, whatever its form («movilidades», «Movilidad 4S»). Nobody marks sessions
    by hand.
    """
    if event.series is None:
        return []
    said = set(stems(" ".join([event.title, event.topic, event.summary])))
    found = []
    for topic in event.series.topic_list:
        main = next((word for word in topic.split() if len(word) >= LEAST_LETTERS), "")
        if said.intersection(stems(main)):
            found.append(topic)
    return found
