"""The demonstration's directory: invented offices, programmes and communications. Loading again adds nothing twice."""

import datetime as dt
from typing import Any

from django.utils import timezone

from municipalities.models import Municipality
from network import services
from network.models import Communication, Instrument, MunicipalContact, User

# (state, year, last day from today in days, note): one municipality after the other, some without a word of it.
PROGRAMMES: list[tuple[str, int | None, int | None, str] | None] = [
    ("published", 2024, 500, ""), ("preparation", None, None, "Diagnóstico en curso (demo)."), None,
    ("none", None, None, ""), ("published", 2019, -200, ""), ("published", 2025, None, ""),
    ("preparation", None, None, ""), None,
]  # fmt: skip
# (municipality, days ago, kind, with whom, subject, summary, next step, due from today in days)
LOG = [
    ("toluca", 2, "call", "Dirección de Medio Ambiente", "Avance del programa municipal",
     "Piden la guía para el inventario de emisiones.", "Enviar la guía del inventario", 3),
    ("toluca", 30, "visit", "Presidencia municipal", "Presentación de la red", "", "", None),
    ("texcoco", 9, "letter", "Sindicatura", "Oficio de designación de suplente", "", "Confirmar la recepción", -2),
    ("metepec", 1, "mail", "Coordinación de Ecología", "Fechas del taller de agua", "Proponen el jueves.", "", None),
    ("naucalpan-de-juarez", 15, "meeting", "Desarrollo Urbano", "Revisión del atlas de riesgos",
     "Quedaron en mandar la versión corregida.", "Pedir la versión corregida", -5),
    ("ecatepec-de-morelos", 4, "call", "Oficialía de partes", "Designación pendiente", "", "Llamar de nuevo", 5),
]  # fmt: skip


def load_directory(by: User) -> None:
    """Offices and programmes for most municipalities, and a few lines of the log."""
    places = list(Municipality.objects.select_related("office").order_by("sort_name"))
    offices = set(MunicipalContact.objects.values_list("municipality", flat=True))
    told = set(Municipality.objects.filter(programmes__isnull=False).values_list("pk", flat=True))
    instrument = Instrument.objects.first()
    today = timezone.localdate()
    for number, place in enumerate(places):
        if number % 3 and place.pk not in offices:
            services.save_contact(municipality=place, values=_office(place, number), version=0, by=by)
        row = PROGRAMMES[number % len(PROGRAMMES)]
        if row is not None and place.pk not in told:
            state, year, days, note = row
            last = today + dt.timedelta(days=days) if days is not None else None
            values = {"state": state, "instrument": instrument, "year": year, "valid_until": last, "note": note}
            services.record_programme(municipality=place, values=values, after=0, by=by)
    if not Communication.objects.exists():
        _log({place.slug: place for place in places}, today, by)


def _office(place: Municipality, number: int) -> dict[str, str]:
    known = getattr(place, "office", None)
    return {
        "office": "Dirección de Medio Ambiente (demo)",
        "address": f"Plaza Ficticia {number + 1}, {place.seat}",
        "phone": f"55 5555 {number:04d}",
        "email": known.email if known else f"ambiente.{place.slug}@municipio.example",
        "website": f"https://{place.slug}.municipio.example/",
    }


def _log(places: dict[str, Municipality], today: dt.date, by: User) -> None:
    for slug, ago, kind, counterpart, subject, summary, step, due in LOG:
        if slug not in places:
            continue
        values: dict[str, Any] = {
            "kind": kind,
            "happened_on": today - dt.timedelta(days=ago),
            "counterpart": counterpart,
            "subject": f"{subject} (demo)",
            "summary": summary,
            "next_step": step,
            "due_on": today + dt.timedelta(days=due) if due is not None else None,
        }
        services.log_communication(municipality=places[slug], values=values, request_key=None, by=by)
