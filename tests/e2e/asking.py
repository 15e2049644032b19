"""The web door asked in memory: every header as it is given, also those that no client sends."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Unpack

from litestar.routes import HTTPRoute
from starlette.datastructures import Headers
from starlette.types import Message, Scope

from entrypoints.bootstrap.container import Container, Parts
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.config.settings import Settings
from entrypoints.http.application import HttpApplication

HOST = "127.0.0.1:3000"
Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What was answered."""

    status: int
    headers: Headers
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        """The problem document, or nothing where it is something else."""
        if self.headers.get("content-type") != "application/problem+json":
            return {}
        document: dict[str, Any] = json.loads(self.body)
        assert document["status"] == self.status
        return document

    @property
    def code(self) -> str | None:
        return self.problem.get("code")

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A door, and how to ask at it."""

    door: HttpApplication
    container: Container
    server: tuple[str, int] = field(default=("127.0.0.1", 3000))

    async def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | Pairs = (),
        body: bytes = b"",
        *,
        host: str | None = HOST,
    ) -> Reply:
        """One request, and its whole answer. `host` of None sends no Host header."""
        pairs = [*(headers.items() if isinstance(headers, Mapping) else headers)]
        if host is not None:
            pairs.insert(0, ("Host", host))
        route, _, query = path.partition("?")
        scope: Scope = {
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
        return await _replied(self.door, scope, body)

    async def post(self, path: str, value: object, **headers: str) -> Reply:
        """JSON, as a client sends it."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        json_type = {"Content-Type": "application/json"}
        return await self.ask("POST", path, {**json_type, **named}, json.dumps(value).encode())

    def addresses(self) -> list[tuple[str, str]]:
        """Method and path of every route that there is, with `x` for what a path leaves open."""
        return [
            (method, path)
            for route in self.door.litestar.routes
            for path in [route.path_format.replace("{", "").replace("}", "")]
            for method in sorted(
                route.methods - {"OPTIONS"}
                if isinstance(route, HTTPRoute)
                else {"POST", "GET", "DELETE"}
            )
        ]


@asynccontextmanager
async def asked(settings: Settings, **parts: Unpack[Parts]) -> AsyncIterator[Asked]:
    """The whole application, without a server around it."""
    async with run_application(settings, **parts) as container:
        door = HttpApplication(container)
        ready, done = asyncio.Event(), asyncio.Event()
        opened = asyncio.create_task(_sessions(door, ready, done))
        await ready.wait()
        try:
            yield Asked(door=door, container=container)
        finally:
            done.set()
            await opened


async def _sessions(door: HttpApplication, ready: asyncio.Event, done: asyncio.Event) -> None:
    """In a task of their own, so that what a test raises is not wrapped into a group."""
    async with door.manager.run():
        ready.set()
        await done.wait()


async def _replied(door: HttpApplication, scope: Scope, body: bytes) -> Reply:
    incoming: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    outgoing: list[Message] = []

    async def receive() -> Message:
        if incoming:
            return incoming.pop()
        await asyncio.Event().wait()  # the client stays
        raise AssertionError

    async def send(message: Message) -> None:
        outgoing.append(message)

    await door.asgi(scope, receive, send)
    start = outgoing[0]
    return Reply(
        status=start["status"],
        headers=Headers(raw=start["headers"]),
        body=b"".join(message.get("body", b"") for message in outgoing[1:]),
    )
