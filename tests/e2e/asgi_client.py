"""Calls the HTTP application in memory, with every header as given."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Unpack

from litestar.routes import HTTPRoute
from starlette.datastructures import Headers
from starlette.types import Message, Scope

from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.container_parts import Parts
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.config.settings import Settings
from entrypoints.http.application import HttpApplication

HOST = "127.0.0.1:3000"
JSON = {"Content-Type": "application/json"}
Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A whole response."""

    status: int
    headers: Headers
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        """The problem document; empty for any other content type."""
        if self.headers.get("content-type") != "application/problem+json":
            return {}
        document: dict[str, Any] = json.loads(self.body)
        assert document["status"] == self.status
        return document

    @property
    def code(self) -> str | None:
        """The code of an error, in a problem document or for OpenAI's clients."""
        if self.status < 400 or self.headers.get("content-type") != "application/json":
            return self.problem.get("code")
        code: str | None = self.json["error"]["code"]
        return code

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class AsgiClient:
    """Sends requests to an application; even headers that no real client sends."""

    app: HttpApplication
    container: Container
    server: tuple[str, int] = field(default=("127.0.0.1", 3000))

    async def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | Pairs = (),
        body: bytes = b"",
        *,
        host: str | None = HOST,
    ) -> Reply:
        """Send one request; return its whole response. `host=None` sends no Host header."""
        return await _respond(self.app, self._scope(method, path, headers, host), body)

    async def post(self, path: str, value: object, **headers: str) -> Reply:
        """Post JSON. Header names have `_` for `-`."""
        more = {name.replace("_", "-"): text for name, text in headers.items()}
        return await self.request("POST", path, {**JSON, **more}, json.dumps(value).encode())

    async def post_and_disconnect(self, path: str, value: object) -> None:
        """Post JSON; the client has disconnected as soon as its body was read."""
        body = json.dumps(value).encode()
        incoming: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            return incoming.pop() if incoming else {"type": "http.disconnect"}

        async def send(_: Message) -> None:
            pass

        await self.app.asgi(self._scope("POST", path, JSON, HOST), receive, send)

    def _scope(
        self, method: str, path: str, headers: Mapping[str, str] | Pairs, host: str | None
    ) -> Scope:
        pairs = [*(headers.items() if isinstance(headers, Mapping) else headers)]
        if host is not None:
            pairs.insert(0, ("Host", host))
        route, _, query = path.partition("?")
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": route,
            "raw_path": route.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in pairs],
            "server": self.server,
            "client": ("127.0.0.1", 50000),
        }

    def routes(self) -> list[tuple[str, str]]:
        """The method and path of every route; a path parameter has its name as its value."""
        return [
            (method, path)
            for route in self.app.litestar.routes
            for path in [route.path_format.replace("{", "").replace("}", "")]
            for method in sorted(
                route.methods - {"OPTIONS"}
                if isinstance(route, HTTPRoute)
                else {"POST", "GET", "DELETE"}
            )
        ]


@asynccontextmanager
async def asgi_client(settings: Settings, **parts: Unpack[Parts]) -> AsyncIterator[AsgiClient]:
    """Run the whole application, without a server around it."""
    async with run_application(settings, **parts) as container:
        app = HttpApplication(container)
        ready, done = asyncio.Event(), asyncio.Event()
        sessions = asyncio.create_task(_run_sessions(app, ready, done))
        await ready.wait()
        try:
            yield AsgiClient(app=app, container=container)
        finally:
            done.set()
            await sessions


async def _run_sessions(app: HttpApplication, ready: asyncio.Event, done: asyncio.Event) -> None:
    """Run in a separate task, so that an exception of a test is not wrapped in a group."""
    async with app.manager.run():
        ready.set()
        await done.wait()


async def _respond(app: HttpApplication, scope: Scope, body: bytes) -> Reply:
    incoming: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    outgoing: list[Message] = []

    async def receive() -> Message:
        if incoming:
            return incoming.pop()
        await asyncio.Event().wait()  # the client stays connected
        raise AssertionError

    async def send(message: Message) -> None:
        outgoing.append(message)

    await app.asgi(scope, receive, send)
    start = outgoing[0]
    return Reply(
        status=start["status"],
        headers=Headers(raw=start["headers"]),
        body=b"".join(message.get("body", b"") for message in outgoing[1:]),
    )
