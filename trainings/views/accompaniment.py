"""What both sides do in an accompaniment. Each address says whose desk it belongs to (``side``); a file that is not on
that desk does not exist there (404).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events.services.rows import StaleVersion
from events.views.staff import work_on
from municipalities.figures import state
from trainings import services
from trainings.enums import Side
from trainings.figures import accompaniment_hours, hours_lines, hours_total, public_hours
from trainings.forms.accompaniment import DecisionForm, DocumentForm, session_editor
from trainings.models import Accompaniment, AccompanimentQuerySet, Attended, ReviewRound
from trainings.rules import managed_accompaniments, municipal_accompaniments, visible_accompaniment_documents
from trainings.services import WrongState
from web.tabular import csv_response
from web.uploads import protected_file_response

PERMISSION = {Side.INSTITUTE: "trainings.manage_accompaniment", Side.MUNICIPALITY: "trainings.request_accompaniment"}
DETAIL = {Side.INSTITUTE: "staff_accompaniment_detail", Side.MUNICIPALITY: "liaison_accompaniment_detail"}
LIST = {Side.INSTITUTE: "staff_accompaniment_list", Side.MUNICIPALITY: "liaison_accompaniment_list"}
View = Callable[..., HttpResponse]


def desk(request: HttpRequest, side: Side) -> AccompanimentQuerySet:
    """The files on this side's desk; 403 for whoever does not work there."""
    if not request.user.has_perm(PERMISSION[side]):
        raise PermissionDenied
    return managed_accompaniments(request.user) if side == Side.INSTITUTE else municipal_accompaniments(request.user)


def find(request: HttpRequest, side: Side, pk: int) -> Accompaniment:
    return get_object_or_404(desk(request, side).select_related("municipality", "instrument", "pathway"), pk=pk)


def in_order(view: View) -> View:
    """Answers 409 where somebody else was faster: the file changed since its page was drawn."""

    @wraps(view)
    def guarded(request: HttpRequest, side: Side, pk: int, **arguments: Any) -> HttpResponse:
        try:
            return view(request, side, pk, **arguments)
        except (WrongState, StaleVersion):
            context = {"accompaniment": find(request, side, pk)} | around(side, pk)
            return render(request, "trainings/accompaniment/changed.html", context, status=409)

    return guarded


def around(side: Side, pk: int) -> dict[str, Any]:
    """What every page of a file needs: whose desk it is on, and its addresses there."""
    return {
        "side": side.value,
        "is_institute": side == Side.INSTITUTE,
        "base": reverse(DETAIL[side], args=[pk]),
        "list_url": reverse(LIST[side]),
    }


