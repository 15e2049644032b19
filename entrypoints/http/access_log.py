"""The access log: an ID for every request, which its response names too, and one log line."""

import re
from collections.abc import Callable, Iterable, Mapping
from os import urandom
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.errors import ImageServiceError
from domain.events import Failed, Finished
from entrypoints.http.problem_documents import Problem
from entrypoints.http.refusal_facts import SettingsTold, refusal_facts

if TYPE_CHECKING:  # probes are answered before the application is loaded
    from application.jobs.job_handle import JobHandle

PROBES = frozenset({"/health", "/livez", "/readyz", "/metrics"})
PAGE_UPDATES = frozenset(
    {
        "/page/log/lines",
        "/page/jobs/list",
        "/page/jobs/{job_id}/timeline",
        "/page/jobs/{job_id}/facts",
    }
)
POLLED_PATHS = PROBES | PAGE_UPDATES
"""Routes that monitoring tools and the page read every few seconds, so they are logged as debug."""
VALID_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:=/+-]{1,128}")
MAX_PATH_LENGTH = 200

BEGINNINGS = ("http.response.start", "websocket.http.response.start", "websocket.accept")
"""The messages of ASGI that begin a response."""

Headers = Iterable[tuple[bytes, bytes]]


class Log(Protocol):
    """Writes log lines. Levels are debug, info, warning and error."""

    def enabled(self, level: str) -> bool: ...

    def write(self, level: str, event: str, /, **facts: object) -> None: ...


class AccessLogMiddleware:
    """ASGI middleware around all others.

    Writes a line for every request, and at the end of every WebSocket: 5xx as a warning,
    POLLED_PATHS as debug, all others as info. The first refusal that a setting would prevent is a
    warning, too; a flood of them is not.
    Calls `on_unrouted` with the status of each request that was refused before it met a route.
    """

    def __init__(self, app: ASGIApp, log: Log, on_unrouted: Callable[[int], None]) -> None:
        self._app = app
        self._log = log
        self._on_unrouted = on_unrouted
        self._settings_told = SettingsTold()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        response = _Response(scope["headers"], send)
        try:
            await self._app(scope, receive, response.send)
        except Exception:
            response.status = response.status or 500  # the server's answer to an exception
            raise
        finally:
            job = state.pop("job", None)  # MCP sessions keep scopes, and jobs hold images
            problem: Problem | None = state.pop("problem", None)
            facts = response.facts() | _outcome_facts(job, state, response.headers)
            facts |= state.pop("websocket", {})
            self._write(scope, facts | refusal_facts(scope, response.status, problem), problem)

    def _write(self, scope: Scope, facts: dict[str, Any], problem: Problem | None) -> None:
        """The path is the route's template, so that no ID is logged; else what the client sent."""
        route, status = scope.get("path_template"), facts["status"]
        if route is None and status >= 400:
            self._on_unrouted(status)
        level = "warning" if status >= 500 else "debug" if route in POLLED_PATHS else "info"
        if problem is not None and self._settings_told.is_news(problem.setting):
            level = "warning"
        if self._log.enabled(level):
            client = (scope.get("client") or ("",))[0]
            path = route or _raw_path(scope)
            method = scope.get("method", "GET")
            self._log.write(level, "request", method=method, path=path, client=client, **facts)


def note_outcome(scope: Mapping[str, Any], outcome: "JobHandle | ImageServiceError") -> None:
    """Note the job that serves this ASGI scope's request, or its error, for the access log."""
    if isinstance(outcome, ImageServiceError):
        scope["state"]["error_code"] = outcome.code
    else:
        scope["state"]["job"] = outcome


def note_websocket(scope: Mapping[str, Any], **facts: object) -> None:
    """Note facts about this ASGI scope's WebSocket for the access log."""
    scope["state"]["websocket"] = facts


class _Response:
    """Sends one response with its request's ID, and counts what was sent."""

    def __init__(self, request_headers: Headers, send: Send) -> None:
        given = _first(request_headers, b"x-request-id").strip()
        self.request_id = given if VALID_REQUEST_ID.fullmatch(given) else urandom(16).hex().encode()
        self.status = 0  # stays 0 if the client disconnects before there is a response
        self.headers: list[tuple[bytes, bytes]] = []
        self._send = send
        self._bytes = 0
        self._started = perf_counter()

    async def send(self, message: Message) -> None:
        if message["type"] in BEGINNINGS:
            self.status = message.get("status", 101)
            self.headers = [*message.get("headers", ()), (b"x-request-id", self.request_id)]
            message = {**message, "headers": self.headers}
        self._bytes += sum(_size(message.get(name)) for name in ("body", "bytes", "text"))
        await self._send(message)

    def facts(self) -> dict[str, object]:
        return {
            "status": self.status,
            "ms": round((perf_counter() - self._started) * 1000, 1),
            "bytes": self._bytes,
            "request_id": self.request_id.decode(),
        }


def _outcome_facts(
    job: "JobHandle | None", state: Mapping[str, Any], headers: Headers
) -> dict[str, object]:
    """The job that served the request and what that cost the caller, or the error's code."""
    if job is not None:
        return _job_facts(job)
    job_id = _first(headers, b"x-job-id").decode()
    facts = {"job": job_id, "code": state.get("error_code")}
    return {name: value for name, value in facts.items() if value}


def _job_facts(job: "JobHandle") -> dict[str, object]:
    facts: dict[str, object] = {"job": job.job.id, "model": job.job.request.model}
    if isinstance(job.end, Failed):
        facts["code"] = job.end.failure.code
    if isinstance(job.end, Finished):
        cost = job.end.result.charged_cost
        facts["tier"] = job.end.result.served_from
        facts["cost_usd"] = None if cost is None else float(cost)
    return facts


def _size(content: bytes | str | None) -> int:
    if not content:
        return 0
    return len(content.encode() if isinstance(content, str) else content)


def _first(headers: Headers, name: bytes) -> bytes:
    return next((value for key, value in headers if key == name), b"")


def _raw_path(scope: Scope) -> str:
    """The path as the client sent it, percent-encoded and without the query."""
    return str(scope.get("raw_path", b"").partition(b"?")[0], "ascii", "replace")[:MAX_PATH_LENGTH]
