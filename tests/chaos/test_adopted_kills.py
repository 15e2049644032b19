"""After a kill -9, accepted work is fetched: by one process, for one charge."""

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from tests.chaos.accepted_work import (
    CONCURRENT,
    IN_BACKGROUND,
    check_all_stored,
    is_cleaned_up,
    kill_after_accepted,
)
from tests.chaos.conftest import share_of
from tests.chaos.entry_points import HttpClient
from tests.chaos.oracles import Allowed
from tests.chaos.trial import Trial
from tests.chaos.waiting import wait_until
from tests.standin import faults

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(3600)]
KILLS = 200


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
