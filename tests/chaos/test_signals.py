"""SIGTERM ends a server in time, and no image is lost."""

from time import monotonic

import pytest

from tests.chaos.calls import Outcome
from tests.chaos.entry_points import HttpClient, StdioClient
from tests.chaos.oracles import Allowed
from tests.chaos.trial import Trial
from tests.chaos.waiting import sleep_for, wait_until
from tests.standin import Fault, body_faults, faults

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]
EACH = 10
GRACE = 3.0
EXIT_SECONDS = GRACE + 1.5
SECOND_SIGNAL_SECONDS = 2.0
OPEN = ("reserved", "dispatched")


def terminate_with_open_calls(trial: Trial, fault: Fault) -> tuple[list[Outcome], float, int]:
    """Terminate with 20 open calls; return their outcomes, the seconds and the exit code."""
    server = trial.serve()
    trial.api.reset()
    trial.api.default = fault
    clients = [HttpClient(name, server.port, trial.check_secrets) for name in ("images", "stream")]
    calls = [client.start(trial.small("open")) for _ in range(EACH) for client in clients]
    trial.api.wait_for_calls(2 * EACH)
    signaled = monotonic()
    server.process.terminate()
    outcomes = [call.outcome() for call in calls]
    code = server.wait()
    trial.record(*outcomes)
    return outcomes, monotonic() - signaled, code


def test_calls_that_end_within_the_grace_period_get_their_replies(trial: Trial) -> None:
    trial.settings["SHUTDOWN_GRACE"] = str(GRACE)
    with trial:
        outcomes, seconds, code = terminate_with_open_calls(trial, body_faults.small(0.5))
        assert all(outcome.succeeded for outcome in outcomes)
        assert code == 0
        assert seconds < EXIT_SECONDS
        trial.notes.append(f"ended after {seconds:.2f} s")


def test_calls_beyond_the_grace_period_are_recorded_as_unknown(trial: Trial) -> None:
    trial.settings["SHUTDOWN_GRACE"] = str(GRACE)
    trial.allowed = Allowed(unknown=True)
    with trial:
        outcomes, seconds, code = terminate_with_open_calls(trial, faults.hang())
        assert {outcome.code for outcome in outcomes} == {"outcome_unknown"}
        assert code == 0
        assert seconds < EXIT_SECONDS
        trial.notes.append(f"ended after {seconds:.2f} s")


def test_no_new_call_is_accepted_after_the_signal(trial: Trial) -> None:
    with trial:
        server = trial.serve()
        trial.api.reset()
        trial.api.default = body_faults.small(1.0)
        client = HttpClient("images", server.port, trial.check_secrets)
        first = client.start(trial.small())
        trial.api.wait_for_calls(1)
        server.process.terminate()
        refused = client.call(trial.small("late"))
        while refused.succeeded:  # the signal was not handled yet
            refused = client.call(trial.small("late"))
        trial.record(refused, first.outcome())
        assert refused.code == "shutting_down"
        assert server.wait() == 0


def test_a_second_signal_exits_at_once_and_the_next_start_closes_the_jobs(trial: Trial) -> None:
    trial.allowed = Allowed(unknown=True)
    with trial:
        server = trial.serve()
        trial.api.reset()
        trial.api.default = faults.hang()
        client = HttpClient("images", server.port, trial.check_secrets)
        calls = [client.start(trial.small("hanging")) for _ in range(EACH)]
        trial.api.wait_for_calls(EACH)
        server.process.terminate()
        sleep_for(0.3)
        signaled = monotonic()
        server.process.terminate()
        assert server.wait() in (0, 1)
        assert monotonic() - signaled < SECOND_SIGNAL_SECONDS
        trial.record(*(call.outcome() for call in calls))
        trial.serve(warm=False)
        wait_until(
            lambda: not [job for job in trial.disk.jobs() if job.state in OPEN],
            "the open jobs are recorded as unknown",
        )


def test_a_host_that_sends_sigterm_gets_its_replies(trial: Trial) -> None:
    trial.settings["SHUTDOWN_GRACE"] = str(GRACE)
    with trial:
        host = trial.host()
        trial.api.reset()
        trial.api.default = body_faults.small(0.5)
        client = StdioClient(host)
        calls = [client.start(trial.small("open")) for _ in range(2 * EACH)]
        trial.api.wait_for_calls(2 * EACH)
        signaled = monotonic()
        host.terminate()
        outcomes = [call.outcome() for call in calls]
        assert host.wait_for_exit() == 0
        assert monotonic() - signaled < EXIT_SECONDS
        trial.record(*outcomes)
        assert all(outcome.succeeded for outcome in outcomes)
