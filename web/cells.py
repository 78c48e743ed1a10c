"""Cells with a type: what a column of a sheet holds, how it is written and how it is read back.

Reading forgives what spreadsheets do to a value (a whole number that comes as 3.0, a day that comes as a moment) and
refuses what could be meant in two ways, with one sentence that says what to write. :meth:`Kind.kept` is what comes back
of a value that was written, so a file that was exported and not touched holds no change.
"""

import datetime
import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import override

from web.search import folded_name
from web.tabular import ILLEGAL, Cell, plain, written

Label = str | Promise
# Between several choices in one cell.
SEPARATOR = ";"
_ERRORS = {"#N/A", "#N/D", "#REF!", "#¡REF!", "#NAME?", "#¿NOMBRE?", "#VALUE!", "#¡VALOR!", "#DIV/0!", "#¡DIV/0!",
           "#NUM!", "#¡NUM!", "#NULL!", "#¡NULO!", "#SPILL!", "#CALC!"}  # fmt: skip
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")


class WrongCell(ValueError):
    """The cell cannot be used; the text says what to write instead."""


def words_of(value: Any) -> str:
    """A cell as text, the way it is compared: line ends as one sign, without the apostrophe that disarms a formula."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool):
        value = _("Sí") if value else _("No")
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        value = value.date().isoformat()
    # Excel writes a carriage return as _x000D_, and a reader of it drops the sign that escapes such a word.
    text = plain("" if value is None else str(value)).replace("x005F_", "").replace("_x000D_", "\n")
    return ILLEGAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What a column holds. Empty is None, or an empty tuple where several may stand."""

    empty: Any = None

    def read(self, value: Any) -> Any:
        """The value of a cell. Raises :class:`WrongCell`."""
        if value is None:
            return self.empty
        text = words_of(value)
        if not text:
            return self.empty
        if text.upper() in _ERRORS:
            raise WrongCell(_("la hoja dice {text}: corrija la fórmula o escriba el valor.").format(text=text))
        return self._read(value, text)

    def _read(self, value: Any, text: str) -> Any:
        raise NotImplementedError

    def write(self, value: Any) -> Cell:
        """What is written for a value."""
        return value

    def kept(self, value: Any) -> Any:
        """What comes back of a value that was written to a file. Raises :class:`WrongCell`."""
        return self.read(written(self.write(value)))

    def words(self, value: Any) -> str:
        """The value as a person reads it."""
        return "" if value is None else str(self.write(value))

    @property
    def rule(self) -> str:
        """What may stand here, for the help sheet."""
        raise NotImplementedError

    @property
    def listed(self) -> list[str]:
        """The words of a drop-down list; empty where there is none."""
        return []


@dataclass(frozen=True, kw_only=True)
class Text(Kind):
    empty: Any = ""
    max_length: int = 0
    lines: bool = False

    def _read(self, value: Any, text: str) -> str:
        text = text if self.lines else " ".join(text.split())
        if self.max_length and len(text) > self.max_length:
            said = _("el texto tiene {n} letras y caben {limit}: acórtelo.")
            raise WrongCell(said.format(n=f"{len(text):,}", limit=f"{self.max_length:,}"))
        return text

    @property
    def rule(self) -> str:
        return (
            _("Texto de hasta {limit} letras.").format(limit=f"{self.max_length:,}") if self.max_length else _("Texto.")
        )


@dataclass(frozen=True, kw_only=True)
class Email(Kind):
    empty: Any = ""

    def _read(self, value: Any, text: str) -> str:
        try:
            validate_email(text)
        except ValidationError:
            said = _("«{text}» no es un correo: escriba uno como nombre@municipio.gob.mx.")
            raise WrongCell(said.format(text=_short(text))) from None
        return text

    @property
    def rule(self) -> str:
        return _("Un correo electrónico.")


