"""What web pages of other origins can do: nothing, unless they were named."""

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
PAINT = {"prompt": "a red bridge"}
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
async def painted_once(
    folder: Path,
    **settings: Any,  # noqa: ANN401 - fields of Settings
) -> AsyncIterator[tuple[AsgiClient, FakeProvider, str]]:
    """A client with one picture behind it, which is in the cache too; and the picture's id."""
    provider, settings = FakeProvider(SQUARE), {"rate_limit": "0", **settings}
    async with asgi_client(settings_in(folder, **settings), provider=provider) as client:
        while (reply := await client.post("/images", PAINT)).json["servedFrom"] != "memory":
            assert len(provider.seen) == 1
            await asyncio.sleep(0)  # the answer is kept meanwhile
        yield client, provider, reply.json["images"][0]["id"]


async def kept(client: AsgiClient) -> int:
    """How many answers the cache has in memory."""
    return (await client.container.cache_stats()())[0].entries


async def call_clear_cache(client: AsgiClient, headers: Mapping[str, str], **how: Any) -> Reply:  # noqa: ANN401 - of ask
    headers = {**MODERN, "MCP-Method": "tools/call", "MCP-Name": "clear_cache", **headers}
    return await client.request("POST", "/mcp", headers, json.dumps(CLEAR_CACHE).encode(), **how)


async def test_the_calls_that_pages_try_below_work_for_everybody_else(tmp_path: Path) -> None:
    """Or else all that follows would show nothing."""
    async with painted_once(tmp_path) as (client, _, _):
        assert await kept(client) == 1
        reply = await call_clear_cache(client, {"Content-Type": "application/json"})
        assert reply.status == 200
        assert await kept(client) == 0


@pytest.mark.parametrize("origin", [PAGE, "null", "http://localhost:3000", None])
async def test_a_form_or_script_of_a_foreign_page_changes_nothing(
    origin: str | None, tmp_path: Path
) -> None:
    """As `<form method=post>`, `fetch(…, {mode: "no-cors"})` and `sendBeacon` send it.

    Old browsers tell no origin, but let pages send none but the simple types.
    """
    fresh = json.dumps({**PAINT, "fresh": True}).encode()
    code = "foreign_page" if origin else "not_json"
    async with painted_once(tmp_path) as (client, provider, _):
        for media_type in (*SIMPLE_TYPES, *(["application/json"] if origin else [])):
            given = {"Origin": origin, "Content-Type": media_type}
            headers = {name: value for name, value in given.items() if value}
            for path in ("/images", "/images?inline=true", "/mcp/stream"):
                assert (await client.request("POST", path, headers, fresh)).code == code
            assert (await call_clear_cache(client, headers)).code == code
        assert (await kept(client), len(provider.seen)) == (1, 1)


async def test_a_page_that_points_its_name_at_us_reads_and_changes_nothing(tmp_path: Path) -> None:
    """DNS rebinding: for the browser it is the page's own origin, and says so to nobody."""
    json_type = {"Content-Type": "application/json"}
    async with painted_once(tmp_path) as (client, provider, picture):
        for headers in (json_type, {**json_type, "Origin": "http://page.example:3000"}):
            reply = await call_clear_cache(client, headers, host="page.example:3000")
            assert reply.code == "misdirected"
            for path in (f"/images/{picture}", "/health", "/openapi.json", "/metrics"):
                reply = await client.request("GET", path, headers, host="page.example:3000")
                assert reply.code == "misdirected"
        assert (await kept(client), len(provider.seen)) == (1, 1)


def within(page: str, dest: str, mode: str = "no-cors") -> dict[str, str]:
    """What a browser sends for an element of a page, such as `<img>`: no Origin."""
    return {"Sec-Fetch-Site": page, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}


ELEMENTS = [("image", "no-cors"), ("script", "no-cors"), ("empty", "no-cors")]
FRAMES = [("iframe", "navigate"), ("object", "navigate"), ("embed", "navigate")]


@pytest.mark.parametrize("page", ["cross-site", "same-site"])
@pytest.mark.parametrize("named", ["", "https://other.example"])
async def test_a_foreign_page_neither_reads_nor_shows_a_picture(
    page: str, named: str, tmp_path: Path
) -> None:
    async with painted_once(tmp_path, cors_origin=named) as (client, _, picture):
        asks = [within(page, *element) for element in (*ELEMENTS, *FRAMES)]
        for headers in ({"Origin": PAGE}, *asks):
            refused = await client.request("GET", f"/images/{picture}", headers)
            assert refused.code == "foreign_page", headers
            assert "access-control-allow-origin" not in refused.headers


async def test_a_picture_may_be_opened_and_shown_by_pages_of_its_own(tmp_path: Path) -> None:
    async with painted_once(tmp_path) as (client, _, picture):
        link = within("cross-site", "document", "navigate")
        for headers in ({}, link, within("same-origin", "image"), within("none", "document")):
            shown = await client.request("GET", f"/images/{picture}", headers)
            assert shown.status == 200, headers
            assert shown.headers["cross-origin-resource-policy"] == "same-origin"
            assert "access-control-allow-origin" not in shown.headers


