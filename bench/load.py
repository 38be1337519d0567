"""A closed-loop HTTP load: N connections, each sending its next request when the answer to the last is whole.

The generator shares the machine with the server it measures, so figures are comparable only within one run.
It speaks just enough HTTP/1.1 for keep-alive answers with a Content-Length, to cost as little as it can.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from statistics import quantiles


@dataclass(frozen=True)
class Figures:
    """Of one endpoint in one round; milliseconds from the first byte sent to the last received."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float
    statuses: dict[int, int]


@dataclass(frozen=True)
class Request:
    """One kind of request; `paths` are taken in turn."""

    name: str
    method: str
    path: str
    headers: str = ""
    body: str = ""
    paths: tuple[str, ...] = ()

    def bytes_of(self, number: int, host: str) -> bytes:
        path = self.paths[number % len(self.paths)] if self.paths else self.path
        return (
            f"{self.method} {path} HTTP/1.1\r\nHost: {host}\r\n{self.headers}"
            f"Content-Length: {len(self.body)}\r\n\r\n{self.body}"
        ).encode()


def measure(
    request: Request, *, host: str, port: int, connections: int, seconds: float, warm_up: float
) -> Figures:
    """Runs the load for `warm_up + seconds` and returns figures of the latter part."""
    return asyncio.run(_measure(request, host, port, connections, seconds, warm_up))


async def _measure(
    request: Request, host: str, port: int, connections: int, seconds: float, warm_up: float
) -> Figures:
    numbers = count()
    counting_from = time.perf_counter() + warm_up
    until = counting_from + seconds
    samples: list[tuple[float, int]] = []
    await asyncio.gather(
        *(
            _client(request, host, port, numbers, counting_from, until, samples.append)
            for _ in range(connections)
        )
    )
    latencies = sorted(latency * 1000 for latency, _ in samples)
    cuts = quantiles(latencies, n=100)
    statuses: dict[int, int] = {}
    for _, status in samples:
        statuses[status] = statuses.get(status, 0) + 1
    return Figures(len(samples) / seconds, cuts[49], cuts[98], statuses)


async def _client(
    request: Request,
    host: str,
    port: int,
    numbers: Iterator[int],
    counting_from: float,
    until: float,
    record: Callable[[tuple[float, int]], None],
) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    while (started := time.perf_counter()) < until:
        writer.write(request.bytes_of(next(numbers), f"{host}:{port}"))
        status = await _answer(reader)
        ended = time.perf_counter()
        if started >= counting_from:
            record((ended - started, status))
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    lower = head.lower()
    at = lower.find(b"content-length:")
    if at >= 0:
        length = int(lower[at + 15 : lower.index(b"\r\n", at)])
        if length:
            await reader.readexactly(length)
    return status