@dataclass(frozen=True, kw_only=True)
class Amount(Kind):
    """A decimal number."""

    minimum: Decimal | None = Decimal(0)
    maximum: Decimal | None = None
    digits: int = 14
    places: int = 2

    def _read(self, value: Any, text: str) -> Decimal:
        number = self._number(value, text)
        if self.minimum is not None and number < self.minimum:
            raise WrongCell(_("{text} es menos que {limit}.").format(text=_short(text), limit=self.minimum))
        if self.maximum is not None and number > self.maximum:
            raise WrongCell(_("{text} es más que {limit}.").format(text=_short(text), limit=self.maximum))
        if number.adjusted() >= self.digits - self.places:
            raise WrongCell(_("«{text}» es demasiado grande.").format(text=_short(text)))
        return number

    def _number(self, value: Any, text: str) -> Decimal:
        if isinstance(value, (datetime.date, datetime.time, datetime.timedelta, bool)):
            raise WrongCell(_("«{text}» no es un número.").format(text=_short(text)))
        written = re.sub(r"[$\s]", "", text)
        if "," in written and not _THOUSANDS.fullmatch(written):
            said = _("«{text}» se puede leer de dos maneras: use la coma solo para los miles (1,250.50).")
            raise WrongCell(said.format(text=_short(text)))
        try:
            number = Decimal(written.replace(",", ""))
        except InvalidOperation:
            raise WrongCell(_("«{text}» no es un número.").format(text=_short(text))) from None
        if not number.is_finite():
            raise WrongCell(_("«{text}» no es un número.").format(text=_short(text)))
        if number.adjusted() > self.digits:
            raise WrongCell(_("«{text}» es demasiado grande.").format(text=_short(text)))
        rounded = round(number, self.places)
        # A spreadsheet's sums end in …0000001; that is no decimal that somebody typed.
        if abs(rounded - number) > (Decimal("0.0000001") if isinstance(value, float) else 0):
            raise WrongCell(self._too_fine(text))
        return rounded

    def _too_fine(self, text: str) -> str:
        return _("«{text}» tiene más de {n} decimales.").format(text=_short(text), n=self.places)

    def words(self, value: Any) -> str:
        if value is None:
            return ""
        whole, _dot, decimals = f"{value:,f}".partition(".")
        decimals = decimals.rstrip("0") if self.places > 2 or not decimals.strip("0") else decimals
        return f"{whole}.{decimals}" if decimals else whole

    @property
    def rule(self) -> str:
        return _("Un número; la coma solo para los miles y el punto para los decimales.")


@dataclass(frozen=True, kw_only=True)
class Whole(Amount):
    """A number without decimals."""

    places: int = 0

    def _read(self, value: Any, text: str) -> Any:
        return int(super()._read(value, text))

    def _too_fine(self, text: str) -> str:
        return _("«{text}» debe ser un número entero.").format(text=_short(text))

    def words(self, value: Any) -> str:
        return "" if value is None else f"{value:,d}"

    @property
    def rule(self) -> str:
        return _("Un número entero.")


@dataclass(frozen=True, kw_only=True)
class Day(Kind):
    first_year: int = 2000
    last_year: int = 2100

    def _read(self, value: Any, text: str) -> datetime.date:
        day = self._day(value, text)
        if not self.first_year <= day.year <= self.last_year:
            said = _("«{text}» no está entre {first} y {last}.")
            raise WrongCell(said.format(text=_short(text), first=self.first_year, last=self.last_year))
        return day

    def _day(self, value: Any, text: str) -> datetime.date:
        if isinstance(value, datetime.datetime):
            return value.date()
        if isinstance(value, datetime.date):
            return value
        if isinstance(value, (int, float)):
            said = _("«{text}» es un número y no una fecha: escriba la fecha como 2026-06-18.")
            raise WrongCell(said.format(text=_short(text)))
        if found := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})([T ]00:00(:00)?)?", text):
            year, month, day = found[1], found[2], found[3]
        elif found := re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", text):
            day, month, year = found[1], found[2], found[3]
        else:
            said = _("«{text}» no es una fecha: escríbala como 2026-06-18 o 18/06/2026.")
            raise WrongCell(said.format(text=_short(text)))
        try:
            return datetime.date(int(year), int(month), int(day))
        except ValueError:
            raise WrongCell(_("«{text}» no es un día que exista.").format(text=_short(text))) from None

    @property
    def rule(self) -> str:
        return _("Una fecha: 2026-06-18 o 18/06/2026 (primero el día).")


