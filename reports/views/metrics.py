"""The portal's numbers for Prometheus: what web processes count, and what the database says of mail and jobs."""

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from outbox import heartbeat
from outbox.models import Message
from reports.models import IssuedReport
from trainings.models import Certificate
from web.metrics import counted


@login_not_required
@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """For who brings METRICS_TOKEN; where none is set there is no such address."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    state = CollectorRegistry()
    state.register(State())
    return HttpResponse(generate_latest(counted()) + generate_latest(state), content_type=CONTENT_TYPE_LATEST)


class State(Collector):
    """What every process of the portal would say the same of, because it stands in the database."""

    def describe(self) -> list[Metric]:
        return []  # or the registry would ask the database for the names

    def collect(self) -> Iterator[Metric]:
        try:
            found = list(self._found())
        except DatabaseError:
            found = []
        yield GaugeMetricFamily("portal_database_up", "Whether the database answers.", value=int(bool(found)))
        yield from found

    def _found(self) -> Iterator[Metric]:
        messages = GaugeMetricFamily("portal_outbox_messages", "Mail by state, ten thousand at most.", labels=["state"])
        for name, number in Message.objects.all().counts().items():
            messages.add_metric([name], number)
        yield messages
        waiting = heartbeat.oldest_overdue()
        yield GaugeMetricFamily(
            "portal_outbox_oldest_due_seconds",
            "For how long the oldest mail has waited past its time.",
            value=waiting.total_seconds() if waiting else 0,
        )
        age = GaugeMetricFamily("portal_job_age_seconds", "Since a job last succeeded.", labels=["job"])
        stale = GaugeMetricFamily("portal_job_stale", "1 where a job has not succeeded in its time.", labels=["job"])
        for sign in heartbeat.signs():
            stale.add_metric([sign.name], int(sign.is_trouble))
            if sign.age is not None:
                age.add_metric([sign.name], sign.age.total_seconds())
        yield age
        yield stale
        documents = GaugeMetricFamily("portal_documents_waiting", "PDFs still to be printed.", labels=["kind"])
        documents.add_metric(["report"], IssuedReport.objects.unfinished().count())
        documents.add_metric(["certificate"], Certificate.objects.unprinted().count())
        yield documents
