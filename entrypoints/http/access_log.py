"""Every request: an id that client and log can both name, and one line in the log."""

import re
from collections.abc import Callable, Iterable, Mapping
from os import urandom
from time import perf_counter
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from application.jobs.job_handle import JobHandle
from domain.errors import ImageServiceError
from domain.events import Failed, Finished

REQUEST_LOG = "gpt_image.visit"
"""Where an ASGI scope carries its Visit."""
PROBE_PATHS = frozenset({"/health", "/livez", "/readyz", "/metrics"})
"""Routes that are asked every few seconds, of which nobody wants to read."""
VALID_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:=/+-]{1,128}")
MAX_PATH_LENGTH = 200

Headers = Iterable[tuple[bytes, bytes]]


class Log(Protocol):
    """Writes lines of some levels: debug, info, warning, error."""

    def enabled(self, level: str) -> bool: ...

    def write(self, level: str, event: str, /, **facts: object) -> None: ...


class RequestLog:
    """One request, from its beginning to the end of its answer."""

    def __init__(self, headers: Headers) -> None:
        self.id = _sane(_first(headers, b"x-request-id").strip()) or urandom(16).hex()
        self.began = perf_counter()
        self.status = 0  # which it remains if the client leaves before there is an answer
        self.sent = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.code = ""
        self.ticket: JobHandle | None = None

    def set_outcome(self, outcome: JobHandle | ImageServiceError) -> None:
        """Keep the job that serves the request, or the error that it is answered with."""
        if isinstance(outcome, ImageServiceError):
            self.code = outcome.code
        else:
            self.ticket = outcome

    def told(self, message: Message) -> Message:
        """Take note of a piece of the answer, and give it the request's id."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], [*message.get("headers", ())]
            self.headers.append((b"x-request-id", self.id.encode()))
            return {**message, "headers": self.headers}
        if message["type"] == "http.response.body":
            self.sent += len(message.get("body", b""))
        return message

    def facts(self) -> dict[str, object]:
        """What is worth a line, with the job that served it and what that cost this request."""
        facts: dict[str, object] = {
            "status": self.status,
            "ms": round((perf_counter() - self.began) * 1000, 1),
            "bytes": self.sent,
            "request_id": self.id,
        }
        if self.ticket is not None:
            return facts | _served(self.ticket)
        said = {"job": _first(self.headers, b"x-job-id").decode(), "code": self.code}
        return facts | {name: value for name, value in said.items() if value}


class AccessLogMiddleware:
    """ASGI middleware around all others.

    Tells `log` of every request: 5xx as a warning, those of WATCHERS as debug, else as info.
    Tells `refused` the status of what met no route.
    """

    def __init__(self, app: ASGIApp, log: Log, refused: Callable[[int], None]) -> None:
        self._app = app
        self._log = log
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = scope[REQUEST_LOG] = RequestLog(scope["headers"])

        async def telling(message: Message) -> None:
            await send(visit.told(message))

        try:
            await self._app(scope, receive, telling)
        except Exception:
            visit.status = visit.status or 500  # which the server makes of it
            raise
        finally:
            self._note(scope, visit)
            visit.ticket = None  # sessions keep the scopes of requests, and tickets hold pictures

    def _note(self, scope: Scope, visit: RequestLog) -> None:
        """The path is a route's template, so that no id is written, or what the client sent."""
        route = scope.get("path_template")
        if route is None and visit.status >= 400:
            self._refused(visit.status)
        level = "warning" if visit.status >= 500 else "debug" if route in PROBE_PATHS else "info"
        if not self._log.enabled(level):
            return
        self._log.write(
            level,
            "request",
            method=scope["method"],
            path=route or _shown(scope),
            client=(scope.get("client") or ("",))[0],
            **visit.facts(),
        )


def request_log_of(scope: Mapping[str, Any]) -> RequestLog | None:
    """The request of an ASGI scope, where Access has seen it."""
    visit: RequestLog | None = scope.get(REQUEST_LOG)
    return visit


def _served(ticket: JobHandle) -> dict[str, object]:
    facts: dict[str, object] = {"job": ticket.job.id, "model": ticket.job.request.model}
    if isinstance(ticket.end, Failed):
        return facts | {"code": ticket.end.error.code}
    if isinstance(ticket.end, Finished):
        images = ticket.end.result
        charge = images.charged_cost
        facts |= {"tier": images.served_from}
        facts |= {"cost_usd": None if charge is None else float(charge)}
    return facts


def _first(headers: Headers, name: bytes) -> bytes:
    return next((value for key, value in headers if key == name), b"")


def _sane(id_: bytes) -> str:
    return id_.decode() if VALID_REQUEST_ID.fullmatch(id_) else ""


def _shown(scope: Scope) -> str:
    """The path as it came over the wire, percent-encoded and without the query."""
    return str(scope.get("raw_path", b"").partition(b"?")[0], "ascii", "replace")[:MAX_PATH_LENGTH]
