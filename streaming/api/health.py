"""Health and metrics for machines: `/livez` touches no store, `/readyz` asks each, `/metrics` is Prometheus text."""

import os

from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest, multiprocess
from prometheus_client import REGISTRY as ONE_PROCESS

from streaming.stores.probes import primary_fenced, probe_all, replication_lag


def livez(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """503 when a mandatory store does not answer; the others are only named, as is a primary that takes no writes."""
    probes = probe_all()
    problems = {probe.store: probe.problem for probe in probes}
    if not problems["analytics"] and primary_fenced():
        problems["analytics"] = "fenced"
    ready = all(probe.ok for probe in probes if probe.mandatory)
    body = {
        "status": "ok" if not any(problems.values()) else "degraded" if ready else "unavailable",
        "stores": {
            probe.store: {
                "ok": not problems[probe.store],
                "milliseconds": probe.milliseconds,
                "problem": problems[probe.store] or None,
            }
            for probe in probes
        },
        "replication": {"lag_bytes": replication_lag()},
    }
    response = JsonResponse(body, status=200 if ready else 503)
    response["Cache-Control"] = "no-store"
    if not ready:
        response["Retry-After"] = "1"
    return response


def metrics(request: HttpRequest) -> HttpResponse:
    """Of all the server's processes when `PROMETHEUS_MULTIPROC_DIR` is set, else of the one that answers."""
    registry = ONE_PROCESS
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
