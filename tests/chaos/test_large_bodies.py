"""An oversized reply neither fills the memory nor is accepted as an image."""

from collections.abc import Callable

import pytest

from tests.chaos.entry_points import HttpClient
from tests.chaos.oracles import Allowed
from tests.chaos.processes import peak_resident
from tests.chaos.trial import Trial
from tests.standin import Fault, body_faults

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]
MAX_MEMORY = 300_000_000


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("body", [body_faults.endless, body_faults.gzip_bomb])
def test_an_oversized_reply_is_rejected_within_the_memory_bound(
    trial: Trial, body: Callable[[], Fault], streamed: bool
) -> None:
    trial.allowed = Allowed(unknown=True, invalid_reply=True, slow_health=True)
    with trial:
        server = trial.serve()
        client = HttpClient("images", server.port, trial.check_secrets)
        trial.api.script(body())
        arguments = trial.small()
        outcome = client.call(arguments | ({"partialImages": 1} if streamed else {}))
        trial.record(outcome)
        peak = peak_resident(server.pid)
        trial.notes.append(f"{peak / 1e6:.0f} MB at most")
        assert outcome.code in ("bad_provider_reply", "outcome_unknown")
        assert trial.disk.quarantined()
        assert client.call(trial.small()).succeeded
        assert peak < MAX_MEMORY
