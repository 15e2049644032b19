"""The HTTP application while it loads: probes are answered, and all other requests wait."""

import asyncio

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from entrypoints.config.settings import Settings
from entrypoints.http.access_log import AccessLogMiddleware, Log
from entrypoints.http.asgi_responses import BytesResponse
from entrypoints.http.probes import LIVE, STARTING, health
from entrypoints.http.security.cors import with_cors
from entrypoints.http.security.host_origin import HostOriginMiddleware

LEVELS = ("debug", "info", "warning", "error")
PROBES = frozenset({"/health", "/livez", "/readyz"})
BODY_HEADERS = frozenset({b"content-length", b"transfer-encoding"})


class StartingApplication:
    """ASGI application that hands every request to the real one as soon as there is one.

    Until then it answers the probes that the real one would not refuse, with the same responses,
    except that `/readyz` says 503. Every other request waits, and is then served as usual.
    """

    def __init__(self, settings: Settings) -> None:
        self._app: ASGIApp | None = None
        self._opened = asyncio.Event()
        self._lines = _KeptLines(settings.log_level)
        self._checks = HostOriginMiddleware(with_cors(_answer_probe, settings), settings)
        self._probes = AccessLogMiddleware(self._checks, self._lines, lambda _: None)

    def open(self, app: ASGIApp, log: Log) -> None:
        """Serve requests with this application from now on, and log what was answered before."""
        self._app = app
        self._opened.set()
        self._lines.write_to(log)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None and self._is_plain_probe(scope):
            await self._probes(scope, receive, send)
            return
        await self._opened.wait()
        assert self._app is not None
        await self._app(scope, receive, send)

    def _is_plain_probe(self, scope: Scope) -> bool:
        """Whether it is a probe without a body that the application would not refuse."""
        return (
            scope["type"] == "http"
            and scope["path"] in PROBES
            and scope["method"] in ("GET", "HEAD")
            and BODY_HEADERS.isdisjoint(name for name, _ in scope["headers"])
            and not self._checks.refuses(scope)
        )


async def _answer_probe(scope: Scope, receive: Receive, send: Send) -> None:
    path = scope["path_template"] = scope["path"]
    facts = {"/health": health(), "/livez": LIVE, "/readyz": STARTING}[path]
    body = msgspec.json.encode(facts)
    headers = {"content-type": "application/json", "content-length": str(len(body))}
    status = 503 if path == "/readyz" else 200
    response = BytesResponse(status, headers, b"" if scope["method"] == "HEAD" else body)
    await response(scope, receive, send)


class _KeptLines:
    """A Log that keeps its lines until the real one is there."""

    def __init__(self, level: str) -> None:
        self._levels = LEVELS[LEVELS.index(level) :]
        self._lines: list[tuple[str, str, dict[str, object]]] = []

    def enabled(self, level: str) -> bool:
        return level in self._levels

    def write(self, level: str, event: str, /, **facts: object) -> None:
        self._lines.append((level, event, facts))

    def write_to(self, log: Log) -> None:
        for level, event, facts in self._lines:
            log.write(level, event, **facts)
        self._lines.clear()
