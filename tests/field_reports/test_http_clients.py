"""What real HTTP clients send and expect, as public reports tell it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.asgi_client import JSON, AsgiClient, Reply, asgi_client
from tests.testkit.fakes import FakeProvider, settings_in, small_image

pytestmark = pytest.mark.anyio

LEGACY, MODERN = "2025-06-18", "2026-07-28"
"""A version of MCP that begins with `initialize`, and one that does not."""
BOTH = "application/json, text/event-stream"
JSON_TYPE, EVENTS_TYPE = "application/json", "text/event-stream"


def call(version: str, method: str, params: dict[str, Any]) -> tuple[dict[str, str], bytes]:
    """The headers, other than Accept, and the body of a request in this version of MCP."""
    headers = {**JSON, "MCP-Protocol-Version": version}
    if version == MODERN:
        headers["Mcp-Method"] = method
        if "name" in params:
            headers["Mcp-Name"] = params["name"]
        params = {
            **params,
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": version,
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": {"name": "a script", "version": "1"},
            },
        }
    message = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}
    return headers, json.dumps(message).encode()


def opening(version: str) -> tuple[dict[str, str], bytes]:
    """The first request of a client."""
    if version == MODERN:
        return call(version, "tools/list", {})
    client = {"name": "a script", "version": "1"}
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": client}
    return call(version, "initialize", params)


def message_in(reply: Reply) -> Any:  # noqa: ANN401 - any JSON value
    """The JSON-RPC response, in the type that the reply names."""
    if reply.headers["content-type"].startswith(JSON_TYPE):
        return reply.json
    assert reply.headers["content-type"].startswith(EVENTS_TYPE)
    messages = [line[6:] for line in reply.body.splitlines() if line.startswith(b"data: {")]
    return json.loads(messages[-1])


ACCEPTED: dict[str, tuple[str | None, set[str]]] = {
    "F09 events alone": ("text/event-stream", {EVENTS_TYPE}),
    "F09 JSON alone": ("application/json", {JSON_TYPE}),
    "F09 no header": (None, {JSON_TYPE, EVENTS_TYPE}),
    "F09 events first": ("text/event-stream, application/json", {JSON_TYPE, EVENTS_TYPE}),
    "F09 JSON first": (BOTH, {JSON_TYPE, EVENTS_TYPE}),
    "F09 anything": ("*/*", {JSON_TYPE, EVENTS_TYPE}),
    "sibling: empty": ("", {JSON_TYPE, EVENTS_TYPE}),
    "sibling: any application type": ("application/*", {JSON_TYPE}),
    "sibling: any text": ("text/*", {EVENTS_TYPE}),
    "sibling: axios": ("application/json, text/plain, */*", {JSON_TYPE, EVENTS_TYPE}),
    "sibling: a browser": ("text/html,application/xml;q=0.9,*/*;q=0.8", {JSON_TYPE, EVENTS_TYPE}),
    "sibling: qualities": (
        "text/event-stream;q=0.1, application/json;q=0.9",
        {JSON_TYPE, EVENTS_TYPE},
    ),
    "sibling: JSON by quality 0": ("text/event-stream;q=0, */*", {JSON_TYPE}),
    "sibling: events by quality 0": ("application/json; q=0, */*; q=0.5", {EVENTS_TYPE}),
    "sibling: capitals and charset": ("Application/JSON; charset=utf-8", {JSON_TYPE}),
}


@pytest.mark.parametrize("version", [LEGACY, MODERN])
async def test_mcp_answers_in_a_type_that_the_client_accepts(version: str, tmp_path: Path) -> None:
    actual = {}
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider(small_image())) as client:
        for name, (accept, _) in ACCEPTED.items():
            headers, body = opening(version)
            given = headers if accept is None else {**headers, "Accept": accept}
            reply = await client.request("POST", "/mcp", given, body)
            answer = message_in(reply)
            assert (reply.status, answer["id"], "result" in answer) == (200, 7, True), name
            assert ("mcp-session-id" in reply.headers) is (version == LEGACY), name
            actual[name] = reply.headers["content-type"].partition(";")[0]
    assert {name for name, kind in actual.items() if kind not in ACCEPTED[name][1]} == set()


@pytest.mark.parametrize("accept", [JSON_TYPE, EVENTS_TYPE])
@pytest.mark.parametrize("version", [LEGACY, MODERN])
async def test_an_image_arrives_in_the_one_type_that_a_client_accepts(
    version: str, accept: str, tmp_path: Path
) -> None:
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider(small_image())) as client:
        session = await opened(client, version, accept)
        arguments = {"prompt": "a fox"}
        params = {"name": "generate_image", "arguments": arguments, "_meta": {"progressToken": 1}}
        headers, body = call(version, "tools/call", params)
        reply = await client.request("POST", "/mcp", {**headers, **session, "Accept": accept}, body)
    assert (reply.status, reply.headers["content-type"].partition(";")[0]) == (200, accept)
    kinds = [part["type"] for part in message_in(reply)["result"]["content"]]
    assert kinds == ["text", "image", "resource_link"]


async def opened(client: AsgiClient, version: str, accept: str) -> dict[str, str]:
    """The headers of a session, which a client opens and whose opening it confirms."""
    if version == MODERN:
        return {}
    headers, body = opening(version)
    reply = await client.request("POST", "/mcp", {**headers, "Accept": accept}, body)
    session = {"Mcp-Session-Id": reply.headers["mcp-session-id"]}
    ready = b'{"jsonrpc": "2.0", "method": "notifications/initialized"}'
    given = {**headers, **session, "Accept": "text/html"}  # no response, so no type is needed
    assert (await client.request("POST", "/mcp", given, ready)).status == 202
    return session


NOT_ACCEPTED = {
    "F09 neither": ("text/html", "initialize"),
    "sibling: images": ("image/png, image/*;q=0.8", "initialize"),
    "sibling: all by quality 0": ("*/*;q=0", "initialize"),
    "sibling: an endless stream as JSON": ("application/json", "subscriptions/listen"),
}


@pytest.mark.parametrize("version", [LEGACY, MODERN])
@pytest.mark.parametrize(("accept", "method"), NOT_ACCEPTED.values(), ids=NOT_ACCEPTED)
async def test_a_type_that_cannot_be_served_is_refused_with_the_header_to_send(
    accept: str, method: str, version: str, tmp_path: Path
) -> None:
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        headers, body = call(version, method, {})
        given = {**headers, "Mcp-Method": method, "Accept": accept}
        reply = await client.request("POST", "/mcp", given, body)
    assert (reply.status, reply.json["id"]) == (406, 7)
    assert f"Send Accept: {BOTH}." in reply.json["error"]["message"]


TOKEN = "a-token-of-the-tests-5f1c"
UNKNOWN_PATHS = [
    *("/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server"),
    *("/.well-known/openid-configuration", "/mcp/.well-known/oauth-protected-resource"),
    *("/.well-known/oauth-protected-resource/mcp", "/register", "/sse", "/sse/", "/messages"),
    *("/", "/favicon.ico", "/robots.txt", "/v1/images/generations", "/mcp/sse", "/api/mcp"),
]
"""FastGPT#7154 and siblings: what clients of OAuth, of the older transport and browsers ask for."""


