"""Each answer ends with its cost, over MCP and HTTP, and with the day's where there is a budget."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp_types import TextContent

from domain.errors import ArchiveUnavailable
from tests.e2e.asgi_client import asgi_client
from tests.e2e.transports import connect_in_memory, settings_for
from tests.standin import StandIn
from tests.testkit.fakes import FakeProvider, FrozenClock, MemoryUsageLedger, settings_in

pytestmark = pytest.mark.anyio
PROMPT = {"prompt": "a fox in the snow", "quality": "low"}


async def answer(client: Client, **arguments: Any) -> tuple[str, dict[str, Any]]:  # noqa: ANN401 - any JSON
    """The last line of the text, and the structured content."""
    result = await client.call_tool("generate_image", {**PROMPT, **arguments})
    text = result.content[0]
    assert isinstance(text, TextContent)
    assert result.structured_content is not None
    return text.text.splitlines()[-1], result.structured_content


async def cached_line(client: Client) -> str:
    """The line about the cost of a result from the cache, once the first result is there."""
    while True:
        line, _ = await answer(client)
        if "shared with an equal request" not in line:
            assert line.startswith("Cost: nothing; from the cache")
            return line


async def test_an_mcp_answer_ends_with_its_cost(openai_api: StandIn, tmp_path: Path) -> None:
    async with connect_in_memory(settings_for(openai_api, tmp_path)) as client:
        line, facts = await answer(client)
        assert line == f"Cost: ${facts['costUsd']:.3f}."
        assert facts.keys().isdisjoint({"daySpentUsd", "dayBudgetUsd", "estimatedUsd"})
        _, facts = await answer(client)
        line = await cached_line(client)
        assert re.fullmatch(r"Cost: nothing; from the cache, saved \$0\.\d{3}\.", line)
        assert facts["costUsd"] == 0


async def test_with_a_budget_for_the_day_an_mcp_answer_tells_its_spending(
    openai_api: StandIn, tmp_path: Path
) -> None:
    settings = settings_for(openai_api, tmp_path, budget_day_usd="5")
    async with connect_in_memory(settings) as client:
        _, first = await answer(client)
        line, second = await answer(client, fresh=True)
        spent = first["costUsd"] + second["costUsd"]
        assert line == (
            f"Cost: ${second['costUsd']:.3f}. ${spent:.3f} of $5.00 in the last 24 hours."
        )
        assert second["daySpentUsd"] == pytest.approx(spent)
        assert second["dayBudgetUsd"] == 5
        line = await cached_line(client)
        assert line.endswith(f"${spent:.3f} of $5.00 in the last 24 hours.")


async def test_sketches_have_no_line_about_their_cost(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, provider="sketch", budget_day_usd="5")
    async with connect_in_memory(settings) as client:
        line, facts = await answer(client)
    assert not line.startswith("Cost")
    assert facts["costUsd"] == 0


async def test_an_http_answer_has_the_spending_of_the_day_as_numbers(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, budget_day_usd="5")
    provider = FakeProvider(cost=Decimal("0.2"))
    async with asgi_client(settings, provider=provider, clock=FrozenClock()) as client:
        for number in (1, 2):
            facts = (await client.post("/images", {**PROMPT, "fresh": True})).json
            assert (facts["costUsd"], facts["dayBudgetUsd"]) == (0.2, 5)
            assert facts["daySpentUsd"] == pytest.approx(0.2 * number)


async def test_a_ledger_that_cannot_be_read_costs_no_answer(tmp_path: Path) -> None:
    class Unreadable(MemoryUsageLedger):
        async def total(self, *_: object) -> Any:  # noqa: ANN401 - never returns
            raise ArchiveUnavailable("The disk is gone.")

    settings = settings_in(tmp_path, budget_day_usd="5")
    provider = FakeProvider(cost=Decimal("0.2"))
    async with asgi_client(settings, provider=provider, usage_ledger=Unreadable()) as client:
        reply = await client.post("/images", PROMPT)
    assert (reply.status, reply.json["costUsd"]) == (201, 0.2)
    assert "daySpentUsd" not in reply.json
