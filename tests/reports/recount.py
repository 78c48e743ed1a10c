"""A large random network, and what every figure of it should say: counted a second time in plain SQL.

Nothing here shares code with what it checks: the conditions are written again from the definitions in
``events/figures.py``, ``trainings/figures.py`` and ``actions/figures.py``, over the tables themselves.
"""

import datetime as dt
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.text import slugify

from actions.models import Action, EmissionEstimate, Indicator, IndicatorReading
from events.models import Attendance, Event, EventOrganiser
from municipalities.models import MetropolitanZone
from network.models import ClimateProgramme, Designation, Person
from tests import factories as f
from trainings.models import AccompanimentSession, TrainingSession, TrainingTarget

CASES = 20
SEXES = ["woman", "man", "other", "undisclosed", ""]
HEADS = ["Mujeres", "Hombres", "Otro", "Prefiere no decir", "Sin dato"]
WAYS = {"virtual": "Virtual", "in-person": "Presencial", "hybrid": "Híbrida", "": "Sin dato"}
EVENT_WAYS = {code: word for code, word in WAYS.items() if code}
KINDS = {"": "Sin dato", "public-servant": "Servidora o servidor público", "academia": "Academia"}
PROGRAMMES = {"preparation": "En elaboración", "published": "Publicado"}
ACTION_KINDS = {"mitigation": "Mitigación", "adaptation": "Adaptación", "both": "Mitigación y adaptación"}
STATUSES = {"planned": "Planeada", "under-way": "En curso", "completed": "Concluida"}
ESTIMATES = {"expected": "Esperado por año", "achieved": "Logrado en un periodo"}
Told = dict[tuple[str, str, str], Any]