def typed_version(request: HttpRequest) -> int:
    """The version the page was drawn from; something that is no number is never the current one."""
    typed = request.POST.get("version", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else -1


def refuse(form: Any, error: ValidationError) -> None:
    """Show what a service refused at the field it names, else at the top."""
    named = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for name, texts in named.items():
        form.add_error(name if name in form.fields else None, texts)


@require_safe
def detail(request: HttpRequest, side: Side, pk: int) -> HttpResponse:
    return show(request, find(request, side, pk), side)


def show(
    request: HttpRequest, file: Accompaniment, side: Side, *, decision: DecisionForm | None = None, status: int = 200
) -> HttpResponse:
    """The page of a file; with the form of the answer, where it was refused."""
    documents = list(file.documents.select_related("round").prefetch_related("round__recommendations"))
    versions = sorted((row for row in documents if hasattr(row, "round")), key=lambda row: -row.round.number)
    rounds = [row.round for row in versions]
    context = {
        "accompaniment": file,
        "people": [person.name or _("Personal del instituto") for person in file.assignees.all()],
        "experts": [str(row) if side == Side.INSTITUTE else row.shown for row in file.experts.all()],
        "sessions": [
            (row, row.confirmed_by(side) is None and row.is_recorded)
            for row in file.sessions.prefetch_related("agreements")
        ],
        "documents": [row for row in documents if row.kind != "version"],
        "rounds": [(row.round, row, row.round.recommendations.all() if row.round.sent_at else []) for row in versions],
        "attended": attended(rounds),
        "may_upload": _may_upload(file, rounds),
        "decision": decision or DecisionForm(initial={"version": file.version}),
        "history": file.history.select_related("history_user")[:30],
    }
    return render(request, "trainings/accompaniment/detail.html", context | around(side, file.pk), status=status)


def attended(rounds: list[ReviewRound]) -> Attended:
    """What became of the recommendations that were sent, from rows at hand."""
    replies = [row.reply for round_ in rounds if round_.sent_at for row in round_.recommendations.all()]
    return Attended(len(replies), replies.count("accepted"), replies.count("partial"), replies.count("rejected"))


def _may_upload(file: Accompaniment, rounds: list[ReviewRound]) -> bool:
    """It is the municipality's turn to send a version: the first, or the next after every answer."""
    last = rounds[0] if rounds else None
    return file.is_under_way and (
        last is None or (last.sent_at is not None and all(row.reply for row in last.recommendations.all()))
    )


@require_http_methods(["GET", "HEAD", "POST"])
@in_order
def session_edit(request: HttpRequest, side: Side, pk: int, session_pk: int | None = None) -> HttpResponse:
    """Plan a session, write down what happened, or correct it; with the second button also confirm it."""
    file = find(request, side, pk)
    session = get_object_or_404(file.sessions.all(), pk=session_pk) if session_pk else None
    if not file.is_under_way:
        raise WrongState
    data = request.POST if request.method == "POST" else None

    def save() -> Accompaniment:
        given = editor.cleaned()
        saved = services.save_session(
            accompaniment=file, session=session, data=given, by=request.user, request_key=given["request_key"]
        )
        if request.POST.get("then") == "confirm" and saved.is_recorded:
            services.confirm_session(session=saved, side=side, version=saved.version, by=request.user)
        return file

    editor = session_editor(session=session, data=data)
    return work_on(
        request, editor, save, template="trainings/accompaniment/session_form.html",
        context={"accompaniment": file, "session": session} | around(side, pk),
        stored=lambda current: session_editor(session=current), to=DETAIL[side], done=_("Se guardó la sesión."),
    )  # fmt: skip


@require_POST
@in_order
def session_confirm(request: HttpRequest, side: Side, pk: int, session_pk: int) -> HttpResponse:
    session = get_object_or_404(find(request, side, pk).sessions.select_related("accompaniment"), pk=session_pk)
    both = services.confirm_session(session=session, side=side, version=typed_version(request), by=request.user)
    if both:
        messages.success(request, _("Sesión confirmada por ambas partes: sus horas ya cuentan."))
    else:
        messages.success(request, _("Sesión confirmada. Falta la otra parte, que ya recibió un aviso."))
    return redirect(DETAIL[side], pk)


@require_POST
@in_order
def session_delete(request: HttpRequest, side: Side, pk: int, session_pk: int) -> HttpResponse:
    session = get_object_or_404(find(request, side, pk).sessions.select_related("accompaniment"), pk=session_pk)
    services.delete_session(session=session, version=typed_version(request), by=request.user)
    messages.success(request, _("Se quitó la sesión."))
    return redirect(DETAIL[side], pk)


@require_POST
@in_order
def agreement_settle(request: HttpRequest, side: Side, pk: int, agreement_pk: int) -> HttpResponse:
    """Kept, or with ``pendiente`` not kept after all."""
    file = find(request, side, pk)
    sessions = file.sessions.prefetch_related("agreements")
    found = [row for session in sessions for row in session.agreements.all() if row.pk == agreement_pk]
    if not found:
        get_object_or_404(file.sessions.none())
    services.settle_agreement(agreement=found[0], done="pendiente" not in request.POST, by=request.user)
    messages.success(request, _("Se anotó el acuerdo."))
    return redirect(DETAIL[side], pk)


@require_http_methods(["GET", "HEAD", "POST"])
@in_order
def document_create(request: HttpRequest, side: Side, pk: int) -> HttpResponse:
    file = find(request, side, pk)
    form = DocumentForm(request.POST or None, request.FILES or None)
    if form.is_valid() and (document := form.document()):
        services.add_document(accompaniment=file, document=document, side=side, by=request.user)
        messages.success(request, _("Documento guardado."))
        return redirect(DETAIL[side], pk)
    context = {"accompaniment": file, "form": form, "title": _("Agregar un documento")} | around(side, pk)
    return render(request, "trainings/accompaniment/upload.html", context, status=422 if form.is_bound else 200)


@require_POST
@in_order
def document_remove(request: HttpRequest, side: Side, pk: int, document_pk: int) -> HttpResponse:
    document = get_object_or_404(find(request, side, pk).documents.select_related("accompaniment"), pk=document_pk)
    services.remove_document(document=document, side=side)
    messages.success(request, _("Se quitó el documento."))
    return redirect(DETAIL[side], pk)


@require_safe
def document_file(request: HttpRequest, pk: int) -> FileResponse:
    """A file of an accompaniment, to the institute and to the own municipality."""
    document = get_object_or_404(visible_accompaniment_documents(request.user), pk=pk)
    return protected_file_response(document.file, document.original_name or document.title)


@login_not_required
@require_safe
def public_hours_page(request: HttpRequest) -> HttpResponse:
    """Hours of accompaniment for each municipality: what both sides confirmed, and nobody's name."""
    rows = public_hours(accompaniment_hours(state("")))
    return render(request, "trainings/accompaniment/hours.html", {"rows": rows, "total": hours_total(rows)})


@login_not_required
@require_safe
def public_hours_csv(request: HttpRequest) -> HttpResponse:
    head, lines = hours_lines(public_hours(accompaniment_hours(state(""))), with_pending=False)
    return csv_response(_("horas-de-acompanamiento.csv"), head, lines)
