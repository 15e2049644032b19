"""Two servers on one folder neither disturb each other nor take each other for ended."""

from random import Random

import pytest

from tests.chaos.entry_points import HttpClient
from tests.chaos.oracles import Allowed
from tests.chaos.trial import Trial
from tests.chaos.waiting import wait_until
from tests.standin import body_faults, faults

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]
REQUESTS = 400
PROMPTS = 100


def test_two_servers_share_a_folder(trial: Trial) -> None:
    rng = Random(7)  # noqa: S311 - an order that can be repeated, no secrets
    trial.allowed = Allowed(posts=2)
    known = [trial.small("shared") for _ in range(PROMPTS)]
    with trial:
        clients = [HttpClient("images", trial.serve().port, trial.check_secrets) for _ in range(2)]
        requests = [rng.choice(known) for _ in range(REQUESTS // 2)]
        for client in clients:
            outcomes = trial.call_concurrently(client, requests)
            assert all(outcome.succeeded for outcome in outcomes)
        generated = {digest for charge in trial.api.ledger for digest in charge.digests}
        assert {digest for outcome in outcomes for digest in outcome.images} <= generated


def test_a_starting_server_does_not_touch_the_jobs_of_a_running_one(trial: Trial) -> None:
    trial.allowed = Allowed(unknown=True)
    with trial:
        running, killed = trial.serve(), trial.serve()
        trial.api.reset()
        trial.api.default = body_faults.small(3.0)
        client = HttpClient("images", running.port, trial.check_secrets)
        calls = [client.start(trial.small("of the running server")) for _ in range(5)]
        trial.api.wait_for_calls(5)
        trial.api.default = faults.hang()
        other = HttpClient("images", killed.port, trial.check_secrets)
        lost = [other.start(trial.small("of the killed server")) for _ in range(5)]
        trial.api.wait_for_calls(10)
        killed.kill()
        trial.serve(warm=False)
        wait_until(
            lambda: states(trial, "of the killed server") == {"unknown"}, "its jobs are unknown"
        )
        assert states(trial, "of the running server") == {"dispatched"}
        outcomes = [call.outcome() for call in calls]
        trial.record(*outcomes, *(call.outcome() for call in lost))
        assert all(outcome.succeeded for outcome in outcomes)
        wait_until(lambda: states(trial, "of the running server") == {"stored"}, "they are stored")


def states(trial: Trial, start: str) -> set[str]:
    """The states of the jobs whose prompts begin with `start`."""
    return {job.state for job in trial.disk.jobs() if job.prompt.startswith(start)}
