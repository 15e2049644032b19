"""Budgets hold when many ask at once, in one process and in two on one folder."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.chaos.calls import Outcome
from tests.chaos.doors import WebDoor
from tests.chaos.trial import Trial

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]
ROOM = 10
ASKED = 50
BUDGETS = {"images an hour": {"BUDGET_IMAGES_HOUR": str(ROOM)}}


def asked_at_once(trial: Trial, ports: list[int]) -> list[Outcome]:
    """ASKED calls at once, spread over the servers."""
    doors = [WebDoor("images", port, trial.look_at) for port in ports]
    calls = [(doors[n % len(doors)], trial.small("at once")) for n in range(ASKED)]
    with ThreadPoolExecutor(ASKED) as threads:
        outcomes = list(threads.map(lambda call: call[0].ask(call[1]), calls))
    trial.note(*outcomes)
    return outcomes


def assert_that_room_was_kept(trial: Trial, outcomes: list[Outcome], room: int) -> None:
    """As many were painted as there was room for; the rest was refused in the right words."""
    codes = [outcome.code for outcome in outcomes]
    assert codes.count(None) == len(trial.api.ledger) == room
    assert codes.count("budget_exhausted") == ASKED - room


@pytest.mark.parametrize("processes", [1, 2])
def test_an_hour_has_as_many_pictures_as_its_budget(trial: Trial, processes: int) -> None:
    trial.settings["BUDGET_IMAGES_HOUR"] = str(ROOM)
    with trial:
        ports = [trial.serve(warm=False).port for _ in range(processes)]
        outcomes = asked_at_once(trial, ports)
        assert_that_room_was_kept(trial, outcomes, ROOM)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_day_costs_no_more_than_its_budget(trial: Trial, processes: int) -> None:
    with trial:
        first = WebDoor("images", trial.serve(warm=False).port, trial.look_at)
        price = float(first.ask(trial.small("at once")).facts["costUsd"])
        dollars = price * (ROOM + 1.5)
        more = {"BUDGET_DAY_USD": f"{dollars:.6f}"}
        ports = [trial.serve(warm=False, **more).port for _ in range(processes)]
        outcomes = asked_at_once(trial, ports)
        spent = sum(float(outcome.facts["costUsd"]) for outcome in outcomes if outcome.painted)
        trial.notes.append(f"{spent:.4f} of {dollars - price:.4f} dollars spent")
        assert spent <= dollars - price
        assert any(outcome.painted for outcome in outcomes)
        assert {outcome.code for outcome in outcomes} == {None, "budget_exhausted"}
        later = WebDoor("images", ports[0], trial.look_at)
        while (outcome := later.ask(trial.small("at once"))).painted:
            spent += float(outcome.facts["costUsd"])
        assert outcome.code == "budget_exhausted"
        assert spent <= dollars - price
