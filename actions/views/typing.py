"""What is being typed, kept for whoever types it. The page's script sends it; its button throws it away."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from actions import services
from actions.views.drawing import form_key
from actions.views.liaison import _closed, _find, _municipality

# More than the longest texts of the form together, in every field that it can have.
MOST_BYTES = 64_000
NOT_KEPT = {"csrfmiddlewaretoken", "then", "related_words"}


@require_POST
def action_typed(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    municipality = _municipality(request)
    action = None if pk is None else _find(request, pk)
    if action is not None and not request.user.has_perm("actions.change_action", action):
        return _closed(request, action)
    key = form_key(request.POST.get("request_key"))
    if request.POST.get("then") == "discard":
        services.forget_typed(by=request.user, municipality=municipality, action=action, key=key)
        return redirect("liaison_action_create") if action is None else redirect("liaison_action_edit", pk=action.pk)
    if action is None and key is None:
        return JsonResponse({"error": _("Falta de qué formulario es.")}, status=400)
    fields = {name: values for name, values in request.POST.lists() if name not in NOT_KEPT}
    if sum(len(name) + sum(map(len, values)) for name, values in fields.items()) > MOST_BYTES:
        return JsonResponse({"error": _("Es demasiado texto para guardarlo aquí.")}, status=413)
    try:
        row = services.keep_typed(by=request.user, municipality=municipality, action=action, key=key, fields=fields)
    except services.AlreadySaved:
        return JsonResponse({"error": _("Esta acción ya se guardó.")}, status=410)
    return JsonResponse({"saved_at": row.saved_at.isoformat()})
