"""A key is charged once, however often and to whichever process it is sent, even after kill -9."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.chaos.entry_points import HttpClient
from tests.chaos.oracles import Allowed
from tests.chaos.trial import Trial
from tests.standin import body_faults, faults

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]
CONCURRENT = 20
KEY = "0e0c9a1e-repeated"


@pytest.mark.parametrize("processes", [1, 2])
def test_concurrent_calls_with_one_key_cost_one_call(trial: Trial, processes: int) -> None:
    with trial:
        ports = [trial.serve().port for _ in range(processes)]
        trial.api.reset()
        trial.api.default = body_faults.small(0.5)
        arguments = trial.small(fresh=True)
        clients = [
            HttpClient("images", ports[n % processes], trial.check_secrets)
            for n in range(CONCURRENT)
        ]
        with ThreadPoolExecutor(CONCURRENT) as threads:
            started = threads.map(
                lambda client: client.start(arguments, Idempotency_Key=KEY), clients
            )
            outcomes = [call.outcome() for call in started]
        trial.record(*outcomes)
        assert len(trial.api.posts) == 1
        assert {outcome.images for outcome in outcomes if outcome.succeeded} == {
            trial.api.ledger[0].digests
        }


def test_a_key_whose_call_was_killed_is_not_charged_again(trial: Trial) -> None:
    trial.allowed = Allowed(unknown=True)
    with trial:
        server = trial.serve()
        trial.api.reset()
        trial.api.script(faults.hang())
        arguments = trial.small()
        call = HttpClient("images", server.port, trial.check_secrets).start(
            arguments, Idempotency_Key=KEY
        )
        trial.api.wait_for_calls(1)
        server.kill()
        client = HttpClient("images", trial.serve(warm=False).port, trial.check_secrets)
        again = client.call(arguments, Idempotency_Key=KEY)
        trial.record(call.outcome(), again)
        assert again.code
        assert len(trial.api.posts) == 1
