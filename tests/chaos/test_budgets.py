"""Budgets hold under concurrent calls, in one process and in two on one folder."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.chaos.calls import Outcome
from tests.chaos.entry_points import HttpClient
from tests.chaos.trial import Trial

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]
ROOM = 10
"""Images that fit the budget."""
CALLS = 50


def call_concurrently(trial: Trial, ports: list[int]) -> list[Outcome]:
    """CALLS concurrent calls, spread over the servers."""
    clients = [HttpClient("images", port, trial.check_secrets) for port in ports]
    calls = [(clients[n % len(clients)], trial.small("concurrent")) for n in range(CALLS)]
    with ThreadPoolExecutor(CALLS) as threads:
        outcomes = list(threads.map(lambda call: call[0].call(call[1]), calls))
    trial.record(*outcomes)
    return outcomes


def assert_budget_held(trial: Trial, outcomes: list[Outcome], room: int) -> None:
    """Exactly `room` images were generated; the budget refused the others."""
    codes = [outcome.code for outcome in outcomes]
    assert codes.count(None) == len(trial.api.ledger) == room
    assert codes.count("budget_exhausted") == CALLS - room


@pytest.mark.parametrize("processes", [1, 2])
def test_an_hour_has_as_many_images_as_its_budget(trial: Trial, processes: int) -> None:
    trial.settings["BUDGET_IMAGES_HOUR"] = str(ROOM)
    with trial:
        ports = [trial.serve(warm=False).port for _ in range(processes)]
        outcomes = call_concurrently(trial, ports)
        assert_budget_held(trial, outcomes, ROOM)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_day_costs_no_more_than_its_budget(trial: Trial, processes: int) -> None:
    with trial:
        first = HttpClient("images", trial.serve(warm=False).port, trial.check_secrets)
        price = float(first.call(trial.small("concurrent")).facts["costUsd"])
        dollars = price * (ROOM + 1.5)
        more = {"BUDGET_DAY_USD": f"{dollars:.6f}"}
        ports = [trial.serve(warm=False, **more).port for _ in range(processes)]
        outcomes = call_concurrently(trial, ports)
        spent = sum(float(outcome.facts["costUsd"]) for outcome in outcomes if outcome.succeeded)
        trial.notes.append(f"{spent:.4f} of {dollars - price:.4f} dollars spent")
        assert spent <= dollars - price
        assert any(outcome.succeeded for outcome in outcomes)
        assert {outcome.code for outcome in outcomes} == {None, "budget_exhausted"}
        later = HttpClient("images", ports[0], trial.check_secrets)
        while (outcome := later.call(trial.small("concurrent"))).succeeded:
            spent += float(outcome.facts["costUsd"])
        assert outcome.code == "budget_exhausted"
        assert spent <= dollars - price
