"""The received part of a cut reply is quarantined, because it may have been charged."""

import pytest

from tests.chaos.entry_points import HttpClient
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
def test_the_received_part_of_a_cut_reply_is_quarantined(
    trial: Trial, fault: Fault, more: dict[str, int]
) -> None:
    trial.allowed = Allowed(unknown=True)
    with trial:
        client = HttpClient("images", trial.serve().port, trial.check_secrets)
        trial.api.script(fault)
        outcome = client.call(trial.small() | more)
        trial.record(outcome)
        assert outcome.code == "outcome_unknown"
        (job,) = [job for job in trial.disk.jobs() if job.state == "unknown"]
        files = trial.disk.quarantined()
        assert [file.name.startswith(job.id) for file in files] == [True]
