"""The part of the suite that every run of the tests has: a few seconds of each kind of trouble."""

from tests.chaos.doors import WEB_DOORS, PipeDoor, WebDoor
from tests.chaos.leaving import Leaving, after_a_partial, once_stored, while_painting
from tests.chaos.oracles import Allowed
from tests.chaos.trial import Trial
from tests.standin import faults


def test_all_web_doors_lead_to_the_disk_and_clients_that_leave_lose_nothing(trial: Trial) -> None:
    with trial:
        port = trial.serve().port
        for name in WEB_DOORS:
            outcome = WebDoor(name, port, trial.look_at).ask(trial.small())
            trial.note(outcome)
            assert {*outcome.pictures} == {*trial.api.ledger[-1].digests}
        door = WebDoor("stream", port, trial.look_at)
        for way, share in ((while_painting, 0.5), (after_a_partial, 1), (once_stored, 0)):
            way(Leaving(trial=trial, door=door, share=share))
            trial.counts[f"left {way.__name__}"] += 1


def test_a_host_that_goes_loses_nothing(trial: Trial) -> None:
    with trial:
        host = trial.host()
        PipeDoor(host).begin(trial.small())
        trial.api.wait_for_calls(len(trial.api.posts) + 1)
        host.close_input()
        assert host.ended() == 0
        trial.counts["hosts that went"] += 1


def test_faults_of_the_provider_cost_one_call_each(trial: Trial) -> None:
    trial.allowed = Allowed(unknown=True, rubbish=True)
    with trial:
        door = WebDoor("images", trial.serve().port, trial.look_at)
        for fault in (faults.bad_key(), faults.reply_cut(0.2), faults.truncated_image()):
            trial.api.script(fault)
            trial.note(door.ask(trial.small()))
        assert trial.counts.keys() == {
            "credentials_rejected",
            "outcome_unknown",
            "bad_provider_reply",
        }
