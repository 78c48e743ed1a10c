"""What a person decides about the mail to their own address, by the link that each mail carries, without an account.

A GET shows and a POST acts: programs that look into mail open its links before the person does. The pages show the
address in full. Who holds the link has the mail itself, which was sent to that address and says so in its first lines;
and who forwards the mail of several addresses into one must see which of them they are about to change.
"""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from outbox import registry, services
from outbox.forms import ChoicesForm
from outbox.models import normalise_email
from outbox.rules import message_by_choices, preference_by_choices, suppression_by_choices


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def choices(request: HttpRequest, code: str) -> HttpResponse:
    """Which groups of optional mail the address gets, and in which language it is written to."""
    message = message_by_choices(code)
    if message is None:
        return _gone(request)
    suppression = suppression_by_choices(message)
    is_own = suppression is not None and not services.can_lift(suppression)
    sent = request.POST if request.method == "POST" else None
    form = ChoicesForm(sent, chosen=preference_by_choices(message), takes_nothing=is_own)
    if form.is_valid():
        language = form.cleaned_data["language"]
        services.choose(email=message.to_email, muted=form.muted, language=language)
        messages.success(request, form.summary())
        return redirect("mail_choices", code=code)
    context = {
        "form": form,
        "address": normalise_email(message.to_email),
        "suppression": suppression,
        "is_own_decision": is_own,
        "always": sorted(str(kind.label) for kind in registry.kinds() if kind.operational),
    }
    return _private(render(request, "outbox/choices.html", context, status=422 if form.is_bound else 200))


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def unsubscribe(request: HttpRequest, code: str) -> HttpResponse:
    """No more mail of the group that this message was of.

    The mail program itself sends the POST (RFC 8058), without cookies and so without a CSRF token: the code, which
    nobody can guess, is what allows it, and the field that the standard names is all it has to say. The answer is a
    page and not a redirect, as the standard asks; the button of the page sends the same.
    """
    message = message_by_choices(code)
    group = registry.group_of(message.kind) if message else None
    if message is None or group is None:
        return _gone(request)
    asked = request.POST.get("List-Unsubscribe") == "One-Click"
    if asked:
        services.mute(email=message.to_email, group=group.name)
    context = {"group": group, "address": normalise_email(message.to_email), "code": code, "is_done": asked}
    status = 400 if request.method == "POST" and not asked else 200
    return _private(render(request, "outbox/unsubscribe.html", context, status=status))


def _gone(request: HttpRequest) -> HttpResponse:
    """The link was cut short on its way, or its message is no longer kept: what to do instead."""
    return _private(render(request, "outbox/choices_gone.html", status=404))


def _private(response: HttpResponse) -> HttpResponse:
    """The address is the key: no search engine lists it."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
