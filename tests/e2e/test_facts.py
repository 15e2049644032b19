"""Every fact of a result is both in its text and in its structured content."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import anyio
import pytest

from application.ports.image_provider import Delivered, ProviderStream
from domain.jobs import Job
from domain.money.amounts import dollars, exact_dollars
from domain.requests import ImageRequest
from domain.results import Usage
from entrypoints.wire.trash_results import local_time
from tests.e2e.every_tool import NAMES, call_tool, facts_of, made, open_client, text_of
from tests.testkit.fakes import FakeProvider, small_image

pytestmark = pytest.mark.anyio
WORDS = {"painting": "Still running", "full": "shown here", "none": "too large to show here"}
"""What the text says for words of the structured content."""
COST = Decimal("0.0325")
USAGE = Usage(text_tokens_in=1_234, image_tokens_in=56, tokens_out=7_890)


class TellingProvider(FakeProvider):
    """Delivers what a provider may tell beside the images."""

    async def _deliver(self, job: Job[ImageRequest]) -> ProviderStream:
        async for event in super()._deliver(job):
            if isinstance(event, Delivered):
                event = replace(event, revised_prompt="a bridge at dusk", request_id="req_1")
            yield event


def facts_in(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Every single value in structured content, with its name."""
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield from facts_in(member, key)
    elif isinstance(value, list):
        for member in value:
            yield from facts_in(member, name)
    else:
        yield name, value


def spellings(name: str, value: object) -> set[str]:
    """How a text may write the value."""
    if value is True:
        return {name.lower()}
    if isinstance(value, int | float):
        if name.endswith("Usd"):
            amount = Decimal(str(value))
            zero = {"free", "nothing"} if not value else set()
            return zero | {dollars(amount), dollars(amount, up=True), exact_dollars(amount)}
        return {f"{value:,}", f"{value:g}", str(value)}
    text = str(value)
    written = {text, WORDS.get(text, text)}
    if name in ("until", "madeAt", "createdAt", "changedAt"):
        written.add(local_time(datetime.fromisoformat(text)))
    return written


def untold(text: str, facts: object) -> list[tuple[str, object]]:
    """The facts that the text does not have."""
    low = text.lower()
    return [
        (name, value)
        for name, value in facts_in(facts)
        if value is not False
        and value is not None
        and not any(each.lower() in low for each in spellings(name, value))
    ]


@pytest.mark.parametrize("tool", NAMES)
async def test_the_text_has_every_fact_of_the_structured_content(tool: str, tmp_path: Path) -> None:
    provider = TellingProvider(small_image("teal", (1024, 1024)), usage=USAGE, cost=COST)
    async with open_client(tmp_path, provider) as client:
        result = await call_tool(client, provider, tool)
    assert not result.is_error, text_of(result)
    assert result.structured_content
    assert untold(text_of(result), result.structured_content) == []


async def test_a_recipe_is_told_in_both_forms(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with open_client(tmp_path, provider) as client:
        world = await made(client, provider)
        result = await client.call_tool("get_image", {"id": world.image_id, "recipe": True})
        assert untold(text_of(result), facts_of(result)) == []


async def test_a_result_of_links_does_not_say_that_the_image_is_too_large(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with open_client(tmp_path, provider) as client:
        result = await client.call_tool("generate_image", {"prompt": "a fox", "detail": "link"})
    (image,) = facts_of(result)["images"]
    assert image["shown"] == "none"
    assert "linked only, as requested" in text_of(result)
    assert "too large" not in text_of(result)


async def test_a_job_that_still_runs_is_told_in_both_forms(tmp_path: Path) -> None:
    stalled = FakeProvider(meanwhile=anyio.Event().wait, cost=COST)
    async with open_client(tmp_path, stalled, reply_deadline=0, shutdown_grace=0) as client:
        result = await client.call_tool("generate_image", {"prompt": "a red bridge"})
        facts = result.structured_content
        assert facts
        (hint,) = facts["hints"]
        assert f'Call get_image with {{"id": "{facts["jobId"]}"}} now' in hint
        assert untold(text_of(result), facts) == []


def test_a_fact_that_a_text_has_not_is_found() -> None:
    facts = {"images": [{"id": "img_1", "bytes": 1234}], "costUsd": 0.05, "restored": True}
    assert untold("img_1 has 1,234 bytes. Restored. Cost: $0.050.", facts) == []
    assert untold("img_1", facts) == [("bytes", 1234), ("costUsd", 0.05), ("restored", True)]
