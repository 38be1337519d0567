"""Requests per second and latency of each published endpoint, against a platform that is already running.

`make run` in one terminal (or `make run WORKERS=2`), then `.venv/bin/python -m bench.endpoints` in another.
Each endpoint is measured once per round and the rounds are repeated, so that a slow minute of the machine does
not fall on one endpoint alone; the table gives medians over the rounds.
"""

import argparse
import json
from http.client import HTTPConnection
from statistics import median
from typing import Any

from bench.load import Figures, Request, measure
from bench.machine import provenance

API = "/api/v1"


def main() -> None:
    options = _options()
    requests = published(options.host, options.port, options.titles)
    rounds: dict[str, list[Figures]] = {request.name: [] for request in requests}
    for _ in range(options.rounds):
        for request in requests:
            rounds[request.name].append(
                measure(
                    request,
                    host=options.host,
                    port=options.port,
                    connections=options.connections,
                    seconds=options.seconds,
                    warm_up=options.warm_up,
                )
            )
    print(
        f"{provenance()}; {options.connections} connections, {options.rounds} rounds of {options.seconds:g} s\n"
    )
    print("| endpoint | requests/s | p50 ms | p99 ms | answers |")
    print("|---|---:|---:|---:|---|")
    for name, figures in rounds.items():
        print(_row(name, figures))


def _row(name: str, figures: list[Figures]) -> str:
    statuses = sorted({status for figure in figures for status in figure.statuses})
    return (
        f"| {name} | {median(f.requests_per_second for f in figures):,.0f} | {median(f.p50_ms for f in figures):.1f} "
        f"| {median(f.p99_ms for f in figures):.1f} | {', '.join(map(str, statuses))} |"
    )


def published(host: str, port: int, titles: int) -> list[Request]:
    """The published endpoints over `titles` different titles; logs in with the demo accounts."""

    def call(method: str, path: str, body: dict[str, Any] | None = None, token: str = "") -> Any:
        connection = HTTPConnection(host, port, timeout=10)
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )
        connection.request(method, API + path, json.dumps(body) if body else None, headers)
        return json.loads(connection.getresponse().read())

    staff = call("POST", "/auth/token", {"username": "admin", "password": "admin-demo"})["access"]
    bearer = f"Authorization: Bearer {staff}\r\n"
    ids = call("GET", f"/content/ids?limit={titles}")
    users = call("GET", f"/content/users/ids?limit={titles}", token=staff)

    def over_titles(suffix: str) -> tuple[str, ...]:
        return tuple(f"{API}/content/{content_id}{suffix}" for content_id in ids)

    histories = tuple(f"{API}/content/users/{user_id}/watch-history" for user_id in users)
    comment = json.dumps({"rating": 8, "comment": "Measured."})
    as_json = "Content-Type: application/json\r\n"
    return [
        Request("GET /content/ids", "GET", f"{API}/content/ids?limit=100"),
        Request("GET /content/users/ids", "GET", f"{API}/content/users/ids?limit=100", headers=bearer),
        Request("GET /content/trending/daily", "GET", f"{API}/content/trending/daily"),
        Request("GET /content/{id}", "GET", "", paths=over_titles("")),
        Request("GET /content/{id}/cast", "GET", "", paths=over_titles("/cast")),
        Request("GET /content/{id}/reviews", "GET", "", paths=over_titles("/reviews")),
        Request("GET /content/{id}/details", "GET", "", paths=over_titles("/details")),
        Request("GET …/watch-history", "GET", "", headers=bearer, paths=histories),
        Request("POST …/views/increment", "POST", "", paths=over_titles("/views/increment")),
        Request(
            "POST …/reviews (409 once written)",
            "POST",
            "",
            bearer + as_json,
            comment,
            over_titles("/reviews"),
        ),
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--warm-up", type=float, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--titles", type=int, default=500, help="Different titles and viewers to ask for.")
    return parser.parse_args()


if __name__ == "__main__":
    main()
