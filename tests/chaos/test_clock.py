"""A clock that jumps breaks nothing."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from http.client import HTTPConnection

import pytest

from tests.chaos.entry_points import HttpClient
from tests.chaos.fault_injection import MovableClock
from tests.chaos.oracles import Allowed
from tests.chaos.trial import Trial
from tests.chaos.waiting import wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]
JUMPS = {
    "+2h": timedelta(hours=2),
    "-10d": timedelta(days=-10),
    "+12y": timedelta(days=12 * 365),  # beyond 2038-01-19, where 32 bits of seconds end
    "+0": timedelta(),
}
IMAGES = 10


@pytest.mark.parametrize("restarts", [False, True])
def test_a_clock_that_jumps_breaks_nothing(trial: Trial, restarts: bool) -> None:
    clock = MovableClock(trial.folder)
    trial.settings |= clock.environment
    # libfaketime 0.9.10 distorts waits, too: /health may be slow.
    trial.allowed = Allowed(posts=len(JUMPS) + 1, slow_health=True)
    known = trial.small("a cached image")
    with trial:
        server = trial.serve()
        client = HttpClient("images", server.port, trial.check_secrets)
        for jump, distance in JUMPS.items():
            clock.move(jump)
            if restarts:
                server.process.terminate()
                assert server.wait() == 0
                server = trial.serve(warm=False)
                client = HttpClient("images", server.port, trial.check_secrets)
            wait_until(partial(is_off_by, server.port, distance), "the server's clock has moved")
            outcomes = trial.call_concurrently(client, [trial.small() for _ in range(IMAGES)])
            outcomes.append(client.call(known))
            assert all(outcome.succeeded for outcome in outcomes), outcomes
            trial.counts["jumps"] += 1


def is_off_by(port: int, distance: timedelta) -> bool:
    """Whether the server's clock differs from ours by the distance, within a minute."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/health")
    theirs = parsedate_to_datetime(connection.getresponse().headers["date"])
    connection.close()
    return abs(theirs - datetime.now(UTC) - distance) < timedelta(minutes=1)
