"""What money does, from the client to the records: budgets, savings, and the command `usage`."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.e2e.asgi_client import asgi_client
from tests.standin import StandIn
from tests.testkit.fakes import FakeProvider, settings_in

Environment = dict[str, str]


def run(arguments: Sequence[str], environment: Environment, **more: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "entrypoints", *arguments],
        capture_output=True,
        env={**environment, **more},
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout.decode()


def painted(environment: Environment, *options: str, **more: str) -> tuple[int, dict[str, object]]:
    code, said = run(
        ["generate", "a red bridge", "--quality", "low", "--json", *options], environment, **more
    )
    told: dict[str, object] = json.loads(said)
    return code, told


def test_what_was_spent_and_saved_is_told_by_the_next_process(environment: Environment) -> None:
    code, first = painted(environment)
    assert code == 0
    again, second = painted(environment)
    assert again == 0
    assert (second["servedFrom"], second["costUsd"]) == ("disk", 0.0)
    assert second["savedUsd"] == first["costUsd"]
    _, said = run(["usage", "--json"], environment, BUDGET_DAY_USD="5", BUDGET_IMAGES_HOUR="7")
    told = json.loads(said)
    (day,) = told["days"]
    assert (day["model"], day["calls"], day["pictures"]) == ("gpt-image-2.6-flare", 1, 1)
    assert (day["costUsd"], day["unknownCostCalls"]) == (first["costUsd"], 0)
    assert (day["savedAnswers"], day["savedUsd"]) == (1, first["costUsd"])
    assert told["total"]["costUsd"] == first["costUsd"]
    dollars, pictures = told["budgets"]
    assert dollars["left"] == pytest.approx(5 - day["costUsd"])
    assert (pictures["spent"], pictures["left"]) == (1, 6)


def test_a_budget_is_held_across_processes_and_says_when_there_is_room(
    environment: Environment, openai_api: StandIn
) -> None:
    assert painted(environment, "--fresh", BUDGET_IMAGES_HOUR="1")[0] == 0
    code, told = painted(environment, "--fresh", BUDGET_IMAGES_HOUR="1")
    error = told["error"]
    assert isinstance(error, dict)
    assert (code, error["code"], error["charged"]) == (6, "budget_exhausted", "no")
    assert (error["limit"], error["spent"], error["estimate"]) == (1, 1, 1)
    assert 3500 < error["retry_after"] <= 3600
    assert error["resets_at"]
    assert len(openai_api.calls) == 1
    code, cached = painted(environment, BUDGET_IMAGES_HOUR="1")
    assert (code, cached["costUsd"]) == (0, 0.0)


@pytest.mark.anyio
async def test_over_http_a_budget_says_when_to_come_back(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, budget_images_hour=1, rate_limit="0")
    async with asgi_client(settings, provider=FakeProvider()) as client:
        body = {"prompt": "a red bridge", "fresh": True}
        assert (await client.post("/images", body)).status == 201
        refused = await client.post("/images", body)
    assert (refused.status, refused.problem["code"]) == (429, "budget_exhausted")
    assert 3500 < int(refused.headers["retry-after"]) <= 3600
    assert refused.problem["charged"] == "no"


def test_people_get_a_table_with_totals_and_what_is_left(environment: Environment) -> None:
    painted(environment)
    code, said = run(["usage", "--days", "2"], environment, BUDGET_DAY_USD="5")
    assert code == 0
    assert "gpt-image-2.6-flare" in said
    assert "BUDGET_DAY_USD: 4.9" in said
    assert all(len(line) <= 80 for line in said.splitlines())


def test_sketches_cost_nothing_and_need_no_room(environment: Environment) -> None:
    free = {"PROVIDER": "sketch", "BUDGET_DAY_USD": "0", "BUDGET_CALL_USD": "0"}
    code, told = painted(environment, **free)
    assert (code, told["costUsd"]) == (0, 0.0)
    _, said = run(["usage", "--json"], environment, **free)
    assert json.loads(said)["total"]["unknownCostCalls"] == 0