def random_world() -> dict[str, list[tuple[str, Any]]]:
    """Some thousands of attendances at eighty events, from thirty municipalities; always the same ones."""
    rng = random.Random(16)
    today = timezone.localdate()
    regions = [f.RegionFactory(number=900 + n, name=f"Región {n}", slug=f"region-{n}") for n in range(5)]
    places = [
        f.MunicipalityFactory(cvegeo=f"15{900 + n}", name=f"Municipio {n:02}", slug=f"municipio-{n:02}",
                              region=regions[n % 5], tile_column=900 + n, tile_row=900)
        for n in range(30)
    ]  # fmt: skip
    zones = [MetropolitanZone.objects.create(name=f"Valle {n}", delimitation_year=2099) for n in range(2)]
    zones[0].municipalities.set(places[:6])
    zones[1].municipalities.set(places[10:13])
    formats = [f.FormatFactory(code=f"formato-{n}", name=f"Formato {n}", order=n) for n in range(3)]
    pathways = [f.PathwayFactory(code=f"camino-{n}", name=f"Camino {n}", order=n) for n in range(3)]
    sectors = [f.SectorFactory(code=f"sector-{n}", name=f"Sector {n}", order=n) for n in range(4)]
    series = [f.SeriesFactory(title=f"Ciclo {n}", slug=f"ciclo-{n}") for n in range(2)]
    organisations = [f.OrganisationFactory(name=f"Instituto {n}", acronym=f"INS{n}") for n in range(4)]
    people = Person.objects.bulk_create([Person(name=f"Persona {n}") for n in range(700)])
    events = []
    for n, day in enumerate(rng.sample(range(-700, 20), 80)):
        first = today + dt.timedelta(days=day)
        start = dt.datetime.combine(first, dt.time(16), tzinfo=dt.UTC)
        hours = rng.random() < 0.7
        events.append(
            Event(
                title=f"Evento {n}", slug=f"evento-{n}", format=rng.choice(formats), pathway=rng.choice(pathways),
                modality=rng.choice(["virtual", "in-person", "hybrid"]), series=rng.choice([None, *series]),
                municipality=rng.choice([None, *places]), headcount=rng.choice([None, None, 5, 80]),
                status=rng.choice(["published"] * 6 + ["draft", "cancelled"]),
                **({"first_day": None} if n % 20 == 0 else {"first_day": first, "last_day": first}),
                **({"starts_at": start, "ends_at": start + dt.timedelta(hours=2)} if hours and n % 20 else {}),
            )
        )  # fmt: skip
    events = Event.objects.bulk_create(events)
    Event.sectors.through.objects.bulk_create(
        Event.sectors.through(event=event, sector=sector)
        for event in events for sector in rng.sample(sectors, rng.randrange(3))
    )  # fmt: skip
    EventOrganiser.objects.bulk_create(
        EventOrganiser(event=event, organisation=rng.choice(organisations), role="supports") for event in events[::4]
    )
    written = ["", "", "", "otra casa"]
    for row in organisations:
        written += [row.name.upper(), row.acronym, f"{row.name} ({row.acronym})"]
    Attendance.objects.bulk_create(
        Attendance(
            event=event, person=person, municipality=rng.choice([None, *places, *places[:4] * 6]),
            sex=rng.choices(SEXES, [50, 40, 1, 1, 8])[0], minutes=rng.choice([None, 0, 15, 60, 90]),
            category=rng.choice(["", "public-servant", "academia"]), institution=rng.choice(written),
            modality=rng.choice(["", "", "virtual", "in-person"]),
        )
        for event in events if rng.random() < 0.8
        for person in rng.sample(people, rng.randrange(90))
    )  # fmt: skip
    trainings = [f.TrainingFactory(title=f"Capacitación {n}", is_published=n != 4) for n in range(6)]
    TrainingSession.objects.bulk_create(
        TrainingSession(training=training, event=event)
        for training in trainings[:5] for event in rng.sample(events, 9)
    )  # fmt: skip
    TrainingTarget.objects.bulk_create(
        TrainingTarget(training=training, organisation=organisation, people=rng.randrange(9, 90))
        for training in trainings for organisation in rng.sample(organisations, 2)
    )  # fmt: skip
    _municipal(rng, today, places, pathways, sectors)
    return {
        "region": [(f"region={row.slug}", row.pk) for row in regions],
        "zone": [(f"zona={row.pk}", row.pk) for row in zones],
        "municipality": [(f"municipio={row.slug}", row.pk) for row in places],
        "series": [(f"ciclo={row.slug}", row.pk) for row in series],
        "training": [(f"capacitacion={row.slug}", row.pk) for row in trainings if row.is_published],
        "institution": [(f"institucion={row.pk}", row.pk) for row in organisations],
        "state": [("", None)],
    }


def _municipal(rng: random.Random, today: dt.date, places: list, pathways: list, sectors: list) -> None:
    """Designations, programmes, actions with what is measured of them, and accompaniment."""
    past = lambda most: today - dt.timedelta(days=rng.randrange(most))  # noqa: E731
    for n, place in enumerate(places):
        if n % 3:
            Designation.objects.create(
                municipality=place, person=f.PersonFactory(), kind="titular" if n % 3 == 1 else "suplente",
                starts_on=past(600), oficio_number=str(n),
            )  # fmt: skip
    ClimateProgramme.objects.bulk_create(
        ClimateProgramme(municipality=place, number=1, state=rng.choice(["preparation", "published"]))
        for place in places[::2]
    )
    achieved = {"kind": "achieved", "starts_on": today - dt.timedelta(days=800)}
    actions = []
    for n in range(150):
        starts_on = past(700)
        actions.append(
            Action(
                municipality=rng.choice(places), title=f"Acción {n}", slug=slugify(f"acción {n}"),
                kind=rng.choice(["mitigation", "adaptation", "both"]), sector=rng.choice(sectors),
                pathway=rng.choice(pathways), description="x", responsible_area="x", starts_on=starts_on,
                ends_on=rng.choice([None, starts_on + dt.timedelta(days=rng.randrange(900))]),
                status=rng.choice(["planned", "under-way", "completed"]),
                **({"review_state": "published", "published_at": timezone.now()} if n % 4 else {}),
            )
        )  # fmt: skip
    actions = Action.objects.bulk_create(actions)
    indicators = Indicator.objects.bulk_create(
        Indicator(action=rng.choice(actions), name=f"Indicador {n}", unit=rng.choice(["ha", "km", "Ha"]),
                  target=rng.randrange(1, 400), direction=rng.choice(["increase", "decrease"]))
        for n in range(120)
    )  # fmt: skip
    IndicatorReading.objects.bulk_create(
        IndicatorReading(indicator=row, date=today - dt.timedelta(days=days), value=Decimal(rng.randrange(9000)) / 100)
        for row in indicators for days in rng.sample(range(700), rng.randrange(4))
    )  # fmt: skip
    EmissionEstimate.objects.bulk_create(
        EmissionEstimate(
            action=rng.choice(actions),
            activity="x",
            method="x",
            tonnes=Decimal(rng.randrange(90000)) / 1000,
            **rng.choice([{}, achieved | {"ends_on": past(700)}]),
        )
        for _number in range(60)
    )
    now, files = timezone.now(), [f.AccompanimentFactory(municipality=place, state="assigned") for place in places[:9]]
    AccompanimentSession.objects.bulk_create(
        AccompanimentSession(
            accompaniment=rng.choice(files), day=past(700) + dt.timedelta(days=3), modality="virtual",
            minutes=rng.choice([None, 45, 120]), institute_confirmed_at=rng.choice([None, now, now]),
            municipality_confirmed_at=rng.choice([None, now, now]),
        )
        for _number in range(80)
    )  # fmt: skip


