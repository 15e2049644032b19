"""The part of the suite that `make test` runs: a few seconds of each kind of fault."""

from random import Random

from tests.chaos.accepted_work import IN_BACKGROUND, check_all_stored, kill_after_accepted
from tests.chaos.disconnects import (
    DisconnectingClient,
    after_partial,
    after_storing,
    during_generation,
)
from tests.chaos.entry_points import HTTP_ENTRY_POINTS, HttpClient, StdioClient
from tests.chaos.oracles import Allowed
from tests.chaos.trial import Trial
from tests.standin import faults


def test_http_images_reach_the_disk_even_if_the_client_disconnects(trial: Trial) -> None:
    with trial:
        port = trial.serve().port
        for name in HTTP_ENTRY_POINTS:
            outcome = HttpClient(name, port, trial.check_secrets).call(trial.small())
            trial.record(outcome)
            assert {*outcome.images} == {*trial.api.ledger[-1].digests}
        client = HttpClient("stream", port, trial.check_secrets)
        for disconnect, share in ((during_generation, 0.5), (after_partial, 1), (after_storing, 0)):
            disconnect(DisconnectingClient(trial=trial, client=client, share=share))
            trial.counts[f"disconnected {disconnect.__name__}"] += 1


def test_no_image_is_lost_if_the_host_exits(trial: Trial) -> None:
    with trial:
        host = trial.host()
        StdioClient(host).start(trial.small())
        trial.api.wait_for_calls(len(trial.api.posts) + 1)
        host.close_input()
        assert host.wait_for_exit() == 0
        trial.counts["hosts that exited"] += 1


def test_a_provider_fault_costs_one_call(trial: Trial) -> None:
    trial.allowed = Allowed(unknown=True, invalid_reply=True)
    with trial:
        client = HttpClient("images", trial.serve().port, trial.check_secrets)
        for fault in (faults.bad_key(), faults.reply_cut(0.2), faults.truncated_image()):
            trial.api.script(fault)
            trial.record(client.call(trial.small()))
        assert trial.counts.keys() == {
            "credentials_rejected",
            "outcome_unknown",
            "bad_provider_reply",
        }


def test_accepted_work_survives_a_kill(trial: Trial) -> None:
    trial.settings |= IN_BACKGROUND
    with trial:
        server = trial.serve(warm=False)
        trial.record(HttpClient("images", server.port, trial.check_secrets).call(trial.small()))
        jobs = kill_after_accepted(trial, [server], Random(1))  # noqa: S311 - it can be repeated
        trial.serve(warm=False)
        check_all_stored(trial, jobs)
        trial.counts["kills"] += 1
