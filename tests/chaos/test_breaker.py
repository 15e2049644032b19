"""P4 and P10: a provider that cannot be reached costs nothing; one that fails is left alone."""

import pytest

from tests.chaos.doors import DOORS, PipeDoor, WebDoor
from tests.chaos.oracles import Allowed
from tests.chaos.trial import Trial
from tests.standin.faults import status

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]
FAILURES = 5
AT_ONCE = 0.25
"""Seconds in which somebody is answered whose call is not sent."""
GIVES_UP_WITHIN = 6.0
"""Seconds of three tries to connect."""
NOWHERE = ["http://127.0.0.1:9/v1", "http://nobody.invalid/v1", "https://{standin}/v1"]
"""Nobody listens there; there is no such name; there is no TLS."""


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("address", NOWHERE)
def test_a_provider_that_cannot_be_reached_is_sent_nothing(
    trial: Trial, address: str, name: str
) -> None:
    there = trial.api.base_url.partition("//")[2].partition("/")[0]
    trial.settings["OPENAI_BASE_URL"] = address.format(standin=there)
    with trial:
        door = (
            PipeDoor(trial.host(warm=False))
            if name == "stdio"
            else WebDoor(name, trial.serve(warm=False).port, trial.look_at)
        )
        outcome = door.ask(trial.small())
        trial.note(outcome)
        assert outcome.code == "provider_unreachable"
        assert outcome.seconds < GIVES_UP_WITHIN
    assert trial.api.calls == []


@pytest.mark.parametrize("name", DOORS)
def test_a_provider_that_fails_five_times_in_a_row_is_left_alone(trial: Trial, name: str) -> None:
    trial.allowed = Allowed(unknown=True)
    with trial:
        door = trial.door(name)
        known = trial.small("a picture that is kept")
        painted = door.ask(known)
        assert painted.painted
        trial.api.default = status(500)
        failed = [door.ask(trial.small("failing")) for _ in range(FAILURES)]
        posts = len(trial.api.posts)
        resting = [door.ask(trial.small("resting")) for _ in range(FAILURES)]
        again = door.ask(known)
        trial.note(painted, *failed, *resting, again)
        assert [outcome.code for outcome in failed] == ["provider_failed"] * FAILURES
        assert [outcome.code for outcome in resting] == ["provider_resting"] * FAILURES
        assert len(trial.api.posts) == posts
        assert max(outcome.seconds for outcome in resting) < AT_ONCE
        assert again.pictures == painted.pictures
