"""N2: kill -9 at any moment loses nothing that was stored, and hides nothing that was sent."""

import json
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from random import Random
from statistics import median

import pytest

from tests.chaos.calls import HttpCall
from tests.chaos.canaries import TOKEN
from tests.chaos.conftest import share_of
from tests.chaos.doors import WebDoor
from tests.chaos.oracles import Allowed
from tests.chaos.processes import WebServer
from tests.chaos.trial import Trial
from tests.chaos.waiting import pass_time, until
from tests.standin import body_faults

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]
KILLS = 200
AT_ONCE = 20
SLOWEST = 0.6
"""Seconds of the slowest of the 20; the others are spread evenly below it."""
COLD = 0.1
"""The share of kills that may come while the server still loads what a first call needs."""
STARTS_WITHIN = 2.0
OPEN = ("reserved", "dispatched")


def killed_in_the_middle(trial: Trial, server: WebServer, chance: Random) -> int:
    """Let 20 paint, kill the server at a moment of chance; return how many it was asked for."""
    trial.api.reset()
    trial.api.script(*(body_faults.small(SLOWEST * n / AT_ONCE) for n in range(AT_ONCE)))
    door = WebDoor("images", server.port, trial.look_at)

    def begun(_: int) -> HttpCall:
        return door.begin(trial.small("killed"))

    with ThreadPoolExecutor(AT_ONCE) as threads:
        calls = list(threads.map(begun, range(AT_ONCE)))
        if chance.random() > COLD:
            until(lambda: trial.api.posts, "the first is sent")
        pass_time(chance.uniform(0, SLOWEST * 1.2))
        server.kill()
        outcomes = list(threads.map(HttpCall.outcome, calls))
    trial.note(*outcomes)
    return sum(outcome.painted for outcome in outcomes)


def nothing_is_left_open(trial: Trial) -> bool:
    """Whether no job of a dead process is open, and nobody's part of a file lies around."""
    open_jobs = [job for job in trial.disk.jobs() if job.state in OPEN]
    return not open_jobs and not trial.disk.parts()


def unknown(trial: Trial) -> set[str]:
    """The jobs of the last round that are recorded so."""
    prompts = {str(call.fields.get("prompt")) for call in trial.api.posts}
    jobs = trial.disk.jobs()
    return {job.id for job in jobs if job.state == "unknown" and job.prompt in prompts}


def listed(port: int) -> set[str]:
    """The jobs that the server lists as unknown."""
    connection = HTTPConnection("127.0.0.1", port)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    connection.request("GET", f"/images?limit={AT_ONCE}", headers=headers)
    jobs = json.loads(connection.getresponse().read())["jobs"]
    connection.close()
    return {job["jobId"] for job in jobs if job["state"] == "unknown"}


def test_a_server_that_is_killed_knows_afterwards_what_it_was_doing(trial: Trial) -> None:
    trial.allowed = Allowed(unknown=True)
    chance = Random(5)  # noqa: S311 - moments that can be repeated, no secrets
    starts = []
    with trial:
        server = trial.serve()
        for _ in range(share_of(KILLS)):
            killed_in_the_middle(trial, server, chance)
            server = trial.serve(warm=False)
            starts.append(server.started_in)
            until(lambda: nothing_is_left_open(trial), "what the dead one left is cleared up")
            assert unknown(trial) <= listed(server.port)
            trial.judge_ledger()
            trial.counts["kills"] += 1
            assert not trial.faults, "\n".join(trial.faults)
        states = [job.state for job in trial.disk.jobs()]
        trial.notes.append(f"{states.count('stored')} stored, {states.count('unknown')} unknown")
        trial.notes.append(f"starts {median(starts):.2f} s, at most {max(starts):.2f}")
    assert median(starts) < STARTS_WITHIN  # a lone slow one is the noise of a shared machine
