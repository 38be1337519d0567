"""The published endpoints on plain PostgreSQL and on Citus with one, two and three workers, at several sizes.

    PG_CONFIG=… python -m bench.scaling [--sizes 10000,100000,1000000]

Needs a PostgreSQL installation with Citus. Each size is an instance of the local stores of its own, with a web
server; all are up at once, and each layout is measured over all sizes in turn and in several rounds, so that a slow
minute of the machine falls on all of them: the ratios between sizes are of one run. An instance goes from layout to
layout by the operators' own commands, with a reader and a writer at work (`bench.traffic`).
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import median

import psycopg2
import redis

from bench.endpoints import API, published
from bench.load import Figures, Request, measure
from bench.machine import provenance
from bench.traffic import Traffic, during

ROOT = Path(__file__).resolve().parent.parent
LAYOUTS = ("plain", "1 worker", "2 workers", "3 workers")
CONNECTIONS = 4
UNCACHED = "GET /content/{id}, not cached"
Rounds = dict[tuple[str, int], list[Figures]]


@dataclass
class Site:
    """One size: its instance of the stores and its web server."""

    size: int
    port: int
    variables: dict[str, str]
    ids: list[str]

    @property
    def catalog(self) -> str:
        return (
            f"{self.variables['CATALOG_DATABASE_URL']}?password={self.variables['CATALOG_DATABASE_PASSWORD']}"
        )

    def manage(self, *arguments: str) -> None:
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, env=self.variables, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    options = _options()
    with ExitStack() as opened:
        sites = [opened.enter_context(_site(size, options)) for size in sorted(options.sizes)]
        print(
            f"{provenance()}; {CONNECTIONS} connections, {options.rounds} rounds of {options.seconds:g} s\n"
        )
        figures = {LAYOUTS[0]: _measured(sites, options)}
        print(
            "| titles | change | seconds | reads | failed | longest s | writes | failed | longest s | lost |"
        )
        print("|---:|---|" + "---:|" * 8)
        for number, layout in enumerate(LAYOUTS[1:]):
            for site in sites:
                print(_grown(site, number), flush=True)
            figures[layout] = _measured(sites, options)
        _print_latencies(figures, sites)


@contextmanager
def _site(size: int, options: argparse.Namespace) -> Iterator[Site]:
    """Brings up and seeds the instance, or takes the one that `--keep` left; nothing stays but with `--keep`."""
    port = options.port + options.sizes.index(size)
    try:
        variables = _brought_up(size)
        with _served(port, variables):
            site = Site(size, port, variables, [])
            site.manage("setup_stores", "-v0")
            seeded = ("--viewers", "1000", "--plays", "100000", "--reviews", "10000", "--if-empty")
            site.manage("seed", "--titles", str(size), *seeded)
            site.ids = _spread_ids(site)
            yield site
    finally:
        if not options.keep:
            _dev(size, "reset")


def _brought_up(size: int) -> dict[str, str]:
    """The variables by which the instance's stores are reached."""
    _dev(size, "up", "--fast", "--workers", "0", "--spares", "3")
    exported = _dev(size, "env")
    known = dict(line.removeprefix("export ").split("=", 1) for line in exported.splitlines())
    variables = {**os.environ, **{key: value.strip("'") for key, value in known.items()}}
    return variables | {"THROTTLE_WRITE": "1000000/s", "REQUEST_DEADLINE_MS": "30000"}


@contextmanager
def _served(port: int, variables: dict[str, str]) -> Iterator[None]:
    command = f"granian --interface wsgi --port {port} --workers 1 --blocking-threads 4 --log-level error"
    server = subprocess.Popen(
        [sys.executable, "-m", *command.split(), "streaming.wsgi:application"], env=variables, cwd=ROOT
    )
    try:
        yield
    finally:
        server.terminate()
        server.wait()


def _spread_ids(site: Site) -> list[str]:
    """Ids from all over the key space: neighbours in the index would share its pages."""
    with psycopg2.connect(site.catalog) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT content_id::text FROM content_metadata WHERE status = 'published' AND published_at <= now() "
            "ORDER BY random() LIMIT 9000"
        )
        return [content_id for (content_id,) in cursor.fetchall()]


def _grown(site: Site, workers: int) -> str:
    """One worker more, by the operators' commands, under traffic; a row of the table."""
    address = site.variables["CITUS_SPARES"].split(",")[workers]
    names = ("first worker, distribute --online", "second worker, rebalance", "third worker, rebalance")

    def change() -> None:
        site.manage("workers", "add", address)
        site.manage(*(("workers", "rebalance") if workers else ("distribute", "--online")))

    traffic = Traffic(host="127.0.0.1", port=site.port, catalog=site.catalog, ids=site.ids)
    return f"| {site.size:,} | {names[workers]} | {during(traffic, change)} |"


def _measured(sites: list[Site], options: argparse.Namespace) -> Rounds:
    requests = {site.size: _requests(site) for site in sites}
    rounds: Rounds = {}
    for _ in range(options.rounds):
        for names in zip(*requests.values(), strict=True):
            for site, request in zip(sites, names, strict=True):
                if request.name == UNCACHED:
                    _cache(site).flushdb()
                figures = measure(
                    request,
                    host="127.0.0.1",
                    port=site.port,
                    connections=CONNECTIONS,
                    seconds=options.seconds,
                    warm_up=1,
                )
                if not set(figures.statuses) <= {200, 201, 409}:
                    raise SystemExit(f"{request.name} answered {figures.statuses}")
                rounds.setdefault((request.name, site.size), []).append(figures)
    return rounds


def _requests(site: Site) -> list[Request]:
    _wait_for_web(site)
    uncached = tuple(f"{API}/content/{content_id}" for content_id in site.ids)
    return [Request(UNCACHED, "GET", "", paths=uncached), *published("127.0.0.1", site.port, 500)]


def _wait_for_web(site: Site) -> None:
    give_up_at = time.monotonic() + 30
    while time.monotonic() < give_up_at:
        with (
            closing(HTTPConnection("127.0.0.1", site.port, timeout=5)) as connection,
            suppress(OSError, HTTPException),
        ):
            connection.request("GET", "/livez")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise SystemExit(f"the web server on port {site.port} does not answer")


def _cache(site: Site) -> "redis.Redis":
    return redis.Redis.from_url(site.variables["CACHE_URL"], password=site.variables["CACHE_PASSWORD"])


def _print_latencies(figures: dict[str, Rounds], sites: list[Site]) -> None:
    """p50 in milliseconds: a row per endpoint and layout, a column per size, then the growth over all sizes."""
    sizes = [site.size for site in sites]
    print(f"\n| endpoint | layout |{''.join(f' {size:,} |' for size in sizes)} largest / smallest |")
    print("|---|---|" + "---:|" * (len(sizes) + 1))
    for name in dict.fromkeys(name for name, _ in figures[LAYOUTS[0]]):
        for layout, rounds in figures.items():
            p50 = [median(f.p50_ms for f in rounds[name, size]) for size in sizes]
            cells = "".join(f" {value:.1f} |" for value in p50)
            print(f"| {name} | {layout} |{cells} {p50[-1] / p50[0]:.2f} |")


def _dev(size: int, *arguments: str) -> str:
    command = [sys.executable, "-m", "dev", "--instance", f"scale-{size}", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--sizes", type=lambda text: json.loads(f"[{text}]"), default=[10_000, 100_000, 1_000_000]
    )
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--port", type=int, default=8700)
    parser.add_argument("--keep", action="store_true", help="leave the seeded instances for another run")
    return parser.parse_args()


if __name__ == "__main__":
    main()
