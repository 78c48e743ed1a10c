"""One search text for both databases: accents folded, Spanish stems, kept in a column and matched word by word.

PostgreSQL's own ``spanish`` configuration misses *capacitacion → capacitaciones* and SQLite has none, so rows keep
``search_text`` made by :func:`search_text` and lists filter with :func:`words_filter`.
"""

import operator
import re
import unicodedata
from functools import lru_cache, reduce
from typing import Any, TypeVar

import snowballstemmer
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Lower, Replace, Trim

# A word people type → the word the texts use (document 000 writes GADD for GAAD).
SYNONYMS = {"gadd": "gaad", "webinario": "webinar"}
_word = re.compile(r"[a-z0-9]+")
# The stemmer leaves *taller* → tall, *talleres* → taller: a plural is made singular before.
_plural = re.compile(r"(?<=[aeiou][lrnd])es(es)?$|(?<=.{2}[^isu])s$")


def fold(text: str) -> str:
    """Lower case without accents: ``"Ñandú"`` → ``"nandu"``."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def folded_name(name: str) -> str:
    """A name as it is compared: folded, with one space between its words."""
    return " ".join(fold(name).split())


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    word = _plural.sub("", word)
    # A stemmer keeps a buffer, so it is not shared between threads. *Luz* and *luces* meet in the c.
    return fold(snowballstemmer.stemmer("spanish").stemWord(SYNONYMS.get(word, word))).replace("z", "c")


def stems(text: str) -> list[str]:
    """The words of a text as they are kept and looked for, in order."""
    return [_stem(word) for word in _word.findall(fold(text))]


def search_text(*parts: str, limit: int = 4000) -> str:
    """What a row keeps: a space before each stem, so that ``" agu"`` finds words that *begin* so."""
    return (" " + " ".join(stems(" ".join(part for part in parts if part))))[:limit]


def words_filter(words: str, field: str = "search_text") -> Q:
    """A condition that every word typed begins some word of the row's ``field``."""
    condition = Q()
    for stem in stems(words)[:8]:
        condition &= Q(**{f"{field}__contains": f" {stem}"})
    return condition


_Rows = TypeVar("_Rows", bound=QuerySet[Any])
# SQLite's LOWER knows ASCII only, so capitals with accents are folded here as well.
_FOLDED = dict(zip("áéíóúüñÁÉÍÓÚÜÑ", "aeiouunaeiouun", strict=True))


def matching(rows: _Rows, words: str, *fields: str) -> _Rows:
    """Rows where every word typed stands in one of the columns, accents and capitals aside.

    For names and addresses in lists of some thousands, where a stemmer would do harm and no column is kept.
    """
    names = [f"folded_{number}" for number in range(len(fields))]
    for name, field in zip(names, fields, strict=True):
        rows = rows.alias(**{name: folded(field)})
    for word in fold(words).split()[:8]:
        rows = rows.filter(reduce(operator.or_, (Q(**{f"{name}__contains": word}) for name in names)))
    return rows


def folded(field: str) -> Any:
    """A column in lower case and without accents, as an expression of the database."""
    expression: Any = F(field)
    for accented, plain in _FOLDED.items():
        expression = Replace(expression, Value(accented), Value(plain))
    return Lower(expression)


def folded_key(field: str) -> Any:
    """A column as names are compared: :func:`folded_name` as an expression of the database."""
    return Replace(Trim(folded(field)), Value("  "), Value(" "))
