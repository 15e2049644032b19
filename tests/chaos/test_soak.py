"""After thousands of requests of all kinds, a server uses no more memory or files than before."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from statistics import linear_regression

import pytest

from tests.chaos.conftest import share_of
from tests.chaos.entry_points import HTTP_ENTRY_POINTS, Arguments, HttpClient
from tests.chaos.processes import descriptors, resident
from tests.chaos.trial import Trial
from tests.chaos.waiting import wait_for
from tests.standin import body_faults, faults

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1200)]
REQUESTS = 10_000
WARM_UP_REQUESTS = 1000
"""Requests after which caches are full."""
MIN_REQUESTS = 5000
"""With fewer, the slope is that of the first requests: 3,500 had 1,141 bytes per request, and
10,000 had 711 in the same hour (2026-11-27)."""
CONCURRENT = 8
STEP = 100
"""Requests between two samples of memory."""
MAX_SLOPE = 1000
"""Bytes per request."""
LARGE_IMAGES = 40
"""They fill 48 MB of recent jobs and 32 MB of cached views: each image has over 1 MB."""
ABORTED, CACHED = 0.1, 0.5


def requests(trial: Trial, rng: Random, number: int) -> Iterator[tuple[Arguments, bool]]:
    """The arguments of each request, and whether the client disconnects."""
    known = [trial.small("known") for _ in range(20)]
    for _ in range(number):
        draw = rng.random()
        arguments = rng.choice(known) if draw < CACHED else trial.small("new")
        if arguments not in known and draw > 1 - ABORTED / 2:
            arguments = {**arguments, "partialImages": 1}
        yield arguments, draw >= 1 - ABORTED


def test_ten_thousand_requests_leak_nothing(trial: Trial) -> None:
    rng = Random(10)  # noqa: S311 - an order that can be repeated, no secrets
    trial.settings |= {"LOG_LEVEL": "warning", "CACHE_MAX_SIZE": "20", "CACHE_MEMORY_SIZE": "2"}
    number = share_of(REQUESTS)
    with trial:
        server = trial.serve()
        fill_bounded_caches(trial, HttpClient("stream", server.port, trial.check_secrets))
        trial.reset_baseline(server)
        trial.api.default = body_faults.small(0.005)
        sizes: list[tuple[int, int]] = []
        open_before = descriptors(server.pid)
        all_requests = list(requests(trial, rng, number))
        with ThreadPoolExecutor(CONCURRENT) as threads:
            for start in range(0, number, STEP):
                client = HttpClient(
                    HTTP_ENTRY_POINTS[start // STEP % 3], server.port, trial.check_secrets
                )
                call = partial(call_or_abort, trial, client)
                list(threads.map(call, all_requests[start : start + STEP]))
                sizes.append((start + STEP, resident(server.pid)))
        check_growth(trial, sizes)
        assert wait_for(lambda: descriptors(server.pid) <= open_before + CONCURRENT)
        assert trial.disk.partial_files() == []


def fill_bounded_caches(trial: Trial, client: HttpClient) -> None:
    """Generate full-size images until the caches of the latest images are full."""
    trial.api.default = faults.normal()
    for _ in range(LARGE_IMAGES):
        trial.record(client.call({"prompt": trial.prompt("large"), "size": "1024x640"}))


def call_or_abort(trial: Trial, client: HttpClient, request: tuple[Arguments, bool]) -> None:
    """Make the call, and disconnect where the request says so."""
    arguments, aborted = request
    call = client.start(arguments)
    if aborted:
        call.disconnect()
        trial.counts["aborted"] += 1
        return
    outcome = call.outcome()
    assert outcome.succeeded, outcome
    trial.counts["known" if arguments["prompt"].startswith("known") else "new"] += 1


def check_growth(trial: Trial, sizes: list[tuple[int, int]]) -> None:
    """Fit a line to memory after WARM_UP_REQUESTS; its slope is bounded from MIN_REQUESTS on."""
    settled = [(number, size) for number, size in sizes if number > WARM_UP_REQUESTS]
    if len(settled) < 3:
        return
    slope = linear_regression(*zip(*settled, strict=True)).slope
    trial.notes.append(f"{slope:.0f} bytes per request, {sizes[-1][1] / 1e6:.0f} MB at the end")
    assert slope < MAX_SLOPE or sizes[-1][0] < MIN_REQUESTS