@dataclass(frozen=True, kw_only=True)
class Clock(Kind):
    """An hour of the day."""

    def _read(self, value: Any, text: str) -> datetime.time:
        if isinstance(value, datetime.datetime):
            value = value.time()
        if isinstance(value, datetime.time):
            return value.replace(second=0, microsecond=0)
        found = re.fullmatch(r"(\d{1,2})[:.](\d{2})(:00)?(\s*h(rs)?\.?)?", text)
        if not found or int(found[1]) > 23 or int(found[2]) > 59:
            raise WrongCell(_("«{text}» no es una hora: escríbala como 11:00 o 16:30.").format(text=_short(text)))
        return datetime.time(int(found[1]), int(found[2]))

    def write(self, value: datetime.time | None) -> Cell:
        return None if value is None else f"{value:%H:%M}"

    @property
    def rule(self) -> str:
        return _("Una hora de 24: 11:00 o 16:30.")


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: its code, its words in the language of the page, and what else it may be called."""

    code: str
    words: str
    also: tuple[str, ...] = ()
    offered: bool = True


def enum_options(enum: type[TextChoices]) -> list[Option]:
    """Those of a closed vocabulary, read in Spanish too whatever the language of the page."""
    with override("es"):
        spanish = {value: str(words) for value, words in enum.choices}
    return [Option(str(value), str(words), (spanish[value],)) for value, words in enum.choices]


@dataclass(frozen=True, kw_only=True)
class Choice(Kind):
    """One of a closed list, by its words or by its code. ``source`` is asked once, when it is first needed."""

    source: Callable[[], Iterable[Option]] = field(default=tuple)

    @cached_property
    def options(self) -> list[Option]:
        return list(self.source())

    @cached_property
    def _codes(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for option in self.options:
            for name in (option.code, option.words, *option.also):
                found.setdefault(folded_name(name), option.code)
        return found | {option.code: option.code for option in self.options}

    @cached_property
    def _words(self) -> dict[str, str]:
        return {option.code: option.words for option in self.options}

    def _read(self, value: Any, text: str) -> Any:
        return self._code(text)

    def _code(self, text: str) -> str:
        code = self._codes.get(text) or self._codes.get(folded_name(text))
        if code is None:
            shown = [option.words for option in self.options if option.offered]
            if len(shown) > 8:
                raise WrongCell(
                    _("«{text}» no está en la lista: elija uno de la hoja Ayuda.").format(text=_short(text))
                )
            said = _("«{text}» no está en la lista: elija {options}.")
            raise WrongCell(said.format(text=_short(text), options=_(" o ").join(f"«{one}»" for one in shown)))
        return code

    def write(self, value: Any) -> Cell:
        return self._words.get(value, value)

    @property
    def rule(self) -> str:
        return _("Uno de la lista.")

    @property
    def listed(self) -> list[str]:
        return [option.words for option in self.options if option.offered]


@dataclass(frozen=True, kw_only=True)
class Choices(Choice):
    """Several of a closed list, with a semicolon between them; the value is the tuple of their codes in its order."""

    empty: Any = ()

    def _read(self, value: Any, text: str) -> tuple[str, ...]:
        found = {self._code(part.strip()) for part in text.split(SEPARATOR) if part.strip()}
        return tuple(option.code for option in self.options if option.code in found)

    def write(self, value: Iterable[str]) -> Cell:
        # Words with the separator inside would be read as two: those go by their code.
        shown = [words if SEPARATOR not in (words := self._words.get(code, code)) else code for code in value]
        return f"{SEPARATOR} ".join(shown)

    @property
    def rule(self) -> str:
        return _("Uno o varios de la lista, con punto y coma (;) entre ellos.")


@dataclass(frozen=True, kw_only=True)
class Keys(Kind):
    """Keys of other rows (UUID), with a semicolon between them; the value is the sorted tuple of them."""

    empty: Any = ()

    def _read(self, value: Any, text: str) -> tuple[str, ...]:
        return tuple(sorted({self._key(part.strip()) for part in re.split(r"[;,\s]", text) if part.strip()}))

    def _key(self, text: str) -> str:
        try:
            return str(uuid.UUID(text))
        except ValueError:
            said = _("«{text}» no es una clave: cópiela de la columna Clave.")
            raise WrongCell(said.format(text=_short(text))) from None

    def write(self, value: Iterable[str]) -> Cell:
        return f"{SEPARATOR} ".join(value)

    @property
    def rule(self) -> str:
        return _("Una o varias claves, con punto y coma (;) entre ellas.")


@dataclass(frozen=True, kw_only=True)
class YesNo(Kind):
    def _read(self, value: Any, text: str) -> bool:
        said = folded_name(text)
        if said in {"si", "s", "yes", "verdadero", "true", "1", "x"}:
            return True
        if said in {"no", "n", "falso", "false", "0"}:
            return False
        raise WrongCell(_("«{text}» no es Sí ni No.").format(text=_short(text)))

    def write(self, value: bool | None) -> Cell:
        return None if value is None else _("Sí") if value else _("No")

    @property
    def rule(self) -> str:
        return _("Sí o No.")

    @property
    def listed(self) -> list[str]:
        return [_("Sí"), _("No")]


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
