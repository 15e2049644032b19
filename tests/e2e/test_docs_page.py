"""Web pages of other origins have no access, unless they are configured."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.asgi_client import HOST, AsgiClient, Reply, asgi_client
from tests.testkit.fakes import FakeProvider, settings_in, small_image

pytestmark = pytest.mark.anyio

SQUARE = small_image(size=(1024, 1024))
PAGE = "https://page.example"
BODY = {"prompt": "a red bridge"}
MODERN = {"MCP-Protocol-Version": "2026-07-28", "Accept": "application/json, text/event-stream"}
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "page", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
CLEAR_CACHE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "clear_cache", "arguments": {}, "_meta": META},
}
FORM = "application/x-www-form-urlencoded"
SIMPLE_TYPES = ("text/plain;charset=UTF-8", FORM, "multipart/form-data; boundary=x", "")


@asynccontextmanager
async def client_with_image(
    folder: Path,
    **settings: Any,  # noqa: ANN401 - fields of Settings
) -> AsyncIterator[tuple[AsgiClient, FakeProvider, str]]:
    """A client of a server with one stored and cached image; and the image's ID."""
    provider, settings = FakeProvider(SQUARE), {"rate_limit": "0", **settings}
    async with asgi_client(settings_in(folder, **settings), provider=provider) as client:
        while (reply := await client.post("/images", BODY)).json["servedFrom"] != "memory":
            assert len(provider.seen) == 1
            await asyncio.sleep(0)  # the result is cached in the meantime
        yield client, provider, reply.json["images"][0]["id"]


async def cached_results(client: AsgiClient) -> int:
    """The number of results in the memory cache."""
    return (await client.container.cache_stats()())[0].entries


async def call_clear_cache(client: AsgiClient, headers: Mapping[str, str], **options: Any) -> Reply:  # noqa: ANN401 - options of request
    headers = {**MODERN, "MCP-Method": "tools/call", "MCP-Name": "clear_cache", **headers}
    return await client.request(
        "POST", "/mcp", headers, json.dumps(CLEAR_CACHE).encode(), **options
    )


async def test_the_calls_of_the_tests_below_work_for_other_clients(tmp_path: Path) -> None:
    """Otherwise the tests below would prove nothing."""
    async with client_with_image(tmp_path) as (client, _, _):
        assert await cached_results(client) == 1
        reply = await call_clear_cache(client, {"Content-Type": "application/json"})
        assert reply.status == 200
        assert await cached_results(client) == 0


@pytest.mark.parametrize("origin", [PAGE, "null", "http://localhost:3000", None])
async def test_a_form_or_script_of_a_foreign_page_has_no_effect(
    origin: str | None, tmp_path: Path
) -> None:
    """As `<form method=post>`, `fetch(…, {mode: "no-cors"})` and `sendBeacon` send it.

    Old browsers send no Origin, but allow pages only the simple content types.
    """
    fresh = json.dumps({**BODY, "fresh": True}).encode()
    code = "foreign_page" if origin else "not_json"
    async with client_with_image(tmp_path) as (client, provider, _):
        for media_type in (*SIMPLE_TYPES, *(["application/json"] if origin else [])):
            given = {"Origin": origin, "Content-Type": media_type}
            headers = {name: value for name, value in given.items() if value}
            for path in ("/images", "/images?inline=true", "/mcp/stream"):
                assert (await client.request("POST", path, headers, fresh)).code == code
            assert (await call_clear_cache(client, headers)).code == code
        assert (await cached_results(client), len(provider.seen)) == (1, 1)


async def test_a_dns_rebinding_page_reads_and_changes_nothing(tmp_path: Path) -> None:
    """For the browser, the server has the page's own origin, so it may send no Origin."""
    json_type = {"Content-Type": "application/json"}
    async with client_with_image(tmp_path) as (client, provider, image_id):
        for headers in (json_type, {**json_type, "Origin": "http://page.example:3000"}):
            reply = await call_clear_cache(client, headers, host="page.example:3000")
            assert reply.code == "misdirected"
            for path in (f"/images/{image_id}", "/health", "/openapi.json", "/metrics"):
                reply = await client.request("GET", path, headers, host="page.example:3000")
                assert reply.code == "misdirected"
        assert (await cached_results(client), len(provider.seen)) == (1, 1)


def fetch_headers(page: str, dest: str, mode: str = "no-cors") -> dict[str, str]:
    """The headers of a browser for an element of a page, such as `<img>`: without an Origin."""
    return {"Sec-Fetch-Site": page, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}


ELEMENTS = [("image", "no-cors"), ("script", "no-cors"), ("empty", "no-cors")]
FRAMES = [("iframe", "navigate"), ("object", "navigate"), ("embed", "navigate")]


@pytest.mark.parametrize("page", ["cross-site", "same-site"])
@pytest.mark.parametrize("cors_origin", ["", "https://other.example"])
async def test_a_foreign_page_can_neither_read_nor_show_an_image(
    page: str, cors_origin: str, tmp_path: Path
) -> None:
    async with client_with_image(tmp_path, cors_origin=cors_origin) as (client, _, image_id):
        requests = [fetch_headers(page, *element) for element in (*ELEMENTS, *FRAMES)]
        for headers in ({"Origin": PAGE}, *requests):
            refused = await client.request("GET", f"/images/{image_id}", headers)
            assert refused.code == "foreign_page", headers
            assert "access-control-allow-origin" not in refused.headers


