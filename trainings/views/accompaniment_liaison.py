"""The municipality's side: what it asks for, the versions of its instrument, its answers, the closing."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from events.views.staff import work_on
from trainings import services
from trainings.enums import AccompanimentState, Side
from trainings.forms.accompaniment import (
    AccompanimentFilter,
    ReasonForm,
    VersionForm,
    reply_editor,
    request_editor,
)
from trainings.models import Accompaniment, duties
from trainings.services import WrongState
from trainings.views.accompaniment import LIST, around, desk, find, in_order, refuse, typed_version

OWN = Side.MUNICIPALITY
PAGE = 25


@require_safe
def accompaniment_list(request: HttpRequest) -> HttpResponse:
    files = desk(request, OWN)
    owed = duties(files, OWN)
    form = AccompanimentFilter(request.GET)
    found = form.apply(files, (row.accompaniment for row in owed if row.is_past)).for_lists()
    page = Paginator(found, PAGE).get_page(request.GET.get("pagina"))
    first = {row.accompaniment: row for row in reversed(owed)}
    context = {"page": page, "rows": [(row, first.get(row.pk)) for row in page], "filter_form": form}
    return render(request, "trainings/accompaniment/liaison_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def accompaniment_create(request: HttpRequest) -> HttpResponse:
    desk(request, OWN)
    return _edit(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@in_order
def accompaniment_edit(request: HttpRequest, side: Side, pk: int) -> HttpResponse:
    file = find(request, side, pk)
    if file.state != AccompanimentState.REQUESTED:
        raise WrongState
    return _edit(request, file)


def _edit(request: HttpRequest, file: Accompaniment | None) -> HttpResponse:
    posted = request.method == "POST"
    editor = request_editor(
        accompaniment=file, data=request.POST if posted else None, files=request.FILES if posted else None
    )

    def save() -> Accompaniment:
        given = editor.cleaned()
        if file is not None:
            return services.change_request(accompaniment=file, data=given, by=request.user)
        return services.request_accompaniment(
            municipality=request.user.liaison_municipality,
            data=given,
            by=request.user,
            request_key=given["request_key"],
            document=editor.form.document(),  # type: ignore[attr-defined]
        )

    done = _("Cambios guardados.") if file else _("Solicitud enviada. El instituto responde por correo y aquí mismo.")
    places = around(OWN, file.pk) if file else {"list_url": reverse(LIST[OWN])}
    return work_on(
        request, editor, save, template="trainings/accompaniment/request_form.html",
        context={"accompaniment": file} | places,
        stored=lambda current: request_editor(accompaniment=current), to="liaison_accompaniment_detail", done=done,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@in_order
def version_create(request: HttpRequest, side: Side, pk: int) -> HttpResponse:
    """Send the next version of the instrument."""
    file = find(request, side, pk)
    if not file.is_under_way:
        raise WrongState
    form = VersionForm(request.POST or None, request.FILES or None)
    if form.is_valid() and (document := form.document()):
        try:
            services.upload_version(
                accompaniment=file, document=document, note=form.cleaned_data["note"], by=request.user
            )
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Versión enviada. El instituto responde con sus recomendaciones."))
            return redirect("liaison_accompaniment_detail", pk)
    context = {"accompaniment": file, "form": form, "title": _("Enviar una versión del instrumento")}
    status = 422 if form.is_bound else 200
    return render(request, "trainings/accompaniment/upload.html", context | around(side, pk), status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@in_order
def round_reply(request: HttpRequest, side: Side, pk: int, round_pk: int) -> HttpResponse:
    """Answer the recommendations of a round, some or all."""
    file = find(request, side, pk)
    round_ = get_object_or_404(
        file.rounds.filter(sent_at__isnull=False).select_related("accompaniment").prefetch_related("recommendations"),
        pk=round_pk,
    )
    editor = reply_editor(round_=round_, data=request.POST if request.method == "POST" else None)

    def save() -> Accompaniment:
        form = editor.form
        services.reply_to_recommendations(
            round_=round_,
            replies=form.replies(),  # type: ignore[attr-defined]
            version=form.cleaned_data["version"],
            by=request.user,
        )
        return file

    return work_on(
        request, editor, save, template="trainings/accompaniment/round_reply.html",
        context={"accompaniment": file, "round": round_} | around(side, pk),
        stored=lambda current: reply_editor(round_=current), to="liaison_accompaniment_detail",
        done=_("Respuestas guardadas."),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@in_order
def closing(request: HttpRequest, side: Side, pk: int) -> HttpResponse:
    """Confirm the closing, or say what is missing."""
    file = find(request, side, pk)
    if file.state != AccompanimentState.CLOSING:
        raise WrongState
    form = ReasonForm(request.POST or None, initial={"version": file.version})
    if request.method == "POST" and "confirmar" in request.POST:
        services.confirm_closing(accompaniment=file, version=typed_version(request), by=request.user)
        messages.success(request, _("Acompañamiento concluido. Gracias por confirmarlo."))
        return redirect("liaison_accompaniment_detail", pk)
    if form.is_valid():
        try:
            services.reopen(accompaniment=file, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, _("El acompañamiento sigue en curso; el instituto ve su motivo."))
            return redirect("liaison_accompaniment_detail", pk)
    context = {"accompaniment": file, "form": form} | around(side, pk)
    return render(
        request, "trainings/accompaniment/liaison_closing.html", context, status=422 if form.is_bound else 200
    )
