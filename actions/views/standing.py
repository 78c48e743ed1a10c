"""The municipality suspends, cancels, resumes and closes its actions. Each is held by the version that was read."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from actions import services
from actions.enums import STOPPED_STATUSES
from actions.forms import ClosingForm, ResumeForm, StopForm
from actions.forms.fields import VersionedForm
from actions.models import Action
from actions.rules import municipal_actions


def _find(request: HttpRequest, pk: int) -> Action:
    """An action of the reader's municipality; 403 for whoever works for none."""
    if not request.user.has_perm("actions.add_action"):
        raise PermissionDenied
    action = get_object_or_404(municipal_actions(request.user).select_related("municipality"), pk=pk)
    if not request.user.has_perm("actions.change_standing", action):
        raise PermissionDenied
    return action


def _page(request: HttpRequest, name: str, action: Action, form: VersionedForm, *, changed: bool) -> HttpResponse:
    """The form; where the action changed meanwhile, with how it stands now above what was typed."""
    if changed:
        action.refresh_from_db()
        form.take_version(action.version)
    status = 409 if changed else 422 if form.is_bound else 200
    context = {"action": action, "form": form, "changed": changed, "lacks": services.closing_lacks(action)}
    return render(request, f"actions/liaison/{name}.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def action_standing(request: HttpRequest, pk: int) -> HttpResponse:
    """Suspend or cancel; what is suspended or cancelled is resumed here."""
    action = _find(request, pk)
    stopped = action.status in STOPPED_STATUSES
    if stopped:
        form: VersionedForm = ResumeForm(request.POST or None, action=action)
    else:
        form = StopForm(request.POST or None, action=action)
    if form.is_valid():
        given = form.cleaned_data
        try:
            if stopped:
                services.resume_action(action=action, by=request.user, **given)
                messages.success(request, _("La acción se retoma. El motivo queda en su historia."))
            else:
                services.stop_action(action=action, by=request.user, **given)
                messages.success(request, _("Situación guardada con su motivo."))
        except (services.StaleVersion, services.WrongState):
            return _page(request, "standing", action, form, changed=True)
        return redirect("liaison_action_detail", pk=action.pk)
    return _page(request, "standing", action, form, changed=False)


@require_http_methods(["GET", "HEAD", "POST"])
def action_close(request: HttpRequest, pk: int) -> HttpResponse:
    action = _find(request, pk)
    form = ClosingForm(request.POST or None, action=action)
    if form.is_valid():
        try:
            services.ask_to_close(action=action, by=request.user, **form.cleaned_data)
        except (services.StaleVersion, services.WrongState):
            return _page(request, "close", action, form, changed=True)
        messages.success(request, _("Cierre solicitado. El instituto responde por correo y aquí mismo."))
        return redirect("liaison_action_detail", pk=action.pk)
    return _page(request, "close", action, form, changed=False)
