"""N1: a client that goes before its call was sent costs nothing; later, it loses nothing."""

from collections.abc import Mapping

import pytest

from tests.chaos.doors import DOORS, PipeDoor, WebDoor
from tests.chaos.leaving import (
    PAINTING_TAKES,
    Leaving,
    Way,
    after_a_partial,
    once_stored,
    while_answered,
    while_painting,
)
from tests.chaos.oracles import Allowed
from tests.chaos.trial import Trial
from tests.chaos.waiting import pass_time, until
from tests.standin import body_faults

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]
CANCELED_WITHIN = 1.0
"""Seconds from a client's leaving to the end of the provider's connection."""
AFTER_SENDING: Mapping[str, tuple[tuple[Way, float], ...]] = {
    "images": (
        *((while_painting, share) for share in (0, 0.5, 0.9)),
        *((while_answered, share) for share in (0.01, 0.5, 0.99)),
        (once_stored, 0),
    ),
    "stream": (
        (while_painting, 0),
        *((after_a_partial, number) for number in (1, 2, 3)),
        *((while_answered, share) for share in (0.01, 0.99)),
        (once_stored, 0),
    ),
    "mcp": (
        *((while_painting, share) for share in (0, 0.3, 0.6, 0.9)),
        *((while_answered, share) for share in (0.01, 0.99)),
        (once_stored, 0),
    ),
    "stdio": (
        *((while_painting, share) for share in (0, 0.15, 0.3, 0.5, 0.7, 0.9)),
        (once_stored, 0),
    ),
}
"""28 points; with the three below at each door there are 40."""
BEFORE_SENDING = (0.0, 0.3, 0.9)
INTERRUPTED = (while_painting, after_a_partial)
"""What there is something to cancel of."""


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("policy", ["finish", "cancel"])
def test_a_client_that_goes_after_its_call_was_sent_finds_its_picture_later(
    trial: Trial, policy: str, name: str
) -> None:
    trial.settings = {"ON_DISCONNECT": policy}
    cancels = policy == "cancel"
    with trial:
        door = trial.door(name)
        for way, share in AFTER_SENDING[name]:
            interrupted = cancels and way in INTERRUPTED
            trial.api.reset()
            trial.allowed = Allowed(unknown=interrupted)
            way(Leaving(trial=trial, door=door, share=share))
            if interrupted:
                trial.api.wait_for_hang_ups(1, CANCELED_WITHIN)
                until(lambda: trial.disk.jobs()[-1].state == "unknown", "the job is unknown")
            trial.judge_ledger()
            trial.counts[f"left {way.__name__}"] += 1


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("policy", ["finish", "cancel"])
def test_a_client_that_goes_before_its_call_was_sent_costs_nothing(
    trial: Trial, policy: str, name: str
) -> None:
    trial.settings = {"ON_DISCONNECT": policy, "MAX_CONCURRENT_CALLS": "1"}
    with trial:
        door = trial.door(name)
        for share in BEFORE_SENDING:
            trial.api.reset()
            trial.api.script(body_faults.small(PAINTING_TAKES))
            first = door.begin(trial.small("first in the queue"))
            until(lambda: trial.api.posts, "the first is sent")
            call = door.begin(trial.small("second in the queue"))
            pass_time(share * PAINTING_TAKES)
            call.leave()
            assert first.outcome().painted
            last = door.ask(trial.small("last in the queue"))
            assert last.painted, last
            asked_for = [str(call.fields["prompt"]) for call in trial.api.posts]
            assert not [prompt for prompt in asked_for if prompt.startswith("second")]
            trial.judge_ledger()
            trial.counts["left in the queue"] += 1


@pytest.mark.parametrize("name", ["images", "stream", "mcp"])
def test_a_client_that_goes_in_the_middle_of_its_request_costs_nothing(
    trial: Trial, name: str
) -> None:
    with trial:
        door = trial.door(name)
        assert isinstance(door, WebDoor)
        trial.api.reset()
        for sent in (0.0, 0.5, 0.99):
            door.begin(trial.small(), sent=sent).leave()
            trial.counts["left while asking"] += 1
        assert door.ask(trial.small()).painted
        assert len(trial.api.posts) == 1


@pytest.mark.parametrize("share", [0, 0.5, 0.9])
def test_a_host_that_goes_finds_its_pictures_on_the_disk(trial: Trial, share: float) -> None:
    with trial:
        host = trial.host()
        trial.api.reset()
        trial.api.default = body_faults.small(PAINTING_TAKES)
        door = PipeDoor(host)
        for _ in range(10):
            door.begin(trial.small("the host goes"))
        trial.api.wait_for_calls(10)
        pass_time(share * PAINTING_TAKES)
        host.close_input()
        assert host.ended() == 0
        trial.counts["calls of hosts that went"] += 10