async def test_an_image_can_be_opened_and_shown_by_the_servers_own_pages(tmp_path: Path) -> None:
    async with client_with_image(tmp_path) as (client, _, image_id):
        link = fetch_headers("cross-site", "document", "navigate")
        for headers in (
            {},
            link,
            fetch_headers("same-origin", "image"),
            fetch_headers("none", "document"),
        ):
            shown = await client.request("GET", f"/images/{image_id}", headers)
            assert shown.status == 200, headers
            assert shown.headers["cross-origin-resource-policy"] == "same-origin"
            assert "access-control-allow-origin" not in shown.headers


async def test_a_configured_page_can_show_images(tmp_path: Path) -> None:
    """With `<img crossorigin>`; if all origins are allowed, also with a plain `<img>`."""
    cors = {"Origin": PAGE, **fetch_headers("cross-site", "image", "cors")}
    async with client_with_image(tmp_path / "one", cors_origin=PAGE) as (client, _, image_id):
        assert (await client.request("GET", f"/images/{image_id}", cors)).status == 200
    async with client_with_image(tmp_path / "all", cors_origin="*") as (client, _, image_id):
        shown = await client.request(
            "GET", f"/images/{image_id}", fetch_headers("cross-site", "image")
        )
    assert shown.status == 200
    assert shown.headers["cross-origin-resource-policy"] == "cross-origin"


PREFLIGHT = {
    "Origin": PAGE,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,mcp-protocol-version",
}


def cors_headers(reply: Reply) -> dict[str, str]:
    """The CORS headers, without their prefix."""
    return {
        name.removeprefix("access-control-"): value
        for name, value in reply.headers.items()
        if name.startswith("access-control-")
    }


async def test_without_cors_origin_every_preflight_is_rejected(tmp_path: Path) -> None:
    async with client_with_image(tmp_path) as (client, _, _):
        for _, path in client.routes():
            if path not in ("/livez", "/readyz"):
                reply = await client.request("OPTIONS", path, PREFLIGHT)
                assert reply.code == "foreign_page", path
                assert cors_headers(reply) == {}


@pytest.mark.parametrize(
    ("setting", "allowed_origin"), [(f"{PAGE}/, https://b.example", PAGE), ("*", "*")]
)
async def test_a_configured_page_may_use_mcp_but_no_cookies(
    setting: str, allowed_origin: str, tmp_path: Path
) -> None:
    wanted = "authorization,content-type,mcp-session-id,mcp-protocol-version,last-event-id"
    wanted += ",mcp-method,mcp-name,mcp-param-anything"
    async with client_with_image(tmp_path, cors_origin=setting) as (client, provider, _):
        for method, path in client.routes():
            requested = {"Access-Control-Request-Method": method}
            requested["Access-Control-Request-Headers"] = wanted
            reply = await client.request("OPTIONS", path, {**PREFLIGHT, **requested})
            assert reply.status == 200
            headers = cors_headers(reply)
            assert headers["allow-origin"] == allowed_origin
            assert set(wanted.split(",")) <= set(headers["allow-headers"].split(","))
            assert method in headers["allow-methods"].split(", ")
            assert "allow-credentials" not in headers
        reply = await client.post("/images", {**BODY, "fresh": True}, Origin=PAGE)
        assert (reply.status, len(provider.seen)) == (201, 2)
        assert cors_headers(reply)["allow-origin"] == allowed_origin
        assert "mcp-session-id" in cors_headers(reply)["expose-headers"]
        assert "allow-credentials" not in cors_headers(reply)


async def test_a_page_that_is_not_configured_is_rejected(tmp_path: Path) -> None:
    async with client_with_image(tmp_path, cors_origin=PAGE) as (client, provider, _):
        for origin in ("https://other.example", "http://page.example", f"{PAGE}:8443", "null"):
            preflight = await client.request("OPTIONS", "/images", {**PREFLIGHT, "Origin": origin})
            assert (preflight.code, cors_headers(preflight)) == ("foreign_page", {})
            reply = await client.post("/images", {**BODY, "fresh": True}, Origin=origin)
            assert (reply.code, cors_headers(reply)) == ("foreign_page", {})
        assert len(provider.seen) == 1


@pytest.mark.parametrize("setting", [PAGE, "*"])
async def test_a_configured_page_can_read_errors(setting: str, tmp_path: Path) -> None:
    token = "a-token-of-the-tests-5f1c"
    settings = settings_in(tmp_path, cors_origin=setting, auth_token=token)
    async with asgi_client(settings, provider=FakeProvider()) as client:
        preflight = await client.request("OPTIONS", "/images", PREFLIGHT)
        without = await client.post("/images", BODY, Origin=PAGE)
        bearer = {"Authorization": f"Bearer {token}"}
        invalid = await client.post("/images", {}, Origin=PAGE, **bearer)
        form = await client.request("POST", "/images", {"Origin": PAGE, **bearer}, b"x")
    assert preflight.status == 200  # browsers send no token with a preflight
    assert [r.code for r in (without, invalid, form)] == [
        *("unauthorized", "invalid_request", "not_json")
    ]
    assert all("allow-origin" in cors_headers(reply) for reply in (without, invalid, form))


async def test_a_cache_stores_responses_by_origin(tmp_path: Path) -> None:
    async with client_with_image(tmp_path, cors_origin=PAGE) as (client, _, image_id):
        for headers in ({}, {"Origin": PAGE}, {"Origin": f"http://{HOST}"}):
            reply = await client.request("GET", f"/images/{image_id}", headers)
            assert "Origin" in ", ".join(reply.headers.getlist("vary"))
