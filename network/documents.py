"""What is made of rows for a person to take away: the own data of all apps as JSON and as tables."""

import json
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from network.models import Person
from network.registry import Exported, person_steps
from web.tabular import csv_bytes


def own_data(person: Person) -> Exported:
    """What every app keeps of this person, in the order of the apps. Headings with nothing in them are left out."""
    found: Exported = {}
    for steps in person_steps():
        for heading, rows in steps.export(person).items():
            if rows:
                found.setdefault(str(heading), []).extend(rows)
    return found


def own_data_zip(person: Person) -> bytes:
    """``datos.json`` with everything, and a CSV for each heading. Made on the fly and kept nowhere."""
    data, target = own_data(person), BytesIO()
    whole = {_("Hecho el"): timezone.now(), _("Datos"): data}
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        archive.writestr("datos.json", json.dumps(whole, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
        for number, (heading, rows) in enumerate(data.items(), start=1):
            head = list(dict.fromkeys(name for row in rows for name in row))
            table = csv_bytes(head, ([_cell(row.get(name)) for name in head] for row in rows))
            archive.writestr(f"{number:02d}-{slugify(heading) or 'datos'}.csv", table)
    return target.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.localtime(value).isoformat(timespec="minutes")
    if value is None or isinstance(value, str | int | float | date):
        return value
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
