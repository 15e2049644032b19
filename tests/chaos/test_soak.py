"""L5: thousands of requests of all kinds, and a server that is afterwards what it was before."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from statistics import linear_regression

import pytest

from tests.chaos.conftest import share_of
from tests.chaos.doors import WEB_DOORS, Arguments, WebDoor
from tests.chaos.processes import descriptors, resident
from tests.chaos.trial import Trial
from tests.chaos.waiting import reached
from tests.standin import body_faults, faults

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1200)]
REQUESTS = 10_000
SETTLING = 1000
"""Requests after which caches are as full as they get."""
AT_ONCE = 8
STEP = 100
"""Requests between two looks at memory."""
MOST_SLOPE = 1000
"""Bytes a request."""
LARGE_ONES = 40
"""64 MB of ended jobs, 32 MB of texts of pictures: each picture has over 1 MB."""
ABORTED, CACHED = 0.1, 0.5


def requests(trial: Trial, chance: Random, number: int) -> Iterator[tuple[Arguments, bool]]:
    """What to ask for, and whether to leave in the middle."""
    known = [trial.small("known") for _ in range(20)]
    for _ in range(number):
        dice = chance.random()
        arguments = chance.choice(known) if dice < CACHED else trial.small("new")
        if arguments not in known and dice > 1 - ABORTED / 2:
            arguments = {**arguments, "partialImages": 1}
        yield arguments, dice >= 1 - ABORTED


def test_ten_thousand_requests_leave_nothing_behind(trial: Trial) -> None:
    chance = Random(10)  # noqa: S311 - an order that can be repeated, no secrets
    trial.settings |= {"LOG_LEVEL": "warning", "CACHE_MAX_SIZE": "20", "CACHE_MEMORY_SIZE": "2"}
    number = share_of(REQUESTS)
    with trial:
        server = trial.serve()
        fill_what_is_bounded(trial, WebDoor("stream", server.port, trial.look_at))
        trial.measure_anew(server)
        trial.api.default = body_faults.small(0.005)
        sizes: list[tuple[int, int]] = []
        open_before = descriptors(server.pid)
        asked = list(requests(trial, chance, number))
        with ThreadPoolExecutor(AT_ONCE) as threads:
            for start in range(0, number, STEP):
                door = WebDoor(WEB_DOORS[start // STEP % 3], server.port, trial.look_at)
                ask = partial(one_request, trial, door)
                list(threads.map(ask, asked[start : start + STEP]))
                sizes.append((start + STEP, resident(server.pid)))
        judge_growth(trial, sizes)
        assert reached(lambda: descriptors(server.pid) <= open_before + AT_ONCE)
        assert trial.disk.parts() == []


def fill_what_is_bounded(trial: Trial, door: WebDoor) -> None:
    """Pictures of full size, until what keeps some bytes of the latest pictures keeps no more."""
    trial.api.default = faults.normal()
    for _ in range(LARGE_ONES):
        trial.note(door.ask({"prompt": trial.prompt("large"), "size": "1024x640"}))


def one_request(trial: Trial, door: WebDoor, asked: tuple[Arguments, bool]) -> None:
    """Ask, and leave where that is wanted."""
    arguments, aborted = asked
    call = door.begin(arguments)
    if aborted:
        call.leave()
        trial.counts["aborted"] += 1
        return
    outcome = call.outcome()
    assert outcome.painted, outcome
    trial.counts["known" if arguments["prompt"].startswith("known") else "new"] += 1


def judge_growth(trial: Trial, sizes: list[tuple[int, int]]) -> None:
    """Fit a line to memory after the first thousand requests."""
    settled = [(number, size) for number, size in sizes if number > SETTLING] or sizes
    if len(settled) < 3:
        return
    slope = linear_regression(*zip(*settled, strict=True)).slope
    trial.notes.append(f"{slope:.0f} bytes a request, {sizes[-1][1] / 1e6:.0f} MB at the end")
    assert slope < MOST_SLOPE
