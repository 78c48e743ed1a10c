"""What a constancia says, sealed when it is issued, and the page that prints it.

``sealed`` puts every word into a snapshot; ``certificate_pdf`` prints a snapshot and nothing else, so the same snapshot
gives the same bytes whatever became of the person, the training or the template.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.conf import settings
from django.template import loader
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image

from municipalities.maps import ornament
from network.models import private_storage
from trainings.completion import Completion
from trainings.models import Certificate, CertificateTemplate, Training
from web import dates, identity, qr
from web.contrast import mix
from web.pdf import html_to_pdf

# What may stand in braces in the text of a template, and what it means.
PLACEHOLDERS = {
    "nombre": gettext_lazy("el nombre de la persona"),
    "capacitacion": gettext_lazy("el título de la capacitación"),
    "fechas": gettext_lazy("los días de sus sesiones: «del 3 al 17 de junio de 2026»"),
    "horas": gettext_lazy("«20 horas», o «duración no registrada»"),
    "modalidad": gettext_lazy("«en línea», «presencial» o «híbrida»"),
    "asistencia": gettext_lazy("«4 de 5 sesiones»"),
    "institucion": gettext_lazy("quien expide la constancia"),
}
SHIPPED_NAME = "General"
SHIPPED_TEXT = "por haber cumplido los requisitos de la capacitación «{capacitacion}», celebrada {fechas} ({horas})."
BRACED = re.compile(r"\{([^{}\n]*)\}")
# Letters that fit on a line of the name, and in the text, in each size.
LARGE_NAME, MIDDLE_NAME = 36, 60
LARGE_TEXT, MIDDLE_TEXT = 170, 330
MODALITIES = {
    "virtual": gettext_lazy("en línea"),
    "in-person": gettext_lazy("presencial"),
    "hybrid": gettext_lazy("híbrida"),
}
# A patch of tiles beside the name; the network's emblem, no map: few, for each of a thousand documents draws them.
TILES = ((0, 1), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (3, 3), (4, 2))

Snapshot = dict[str, Any]


# --- The text of a template


def problems(text: str) -> list[str]:
    """What is wrong with the text of a template, each in one sentence."""
    unknown = [name for name in dict.fromkeys(BRACED.findall(text)) if name not in PLACEHOLDERS]
    names = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    sentence = _("{unknown} no existe. Se puede usar: {names}.")
    found = [sentence.format(unknown=f"{{{name}}}", names=names) for name in unknown]
    rest = BRACED.sub("", text)
    if "{" in rest or "}" in rest:
        found.append(_("Hay una llave sin su pareja: cada nombre va entre dos, como {horas}."))
    return found


def filled(text: str, values: Mapping[str, str]) -> str:
    """Each placeholder by its value, once: a value that looks like a placeholder stays what it is."""
    return BRACED.sub(lambda match: values.get(match[1], match[0]), text)


# --- The snapshot


@dataclass(frozen=True, slots=True)
class Course:
    """What a training's constancias have in common. ``first`` and ``last``: days of its sessions, where known."""

    title: str
    hours: Decimal | None
    modality: str
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Merit:
    """How a person met the rule: ``rule`` in words; ``minutes`` None where unknown."""

    rule: str
    minutes: int | None
    sessions: int
    sessions_held: int


def merit_of(one: Completion) -> Merit:
    """The reason of an exception stays inside the institute: it may tell of somebody's health or family."""
    words = _("Acreditada por acuerdo de quien la expide.") if one.exception else f"{one.why}."
    return Merit(words[0].upper() + words[1:], one.minutes, one.sessions, one.sessions_held)


def course_of(training: Training) -> Course:
    days = list(
        training.events.filter(status="published").exclude(first_day=None).order_by("first_day").values_list(
            "first_day", "last_day"
        )
    )  # fmt: skip
    first = days[0][0] if days else None
    last = max((end or start for start, end in days if start), default=None)
    return Course(training.title, training.hours, training.modality, first, last)


def sealed(template: CertificateTemplate, course: Course, *, name: str, merit: Merit, issued_at: datetime) -> Snapshot:
    """Every word that the constancia prints, in Spanish, with what it was made from."""
    with translation.override("es"):
        installation = identity.current()
        issuer = template.issuer or installation.institution_name
        hours = formats.number_format(course.hours.normalize()) if course.hours is not None else ""
        of_sessions = {"n": merit.sessions, "held": merit.sessions_held}
        values = {
            "nombre": name,
            "capacitacion": course.title,
            "fechas": _days(course),
            "horas": _("{n} horas").format(n=hours) if hours else _("duración no registrada"),
            "modalidad": str(MODALITIES.get(course.modality, _("modalidad no registrada"))),
            "asistencia": _("{n} de {held} sesiones").format(**of_sessions),
            "institucion": issuer,
        }
        return {
            "name": name,
            "training": course.title,
            "hours": hours,
            "starts_on": course.first.isoformat() if course.first else "",
            "ends_on": course.last.isoformat() if course.last else "",
            "days": values["fechas"],
            "modality": values["modalidad"],
            "rule": merit.rule,
            "minutes": merit.minutes,
            "sessions": merit.sessions,
            "sessions_held": merit.sessions_held,
            "title": template.title,
            "text": filled(template.text, values),
            "issuer": issuer,
            "network": installation.name,
            "state_name": installation.state_name,
            "issued_on": timezone.localtime(issued_at, identity.Zone()).date().isoformat(),
            "template": template.name,
            "template_version": template.version,
            "logos": [{"file": logo.image.name, "label": logo.label} for logo in template.logos.all()],
            "signatories": [
                {"name": one.name, "position": one.position, "file": one.signature.name}
                for one in template.signatories.all()
            ],
        }


