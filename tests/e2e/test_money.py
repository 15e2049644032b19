"""Money from the client to the records: budgets, savings, and the command `usage`."""

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


def generate(environment: Environment, *options: str, **more: str) -> tuple[int, dict[str, object]]:
    code, output = run(
        ["generate", "a red bridge", "--quality", "low", "--json", *options], environment, **more
    )
    report: dict[str, object] = json.loads(output)
    return code, report


def test_the_next_process_reports_what_was_spent_and_saved(environment: Environment) -> None:
    code, first = generate(environment)
    assert code == 0
    again, second = generate(environment)
    assert again == 0
    assert (second["servedFrom"], second["costUsd"]) == ("disk", 0.0)
    assert second["savedUsd"] == first["costUsd"]
    _, output = run(["usage", "--json"], environment, BUDGET_DAY_USD="5", BUDGET_IMAGES_HOUR="7")
    report = json.loads(output)
    (day,) = report["days"]
    assert (day["model"], day["calls"], day["pictures"]) == ("gpt-image-2.6-flare", 1, 1)
    assert (day["costUsd"], day["unknownCostCalls"]) == (first["costUsd"], 0)
    assert (day["savedAnswers"], day["savedUsd"]) == (1, first["costUsd"])
    assert report["total"]["costUsd"] == first["costUsd"]
    dollars, images = report["budgets"]
    assert dollars["left"] == pytest.approx(5 - day["costUsd"])
    assert (images["spent"], images["left"]) == (1, 6)


def test_a_budget_holds_across_processes_and_reports_when_it_resets(
    environment: Environment, openai_api: StandIn
) -> None:
    assert generate(environment, "--fresh", BUDGET_IMAGES_HOUR="1")[0] == 0
    code, report = generate(environment, "--fresh", BUDGET_IMAGES_HOUR="1")
    error = report["error"]
    assert isinstance(error, dict)
    assert (code, error["code"], error["charged"]) == (6, "budget_exhausted", "no")
    assert (error["limit"], error["spent"], error["estimate"]) == (1, 1, 1)
    assert 3500 < error["retry_after"] <= 3600
    assert error["resets_at"]
    assert len(openai_api.calls) == 1
    code, cached = generate(environment, BUDGET_IMAGES_HOUR="1")
    assert (code, cached["costUsd"]) == (0, 0.0)


@pytest.mark.anyio
async def test_over_http_an_exhausted_budget_sends_retry_after(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, budget_images_hour=1, rate_limit="0")
    async with asgi_client(settings, provider=FakeProvider()) as client:
        body = {"prompt": "a red bridge", "fresh": True}
        assert (await client.post("/images", body)).status == 201
        refused = await client.post("/images", body)
    assert (refused.status, refused.problem["code"]) == (429, "budget_exhausted")
    assert 3500 < int(refused.headers["retry-after"]) <= 3600
    assert refused.problem["charged"] == "no"


def test_usage_prints_a_table_with_remaining_budgets(environment: Environment) -> None:
    generate(environment)
    code, output = run(["usage", "--days", "2"], environment, BUDGET_DAY_USD="5")
    assert code == 0
    assert "gpt-image-2.6-flare" in output
    assert "BUDGET_DAY_USD: $4.9" in output
    assert all(len(line) <= 80 for line in output.splitlines())


def test_sketches_cost_nothing_and_need_no_budget(environment: Environment) -> None:
    free = {"PROVIDER": "sketch", "BUDGET_DAY_USD": "0", "BUDGET_CALL_USD": "0"}
    code, report = generate(environment, **free)
    assert (code, report["costUsd"]) == (0, 0.0)
    _, output = run(["usage", "--json"], environment, **free)
    assert json.loads(output)["total"]["unknownCostCalls"] == 0
