"""Lists with filters: the same at every entry point, and their cursors keep the filters."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from mcp import Client

from entrypoints.bootstrap.container import Container
from entrypoints.mcp.server import build_server
from tests.e2e.asgi_client import AsgiClient, asgi_client
from tests.testkit.fakes import FakeProvider, settings_in

pytestmark = pytest.mark.anyio
PROMPTS = ("a red fox", "a blue fox", "a bear", "a red FOX again")


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[AsgiClient]:
    """An application with an image for each of PROMPTS."""
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        for prompt in PROMPTS:
            made = await client.post("/images", {"prompt": prompt, "fresh": True})
            assert made.status == 201
        yield client


async def found(client: AsgiClient, query: str) -> list[str]:
    reply = await client.request("GET", f"/images?{query}")
    assert reply.status == 200, reply.body
    assert reply.json["jobs"] == []
    return [image["prompt"] for image in reply.json["images"]]


async def test_http_finds_by_words_model_and_time(client: AsgiClient) -> None:
    whole = (await client.request("GET", "/images")).json["images"]
    model, at = whole[0]["model"], quote(whole[0]["madeAt"])
    assert await found(client, "search=fox+red") == ["a red FOX again", "a red fox"]
    assert await found(client, f"model={model}&limit=1") == ["a red FOX again"]
    assert await found(client, "model=other") == []
    assert await found(client, f"search=bear&since={at}&before=2999-01-01") in (["a bear"], [])
    assert await found(client, "since=1h&search=bear") == ["a bear"]
    assert await found(client, "before=yesterday") == []


async def test_a_cursor_keeps_its_filters_and_is_not_mixed_with_others(client: AsgiClient) -> None:
    first = await client.request("GET", "/images?search=fox&since=2h&limit=2")
    link = re.fullmatch(r"<http://[^/]+(/images\?[^>]+)>; rel=\"next\"", first.headers["link"])
    assert link is not None
    assert await found(client, link[1].split("?")[1]) == ["a red fox"]
    cursor = first.json["nextCursor"]
    assert await found(client, f"cursor={cursor}&search=fox&since=2h") == ["a red fox"]
    for other in ("search=bear", "search=fox", "model=x", "search=fox&since=3h", "before=now"):
        mixed = await client.request("GET", f"/images?cursor={cursor}&{other}")
        assert (mixed.status, mixed.problem["field"]) == (400, "cursor")
    plain = (await client.request("GET", "/images?limit=1")).json["nextCursor"]
    mixed = await client.request("GET", f"/images?cursor={plain}&search=fox")
    assert (mixed.status, mixed.problem["field"]) == (400, "cursor")


HOSTILE = {
    "too long": ("search", "x" * 10_000),
    "long when folded": ("search", "\ufdfa" * 150),
    "only NUL": ("search", "%00"),
    "no time": ("since", "soon"),
    "no date": ("before", "2026-13-01"),
    "a model too long": ("model", "x" * 101),
    "since after before": ("since", "2026-11-02&before=2026-11-01"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_filter_that_means_nothing_is_refused(name: str, client: AsgiClient) -> None:
    field, text = HOSTILE[name]
    reply = await client.request("GET", f"/images?{field}={quote(text, safe='%&=')}")
    assert (reply.status, reply.code) == (400, "invalid_request")
    assert reply.problem["field"] == field


@pytest.mark.parametrize("text", ["'; DROP TABLE jobs; --", "fox OR 1=1", "f%", "f_x", '"', "NOT"])
async def test_no_character_of_a_search_is_an_operator(text: str, client: AsgiClient) -> None:
    assert await found(client, f"search={quote(text)}") == []
    assert len(await found(client, "search=fox")) == 3


async def test_the_tool_pages_through_what_it_found(client: AsgiClient) -> None:
    container: Container = client.container

    async def opened() -> Container:
        return container

    async with Client(build_server(opened, container.settings())) as host:
        seen, arguments = list[str](), dict[str, Any]({"search": "FOX", "limit": 2})
        while arguments:
            page = await host.call_tool("list_images", arguments)
            assert page.structured_content is not None
            seen += [image["prompt"] for image in page.structured_content["images"]]
            assert page.structured_content["jobs"] == []
            cursor = page.structured_content.get("nextCursor")
            arguments = {"cursor": cursor} if cursor else {}
        nothing = await host.call_tool("list_images", {"search": "bicycle"})
        everything = await host.call_tool("list_images", {"search": "", "since": None})
        refused = await host.call_tool("list_images", {"cursor": cursor or "x", "search": "fox"})
    assert seen == ["a red FOX again", "a blue fox", "a red fox"]
    assert "No images match." in json.dumps(nothing.model_dump(mode="json"))
    assert everything.structured_content is not None
    assert len(everything.structured_content["images"]) == len(PROMPTS)
    assert refused.is_error
