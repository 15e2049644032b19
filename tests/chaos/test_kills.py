"""A kill -9 at any moment loses nothing that was stored; every sent call stays listed."""

import json
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from random import Random
from statistics import median

import pytest

from tests.chaos.accepted_work import is_cleaned_up
from tests.chaos.calls import HttpCall
from tests.chaos.canaries import TOKEN
from tests.chaos.conftest import share_of
from tests.chaos.entry_points import HttpClient
from tests.chaos.oracles import Allowed
from tests.chaos.processes import HttpServer
from tests.chaos.trial import Trial
from tests.chaos.waiting import sleep_for, wait_until
from tests.standin import body_faults

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]
KILLS = 200
CONCURRENT = 20
MAX_SECONDS = 0.6
"""Seconds of the slowest of the 20 generations; the others are spread evenly below."""
COLD = 0.1
"""The share of kills that may hit a server still loading what a first call needs."""
START_SECONDS = 2.0


def kill_during_calls(trial: Trial, server: HttpServer, rng: Random) -> None:
    """Start 20 generations, and kill the server at a random moment."""
    trial.api.reset()
    trial.api.script(*(body_faults.small(MAX_SECONDS * n / CONCURRENT) for n in range(CONCURRENT)))
    client = HttpClient("images", server.port, trial.check_secrets)

    def start(_: int) -> HttpCall:
        return client.start(trial.small("killed"))

    with ThreadPoolExecutor(CONCURRENT) as threads:
        calls = list(threads.map(start, range(CONCURRENT)))
        if rng.random() > COLD:
            wait_until(lambda: trial.api.posts, "the first is sent")
        sleep_for(rng.uniform(0, MAX_SECONDS * 1.2))
        server.kill()
        outcomes = list(threads.map(HttpCall.outcome, calls))
    trial.record(*outcomes)


def unknown_jobs(trial: Trial) -> set[str]:
    """The IDs of the last round's jobs that are recorded as unknown."""
    prompts = {str(call.fields.get("prompt")) for call in trial.api.posts}
    jobs = trial.disk.jobs()
    return {job.id for job in jobs if job.state == "unknown" and job.prompt in prompts}


def listed_as_unknown(port: int) -> set[str]:
    """The IDs of the jobs that the server lists as unknown."""
    connection = HTTPConnection("127.0.0.1", port)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    connection.request("GET", f"/images?limit={CONCURRENT}", headers=headers)
    jobs = json.loads(connection.getresponse().read())["jobs"]
    connection.close()
    return {job["jobId"] for job in jobs if job["state"] == "unknown"}


def test_after_a_kill_every_sent_job_is_stored_or_listed_as_unknown(trial: Trial) -> None:
    trial.allowed = Allowed(unknown=True)
    rng = Random(5)  # noqa: S311 - moments that can be repeated, no secrets
    starts = []
    with trial:
        server = trial.serve()
        for _ in range(share_of(KILLS)):
            kill_during_calls(trial, server, rng)
            server = trial.serve(warm=False)
            starts.append(server.started_in)
            wait_until(
                lambda: is_cleaned_up(trial), "the killed server's jobs and files are cleaned up"
            )
            assert unknown_jobs(trial) <= listed_as_unknown(server.port)
            trial.check_ledger()
            trial.counts["kills"] += 1
            assert not trial.faults, "\n".join(trial.faults)
        states = [job.state for job in trial.disk.jobs()]
        trial.notes.append(f"{states.count('stored')} stored, {states.count('unknown')} unknown")
        trial.notes.append(f"starts {median(starts):.2f} s, at most {max(starts):.2f}")
    assert median(starts) < START_SECONDS  # a single slow start is noise of a shared machine
