"""Usage by client, day and so on: over HTTP and at the command line, as JSON, CSV and a chart."""

import asyncio
import csv
import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from mcp import Client
from mcp_types import Implementation
from rich.console import Console

from application.use_cases.analyze_usage import UsageAnalysis
from domain.money.usage_breakdown import Dimension, UsageBreakdown, UsageGroup
from entrypoints.bootstrap.container import Container
from entrypoints.cli.app import cli
from entrypoints.mcp.server import build_server
from entrypoints.wire.client_names import client_name, product_name
from entrypoints.wire.usage_analysis import analysis_csv
from entrypoints.wire.usage_chart import chart_text
from tests.e2e.asgi_client import AsgiClient, asgi_client
from tests.e2e.loopback_server import wait_until
from tests.e2e.test_job_commands import Terminal
from tests.testkit.fakes import FakeProvider, settings_in

pytestmark = pytest.mark.anyio
BRIDGE = {"prompt": "a bridge", "size": "auto"}
AGENT = {"User-Agent": "OpenAI/Python 2.8.1"}


async def served(http: AsgiClient, by: str, query: str = "") -> Any:  # noqa: ANN401 - any JSON value
    reply = await http.request("GET", f"/usage/breakdown?by={by}{query}")
    assert reply.status == 200, reply.body
    return reply.json


async def groups_of(http: AsgiClient, by: str) -> dict[str, tuple[int, int]]:
    """The jobs and the reused results of each group."""
    found = (await served(http, by))["groups"]
    return {group["group"]: (group["jobs"], group["reusedResults"]) for group in found}


async def test_each_door_records_the_client(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    async with asgi_client(settings, provider=FakeProvider(cost=Decimal("0.25"))) as http:

        async def opened() -> Container:
            return http.container

        for _ in range(3):
            await http.post("/images", BRIDGE, **AGENT)
            await wait_until(lambda: not http.container.job_runner().running)  # it is cached
        await http.post("/images", {"prompt": "a fox"})
        host_info = Implementation(name="claude-ai\nx", version="1")
        async with Client(build_server(opened, settings), client_info=host_info) as host:
            await host.call_tool("generate_image", {"prompt": "a lighthouse"})
        await http.container.savings_counter().flush()
        assert await groups_of(http, "client") == {
            "OpenAI/Python": (1, 2),
            "claude-ai x": (1, 0),
            "unknown": (1, 0),
        }
        assert await groups_of(http, "outcome") == {"stored": (3, 0), "reused": (0, 2)}
        assert await groups_of(http, "action") == {"generate": (3, 2)}
        (model,) = (await served(http, "model"))["groups"]
        reply = await http.request("GET", "/usage/breakdown?by=client&format=csv")
        wrong = await http.request("GET", "/usage/breakdown?by=moon")
    assert model["cacheShare"] == 0.4
    assert (model["costUsd"], model["costPerImageUsd"], model["savedUsd"]) == (0.75, 0.25, 0.5)
    assert model["p95Seconds"] >= model["medianSeconds"] >= 0
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="usage-by-client.csv"' in reply.headers["content-disposition"]
    rows = [*csv.DictReader(io.StringIO(reply.body.decode()))]
    assert (rows[0]["client"], rows[0]["costUsd"]) == ("OpenAI/Python", "0.25")
    assert (wrong.status, wrong.problem["field"]) == (400, "by")


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("curl/8.5.0", "curl"),
        ("OpenAI/JS 6.1.0", "OpenAI/JS"),
        ("python-httpx/0.28", "python-httpx"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140", "browser"),
        ("", ""),
        ("(nothing)", ""),
        ("=cmd|x\x1b[2J", "=cmd|x?[2J"),
        ("x" * 500, "x" * 59 + "…"),
    ],
)
def test_a_user_agent_is_known_by_its_first_product(agent: str, name: str) -> None:
    assert product_name(agent) == name


def test_a_client_keeps_the_name_that_it_reports() -> None:
    assert client_name(" claude-ai (via mcp-remote 0.1) ") == "claude-ai (via mcp-remote 0.1)"
    assert client_name("a\u202eb\nc") == "a?b c"


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    terminal = Terminal(tmp_path)
    asyncio.run(terminal.fill())
    return terminal


def run(terminal: Terminal, *arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli, ["usage", *arguments], env=terminal.environment)
    assert done.exit_code == code, done.output
    return done.output


def test_the_command_prints_a_chart_json_and_csv(terminal: Terminal) -> None:
    chart = run(terminal, "--by", "outcome")
    lines = [line.split() for line in chart.splitlines()]
    assert any(line[:2] == ["unknown", "█" * 8] for line in lines), chart
    assert any(line[:2] == ["failed:", "rate_limited"] for line in lines), chart
    assert "without 3 calls of unknown cost" in chart
    found = json.loads(run(terminal, "--by", "outcome", "--format", "json"))
    assert found == json.loads(run(terminal, "--by", "outcome", "--json"))
    assert {group["group"]: group["jobs"] for group in found["groups"]} == {
        "unknown": 2,
        "stored": 1,
        "failed: rate_limited": 1,
    }
    text = run(terminal, "--by", "outcome", "--format", "csv")
    rows = {row["outcome"]: row for row in csv.DictReader(io.StringIO(text))}
    assert rows["unknown"]["estimatedUsd"] == "0.422"
    assert rows["unknown"]["costPerImageUsd"] == ""
    assert "--by day" in run(terminal, "--format", "csv", code=2)


def test_names_of_clients_are_harmless_in_spreadsheets_and_terminals() -> None:
    hostile = '=HYPERLINK("x")', "[red]a[/red]\u202e", "x" * 5000, "a,b\nc"
    groups = [UsageGroup(name=name, jobs=1, cost=Decimal(1)) for name in hostile]
    breakdown = UsageBreakdown(by=Dimension.CLIENT, groups=groups, total=UsageGroup(name="all"))
    analysis = UsageAnalysis(since=date(2026, 11, 22), breakdown=breakdown)
    names = [row["client"] for row in csv.DictReader(io.StringIO(analysis_csv(analysis)))]
    cut = "x" * 99 + "…"
    assert names == ['\'=HYPERLINK("x")', "[red]a[/red]?", cut, "a,b c"]
    chart = chart_text(analysis, Console(width=80, force_terminal=False))
    assert "[red]a[/red]?" in chart
    assert max(map(len, chart.splitlines())) <= 80


@pytest.mark.parametrize("width", [20, 40, 65, 66, 80, 200])
def test_the_chart_fits_the_terminal(width: int) -> None:
    groups = [UsageGroup(name=f"2026-11-{day}", jobs=day, cost=Decimal(day)) for day in (22, 21)]
    breakdown = UsageBreakdown(by=Dimension.DAY, groups=groups, total=UsageGroup(name="all"))
    analysis = UsageAnalysis(since=date(2026, 11, 21), breakdown=breakdown)
    chart = chart_text(analysis, Console(width=width))
    assert max(map(len, chart.splitlines())) <= width
    free = replace(breakdown, groups=[replace(group, cost=Decimal(0)) for group in groups])
    if width >= 66:
        assert "█" in chart_text(replace(analysis, breakdown=free), Console(width=width))
