"""One step with several actions: look at them, choose, and read what became of each."""

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from actions import services
from actions.forms import MOST_AT_ONCE, BulkForm, BulkStep
from actions.models import Action
from actions.rules import reviewable_actions
from actions.services import Fate, Outcome
from actions.views.staff import staff_only

KEY = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def bulk(request: HttpRequest) -> HttpResponse:
    """GET shows what was ticked in the list; POST acts on each as it was when the list was drawn."""
    asked = (request.POST if request.method == "POST" else request.GET).getlist("fila")
    keys = [key for key in dict.fromkeys(asked) if KEY.fullmatch(key)]
    rows = _rows(request, keys[:MOST_AT_ONCE])
    data = request.POST.copy()
    data.setlist("fila", keys[:MOST_AT_ONCE])
    form = BulkForm(data if request.method == "POST" else None, rows=keys[:MOST_AT_ONCE])
    if rows and form.is_valid():
        step, comment = form.cleaned_data["step"], form.cleaned_data["comment"]
        places = {action.pk: action.municipality.name for action, _version in rows if action}
        outcomes = services.change_many(rows=rows, step=step, comment=comment, by=request.user)
        context = {
            "step": BulkStep(step).label,
            "lines": [(row, places[row.action.pk] if row.action else "", _words(row)) for row in outcomes],
            "done": sum(outcome.fate == Fate.DONE for outcome in outcomes),
        }
        return render(request, "actions/staff/bulk_done.html", context)
    context = {
        "form": form,
        "actions": [action for action, _version in rows if action],
        "too_many": max(len(keys) - MOST_AT_ONCE, 0),
        "most": MOST_AT_ONCE,
    }
    return render(request, "actions/staff/bulk.html", context, status=422 if form.is_bound else 200)


def _rows(request: HttpRequest, keys: list[str]) -> list[tuple[Action | None, int]]:
    """Each ticked action with the version that was read; none where it is not (any more) for staff to see."""
    pairs = [tuple(map(int, key.split("-"))) for key in keys]
    found = reviewable_actions(request.user).select_related("municipality").in_bulk([pk for pk, _version in pairs])
    return [(found.get(pk), version) for pk, version in pairs]


def _words(outcome: Outcome) -> str:
    if outcome.fate == Fate.DONE and outcome.told:
        words = ngettext("Se escribe a {n} persona.", "Se escribe a {n} personas.", outcome.told)
        return words.format(n=outcome.told)
    return {
        Fate.DONE: _("Hecho."),
        Fate.CHANGED: _("Cambió desde que abrió la lista: no se tocó. Véala de nuevo antes de decidir."),
        Fate.WRONG_STATE: _("No está en un estado que lo permita: no se tocó."),
        Fate.NOBODY: _("El municipio no tiene a nadie con designación vigente y correo: no se escribió a nadie."),
        Fate.MISSING: _("Ya no existe o ya no está con el instituto."),
    }[outcome.fate]
