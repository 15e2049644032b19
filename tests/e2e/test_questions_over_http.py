"""Questions in sessions of `/mcp`, from clients that send one request at a time."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.e2e.loopback_server import serve
from tests.e2e.mcp_http import RawSession, message
from tests.e2e.test_confirmation import CALL, asking_settings
from tests.standin import StandIn

pytestmark = pytest.mark.anyio
GENERATE = {"name": "generate_image", "arguments": CALL}
WELL_BEFORE_THE_DEADLINE = 10.0
"""Seconds; a question that no one reads ends at the deadline of the call, after 45."""


class AskedSession(RawSession):
    """A session whose client can ask a person, and listens to the responses of its calls only."""

    async def initialize(self) -> httpx2.Response:
        client = {"name": "raw", "version": "1"}
        params = {"protocolVersion": "2025-11-25", "clientInfo": client}
        return await self.post("initialize", {**params, "capabilities": {"elicitation": {}}})

    async def received(self, number: int) -> AsyncIterator[dict[str, Any]]:
        """Call the tool; yield what its response has so far."""
        call = message("tools/call", GENERATE, number)
        async with self.http.stream("POST", self.url, headers=self.headers, json=call) as response:
            async for line in response.aiter_lines():
                if data := line.removeprefix("data:").strip() if line[:5] == "data:" else "":
                    yield json.loads(data)

    async def answer(self, question: dict[str, Any], action: str) -> httpx2.Response:
        """Answer a question."""
        result = {"action": action, "content": {}}
        reply = {"jsonrpc": "2.0", "id": question["id"], "result": result}
        return await self.http.post(self.url, headers=self.headers, json=reply)

    async def call(self, number: int, action: str) -> tuple[list[str], dict[str, Any]]:
        """Call the tool and answer its questions; what was asked, and the result."""
        asked: list[str] = []
        async for each in self.received(number):
            if each.get("method") == "elicitation/create":
                asked.append(each["params"]["message"])
                assert (await self.answer(each, action)).status_code == 202
            elif "result" in each:
                return asked, each["result"]
        raise AssertionError("the response ended without a result")


async def test_the_question_comes_in_the_response_of_the_call(
    openai_api: StandIn, tmp_path: Path
) -> None:
    async with (
        serve(asking_settings(tmp_path, openai_api)) as url,
        httpx2.AsyncClient() as http,
        asyncio.timeout(WELL_BEFORE_THE_DEADLINE),
    ):
        session = await AskedSession.open(http, url)
        asked, declined = await session.call(2, "decline")
        assert (len(asked), declined["isError"], openai_api.posts) == (1, True, [])
        asked, agreed = await session.call(3, "accept")
        assert (len(asked), agreed.get("isError", False)) == (1, False), agreed["content"]
    assert len(openai_api.posts) == 1


async def test_equal_calls_that_a_person_agrees_to_at_once_are_paid_for_once(
    openai_api: StandIn, tmp_path: Path
) -> None:
    async with serve(asking_settings(tmp_path, openai_api)) as url, httpx2.AsyncClient() as http:
        session = await AskedSession.open(http, url)
        outcomes = await asyncio.gather(*(session.call(number, "accept") for number in (2, 3)))
    assert [result.get("isError", False) for _, result in outcomes] == [False, False]
    assert len(openai_api.posts) == 1


async def test_a_client_that_leaves_while_it_is_asked_has_bought_nothing(
    openai_api: StandIn, tmp_path: Path
) -> None:
    async with serve(asking_settings(tmp_path, openai_api)) as url, httpx2.AsyncClient() as http:
        session = await AskedSession.open(http, url)
        async for question in session.received(2):
            assert question["method"] == "elicitation/create"
            break
        assert (await session.delete()).status_code == 200
        assert (await session.answer(question, "accept")).status_code == 404
    assert openai_api.posts == []


async def test_a_client_that_reads_json_only_is_told_at_once_how_to_allow_the_call(
    openai_api: StandIn, tmp_path: Path
) -> None:
    async with (
        serve(asking_settings(tmp_path, openai_api)) as url,
        httpx2.AsyncClient() as http,
        asyncio.timeout(WELL_BEFORE_THE_DEADLINE),
    ):
        session = await AskedSession.open(http, url)
        session.headers["accept"] = "application/json"
        response = await session.post("tools/call", GENERATE, number=2)
    result = response.json()["result"]
    assert "with confirm: true only if the user agrees" in result["content"][0]["text"]
    assert openai_api.posts == []
