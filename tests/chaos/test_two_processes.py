"""Two servers on one folder neither disturb each other nor mistake one another for dead."""

from random import Random

import pytest

from tests.chaos.doors import WebDoor
from tests.chaos.oracles import Allowed
from tests.chaos.trial import Trial
from tests.chaos.waiting import until
from tests.standin import body_faults, faults

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]
REQUESTS = 400
PROMPTS = 100


def test_two_servers_share_a_folder(trial: Trial) -> None:
    chance = Random(7)  # noqa: S311 - an order that can be repeated, no secrets
    trial.allowed = Allowed(posts=2)
    known = [trial.small("shared") for _ in range(PROMPTS)]
    with trial:
        doors = [WebDoor("images", trial.serve().port, trial.look_at) for _ in range(2)]
        asked = [chance.choice(known) for _ in range(REQUESTS // 2)]
        for door in doors:
            outcomes = trial.ask_at_once(door, asked)
            assert all(outcome.painted for outcome in outcomes)
        painted = {digest for charge in trial.api.ledger for digest in charge.digests}
        assert {digest for outcome in outcomes for digest in outcome.pictures} <= painted


def test_a_server_that_starts_leaves_the_work_of_a_living_one_alone(trial: Trial) -> None:
    trial.allowed = Allowed(unknown=True)
    with trial:
        living, dying = trial.serve(), trial.serve()
        trial.api.reset()
        trial.api.default = body_faults.small(3.0)
        door = WebDoor("images", living.port, trial.look_at)
        calls = [door.begin(trial.small("of the living")) for _ in range(5)]
        trial.api.wait_for_calls(5)
        trial.api.default = faults.hang()
        other = WebDoor("images", dying.port, trial.look_at)
        lost = [other.begin(trial.small("of the dying")) for _ in range(5)]
        trial.api.wait_for_calls(10)
        dying.kill()
        trial.serve(warm=False)
        until(lambda: states(trial, "of the dying") == {"unknown"}, "its jobs are unknown")
        assert states(trial, "of the living") == {"dispatched"}
        outcomes = [call.outcome() for call in calls]
        trial.note(*outcomes, *(call.outcome() for call in lost))
        assert all(outcome.painted for outcome in outcomes)
        until(lambda: states(trial, "of the living") == {"stored"}, "they are stored")


def states(trial: Trial, words: str) -> set[str]:
    """The states of the jobs whose prompts begin so."""
    return {job.state for job in trial.disk.jobs() if job.prompt.startswith(words)}
