"""P5 and P6: of a reply that was cut, what came is kept: it may have been paid for."""

import pytest

from tests.chaos.doors import WebDoor
from tests.chaos.oracles import Allowed
from tests.chaos.trial import Trial
from tests.standin import Fault, faults

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]


@pytest.mark.parametrize(
    ("fault", "more"),
    [
        (faults.reply_cut(0.2), {}),
        (faults.reply_cut(0.99), {}),
        (faults.stream_cut_after(1), {"partialImages": 3}),
        (faults.stream_cut_after(3), {"partialImages": 3}),
    ],
    ids=["a fifth", "nearly all", "one partial", "three partials"],
)
def test_what_came_of_a_reply_that_was_cut_is_in_quarantine(
    trial: Trial, fault: Fault, more: dict[str, int]
) -> None:
    trial.allowed = Allowed(unknown=True)
    with trial:
        door = WebDoor("images", trial.serve().port, trial.look_at)
        trial.api.script(fault)
        outcome = door.ask(trial.small() | more)
        trial.note(outcome)
        assert outcome.code == "outcome_unknown"
        (job,) = [job for job in trial.disk.jobs() if job.state == "unknown"]
        kept = trial.disk.quarantined()
        assert [file.name.startswith(job.id) for file in kept] == [True]
