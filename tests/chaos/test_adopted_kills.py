"""After a kill -9, accepted work is fetched: by one process, for one charge."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from tests.chaos.calls import HttpCall
from tests.chaos.conftest import share_of
from tests.chaos.disk import JobRow
from tests.chaos.entry_points import HttpClient
from tests.chaos.oracles import Allowed
from tests.chaos.processes import HttpServer
from tests.chaos.test_kills import is_cleaned_up
from tests.chaos.trial import Trial
from tests.chaos.waiting import sleep_for, wait_until
from tests.standin import body_faults, faults

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1800)]
KILLS = 200
CONCURRENT = 5
MAX_SECONDS = 0.8
"""Seconds of the slowest generation; the others are spread evenly below."""
IN_BACKGROUND = {"API_MODE": "responses", "RESPONSES_BACKGROUND": "on"}


def kill_after_accepted(trial: Trial, servers: list[HttpServer], rng: Random) -> list[JobRow]:
    """Start generations, and kill the server once all are accepted; return their jobs."""
    trial.api.reset()
    waits = [body_faults.small(MAX_SECONDS * n / CONCURRENT) for n in range(CONCURRENT)]
    trial.api.script(*waits)
    client = HttpClient("images", servers[0].port, trial.check_secrets)
    arguments = [trial.small("killed") for _ in range(CONCURRENT)]
    prompts = {each["prompt"] for each in arguments}

    def mine() -> list[JobRow]:
        return [job for job in trial.disk.jobs() if job.prompt in prompts]

    def are_accepted() -> bool:
        return len(mine()) == CONCURRENT and all(job.handle for job in mine())

    with ThreadPoolExecutor(CONCURRENT) as threads:
        calls = list(threads.map(client.start, arguments))
        wait_until(are_accepted, "all are accepted")
        sleep_for(rng.uniform(0, MAX_SECONDS))
        for server in servers:
            server.kill()
        trial.record(*threads.map(HttpCall.outcome, calls))
    return mine()


def check_all_stored(trial: Trial, jobs: list[JobRow]) -> None:
    """Wait until the jobs have ended: all are stored, and each image was charged once."""
    wait_until(lambda: is_cleaned_up(trial), "the killed server's jobs are fetched", 60)
    ids = {job.id for job in jobs}
    states = Counter(job.state for job in trial.disk.jobs() if job.id in ids)
    assert states == {"stored": len(jobs)}
    assert len(trial.api.ledger) == len(jobs)
    trial.check_ledger()
    assert not trial.faults, "\n".join(trial.faults)


def test_after_a_kill_every_accepted_job_is_stored_for_one_charge(trial: Trial) -> None:
    trial.settings |= IN_BACKGROUND
    rng = Random(15)  # noqa: S311 - moments that can be repeated, no secrets
    fetched = 0
    with trial:
        server = trial.serve()
        for _ in range(share_of(KILLS)):
            jobs = kill_after_accepted(trial, [server], rng)
            fetched += sum(job.state != "stored" for job in jobs)
            server = trial.serve(warm=False)
            check_all_stored(trial, jobs)
            trial.counts["kills"] += 1
        trial.notes.append(f"{fetched} images fetched after a kill, none unknown, none paid twice")
    assert fetched


def test_of_two_servers_that_start_after_a_kill_one_fetches_each_image(trial: Trial) -> None:
    trial.settings |= IN_BACKGROUND
    rng = Random(16)  # noqa: S311 - moments that can be repeated, no secrets
    fetched = 0
    with trial:
        servers = [trial.serve()]
        for _ in range(share_of(KILLS // 5)):
            jobs = kill_after_accepted(trial, servers, rng)
            with ThreadPoolExecutor(2) as threads:
                servers = list(threads.map(lambda _: trial.serve(warm=False), range(2)))
            check_all_stored(trial, jobs)
            logs = [server.log.read_text() for server in servers]
            for job in jobs:
                adoptions = [log.count(f'"job accepted", "job": "{job.id}"') for log in logs]
                assert sum(adoptions) <= 1
                fetched += sum(adoptions)
        trial.notes.append(f"{fetched} jobs adopted by one of two servers, none by both")
    assert fetched


def test_before_the_provider_accepts_a_kill_leaves_the_outcome_unknown(trial: Trial) -> None:
    trial.settings |= IN_BACKGROUND
    trial.allowed = Allowed(unknown=True)
    with trial:
        server = trial.serve()
        trial.api.reset()
        trial.api.default = faults.hang()
        client = HttpClient("images", server.port, trial.check_secrets)
        calls = [client.start(trial.small("never accepted")) for _ in range(CONCURRENT)]
        trial.api.wait_for_calls(CONCURRENT)
        server.kill()
        trial.record(*(call.outcome() for call in calls))
        trial.serve(warm=False)
        wait_until(lambda: is_cleaned_up(trial), "the jobs are closed")
        lost = [job for job in trial.disk.jobs() if job.prompt.startswith("never accepted")]
        states = {(job.state, job.failure, job.handle) for job in lost}
        assert states == {("unknown", "outcome_unknown", None)}
