"""P7: a reply that is far too large neither fills the memory nor passes for a picture."""

from collections.abc import Callable

import pytest

from tests.chaos.doors import WebDoor
from tests.chaos.oracles import Allowed
from tests.chaos.processes import most_resident
from tests.chaos.trial import Trial
from tests.standin import Fault, body_faults

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]
MOST_MEMORY = 300_000_000


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("body", [body_faults.endless, body_faults.gzip_bomb])
def test_a_reply_that_is_far_too_large_is_refused_within_bounds(
    trial: Trial, body: Callable[[], Fault], streamed: bool
) -> None:
    trial.allowed = Allowed(unknown=True, rubbish=True, drowsy=True)
    with trial:
        server = trial.serve()
        door = WebDoor("images", server.port, trial.look_at)
        trial.api.script(body())
        arguments = trial.small()
        outcome = door.ask(arguments | ({"partialImages": 1} if streamed else {}))
        trial.note(outcome)
        most = most_resident(server.pid)
        trial.notes.append(f"{most / 1e6:.0f} MB at most")
        assert outcome.code in ("bad_provider_reply", "outcome_unknown")
        assert trial.disk.quarantined()
        assert door.ask(trial.small()).painted
        assert most < MOST_MEMORY