# --- Counted again


class Recount:
    """What a scope and a period should say, from SQL and the definitions alone.

    :meth:`all` keeps each number by (table, row, column), in the words of ``/gestion/cifras/``.
    """

    def __init__(self, kind: str, pk: int | None, first: dt.date | None, last: dt.date | None) -> None:
        self.kind, self.pk, self.first, self.last = kind, pk, first, last
        self.today = timezone.localdate()
        now = f"{timezone.now().astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}"
        held = "e.status = 'published' AND (e.ends_at < %s OR (e.ends_at IS NULL AND e.last_day < %s))"
        how = "CASE WHEN a.modality <> '' THEN a.modality WHEN e.modality = 'hybrid' THEN '' ELSE e.modality END"
        self.came = self.ask(
            f"SELECT a.id, a.event_id, a.person_id, a.sex, a.category, a.minutes, a.municipality_id,"
            f" m.region_id, e.first_day, {how}, LOWER(a.institution)"
            f" FROM events_attendance a JOIN events_event e ON e.id = a.event_id"
            f" LEFT JOIN municipalities_municipality m ON m.id = a.municipality_id"
            f" WHERE {held} AND {self.days('e.first_day')} AND {self.attended()}",
            now, self.today,
        )  # fmt: skip
        events = self.ask(
            f"SELECT e.id, f.name, e.modality, p.name, e.headcount, CASE WHEN {self.own()} THEN 1 ELSE 0 END"
            f" FROM events_event e JOIN events_format f ON f.id = e.format_id"
            f" JOIN network_pathway p ON p.id = e.pathway_id"
            f" WHERE {held} AND {self.days('e.first_day')}",
            now, self.today,
        )  # fmt: skip
        from_there = {row[1] for row in self.came}
        both_ways = kind in {"region", "zone", "municipality", "institution"}
        self.events = [row for row in events if row[5] or (both_ways and row[0] in from_there)]
        ((self.undated,),) = self.ask(
            f"SELECT COUNT(*) FROM events_event e WHERE e.status = 'published' AND e.first_day IS NULL AND {self.own()}"
        )
        self.trained: set[int] = set()

    def before(self) -> "Recount":
        """Of as many days before."""
        assert self.first is not None
        assert self.last is not None
        last = self.first - dt.timedelta(days=1)
        return Recount(self.kind, self.pk, last - (self.last - self.first), last)

    def ask(self, sql: str, *params: object) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()

    def days(self, column: str) -> str:
        said = [f"{column} >= '{self.first}'"] if self.first else []
        said += [f"{column} <= '{self.last}'"] if self.last else []
        return " AND ".join([f"{column} IS NOT NULL", *said])

    def in_places(self, column: str) -> str:
        return {
            "state": "1 = 1",
            "municipality": f"{column} = {self.pk}",
            "region": f"{column} IN (SELECT id FROM municipalities_municipality WHERE region_id = {self.pk})",
            "zone": f"{column} IN (SELECT municipality_id FROM municipalities_metropolitanzone_municipalities"
            f" WHERE metropolitanzone_id = {self.pk})",
        }.get(self.kind, "1 = 0")

    def own(self) -> str:
        return {
            "series": f"e.series_id = {self.pk}",
            "training": f"e.id IN (SELECT event_id FROM trainings_trainingsession WHERE training_id = {self.pk})",
            "institution": f"e.id IN (SELECT event_id FROM events_eventorganiser WHERE organisation_id = {self.pk})",
        }.get(self.kind, self.in_places("e.municipality_id"))

    def attended(self) -> str:
        if self.kind == "institution":
            ((name, acronym),) = self.ask(f"SELECT name, acronym FROM network_organisation WHERE id = {self.pk}")
            texts = ", ".join(f"'{text.lower()}'" for text in (name, acronym, f"{name} ({acronym})"))
            return f"LOWER(a.institution) IN ({texts})"
        return self.own() if self.kind in {"series", "training"} else self.in_places("a.municipality_id")

    def split(self, rows: list[tuple[Any, ...]]) -> list[int]:
        counts = Counter(row[3] for row in rows)
        return [counts[sex] for sex in SEXES]

    def people(self) -> Told:
        told: Told = {}
        latest: dict[int, dict[str, str]] = defaultdict(dict)
        for row in sorted(self.came, key=lambda row: str(row[8])):
            latest[row[2]].update({name: value for name, value in (("sex", row[3]), ("kind", row[4])) if value})
        sexes = Counter(person.get("sex", "") for person in latest.values())
        of_kind = Counter(person.get("kind", "") for person in latest.values())
        known = [row[5] for row in self.came if row[5] is not None]
        table = "Asistencias y personas, por sexo"
        told[table, "Asistencias", "Todas"] = len(self.came)
        told[table, "Personas únicas", "Todas"] = len(latest)
        for head, sex, count in zip(HEADS, SEXES, self.split(self.came), strict=True):
            told[table, "Asistencias", head] = count
            told[table, "Personas únicas", head] = sexes[sex]
        told["Minutos de asistencia", "Minutos", "Número"] = sum(known) if known else None
        told["Minutos de asistencia", "Asistencias con minutos conocidos", "Número"] = len(known)
        ways = Counter(row[9] for row in self.came)
        told |= {("Asistencias por modalidad", WAYS[way], "Asistencias"): count for way, count in ways.items()}
        for title, groups in self.groups().items():
            for label, rows in groups.items():
                told[title, label, "Asistencias"] = len(rows)
                told[title, label, "Personas únicas"] = len({row[2] for row in rows})
                told |= {(title, label, head): n for head, n in zip(HEADS, self.split(rows), strict=True)}
        for code in {row[4] for row in self.came}:  # a person is of one kind: the latest that is known
            told["Por tipo de persona", KINDS[code], "Personas únicas"] = of_kind[code]
        return told

    def groups(self) -> dict[str, dict[str, list[tuple[Any, ...]]]]:
        """The attendances by table and row."""
        names = dict(self.ask("SELECT id, name FROM municipalities_municipality"))
        regions = dict(self.ask("SELECT id, name FROM municipalities_region"))
        zones = dict(self.ask(
            "SELECT m.municipality_id, z.name FROM municipalities_metropolitanzone_municipalities m"
            " JOIN municipalities_metropolitanzone z ON z.id = m.metropolitanzone_id"
            " WHERE z.delimitation_year = (SELECT MAX(delimitation_year) FROM municipalities_metropolitanzone)"
        ))  # fmt: skip
        written = {}
        for name, acronym in self.ask("SELECT name, acronym FROM network_organisation"):
            label = f"{name} ({acronym})"
            written |= dict.fromkeys([name.lower(), acronym.lower(), label.lower()], label)
        found: dict[str, dict[str, list[tuple[Any, ...]]]] = defaultdict(lambda: defaultdict(list))
        for row in self.came:
            found["Por municipio"][names.get(row[6], "Sin dato")].append(row)
            found["Por región"][regions.get(row[7], "Sin dato")].append(row)
            found["Por tipo de persona"][KINDS[row[4]]].append(row)
            found["Por institución"][written.get(row[10], "Otra o sin dato")].append(row)
            if row[6] in zones:
                found["Por zona metropolitana"][zones[row[6]]].append(row)
        return found

    def of_events(self) -> Told:
        declared = [row[4] for row in self.events if row[5] and row[4] is not None]
        listed = {pk for (pk,) in self.ask("SELECT DISTINCT event_id FROM events_attendance")}
        table = "Eventos celebrados"
        told: Told = {
            (table, "Celebrados", "Número"): len(self.events),
            (table, "Con lista nominal", "Número"): sum(1 for row in self.events if row[0] in listed),
            (table, "Que declaran aforo", "Número"): len(declared),
            (table, "Aforo declarado, personas", "Número"): sum(declared) if declared else None,
            (table, "Publicados sin fecha, que no se cuentan", "Número"): self.undated,
        }
        for title, column in (("Por modalidad", 2), ("Por camino de entrada", 3)):
            counts = Counter(row[column] for row in self.events)
            told |= {(title, EVENT_WAYS.get(word, word), "Eventos"): count for word, count in counts.items()}
        for (name,), count in Counter((row[1],) for row in self.events).items():
            told["Por formato y modalidad", name, "Todos"] = count
        for (name, way), count in Counter((row[1], row[2]) for row in self.events).items():
            told["Por formato y modalidad", name, EVENT_WAYS[way]] = count
        held, topics = {row[0] for row in self.events}, Counter[str]()
        themes = self.ask(
            "SELECT l.event_id, s.name FROM events_event_sectors l JOIN network_sector s ON s.id = l.sector_id"
        )
        for event, sector in themes:
            topics[sector] += event in held
        topics["Sin dato"] = len(held - {event for event, _sector in themes})
        return told | {("Por tema", name, "Eventos"): count for name, count in topics.items() if count}

    def of_trainings(self) -> Told:
        told: Told = {}
        held, came = {row[0] for row in self.events}, defaultdict(list)
        for row in self.came:
            came[row[1]].append(row)
        sessions, targets = defaultdict(set), defaultdict[int, int](int)
        for training, event in self.ask("SELECT training_id, event_id FROM trainings_trainingsession"):
            sessions[training].add(event)
        only = f" WHERE organisation_id = {self.pk}" if self.kind == "institution" else ""
        for training, people in self.ask(f"SELECT training_id, people FROM trainings_trainingtarget{only}"):
            targets[training] += people
        published = self.ask("SELECT id, title FROM trainings_training WHERE is_published")
        aimed = 0
        for pk, title in published:
            own = held & sessions[pk]
            unplaced = not sessions[pk] and (
                self.kind == "state" or (self.kind, self.pk) == ("training", pk)
                or (self.kind == "institution" and pk in targets)
            )  # fmt: skip
            if not (own or unplaced) or (self.kind == "training" and pk != self.pk):
                continue
            rows = [row for event in own for row in came[event]]
            aimed += targets[pk]
            told["Meta y alcance", title, "Meta: personas"] = targets[pk] or None
            told["Meta y alcance", title, "Sesiones"] = len(own)
            told["Meta y alcance", title, "Asistencias"] = len(rows) or None
            told["Meta y alcance", title, "Personas únicas"] = len({row[2] for row in rows}) or None
        if told:
            told["Metas en conjunto", "Todas", "Personas"] = aimed or None
        counted = {event for pk, _title in published for event in sessions[pk]}
        trained = [row for row in self.came if row[1] in counted]
        known = [row[5] for row in trained if row[5] is not None]
        table = "Horas de capacitación"
        told[table, "Asistencias a sesiones de capacitación", "Número"] = len(trained)
        told[table, "Con minutos conocidos", "Número"] = len(known)
        told[table, "Con minutos sin dato", "Número"] = len(trained) - len(known)
        told[table, "Minutos", "Número"] = sum(known) if known else None
        self.trained = {row[6] for row in trained} - {None}
        return told

    def of_places(self) -> Told:
        """After :meth:`of_trainings`, which finds from where somebody was trained."""
        if self.kind in {"series", "training", "institution"}:
            return {}
        told: Told = {}
        sessions = self.ask(
            "SELECT x.municipality_id, s.minutes, CASE WHEN s.institute_confirmed_at IS NOT NULL AND"
            " s.municipality_confirmed_at IS NOT NULL THEN 1 ELSE 0 END FROM trainings_accompanimentsession s"
            " JOIN trainings_accompaniment x ON x.id = s.accompaniment_id"
            f" WHERE {self.days('s.day')} AND s.day <= '{self.today}' AND {self.in_places('x.municipality_id')}"
        )
        both = [row for row in sessions if row[2]]
        known = [row[1] for row in both if row[1] is not None]
        table = "Acompañamiento técnico"
        told[table, "Sesiones confirmadas por ambas partes", "Número"] = len(both)
        told[table, "De ellas, sin duración", "Número"] = len(both) - len(known)
        told[table, "Minutos confirmados por ambas partes", "Número"] = sum(known) if known else None
        told[table, "Sesiones por confirmar, que no se cuentan", "Número"] = len(sessions) - len(both)
        as_of = min(self.last or self.today, self.today)
        letters = self.ask(
            "SELECT municipality_id, kind FROM network_designation WHERE state = 'in-force'"
            f" AND starts_on <= '{as_of}' AND (ends_on IS NULL OR ends_on >= '{as_of}')"
        )
        inside = {pk for (pk,) in self.ask(f"SELECT id FROM municipalities_municipality WHERE {self.in_places('id')}")}
        titular = inside & {pk for pk, kind in letters if kind == "titular"}
        anybody = inside & {pk for pk, _kind in letters}
        table = "Designaciones vigentes"
        told[table, "Todos", "Municipios"] = len(inside)
        told[table, "Con titular vigente", "Municipios"] = len(titular)
        told[table, "Solo con suplente", "Municipios"] = len(anybody - titular)
        told[table, "Sin designación", "Municipios"] = len(inside - anybody)
        told["Alcance", "Con personas capacitadas en el periodo", "Municipios"] = len(self.trained)
        told["Alcance", "Con acompañamiento confirmado en el periodo", "Municipios"] = len({row[0] for row in both})
        states = self.ask(
            "SELECT p.state, COUNT(*) FROM network_climateprogramme p WHERE number = (SELECT MAX(number)"
            " FROM network_climateprogramme o WHERE o.municipality_id = p.municipality_id)"
            f" AND {self.in_places('municipality_id')} GROUP BY p.state"
        )
        programmes = {PROGRAMMES[state]: count for state, count in states}
        programmes["Sin dato"] = len(inside) - sum(programmes.values())
        told |= {("Programa climático municipal", word, "Municipios"): n for word, n in programmes.items() if n}
        return told | self.of_actions()

    def of_actions(self) -> Told:
        touching = [f"a.starts_on <= '{self.last}'"] if self.last else []
        touching += [f"(a.ends_on IS NULL OR a.ends_on >= '{self.first}')"] if self.first else []
        where = " AND ".join(["a.review_state = 'published'", self.in_places("a.municipality_id"), *touching])
        actions = self.ask(
            "SELECT a.id, a.municipality_id, a.kind, a.status, a.ends_on, p.name, s.name FROM actions_action a"
            " JOIN network_pathway p ON p.id = a.pathway_id JOIN network_sector s ON s.id = a.sector_id"
            f" WHERE {where}"
        )
        told: Told = {
            ("Alcance", "Con acciones publicadas", "Municipios"): len({row[1] for row in actions}),
            ("Acciones publicadas", "Publicadas", "Acciones"): len(actions),
        }
        plans = []
        for row in actions:
            is_open, ends_on = row[3] in ("planned", "under-way"), row[4]
            is_late = ends_on is not None and str(ends_on) < str(self.today)
            plans.append(
                "Concluidas, suspendidas o canceladas" if not is_open
                else "Abiertas, sin fecha de término" if ends_on is None
                else "Abiertas, con el plan vencido" if is_late else "Abiertas, en plazo"
            )  # fmt: skip
        for title, words in (
            ("Por tipo", [ACTION_KINDS[row[2]] for row in actions]),
            ("Por situación", [STATUSES[row[3]] for row in actions]),
            ("Por camino de entrada", [row[5] for row in actions]),
            ("Por sector", [row[6] for row in actions]),
            ("Frente a su plan, hoy", plans),
        ):
            told |= {(title, word, "Acciones"): count for word, count in Counter(words).items()}
        return told | self.measured({row[0] for row in actions})

    def measured(self, actions: set[int]) -> Told:
        told: Told = {}
        until = f" WHERE date <= '{self.last}'" if self.last else ""
        readings = {pk: value for pk, _day, value in self.ask(
            f"SELECT indicator_id, date, value FROM actions_indicatorreading{until} ORDER BY date")}  # fmt: skip
        groups = defaultdict(list)
        for pk, action, unit, direction, target in self.ask(
            "SELECT id, action_id, unit, direction, target FROM actions_indicator"
        ):
            if action in actions:
                groups[unit, direction].append((Decimal(str(target)), readings.get(pk)))
        table = "Indicadores por unidad"
        for (unit, direction), rows in groups.items():
            label = f"{unit} {'↓' if direction == 'decrease' else '↑'}"
            read = [(target, Decimal(str(value))) for target, value in rows if value is not None]
            told[table, label, "Indicadores"] = len(rows)
            told[table, label, "Suma de metas"] = sum(target for target, _value in rows)
            told[table, label, "Con lectura"] = len(read)
            told[table, label, "Suma de lecturas"] = sum(v for _t, v in read) if read else None
            told[table, label, "De metas"] = sum(t for t, _v in read) if read else None
        tonnes = defaultdict(list)
        estimates = self.ask("SELECT action_id, kind, ends_on, tonnes FROM actions_emissionestimate")
        for action, kind, ends_on, value in estimates:
            early = self.first and str(ends_on) < str(self.first)
            late = self.last and str(ends_on) > str(self.last)
            if action in actions and (kind == "expected" or not (early or late)):
                tonnes[kind].append(Decimal(str(value)))
        table = "Emisiones evitadas o capturadas, estimadas"
        for kind, values in tonnes.items():
            label = f"{ESTIMATES[kind]} · Sin factor: resultado escrito con su método"
            told[table, label, "Estimaciones"] = len(values)
            told[table, label, "Toneladas de CO₂e"] = sum(values)
        return told

    def all(self) -> Told:
        return self.of_events() | self.people() | self.of_trainings() | self.of_places()


def cases(world: dict[str, list[tuple[str, Any]]]) -> Iterator[tuple[str, str, Any, tuple[Any, Any]]]:
    """(query, kind, pk, period) of twenty random scopes and periods, each kind of scope three times at most."""
    rng, today = random.Random(7), timezone.localdate()
    kinds = [*world, *world, *world][:CASES]
    for number, kind in enumerate(kinds[:CASES]):
        query, pk = rng.choice(world[kind])
        first = today - dt.timedelta(days=rng.randrange(30, 700))
        last = first + dt.timedelta(days=rng.randrange(400))
        period = [(None, None), (first, None), (None, last), (first, last)][number % 4]
        days = "&".join(f"{name}={day}" for name, day in zip(("desde", "hasta"), period, strict=True) if day)
        yield f"{query}&{days}", kind, pk, period