def _days(course: Course) -> str:
    if course.first is None:
        return _("en fecha no registrada")
    if course.last is None or course.last == course.first:
        return _("el {day}").format(day=dates.day_label(course.first, weekday=False))
    return dates.day_range_label(course.first, course.last)


# --- The page


class Shared:
    """What many documents have in common, read once: the template, the pictures, the emblem."""

    def __init__(self) -> None:
        self.template = loader.get_template("pdf/trainings/certificate.html")
        self.installation = identity.current()
        # Pale by its colours: transparency would be painted as a picture that no reader is told of.
        pale = [mix(colour, "#FFFFFF", 0.86) for colour in (self.installation.primary_light, self.installation.accent)]
        self.emblem: SafeString = ornament(TILES, primary=pale[0], accent=pale[1])
        self._pictures: dict[str, str] = {}

    def picture(self, name: str) -> str:
        """A stored picture as a ``data:`` address; nothing where it was taken off meanwhile."""
        if name not in self._pictures:
            self._pictures[name] = _as_data(name) if name else ""
        return self._pictures[name]


def _as_data(name: str) -> str:
    try:
        with private_storage().open(name) as file, Image.open(file) as picture:
            target = BytesIO()
            picture.save(target, "PNG")
    except FileNotFoundError:
        return ""
    return f"data:image/png;base64,{b64encode(target.getvalue()).decode()}"


def public_address(folio: str) -> str:
    """Where anybody may check the constancia, always the Spanish page: it is printed."""
    with translation.override("es"):
        return f"{settings.SITE_URL}{reverse('certificate', args=[folio])}"


def issued_day(certificate: Certificate) -> str:
    """The day that is printed, in the words of the page."""
    return dates.day_label(date.fromisoformat(certificate.snapshot["issued_on"]), weekday=False)


def certificate_pdf(folio: str, said: Snapshot, *, issued_at: datetime, shared: Shared | None = None) -> bytes:
    """The constancia as PDF/UA, one letter page. Raises ``PdfUnavailable`` where a system library is missing."""
    return html_to_pdf(certificate_html(folio, said, shared or Shared()), moment=issued_at)


def certificate_html(folio: str, said: Snapshot, shared: Shared) -> str:
    address = public_address(folio)
    letters, words = len(said["name"]), len(said["text"])
    logos = [{"picture": shared.picture(row["file"]), "label": row["label"]} for row in said["logos"]]
    signatories = [row | {"picture": shared.picture(row["file"])} for row in said["signatories"]]
    context = {
        "said": said,
        "folio": folio,
        "address": address,
        "code": qr.printed(address),
        "size": "large" if letters <= LARGE_NAME else "middle" if letters <= MIDDLE_NAME else "small",
        "text_size": "large" if words <= LARGE_TEXT else "middle" if words <= MIDDLE_TEXT else "small",
        "logos": [row for row in logos if row["picture"]],
        "signatories": signatories,
        "ornament": shared.emblem,
        "colour": shared.installation.primary_light,
        "accent": shared.installation.accent,
    }
    with translation.override("es"):
        day = dates.day_label(date.fromisoformat(said["issued_on"]), weekday=False)
        return shared.template.render(context | {"issued_on": _("Expedida el {day}").format(day=day)})


def preview_pdf(template: CertificateTemplate) -> bytes:
    """The template with an invented person, as it prints now."""
    with translation.override("es"):
        now = timezone.now()
        day = timezone.localdate(now)
        course = Course(
            _("Fundamentos de la adaptación municipal al cambio climático"), Decimal(20), "hybrid",
            day - timedelta(days=30), day - timedelta(days=2),
        )  # fmt: skip
        merit = Merit(_("Asistió a 4 de 5 sesiones (se piden 4 de 5)."), 960, 4, 5)
        name = _("María Guadalupe Ejemplo de la Cruz")
    said = sealed(template, course, name=name, merit=merit, issued_at=now)
    return certificate_pdf("ejemplosinvalidez", said, issued_at=now)
