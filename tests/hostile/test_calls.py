"""Generated calls and odd lines over stdio and `/mcp`: one answer each, and none is `internal`."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.conftest import environment_in
from tests.e2e.asgi_client import AsgiClient, Reply, asgi_client
from tests.e2e.host import INITIALIZE, Host, Message
from tests.hostile.conftest import share_of
from tests.hostile.generated_calls import call_params, is_answered, odd_line, request
from tests.standin import StandIn
from tests.testkit.fakes import FakeProvider, settings_in

CALLS, ODD_LINES = 10_000, 200
SEED = 18
FIRST_ID = 100_000
"""Above the IDs of odd lines."""
INTERNAL = -32603
WINDOW = 50
"""Requests that are sent before the first of them is answered."""
HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
HANDSHAKE, MODERN = "2025-11-25", "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
}


def kind_of(answer: Message) -> str:
    """What an answer is, for the counts. No answer is an internal error."""
    assert "[Error internal" not in json.dumps(answer), answer
    if "error" in answer:
        assert answer["error"]["code"] != INTERNAL, answer
        return f"errors {answer['error']['code']}"
    return "error results" if answer["result"].get("isError") else "results"


class StdioHost(Host):
    """Sends raw lines. `answers` has the answers by their IDs; notifications are left out."""

    def __init__(self, environment: dict[str, str]) -> None:
        super().__init__(environment)
        self.answers: dict[Any, list[Message]] = {}
        self._parsed = 0

    def write_line(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")

    def flush(self, request_id: Any) -> None:  # noqa: ANN401 - a JSON-RPC ID
        """Wait for the answer to this request."""
        assert self.process.stdin is not None
        self.process.stdin.flush()
        with self._changed:
            done = self._changed.wait_for(lambda: request_id in self._collect(), 120)
        assert done, f"no answer to {request_id!r}"

    def _collect(self) -> dict[Any, list[Message]]:
        new, self._parsed = self.lines[self._parsed :], len(self.lines)
        for message in map(json.loads, new):
            if "method" not in message:
                self.answers.setdefault(message["id"], []).append(message)
        return self.answers


@pytest.fixture
def host(tmp_path: Path, openai_api: StandIn) -> Iterator[StdioHost]:
    environment = environment_in(tmp_path, openai_api) | {"LOG_LEVEL": "error"}
    with StdioHost(environment) as host:
        host.initialize()
        host.flush(1)
        yield host
        host.close_input()
        assert host.wait_for_exit(60) == 0


def send_calls(host: StdioHost, number: int, counts: Counter[str]) -> None:
    """Send generated calls, WINDOW at once; each gets exactly one answer."""
    random = Random(SEED)  # noqa: S311 - the same calls in every run
    ids = []
    for at in range(FIRST_ID, FIRST_ID + number):
        line = request(at, call_params(random))
        host.write_line(line)
        ids.append(json.loads(line)["id"])
        host.flush(ids[max(0, len(ids) - WINDOW)] if len(ids) > WINDOW else 1)
    for request_id in ids:
        host.flush(request_id)
        (answer,) = host.answers[request_id]
        counts[kind_of(answer)] += 1


def send_odd_lines(host: StdioHost, number: int, counts: Counter[str]) -> None:
    """Send odd lines, each with a ping behind it; each gets one answer, or none if it is none."""
    random = Random(SEED)  # noqa: S311 - the same calls in every run
    for at in range(number):
        line, ping = odd_line(random, at), f"ping {at}"
        before = sum(map(len, host.answers.values()))
        host.write_line(line)
        host.write_line(json.dumps({"jsonrpc": "2.0", "id": ping, "method": "ping"}).encode())
        host.flush(ping)
        answered = sum(map(len, host.answers.values())) - before - 1
        assert answered == int(is_answered(line)), line
        counts["odd lines answered" if answered else "odd lines without an answer"] += 1
    for answers in host.answers.values():
        for answer in answers:
            kind_of(answer)


def test_some_calls_over_stdio(host: StdioHost, counts: Counter[str]) -> None:
    send_odd_lines(host, 60, counts)
    send_calls(host, 150, counts)


@pytest.mark.hostile
def test_calls_over_stdio(host: StdioHost, counts: Counter[str]) -> None:
    send_odd_lines(host, share_of(ODD_LINES), counts)
    send_calls(host, share_of(CALLS // 2), counts)


def answer_in(reply: Reply) -> Message:
    """The one JSON-RPC message of an answer, or of the last event."""
    assert reply.headers["x-request-id"]
    body = reply.body
    if reply.headers["content-type"].startswith("text/event-stream"):
        events = [event for event in body.replace(b"\r", b"").split(b"\n\n") if b"data: " in event]
        answers = [json.loads(event.partition(b"data: ")[2]) for event in events]
        (answer,) = (each for each in answers if "method" not in each)
        return answer  # type: ignore[no-any-return] # any JSON value
    return json.loads(body)  # type: ignore[no-any-return] # as above


async def post(client: AsgiClient, headers: dict[str, str], body: bytes) -> Reply:
    return await client.request("POST", "/mcp", headers, body)


async def open_session(client: AsgiClient) -> dict[str, str]:
    """The headers of a new session."""
    headers = {**HEADERS, "MCP-Protocol-Version": HANDSHAKE}
    start = json.dumps({"jsonrpc": "2.0", **INITIALIZE}).encode()
    reply = await post(client, headers, start)
    return {**headers, "MCP-Session-Id": reply.headers["mcp-session-id"]}


def modern(params: Any) -> tuple[dict[str, str], Any]:  # noqa: ANN401 - any JSON value
    """The headers and params of the same call without a session."""
    headers = {**HEADERS, "MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call"}
    if not isinstance(params, dict):
        return headers, params
    name = params.get("name")
    if isinstance(name, str) and name.isascii() and name.isprintable():
        headers["Mcp-Name"] = name
    return headers, {**params, "_meta": META}


async def post_calls(client: AsgiClient, number: int, counts: Counter[str]) -> None:
    """Post generated calls, in turns with and without a session; each gets one answer."""
    random = Random(SEED + 1)  # noqa: S311 - as above
    session = await open_session(client)
    slots = asyncio.Semaphore(WINDOW)

    async def call(at: int, params: Any) -> None:  # noqa: ANN401 - any JSON value
        headers, given = (session, params) if at % 2 else modern(params)
        body = request(at, given)
        async with slots:
            answer = answer_in(await post(client, headers, body))
        assert answer["id"] == json.loads(body)["id"], (body, answer)
        counts[kind_of(answer)] += 1

    for start in range(0, number, 500):
        calls = [call(start + at, call_params(random)) for at in range(min(500, number - start))]
        await asyncio.gather(*calls)


async def post_odd_bodies(client: AsgiClient, number: int, counts: Counter[str]) -> None:
    """Post odd bodies; those that have an answer over stdio get an error."""
    random = Random(SEED)  # noqa: S311 - as above
    session = await open_session(client)
    for at in range(number):
        body = odd_line(random, at)
        reply = await post(client, session, body)
        if is_answered(body):
            kind_of(answer_in(reply))
        else:
            assert reply.status in (202, 400), (body, reply)
        counts[f"odd bodies {reply.status}"] += 1


@pytest.mark.anyio
async def test_some_calls_over_http(tmp_path: Path, counts: Counter[str]) -> None:
    settings, provider = settings_in(tmp_path, rate_limit="0"), FakeProvider()
    async with asgi_client(settings, provider=provider) as client:
        await post_odd_bodies(client, 60, counts)
        await post_calls(client, 150, counts)


@pytest.mark.hostile
@pytest.mark.anyio
async def test_calls_over_http(tmp_path: Path, counts: Counter[str]) -> None:
    settings, provider = settings_in(tmp_path, rate_limit="0"), FakeProvider()
    async with asgi_client(settings, provider=provider) as client:
        await post_odd_bodies(client, share_of(ODD_LINES), counts)
        await post_calls(client, share_of(CALLS // 2), counts)
