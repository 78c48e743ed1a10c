"""The staff's side of an event's own registration form."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from events.forms.public import RegistrationForm
from events.forms.questions import forgotten, questions_editor
from events.models import Event
from events.services.questions import save_questions
from events.views.staff import managed_event, work_on

manage = permission_required("events.manage_event", raise_exception=True)


@require_http_methods(["GET", "POST"])
@manage
def event_questions(request: HttpRequest, pk: int) -> HttpResponse:
    """The questions as a list of rows, in order."""
    event = managed_event(request, pk)
    editor = questions_editor(event=event, data=request.POST if request.method == "POST" else None)

    def save() -> Event:
        typed = editor.cleaned()
        return save_questions(
            event=event, rows=typed["questions"], by=request.user, version=typed["version"],
            forget=forgotten(editor),
        )  # fmt: skip

    return work_on(
        request, editor, save, template="events/staff/questions.html", context={"event": event},
        stored=lambda current: questions_editor(event=current), to="staff_event_questions",
        done=_("Se guardaron las preguntas."),
    )  # fmt: skip


@require_safe
@manage
def questions_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What a person will meet: the same fields, with nothing to send."""
    event = managed_event(request, pk)
    form = RegistrationForm(event=event, notice=None, questions=event.registration_questions.select_related("shown_if"))
    return render(request, "events/staff/questions_preview.html", {"event": event, "form": form})