@pytest.mark.parametrize("token", [None, TOKEN], ids=["open", "with a token"])
async def test_an_unknown_path_is_not_found_and_names_mcp(
    token: str | None, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path, auth_token=token)
    async with asgi_client(settings, provider=FakeProvider()) as client:
        existing = {path for _, path in client.routes()}
        for path in sorted({*UNKNOWN_PATHS} - existing):
            for method in ("GET", "POST", "HEAD", "OPTIONS"):
                reply = await client.request(method, path, JSON, b"{}")
                assert (reply.status, reply.code) == (404, "not_found"), (method, path)
                assert "/mcp" in reply.problem["hint"]
                assert "www-authenticate" not in reply.headers


METHODS = {
    "HEAD of a list": ("HEAD", "/images", 200),
    "HEAD of a page": ("HEAD", "/docs", 200),
    "HEAD of the document": ("HEAD", "/openapi.json", 200),
    "HEAD of the metrics": ("HEAD", "/metrics", 200),
    "HEAD of an unknown job": ("HEAD", "/jobs/job_1", 404),
    "OPTIONS": ("OPTIONS", "/images", 204),
    "OPTIONS of MCP": ("OPTIONS", "/mcp", 204),
    "a slash at the end": ("GET", "/images/", 200),
    "PUT of an image": ("PUT", "/images", 405),
    "GET of a stream": ("GET", "/mcp/stream", 405),
    "PATCH of MCP": ("PATCH", "/mcp", 405),
}


@pytest.mark.parametrize(("method", "path", "status"), METHODS.values(), ids=METHODS)
async def test_methods_that_tools_try_are_answered(
    method: str, path: str, status: int, tmp_path: Path
) -> None:
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        reply = await client.request(method, path, JSON, b"{}")
        every = await client.request("OPTIONS", path)
    assert reply.status == status
    allowed = {*every.headers["allow"].split(", ")}
    assert method in allowed or status == 405
    if status == 405:
        assert {*reply.headers["allow"].split(", ")} | {"OPTIONS"} == allowed


CONTENT_TYPES = [
    *("application/json", "application/json; charset=UTF-8", "application/json;charset=utf-8"),
    *("Application/Json", "application/json ; charset=utf-8"),
]


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
async def test_json_with_a_charset_is_json(content_type: str, path: str, tmp_path: Path) -> None:
    headers, body = opening(LEGACY)
    headers = {**headers, "Content-Type": content_type, "Accept": BOTH}
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider(small_image())) as client:
        assert (await client.request("POST", path, headers, body)).status == 200
        made = await client.request(
            "POST", "/images", {"Content-Type": content_type}, b'{"prompt": "a fox"}'
        )
    assert made.status == 201
