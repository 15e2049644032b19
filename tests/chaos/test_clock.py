"""N8: a clock that jumps spoils nothing."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from http.client import HTTPConnection

import pytest

from tests.chaos.doors import WebDoor
from tests.chaos.meddling import MovableClock
from tests.chaos.oracles import Allowed
from tests.chaos.trial import Trial
from tests.chaos.waiting import until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]
JUMPS = {
    "+2h": timedelta(hours=2),
    "-10d": timedelta(days=-10),
    "+12y": timedelta(days=12 * 365),  # beyond 2038-01-19, where 32 bits of seconds end
    "+0": timedelta(),
}
PICTURES = 10


@pytest.mark.parametrize("restarts", [False, True])
def test_a_clock_that_jumps_spoils_nothing(trial: Trial, restarts: bool) -> None:
    clock = MovableClock(trial.folder)
    trial.settings |= clock.environment
    trial.allowed = Allowed(
        posts=len(JUMPS) + 1, drowsy=True
    )  # libfaketime 0.9.10 bends waits, too
    known = trial.small("a picture that is kept")
    with trial:
        server = trial.serve()
        door = WebDoor("images", server.port, trial.look_at)
        for jump, distance in JUMPS.items():
            clock.move(jump)
            if restarts:
                server.process.terminate()
                assert server.ended() == 0
                server = trial.serve(warm=False)
                door = WebDoor("images", server.port, trial.look_at)
            until(partial(off_by, server.port, distance), "the server's clock has moved")
            outcomes = trial.ask_at_once(door, [trial.small() for _ in range(PICTURES)])
            outcomes.append(door.ask(known))
            assert all(outcome.painted for outcome in outcomes), outcomes
            trial.counts["jumps"] += 1


def off_by(port: int, distance: timedelta) -> bool:
    """Whether the server's clock is so far from ours."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/health")
    told = parsedate_to_datetime(connection.getresponse().headers["date"])
    connection.close()
    return abs(told - datetime.now(UTC) - distance) < timedelta(minutes=1)
