"""What two municipalities write to each other about a post. Only those two read it; no address is shown."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from actions import services
from actions.forms import MessageForm
from actions.models import ExchangeMessage
from actions.rules import visible_threads
from actions.views.exchange import changed, find_post, refuse_without
from municipalities.models import Municipality


def _place(request: HttpRequest) -> Municipality:
    place = request.user.liaison_municipality if request.user.is_authenticated else None
    if place is None:
        raise PermissionDenied
    return place


def _too_many(form: MessageForm) -> None:
    form.add_error(
        None, _("Se enviaron muchos mensajes desde su cuenta en la última hora. Espere un poco y envíe este.")
    )


@require_safe
def thread_list(request: HttpRequest) -> HttpResponse:
    """The municipality's conversations, the one that was written in last first."""
    place = _place(request)
    last = ExchangeMessage.objects.filter(thread=OuterRef("pk")).order_by("-created_at", "-pk")
    threads = visible_threads(request.user).select_related("municipality", "post__municipality")
    threads = threads.annotate(
        last_text=Subquery(last.values("text")[:1]), last_from=Subquery(last.values("municipality")[:1])
    )
    page = Paginator(threads.order_by("-last_message_at", "-pk"), 24).get_page(request.GET.get("pagina"))
    return render(request, "actions/exchange/thread_list.html", {"page": page, "place": place})


@require_http_methods(["GET", "HEAD", "POST"])
def thread_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Write to the municipality of a post; who did so before goes on in that conversation."""
    post, place = find_post(request, pk), _place(request)
    if not request.user.has_perm("actions.write_about_post", post):
        if request.method != "POST" or post.municipality_id == place.pk:
            raise PermissionDenied
        return changed(request, post)
    known = visible_threads(request.user).filter(post=post, municipality=place).first()
    if known is not None and request.method != "POST":
        return redirect("exchange_thread", pk=known.pk)
    form, status = MessageForm(request.POST or None), 200
    if form.is_valid():
        given = form.cleaned_data
        try:
            thread = services.write_first(
                post=post, municipality=place, text=given["text"], by=request.user, request_key=given["request_key"]
            )
        except services.TooMany:
            _too_many(form)
            status = 429
        except services.AlreadySent:
            form.was_sent_before()
            status = 409
        except services.WrongState:
            return changed(request, post)
        else:
            messages.success(request, _("Mensaje enviado. La respuesta llega aquí y se le avisa por correo."))
            return redirect("exchange_thread", pk=thread.pk)
    elif form.is_bound:
        status = 422
    return render(request, "actions/exchange/write.html", {"form": form, "post": post}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def thread_detail(request: HttpRequest, pk: int) -> HttpResponse:
    found = visible_threads(request.user).select_related("municipality", "post__municipality", "post__matched_with")
    thread = get_object_or_404(found, pk=pk)
    place = _place(request)
    form, status = MessageForm(request.POST or None), 200
    if form.is_bound:
        refuse_without(request, "actions.reply_in_thread", thread)
        status = 422
    if form.is_valid():
        given = form.cleaned_data
        try:
            services.write(
                thread=thread, municipality=place, text=given["text"], by=request.user, request_key=given["request_key"]
            )
        except services.TooMany:
            _too_many(form)
            status = 429
        except services.AlreadySent:
            form.was_sent_before()
            status = 409
        else:
            messages.success(request, _("Mensaje enviado."))
            return redirect("exchange_thread", pk=thread.pk)
    context = {
        "thread": thread,
        "post": thread.post,
        "place": place,
        "other": thread.municipality if place.pk == thread.post.municipality_id else thread.post.municipality,
        "texts": thread.messages.select_related("municipality"),
        "form": form,
        "can_match": request.user.has_perm("actions.match_post", thread.post),
        "can_reply": request.user.has_perm("actions.reply_in_thread", thread),
    }
    return render(request, "actions/exchange/thread.html", context, status=status)
