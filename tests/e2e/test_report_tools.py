"""The tools usage, list_models and dismiss_job, and the routes of the same answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from mcp import Client

from domain.provider_errors import OutcomeUnknown
from entrypoints.bootstrap.container import Container
from entrypoints.mcp.server import build_server
from tests.e2e.asgi_client import AsgiClient, asgi_client
from tests.testkit.fakes import FakeProvider, settings_in

pytestmark = pytest.mark.anyio
BODY = {"prompt": "a red bridge"}


@asynccontextmanager
async def both(folder: Path, provider: FakeProvider) -> AsyncIterator[tuple[AsgiClient, Client]]:
    """An HTTP client and an MCP client of one application, whose day has a budget."""
    settings = settings_in(folder, budget_day_usd=Decimal(5))
    async with asgi_client(settings, provider=provider) as http:

        async def opened() -> Container:
            container: Container = http.container
            return container

        async with Client(build_server(opened, settings)) as host:
            yield http, host


async def test_spending_and_what_is_left_are_told(tmp_path: Path) -> None:
    async with both(tmp_path, FakeProvider(cost=Decimal("0.25"))) as (http, host):
        await http.post("/images", BODY)
        told = await host.call_tool("usage", {"days": "2"})
        reply = await http.request("GET", "/usage?days=2")
        refused = await host.call_tool("usage", {"days": 0})
        wrong = await http.request("GET", "/usage?days=0")
    assert told.structured_content == reply.json
    assert reply.json["total"]["costUsd"] == 0.25
    (budget,) = reply.json["budgets"]
    assert (budget["limit"], budget["spent"], budget["left"]) == (5, 0.25, 4.75)
    text = str(getattr(told.content[0], "text", ""))
    assert "fake-1" in text
    assert "4.75 left of $5" in text
    assert "\x1b" not in text
    assert refused.is_error
    assert (wrong.status, wrong.problem["field"]) == (400, "days")


async def test_the_models_are_listed(tmp_path: Path) -> None:
    async with both(tmp_path, FakeProvider()) as (http, host):
        told = await host.call_tool("list_models", {})
        reply = await http.request("GET", "/models")
    assert told.structured_content == reply.json
    assert [(model["name"], model["default"]) for model in reply.json["models"]] == [
        ("fake-1", True)
    ]
    assert "fake-1 *" in str(told.content[0])


async def test_a_dismissed_job_is_no_longer_listed_and_still_counted(tmp_path: Path) -> None:
    provider = FakeProvider(cost=Decimal("0.25"), fails=[OutcomeUnknown("The connection broke.")])
    async with both(tmp_path, provider) as (http, host):
        await http.post("/images", BODY)
        (job,) = (await http.request("GET", "/images")).json["jobs"]
        dismissed = await host.call_tool("dismiss_job", {"jobId": job["jobId"]})
        listed = await host.call_tool("list_images", {})
        usage = (await http.request("GET", "/usage")).json
        missing = await host.call_tool("dismiss_job", {"id": f"job_{0:032}"})
        await http.post("/images", BODY)
        (made,) = (await http.request("GET", "/images")).json["images"]
        settled = await host.call_tool("dismiss_job", {"id": made["jobId"]})
    assert dismissed.structured_content == {**job, "dismissed": True}
    assert listed.structured_content is not None
    assert listed.structured_content["jobs"] == []
    assert usage["total"]["calls"] == 1
    assert missing.is_error
    assert settled.is_error
    assert "known outcome" in str(settled.content[0])
