"""N9: SIGTERM ends a server in time, and loses nothing of what it was doing."""

from time import monotonic

import pytest

from tests.chaos.calls import Outcome
from tests.chaos.doors import PipeDoor, WebDoor
from tests.chaos.oracles import Allowed
from tests.chaos.trial import Trial
from tests.chaos.waiting import pass_time, until
from tests.standin import Fault, body_faults, faults

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]
EACH = 10
GRACE = 3.0
LEAVES_WITHIN = GRACE + 1.5
SECOND_WITHIN = 2.0
OPEN = ("reserved", "dispatched")


def told_to_end(trial: Trial, fault: Fault) -> tuple[list[Outcome], float, int]:
    """With ten calls and ten streams open: how they end, and after how long with which code."""
    server = trial.serve()
    trial.api.reset()
    trial.api.default = fault
    doors = [WebDoor(name, server.port, trial.look_at) for name in ("images", "stream")]
    calls = [door.begin(trial.small("open")) for _ in range(EACH) for door in doors]
    trial.api.wait_for_calls(2 * EACH)
    told = monotonic()
    server.process.terminate()
    outcomes = [call.outcome() for call in calls]
    code = server.ended()
    trial.note(*outcomes)
    return outcomes, monotonic() - told, code


def test_what_can_be_finished_in_time_is_finished_and_answered(trial: Trial) -> None:
    trial.settings["SHUTDOWN_GRACE"] = str(GRACE)
    with trial:
        outcomes, seconds, code = told_to_end(trial, body_faults.small(0.5))
        assert all(outcome.painted for outcome in outcomes)
        assert code == 0
        assert seconds < LEAVES_WITHIN
        trial.notes.append(f"ended after {seconds:.2f} s")


def test_what_cannot_be_finished_is_listed_as_unknown(trial: Trial) -> None:
    trial.settings["SHUTDOWN_GRACE"] = str(GRACE)
    trial.allowed = Allowed(unknown=True)
    with trial:
        outcomes, seconds, code = told_to_end(trial, faults.hang())
        assert {outcome.code for outcome in outcomes} == {"outcome_unknown"}
        assert code == 0
        assert seconds < LEAVES_WITHIN
        trial.notes.append(f"ended after {seconds:.2f} s")


def test_no_new_work_is_begun_once_it_was_told(trial: Trial) -> None:
    with trial:
        server = trial.serve()
        trial.api.reset()
        trial.api.default = body_faults.small(1.0)
        door = WebDoor("images", server.port, trial.look_at)
        first = door.begin(trial.small())
        trial.api.wait_for_calls(1)
        server.process.terminate()
        refused = door.ask(trial.small("late"))
        while refused.painted:  # it had not heard yet
            refused = door.ask(trial.small("late"))
        trial.note(refused, first.outcome())
        assert refused.code == "shutting_down"
        assert server.ended() == 0


def test_a_second_signal_ends_it_at_once_and_the_next_start_knows(trial: Trial) -> None:
    trial.allowed = Allowed(unknown=True)
    with trial:
        server = trial.serve()
        trial.api.reset()
        trial.api.default = faults.hang()
        door = WebDoor("images", server.port, trial.look_at)
        calls = [door.begin(trial.small("hanging")) for _ in range(EACH)]
        trial.api.wait_for_calls(EACH)
        server.process.terminate()
        pass_time(0.3)
        told = monotonic()
        server.process.terminate()
        assert server.ended() in (0, 1)
        assert monotonic() - told < SECOND_WITHIN
        trial.note(*(call.outcome() for call in calls))
        trial.serve(warm=False)
        until(
            lambda: not [job for job in trial.disk.jobs() if job.state in OPEN],
            "what was open is listed as unknown",
        )


def test_a_host_that_sends_sigterm_gets_its_answers(trial: Trial) -> None:
    trial.settings["SHUTDOWN_GRACE"] = str(GRACE)
    with trial:
        host = trial.host()
        trial.api.reset()
        trial.api.default = body_faults.small(0.5)
        door = PipeDoor(host)
        calls = [door.begin(trial.small("open")) for _ in range(2 * EACH)]
        trial.api.wait_for_calls(2 * EACH)
        told = monotonic()
        host.terminate()
        outcomes = [call.outcome() for call in calls]
        assert host.ended() == 0
        assert monotonic() - told < LEAVES_WITHIN
        trial.note(*outcomes)
        assert all(outcome.painted for outcome in outcomes)