async def test_a_named_page_shows_pictures_that_it_could_read(tmp_path: Path) -> None:
    """As `<img crossorigin>` asks; where all pages are named, a bare `<img>` does as well."""
    cors = {"Origin": PAGE, **within("cross-site", "image", "cors")}
    async with painted_once(tmp_path / "one", cors_origin=PAGE) as (client, _, picture):
        assert (await client.request("GET", f"/images/{picture}", cors)).status == 200
    async with painted_once(tmp_path / "all", cors_origin="*") as (client, _, picture):
        shown = await client.request("GET", f"/images/{picture}", within("cross-site", "image"))
    assert shown.status == 200
    assert shown.headers["cross-origin-resource-policy"] == "cross-origin"


PREFLIGHT = {
    "Origin": PAGE,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,mcp-protocol-version",
}


def allowed(reply: Reply) -> dict[str, str]:
    """The headers of CORS."""
    return {
        name.removeprefix("access-control-"): value
        for name, value in reply.headers.items()
        if name.startswith("access-control-")
    }


async def test_without_cors_origin_every_preflight_is_refused(tmp_path: Path) -> None:
    async with painted_once(tmp_path) as (client, _, _):
        for _, path in client.routes():
            if path not in ("/livez", "/readyz"):
                reply = await client.request("OPTIONS", path, PREFLIGHT)
                assert reply.code == "foreign_page", path
                assert allowed(reply) == {}


@pytest.mark.parametrize(("setting", "said"), [(f"{PAGE}/, https://b.example", PAGE), ("*", "*")])
async def test_a_named_page_gets_what_mcp_needs_and_never_cookies(
    setting: str, said: str, tmp_path: Path
) -> None:
    wanted = "authorization,content-type,mcp-session-id,mcp-protocol-version,last-event-id"
    wanted += ",mcp-method,mcp-name,mcp-param-anything"
    async with painted_once(tmp_path, cors_origin=setting) as (client, provider, _):
        for method, path in client.routes():
            asks = {"Access-Control-Request-Method": method}
            asks["Access-Control-Request-Headers"] = wanted
            reply = await client.request("OPTIONS", path, {**PREFLIGHT, **asks})
            assert reply.status == 200
            answer = allowed(reply)
            assert answer["allow-origin"] == said
            assert set(wanted.split(",")) <= set(answer["allow-headers"].split(","))
            assert method in answer["allow-methods"].split(", ")
            assert "allow-credentials" not in answer
        reply = await client.post("/images", {**PAINT, "fresh": True}, Origin=PAGE)
        assert (reply.status, len(provider.seen)) == (201, 2)
        assert allowed(reply)["allow-origin"] == said
        assert "mcp-session-id" in allowed(reply)["expose-headers"]
        assert "allow-credentials" not in allowed(reply)


async def test_a_page_that_is_not_on_the_list_is_refused(tmp_path: Path) -> None:
    async with painted_once(tmp_path, cors_origin=PAGE) as (client, provider, _):
        for origin in ("https://other.example", "http://page.example", f"{PAGE}:8443", "null"):
            preflight = await client.request("OPTIONS", "/images", {**PREFLIGHT, "Origin": origin})
            assert (preflight.code, allowed(preflight)) == ("foreign_page", {})
            reply = await client.post("/images", {**PAINT, "fresh": True}, Origin=origin)
            assert (reply.code, allowed(reply)) == ("foreign_page", {})
        assert len(provider.seen) == 1


@pytest.mark.parametrize("setting", [PAGE, "*"])
async def test_a_named_page_can_read_why_it_was_refused(setting: str, tmp_path: Path) -> None:
    token = "a-token-of-the-tests-5f1c"
    settings = settings_in(tmp_path, cors_origin=setting, auth_token=token)
    async with asgi_client(settings, provider=FakeProvider()) as client:
        preflight = await client.request("OPTIONS", "/images", PREFLIGHT)
        without = await client.post("/images", PAINT, Origin=PAGE)
        bearer = {"Authorization": f"Bearer {token}"}
        invalid = await client.post("/images", {}, Origin=PAGE, **bearer)
        form = await client.request("POST", "/images", {"Origin": PAGE, **bearer}, b"x")
    assert preflight.status == 200  # browsers send no token with it
    assert [r.code for r in (without, invalid, form)] == [
        *("unauthorized", "invalid_request", "not_json")
    ]
    assert all("allow-origin" in allowed(reply) for reply in (without, invalid, form))


async def test_what_caches_keep_for_one_page_is_not_shown_to_another(tmp_path: Path) -> None:
    async with painted_once(tmp_path, cors_origin=PAGE) as (client, _, picture):
        for headers in ({}, {"Origin": PAGE}, {"Origin": f"http://{HOST}"}):
            reply = await client.request("GET", f"/images/{picture}", headers)
            assert "Origin" in ", ".join(reply.headers.getlist("vary"))
