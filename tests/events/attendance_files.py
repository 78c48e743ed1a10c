"""Attendance reports as Zoom, Teams and Meet write them, made here: no file is kept.

Each :class:`Sample` is one file with the people and minutes that it must give, for a session on 18 June 2026 from 11:00
to 12:30 in Mexico City (17:00 to 18:30 UTC). Everybody is invented.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import Workbook

from events.imports.attendance import Session

ZONE = "America/Mexico_City"
DAY = dt.date(2026, 6, 18)


def moment(hour: int, minute: int = 0, second: int = 0, day: dt.date = DAY) -> int:
    return int(dt.datetime.combine(day, dt.time(hour, minute, second), tzinfo=ZoneInfo(ZONE)).timestamp())


def session(first: dt.date = DAY, last: dt.date = DAY) -> Session:
    return Session(first, last, ZONE, moment(11, day=first), moment(12, 30, day=last))


# (name, e-mail, minutes)
Person = tuple[str, str, int | None]
ANA: Person = ("Ana López Ruiz", "ana@toluca.example", 87)
LUIS: Person = ("Luis Peña", "", 30)
BOTH: tuple[Person, ...] = (ANA, LUIS)


@dataclass(frozen=True)
class Sample:
    name: str
    data: bytes
    people: Sequence[Person]
    format: str
    first: dt.date = DAY
    last: dt.date = DAY


def lines(*rows: str, end: str = "\r\n") -> str:
    return end.join(rows) + end


def workbook(*sheets: Sequence[Sequence[Any]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Hoja{number}")
        for row in rows:
            sheet.append(list(row))
    target = BytesIO()
    book.save(target)
    return target.getvalue()


ZOOM_OLD = lines(
    "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,Recording Consent",
    "Ana López Ruiz,ana@toluca.example,06/18/2026 10:58:00 AM,06/18/2026 12:27:00 PM,89,No,Yes",
    "Luis Peña,,06/18/2026 11:10:00 AM,06/18/2026 11:25:00 AM,15,Yes,Yes",
    "Luis Peña,,06/18/2026 11:40:00 AM,06/18/2026 11:55:00 AM,15,Yes,Yes",
)
ZOOM_SUMMARY = lines(
    "Topic,ID,Host,Duration (minutes),Start time,End time,Participants",
    'Charla de clima,812 3456 7890,"Instituto, Sala",105,06/18/2026 10:50:00 AM,06/18/2026 12:35:00 PM,2',
    "",
    "Name (original name),Email,Join time,Leave time,Duration (minutes),Guest,In waiting room",
    "Ana López Ruiz,ana@toluca.example,06/18/2026 10:50:00 AM,06/18/2026 10:57:00 AM,7,No,Yes",
    "Ana López Ruiz,ana@toluca.example,06/18/2026 10:57:00 AM,06/18/2026 12:27:00 PM,90,No,No",
    "Luis Peña,,06/18/2026 11:10:00 AM,06/18/2026 11:40:00 AM,30,Yes,No",
)
ZOOM_TOTALS = lines(
    "Name (Original Name),User Email,Total Duration (Minutes),Guest",
    "Ana López Ruiz,ana@toluca.example,87,No",
    "Luis Peña,,30,Yes",
    "Rosa Gil,rosa@lerma.example,400,Yes",
    "Eva Mora,,,Yes",
)
ZOOM_SPANISH = lines(
    "Nombre (nombre original);E-mail del usuario;Hora para unirse;Hora para salir;Duración (minutos);Invitado",
    "Ana López Ruiz;ana@toluca.example;18/06/2026 10:58:00;18/06/2026 12:27:00;89;No",
    "Luis Peña;;18/06/2026 11:10:00;18/06/2026 11:40:00;30;Sí",
)
ZOOM_SPANISH_NEW = lines(
    "Tema,ID,Anfitrión,Duración (minutos),Hora de inicio,Hora de finalización,Participantes",
    "Charla,812 3456 7890,Instituto,105,18/06/2026 10:50:00 a. m.,18/06/2026 12:35:00 p. m.,2",
    "",
    "Nombre (nombre original),Correo electrónico,Hora de entrada,Hora de salida,Duración (minutos),Invitado,En sala de espera",
    "Ana (Ana López Ruiz),ana@toluca.example,18/06/2026 10:58:00 a. m.,18/06/2026 12:27:00 p. m.,89,No,No",
    "Luis Peña (Externo),,18/06/2026 11:10:00 a. m.,18/06/2026 11:40:00 a. m.,30,Sí,No",
)
TEAMS_EVENTS = lines(
    "Full Name\tUser Action\tTimestamp",
    "Ana López Ruiz\tJoined before\t6/18/2026, 10:58:00 AM",
    "Luis Peña (Guest)\tJoined\t6/18/2026, 11:10:00 AM",
    "Luis Peña (Guest)\tLeft\t6/18/2026, 11:25:00 AM",
    "Luis Peña (Guest)\tJoined\t6/18/2026, 11:40:00 AM",
    "Luis Peña (Guest)\tLeft\t6/18/2026, 11:55:00 AM",
    "Ana López Ruiz\tLeft\t6/18/2026, 12:27:00 PM",
    "Eva Mora\tJoined\t6/18/2026, 12:00:00 PM",
)
TEAMS_EVENTS_SPANISH = lines(
    "Nombre completo\tAcción del usuario\tMarca de tiempo",
    "Luis Peña (Invitado)\tSe unió\t18/6/2026, 11:10:00",
    "Ana López Ruiz\tSe unió\t18/6/2026, 10:58:00",
    "Luis Peña (Invitado)\tSalió\t18/6/2026, 11:40:00",
    "Ana López Ruiz\tSalió\t18/6/2026, 12:27:00",
)
TEAMS_MIDDLE = lines(
    "Meeting Summary",
    "Total Number of Participants\t2",
    "Meeting Title\tCharla de clima",
    "Meeting Start Time\t6/18/2026, 10:55:00 AM",
    "Meeting End Time\t6/18/2026, 12:40:00 PM",
    "",
    "Full Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole\tParticipant ID (UPN)",
    "Ana López Ruiz\t6/18/2026, 10:58:00 AM\t6/18/2026, 12:27:00 PM\t1h 29m\tana@toluca.example\tPresenter\tana@toluca.example",
    "Luis Peña (Guest)\t6/18/2026, 11:10:00 AM\t6/18/2026, 11:40:00 AM\t30m\t\tAttendee\t",
)
TEAMS_SECTIONS = lines(
    "1. Summary",
    "Meeting title\tCharla de clima",
    "Attended participants\t2",
    "Start time\t6/18/26, 10:55:00\u202fAM",
    "End time\t6/18/26, 12:40:00\u202fPM",
    "Meeting duration\t1h 45m",
    "Average attendance time\t1h",
    "",
    "2. Participants",
    "Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole",
    "Ana López Ruiz\t6/18/26, 10:58:00\u202fAM\t6/18/26, 12:27:00\u202fPM\t1h 29m\tana@toluca.example\tana@toluca.example\tPresenter",
    "Luis Peña (Unverified)\t6/18/26, 11:10:00\u202fAM\t6/18/26, 12:10:00\u202fPM\t30m\t\t\tAttendee",
    "",
    "3. In-Meeting Activities",
    "Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole",
    "Ana López Ruiz\t6/18/26, 10:58:00\u202fAM\t6/18/26, 12:27:00\u202fPM\t1h 29m\tana@toluca.example\tPresenter",
    "Luis Peña (Unverified)\t6/18/26, 11:10:00\u202fAM\t6/18/26, 11:25:00\u202fAM\t15m\t\tAttendee",
    "Luis Peña (Unverified)\t6/18/26, 11:55:00\u202fAM\t6/18/26, 12:10:00\u202fPM\t15m\t\tAttendee",
)
TEAMS_SPANISH = lines(
    "1. Resumen",
    "Título de la reunión\tCharla de clima",
    "Participantes asistentes\t2",
    "Hora de inicio\t18/6/26, 10:55:00",
    "",
    "2. Participantes",
    "Nombre\tPrimera unión\tÚltima salida\tDuración en la reunión\tCorreo electrónico\tId. de participante (UPN)\tRol",
    "Ana López Ruiz\t18/6/26, 10:58:00\u202fa.\u00a0m.\t18/6/26, 12:27:00\u202fp.\u00a0m.\t1 h 29 min\tana@toluca.example\tana@toluca.example\tModerador",
    "Luis Peña (Sin verificar)\t18/6/26, 11:10:00\u202fa.\u00a0m.\t18/6/26, 11:40:00\u202fa.\u00a0m.\t30 min\t\t\tAsistente",
    "",
    "3. Actividades durante la reunión",
    "Nombre\tHora de unión\tHora de salida\tDuración\tCorreo electrónico\tRol",
    "Ana López Ruiz\t18/6/26, 10:58:00\u202fa.\u00a0m.\t18/6/26, 12:27:00\u202fp.\u00a0m.\t1 h 29 min\tana@toluca.example\tModerador",
    "Luis Peña (Sin verificar)\t18/6/26, 11:10:00\u202fa.\u00a0m.\t18/6/26, 11:40:00\u202fa.\u00a0m.\t30 min\t\tAsistente",
)
# Away in between, and no activities to say when: the duration said is the most that counts.
TEAMS_AWAY = lines(
    "2. Participants",
    "Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tRole",
    "[Ayuntamiento de Toluca] Ana López Ruiz\t6/18/26, 10:30:00 AM\t6/18/26, 12:29:00 PM\t1h 27m 0s\tana@toluca.example\tPresenter",
    "Luis Peña (External)\t6/18/26, 11:10:00 AM\t6/18/26, 12:10:00 PM\t30m 10s\t\tAttendee",
)
MEET = lines(
    "First name,Last name,Email,Duration,Time joined,Time exited",
    "Ana,López Ruiz,ana@toluca.example,1 hr 29 min,10:58 AM,12:27 PM",
    "Luis,Peña,,30 min,11:10 AM,11:40 AM",
)
MEET_SPANISH = lines(
    "Nombre,Apellidos,Correo electrónico,Duración,Hora de unión,Hora de salida",
    "Ana,López Ruiz,ana@toluca.example,1 h 29 min,10:58,12:27",
    "Luis,Peña,l***@correo.example,30 min,11:10,11:40",
)
MEET_DURATIONS = lines(
    "Nombre,Apellidos,Correo electrónico,Duración",
    "Ana,López Ruiz,ana@toluca.example,1:27:00",
    "Luis,Peña,,30 min",
)
PLAIN = lines(
    "Participante\tCorreo\tEntrada\tSalida",
    "Ana López Ruiz\tANA@Toluca.example\t2026-06-18 10:58\t2026-06-18 12:27",
    "Luis Peña\t\t2026-06-18T17:10:00Z\t2026-06-18 17:40 UTC",
)
IN_UTC = lines(
    "Name,Email,Join Time (UTC),Leave Time (UTC)",
    "Ana López Ruiz,ana@toluca.example,2026-06-18 16:58:00,2026-06-18 18:27:00",
    "Luis Peña,,2026-06-18 17:10:00,2026-06-18 17:40:00",
)
MONTH_NAMES = lines(
    "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes)",
    'Ana López Ruiz,ana@toluca.example,"Jun 18, 2026 10:58:00 AM","Jun 18, 2026 12:27:00 PM",89',
    "Luis Peña,,18 de junio de 2026 11:10:00,18 de junio de 2026 11:40:00,30",
)
EARLY = dt.date(2026, 4, 3)
DAY_FIRST = lines(
    "Nombre,Hora de entrada,Hora de salida",
    "Luis Peña,03/04/2026 11:10,03/04/2026 11:40",
)
MONTH_FIRST = DAY_FIRST.replace("03/04", "04/03")


def _cells(text: str, delimiter: str) -> list[list[str]]:
    return [row.split(delimiter) for row in text.splitlines()]


TYPED = [
    ["Charla de clima"],
    [],
    ["Nombre", "Correo electrónico", "Hora de entrada", "Hora de salida", "Duración (minutos)"],
    ["Ana López Ruiz", "ana@toluca.example", dt.datetime(2026, 6, 18, 10, 58), dt.datetime(2026, 6, 18, 12, 27), 89],
    ["Luis Peña", None, None, None, dt.time(0, 30)],
]
ROSA: Person = ("Rosa Gil", "rosa@lerma.example", 90)
EVA: Person = ("Eva Mora", "", None)
NAMED = tuple((name, "", minutes) for name, _email, minutes in BOTH)

SAMPLES = [
    Sample("zoom, old, UTF-8", ZOOM_OLD.encode(), BOTH, "zoom"),
    Sample("zoom, old, with mark", ZOOM_OLD.encode("utf-8-sig"), BOTH, "zoom"),
    Sample("zoom, old, Latin-1", ZOOM_OLD.encode("latin-1"), BOTH, "zoom"),
    Sample("zoom, below a summary", ZOOM_SUMMARY.encode("utf-8-sig"), BOTH, "zoom"),
    Sample("zoom, totals only", ZOOM_TOTALS.encode(), [*BOTH, ROSA, EVA], "zoom"),
    Sample("zoom, Spanish, semicolons", ZOOM_SPANISH.encode("cp1252"), BOTH, "zoom"),
    Sample("zoom, Spanish, new", ZOOM_SPANISH_NEW.encode(), BOTH, "zoom"),
    Sample("zoom, saved as XLSX", workbook(_cells(ZOOM_OLD, ",")), BOTH, "zoom"),
    Sample("zoom, month in letters", MONTH_NAMES.encode(), BOTH, "zoom"),
    Sample("teams, events", TEAMS_EVENTS.encode("utf-16"), [NAMED[0], NAMED[1], EVA], "teams"),
    Sample("teams, events, Spanish", TEAMS_EVENTS_SPANISH.encode("utf-16"), [NAMED[1], NAMED[0]], "teams"),
    Sample("teams, middle", TEAMS_MIDDLE.encode("utf-16"), BOTH, "teams"),
    Sample("teams, sections", TEAMS_SECTIONS.encode("utf-16"), BOTH, "teams"),
    Sample("teams, sections, UTF-16 without mark", TEAMS_SECTIONS.encode("utf-16-le"), BOTH, "teams"),
    Sample("teams, sections, UTF-8", TEAMS_SECTIONS.encode(), BOTH, "teams"),
    Sample("teams, sections, Spanish", TEAMS_SPANISH.encode("utf-16"), BOTH, "teams"),
    Sample("teams, sections, XLSX", workbook(_cells(TEAMS_SPANISH, "\t")), BOTH, "teams"),
    Sample("teams, without activities", TEAMS_AWAY.encode("utf-16"), BOTH, "teams"),
    Sample("teams, lines of Unix", TEAMS_SECTIONS.replace("\r\n", "\n").encode(), BOTH, "teams"),
    Sample("meet", MEET.encode(), BOTH, "meet"),
    Sample("meet, Spanish", MEET_SPANISH.encode(), BOTH, "meet"),
    Sample("meet, durations only", MEET_DURATIONS.encode("utf-8-sig"), BOTH, "meet"),
    Sample("meet, second sheet of XLSX", workbook([["Notas"]], _cells(MEET, ",")), BOTH, "meet"),
    Sample("plain, ISO dates and zones", PLAIN.encode(), BOTH, "other"),
    Sample("plain, UTC in the head", IN_UTC.encode(), BOTH, "other"),
    Sample("XLSX with dates and times", workbook(TYPED), BOTH, "other"),
    Sample("day first by the session", DAY_FIRST.encode(), [LUIS], "other", EARLY, EARLY),
    Sample("month first by the session", MONTH_FIRST.encode(), [LUIS], "other", EARLY, EARLY),
]


@dataclass(frozen=True)
class Broken:
    name: str
    data: bytes
    line: int
    column: int
    sentence: str
    first: dt.date = DAY
    last: dt.date = DAY


HEAD = "Nombre,Correo,Hora de entrada,Hora de salida,Duración (minutos)"


def broken(*rows: str) -> bytes:
    return lines(HEAD, *rows).encode()


BOMB = b"0" * 70_000_000


def altered_workbook(**parts: bytes) -> bytes:
    """A workbook with further parts (``drawing`` becomes xl/drawing.xml)."""
    import zipfile

    target = BytesIO(workbook(TYPED))
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(f"xl/{name}.xml", content)
    return target.getvalue()


ENTRY, EXIT, LENGTH = "Hora de entrada", "Hora de salida", "Duración (minutos)"
GOOD = "Ana,ana@toluca.example,18/06/2026 11:00,18/06/2026 12:00,60"
BROKEN = [
    Broken("empty", b" \r\n", 1, 1, "Línea 1, columna 1: El archivo está vacío. Descargue otra vez el informe."),
    Broken(
        "no head", b"uno,dos\r\ntres,cuatro\r\n", 1, 1,
        "Línea 1, columna 1: no se reconoce la lista de participantes: falta un encabezado con el nombre y la hora o la "
        "duración. Suba el informe tal como lo descargó.",
    ),
    Broken(
        "PDF", b"%PDF-1.7 ...", 1, 1,
        "Línea 1, columna 1: ese tipo de archivo no se admite: súbalo en CSV o en XLSX.",
    ),
    Broken(
        "a program", b"MZ\x90\x00\x03\x00\x00\x00\xff\xff\xd8\xd8" + bytes(range(256)), 1, 1,
        "Línea 1, columna 1: ese tipo de archivo no se admite: súbalo en CSV o en XLSX.",
    ),
    Broken("nobody", broken(), 1, 1, "Línea 1, columna 1: la lista de participantes no tiene a nadie."),
    Broken(
        "duration", broken(GOOD, "Luis,,18/06/2026 11:00,18/06/2026 12:00,un rato"), 3, 5,
        f"Línea 3, columna 5 ({LENGTH}): «un rato» no es una duración que se entienda.",
    ),
    Broken(
        "time", broken(GOOD, "Luis,,18/06/2026 25:00,18/06/2026 12:00,1"), 3, 3,
        f"Línea 3, columna 3 ({ENTRY}): «18/06/2026 25:00» no es una fecha con hora que se entienda.",
    ),
    Broken(
        "date without time", broken("Luis,,18/06/2026,,1"), 2, 3,
        f"Línea 2, columna 3 ({ENTRY}): «18/06/2026» no es una fecha con hora que se entienda.",
    ),
    Broken(
        "left before joining", broken(GOOD, "Luis,,18/06/2026 11:30,18/06/2026 11:00,"), 3, 4,
        f"Línea 3, columna 4 ({EXIT}): la salida es anterior a la entrada.",
    ),
    Broken(
        "no such day", broken("Luis,,31/31/2026 11:30,18/06/2026 11:00,"), 2, 3,
        f"Línea 2, columna 3 ({ENTRY}): «31/31/2026 11:30» no es una fecha que exista.",
    ),
    Broken(
        "another day", broken("Luis,,25/06/2026 11:30,25/06/2026 12:00,"), 2, 3,
        f"Línea 2, columna 3 ({ENTRY}): «25/06/2026 11:30» no es del día del evento (18 de junio de 2026). Revise que el "
        "informe sea de esta sesión.",
    ),
    Broken(
        "day or month first", broken("Luis,,03/04/2026 11:30,03/04/2026 12:00,"), 2, 3,
        f"Línea 2, columna 3 ({ENTRY}): «03/04/2026 11:30» puede ser el 3 de abril de 2026 o el 4 de marzo de 2026, y el evento abarca los "
        "dos días. Guarde el informe con fechas como 2026-06-18 y súbalo otra vez.",
        dt.date(2026, 3, 1), dt.date(2026, 4, 30),
    ),
    Broken(
        "no day in a long event", lines("Name,Time joined,Time exited", "Luis,11:00,12:00").encode(), 2, 2,
        "Línea 2, columna 2 (Time joined): la hora no dice de qué día es, y el evento dura varios.",
        dt.date(2026, 6, 18), dt.date(2026, 6, 19),
    ),
    Broken("no name", broken(GOOD, ",,18/06/2026 11:00,18/06/2026 12:00,60"), 3, 1, "Línea 3, columna 1 (Nombre): falta el nombre."),
    Broken(
        "comma without quotes", broken("Peña, Luis,,18/06/2026 11:00,18/06/2026 12:00,60"), 2, 6,
        "Línea 2, columna 6: hay más celdas que encabezados: tal vez un nombre con coma y sin comillas.",
    ),
    Broken("cut line", broken(GOOD, "Luis"), 3, 2, "Línea 3, columna 2: el renglón está cortado: le faltan celdas."),
    Broken(
        "open quotes", broken(GOOD, 'Luis,"l@correo.example,18/06/2026 11:00,18/06/2026 12:00,60'), 3, 2,
        "Línea 3, columna 2: unas comillas se abren y no se cierran bien.",
    ),
    Broken(
        "signs that are no text", broken("Lu\x07is,,18/06/2026 11:00,18/06/2026 12:00,60"), 2, 3,
        "Línea 2, columna 3: hay signos que no son de texto: el archivo está dañado o no es CSV.",
    ),
    Broken(
        "cut in the middle of a letter", TEAMS_MIDDLE.encode("utf-16")[:-1], 9, 1,
        "Línea 9, columna 1: el archivo está cortado o dañado. Descárguelo de nuevo.",
    ),
    Broken(
        "neither in nor out", lines("Full Name\tUser Action\tTimestamp", "Luis\tWaved\t6/18/2026, 11:10:00 AM").encode("utf-16"),
        2, 2, "Línea 2, columna 2 (User Action): «waved» no dice si entró o salió.",
    ),
    Broken(
        "damaged workbook", workbook(TYPED)[:900], 1, 1,
        "Línea 1, columna 1: El libro de Excel está dañado y no se puede abrir. Guárdelo de nuevo.",
    ),
    Broken(
        "workbook that swells", altered_workbook(drawing=BOMB), 1, 1,
        "Línea 1, columna 1: El libro de Excel es demasiado grande al abrirse. Guárdelo como CSV.",
    ),
    Broken(
        "workbook with a DOCTYPE", altered_workbook(drawing=b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x/>'), 1, 1,
        "Línea 1, columna 1: El libro de Excel trae definiciones que no se admiten. Guárdelo como CSV.",
    ),
    Broken(
        "wrong workbook cell", workbook([*TYPED, ["Rosa", None, "ayer", None, None]]), 6, 3,
        f"Línea 6, columna 3 ({ENTRY}): «ayer» no es una fecha con hora que se entienda.",
    ),
]  # fmt: skip
