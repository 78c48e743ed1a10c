"""Help: what each role does here, step by step; and the tour of the demonstration."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from reports.demo import PASSWORD
from reports.help import help_page, help_pages


@dataclass(frozen=True)
class Stop:
    """A part of the tour: with whose account (none: without one), the page it starts at, and what to try there."""

    title: Promise
    account: str
    start: str
    steps: tuple[Promise, ...]

    @property
    def href(self) -> str:
        return reverse(self.start)


TOUR = (
    Stop(
        _("Cualquier persona, sin cuenta"),
        "",
        "calendar",
        (
            _("Busque una fecha en el calendario, por mes o en lista, y suscríbase a un filtro desde su teléfono."),
            _("Inscríbase a un evento con cualquier correo ficticio y abra el mensaje en «Ver el correo enviado»."),
            _("En «Municipios» y «Acciones» vea qué publica cada uno; en «Resultados», de dónde sale cada cifra."),
        ),
    ),
    Stop(
        _("Enlace de Toluca"),
        "enlace@demo.example",
        "liaison_home",
        (
            _("Vea en el inicio qué vence y qué observó el instituto."),
            _("Registre una acción desde un ejemplo, con una foto, y envíela a revisión. Intente perder la conexión."),
            _("Descargue su hoja de Excel, cambie algo y súbala: primero se muestra la diferencia."),
            _("Ofrezca o pida ayuda a otros municipios en «Intercambio»."),
        ),
    ),
    Stop(
        _("Personal del instituto"),
        "personal@demo.example",
        "staff_home",
        (
            _("Empiece por «Qué hay que atender» y revise la acción que envió el enlace: obsérvela o valídela."),
            _("Cree un evento, publíquelo, muévalo de hora y vea a quién se avisó y cuándo."),
            _("Pase lista en la puerta con un teléfono y emita constancias con folio que cualquiera comprueba."),
            _("Prepare un informe en PDF, corríjalo y vea qué líneas cambiaron entre versiones."),
        ),
    ),
    Stop(
        _("Participante"),
        "participante@demo.example",
        "my_registrations",
        (
            _("Cancele o confirme un lugar, descargue una constancia y elija qué correos recibe."),
            _("En «Sus datos y sus derechos» pida una copia de todo lo que el portal sabe de usted."),
        ),
    ),
    Stop(
        _("Administración"),
        "admin@demo.example",
        "settings_edit",
        (
            _("Cambie el nombre, los colores y los plazos de la red: todo el portal los toma al momento."),
            _("Vea quién hizo qué en el registro de actos, y qué datos se borran y cuándo."),
        ),
    ),
)


@login_not_required
@require_safe
def demo_tour(request: HttpRequest) -> HttpResponse:
    """What to try, with which account: only where the demonstration is loaded, whose password is published."""
    if not settings.DEMO:
        raise Http404
    return render(request, "reports/demo_tour.html", {"tour": TOUR, "password": PASSWORD})


@login_not_required
@require_safe
def help_index(request: HttpRequest) -> HttpResponse:
    return render(request, "reports/help.html", {"pages": help_pages(_language())})


@login_not_required
@require_safe
def help_detail(request: HttpRequest, slug: str) -> HttpResponse:
    try:
        page = help_page(slug, _language(), _reader(request))
    except KeyError:
        raise Http404 from None
    return render(request, "reports/help_page.html", {"page": page})


def _reader(request: HttpRequest) -> str:
    user = request.user
    if not user.is_authenticated:
        return "visitor"
    if user.is_staff_member:
        return "admin" if user.is_admin else "staff"
    return "liaison" if user.liaison_municipality else "participant"


def _language() -> str:
    return "en" if get_language() == "en" else "es"
