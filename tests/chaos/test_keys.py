"""A key stands for one bill, however often and wherever it is sent, also across a kill -9."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.chaos.doors import WebDoor
from tests.chaos.oracles import Allowed
from tests.chaos.trial import Trial
from tests.standin import body_faults, faults

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]
AT_ONCE = 20
KEY = "0e0c9a1e-repeated"


@pytest.mark.parametrize("processes", [1, 2])
def test_a_key_that_is_sent_many_times_at_once_costs_one_call(trial: Trial, processes: int) -> None:
    with trial:
        ports = [trial.serve().port for _ in range(processes)]
        trial.api.reset()
        trial.api.default = body_faults.small(0.5)
        arguments = trial.small(fresh=True)
        doors = [WebDoor("images", ports[n % processes], trial.look_at) for n in range(AT_ONCE)]
        with ThreadPoolExecutor(AT_ONCE) as threads:
            begun = threads.map(lambda door: door.begin(arguments, Idempotency_Key=KEY), doors)
            outcomes = [call.outcome() for call in begun]
        trial.note(*outcomes)
        assert len(trial.api.posts) == 1
        assert {outcome.pictures for outcome in outcomes if outcome.painted} == {
            trial.api.ledger[0].digests
        }


def test_a_key_whose_call_was_cut_off_by_a_kill_is_not_paid_for_again(trial: Trial) -> None:
    trial.allowed = Allowed(unknown=True)
    with trial:
        server = trial.serve()
        trial.api.reset()
        trial.api.script(faults.hang())
        arguments = trial.small()
        call = WebDoor("images", server.port, trial.look_at).begin(arguments, Idempotency_Key=KEY)
        trial.api.wait_for_calls(1)
        server.kill()
        door = WebDoor("images", trial.serve(warm=False).port, trial.look_at)
        again = door.ask(arguments, Idempotency_Key=KEY)
        trial.note(call.outcome(), again)
        assert again.code
        assert len(trial.api.posts) == 1
