"""A host of MCP Apps in Chromium: a sandboxed frame with the default policy of the protocol."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcp import Client
from starlette.types import Receive, Scope, Send

from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.mcp.app_clients import VIEWER_URI
from tests.conftest import KEY
from tests.e2e.app.app_clients import app_client
from tests.e2e.browser import open_browser
from tests.e2e.loopback_server import serve_app
from tests.standin import StandIn
from tests.testkit.fakes import settings_in

if TYPE_CHECKING:
    from playwright.async_api import Browser, FrameLocator, Page

HOST_PAGE = Path(__file__).with_name("host.html")
TIMEOUT = 15_000.0
"""Milliseconds after which a test fails; no test depends on it."""
DEFAULT_CSP = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; media-src 'self' data:; connect-src 'none'"
)
"""What a host must enforce if an App asks for nothing else (MCP Apps, 2026-01-26)."""
Json = dict[str, Any]


@dataclass
class AppHost:
    """One page with one App. `requested` has every URL that the browser asked for."""

    page: "Page"
    client: Client
    requested: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    calls: list[tuple[str, Json]] = field(default_factory=list)
    refused: frozenset[str] = frozenset()

    @property
    def app(self) -> "FrameLocator":
        """The viewer in its frame."""
        return self.page.frame_locator("#view")

    async def seen(self, what: str) -> Any:  # noqa: ANN401 - any JSON
        """What the host has got from the App: messages, contexts, sizes, calls or modes."""
        return await self.page.evaluate("what => window.seen[what]", what)

    async def tell(self, method: str, params: Json) -> None:
        """Send a notification, once the App has initialized."""
        await self.page.evaluate(
            "([method, params]) => window.tell(method, params)", [method, params]
        )

    async def run(self, tool: str, arguments: Json) -> Json:
        """Call a tool as a model would; the App gets the input first and then the result."""
        await self.tell("ui/notifications/tool-input", {"arguments": arguments})
        result = await self._call(tool, arguments)
        await self.tell("ui/notifications/tool-result", result)
        return result

    async def call_tool(self, name: str, arguments: Json) -> Json:
        """Answer a call of the App."""
        self.calls.append((name, arguments))
        if name in self.refused:
            raise RuntimeError(f"{name} is not supported")
        return await self._call(name, arguments)

    async def read_resource(self, uri: str) -> Json:
        """Answer a read of the App."""
        return _json(await self.client.read_resource(uri))

    async def _call(self, tool: str, arguments: Json) -> Json:
        return _json(await self.client.call_tool(tool, arguments))

    def check_quiet(self, *origins: str) -> None:
        """Fail if the browser has asked another host for anything, or has blocked anything."""
        elsewhere = [
            url for url in self.requested if not url.startswith(("data:", "about:", *origins))
        ]
        assert elsewhere == []
        assert self.complaints == []


def _json(result: Any) -> Json:  # noqa: ANN401 - any result of the SDK
    found: Json = json.loads(result.model_dump_json(by_alias=True, exclude_none=True))
    return found


async def _send(send: Send, body: bytes, policy: str) -> None:
    headers = [(b"content-type", b"text/html; charset=utf-8")]
    if policy:
        headers.append((b"content-security-policy", policy.encode()))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def _serve_page(html: bytes, policy: str = "") -> AsyncIterator[str]:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await _send(send, html if scope["path"] == "/" else b"", policy)

    async with serve_app(app) as url:
        yield f"{url}/"


@asynccontextmanager
async def open_app(
    browser: "Browser",
    client: Client,
    options: Mapping[str, Any] | None = None,
    *,
    size: tuple[int, int] = (760, 900),
    refused: frozenset[str] = frozenset(),
    **context: Any,  # noqa: ANN401 - what Playwright takes
) -> AsyncIterator[AppHost]:
    """Open the viewer of this client's server; check at the end that nothing was asked elsewhere.

    `options` are those of `host.html`; calls of `refused` tools fail.
    """
    (contents,) = (await client.read_resource(VIEWER_URI)).contents
    html = contents.model_dump()["text"].encode()
    page = await (
        await browser.new_context(viewport={"width": size[0], "height": size[1]}, **context)
    ).new_page()
    page.set_default_timeout(TIMEOUT)
    host = AppHost(page, client, refused=refused)
    page.on("request", lambda request: host.requested.append(request.url))
    page.on(
        "console",
        lambda message: host.complaints.append(message.text) if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: host.complaints.append(str(error)))
    await page.expose_function("callTool", host.call_tool)
    await page.expose_function("readResource", host.read_resource)
    async with _serve_page(HOST_PAGE.read_bytes()) as outer, _serve_page(html, DEFAULT_CSP) as view:
        settings = {"hostOptions": dict(options or {}), "viewUrl": view}
        await page.add_init_script(f"Object.assign(window, {json.dumps(settings)})")
        await page.goto(outer)
        try:
            yield host
            await asyncio.sleep(0)
            host.check_quiet(outer, view)
        finally:
            await page.context.close()


@asynccontextmanager
async def shop(folder: Path, api: StandIn) -> AsyncIterator[tuple["Browser", Client]]:
    """A browser, and a client of a real server that calls the stand-in."""
    settings = settings_in(folder, openai_api_key=KEY, openai_base_url=api.base_url)
    async with (
        run_application(settings) as container,
        app_client(container) as client,
        open_browser() as browser,
    ):
        yield browser, client
