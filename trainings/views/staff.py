"""The staff's side of trainings."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events.enums import EventStatus
from events.views.staff import work_on
from trainings import services
from trainings.completion import session_minutes
from trainings.figures import sheets
from trainings.forms import TrainingFilter, training_editor
from trainings.models import Training
from trainings.rules import visible_trainings

PAGE = 25
manage = permission_required("trainings.manage_training", raise_exception=True)


@require_safe
@manage
def training_list(request: HttpRequest) -> HttpResponse:
    filters = TrainingFilter(request.GET)
    found = filters.apply(visible_trainings(request.user)).select_related("format").with_reach()
    page = Paginator(found, PAGE).get_page(request.GET.get("pagina"))
    targets = dict(
        visible_trainings(request.user)
        .filter(pk__in=[row.pk for row in page])
        .order_by()
        .values_list("pk")
        .annotate(people=Sum("targets__people"))
    )
    rows = [(training, targets.get(training.pk)) for training in page]
    return render(request, "trainings/staff/training_list.html", {"page": page, "rows": rows, "filter_form": filters})


@require_http_methods(["GET", "POST"])
@manage
def training_create(request: HttpRequest) -> HttpResponse:
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@manage
def training_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _edit(request, _managed(request, pk))


@require_safe
@manage
def training_figures(request: HttpRequest, pk: int) -> HttpResponse:
    """What it aimed at beside what it reached, exact: the public page withholds small cells."""
    training = get_object_or_404(visible_trainings(request.user).with_targets(), pk=pk)
    context = {"training": training, "sheet": sheets([training], exact=True).rows[0]}
    return render(request, "trainings/staff/training_figures.html", context)


def _managed(request: HttpRequest, pk: int) -> Training:
    return get_object_or_404(visible_trainings(request.user).select_related("format"), pk=pk)


def _edit(request: HttpRequest, training: Training | None) -> HttpResponse:
    editor, institutions = training_editor(training=training, data=request.POST if request.method == "POST" else None)

    def save() -> Training:
        return services.save_training(training=training, data=editor.cleaned(), by=request.user)

    return work_on(
        request, editor, save, template="trainings/staff/training_form.html",
        context={"training": training, "institutions": institutions, "suggested_hours": _hours_of_sessions(training)},
        stored=lambda current: training_editor(training=current)[0], to="staff_training_edit",
        done=_("Se guardó la capacitación."),
    )  # fmt: skip


def _hours_of_sessions(training: Training | None) -> float | None:
    """What its sessions last together; null where the hours of one are unknown, or there is none."""
    minutes = session_minutes(training.events.exclude(status=EventStatus.CANCELLED)) if training else None
    return minutes / 60 if minutes else None


@require_POST
@manage
def training_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Publishes, or with ``retirar`` takes it off the public pages."""
    training = _managed(request, pk)
    if "retirar" in request.POST:
        services.withdraw_training(training=training, by=request.user)
        messages.success(request, _("La capacitación ya no se ve en público. No se perdió nada."))
    else:
        services.publish_training(training=training, by=request.user)
        messages.success(request, _("La capacitación está publicada."))
    return redirect("staff_training_edit", pk)


@require_http_methods(["GET", "POST"])
@manage
def training_delete(request: HttpRequest, pk: int) -> HttpResponse:
    training = _managed(request, pk)
    if request.method == "POST":
        try:
            services.delete_training(training=training, by=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("staff_training_edit", pk)
        messages.success(request, _("Se borró la capacitación «{title}».").format(title=training.title))
        return redirect("staff_training_list")
    if training.is_published:
        return redirect("staff_training_edit", pk)
    return render(request, "trainings/staff/training_delete.html", {"training": training})
