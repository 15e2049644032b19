"""Every request has an ID and one log line."""

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.errors import NotFound
from domain.events import Failed
from entrypoints.http.access_log import AccessLogMiddleware, note_outcome
from tests.testkit.fakes import job_for

pytestmark = pytest.mark.anyio
LEVELS = ("debug", "info", "warning", "error")


class RecordingLog:
    """A log that records its lines from a level on."""

    def __init__(self, min_level: str = "debug") -> None:
        self.min_level = min_level
        self.lines: list[dict[str, Any]] = []

    def enabled(self, level: str) -> bool:
        return LEVELS.index(level) >= LEVELS.index(self.min_level)

    def write(self, level: str, event: str, /, **facts: object) -> None:
        assert event == "request"
        self.lines.append({"level": level, **facts})


def replying(
    status: int = 200, *, route: str | None = None, body: tuple[bytes, ...] = (b"four",)
) -> ASGIApp:
    async def app(scope: Scope, _: Receive, send: Send) -> None:
        if route is not None:
            scope["path_template"] = route
        await send({"type": "http.response.start", "status": status, "headers": []})
        for chunk in body:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body"})

    return app


class LoggedRequest:
    """One request through the access log, and its effects."""

    def __init__(self, app: ASGIApp, min_level: str = "debug") -> None:
        self.log = RecordingLog(min_level)
        self.refused: list[int] = []
        self.messages: list[Message] = []
        self._access = AccessLogMiddleware(app, self.log, self.refused.append)

    async def get(self, path: str = "/", headers: dict[str, str] | None = None) -> "LoggedRequest":
        raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "headers": raw,
            "client": ("192.0.2.7", 1),
        }
        await self._access(scope, _nothing, self._send)
        return self

    @property
    def line(self) -> dict[str, Any]:
        (line,) = self.log.lines
        return line

    @property
    def sent_id(self) -> str:
        return str(dict(self.messages[0]["headers"])[b"x-request-id"].decode())

    async def _send(self, message: Message) -> None:
        self.messages.append(message)


async def _nothing() -> Message:
    return {"type": "http.request"}


async def test_a_line_has_the_client_the_request_and_the_response() -> None:
    request = await LoggedRequest(replying(route="/images/{id}", body=(b"12", b"345"))).get(
        "/images/img_1"
    )
    line = request.line
    assert line.pop("ms") >= 0
    assert line == {
        "level": "info",
        "method": "GET",
        "path": "/images/{id}",
        "client": "192.0.2.7",
        "status": 200,
        "bytes": 5,
        "request_id": request.sent_id,
    }


@pytest.mark.parametrize("request_id", ["abc-1", "Root=1-67891233-abcdef", "x" * 128, " padded "])
async def test_a_valid_request_id_is_used(request_id: str) -> None:
    request = await LoggedRequest(replying()).get(headers={"x-request-id": request_id})
    assert request.sent_id == request.line["request_id"] == request_id.strip()


@pytest.mark.parametrize("request_id", ["", "x" * 129, "two words", 'quo"te', "new\nline", "ü"])
async def test_any_other_request_id_is_replaced(request_id: str) -> None:
    request = await LoggedRequest(replying()).get(headers={"x-request-id": request_id})
    assert len(request.sent_id) == 32
    assert request.sent_id == request.line["request_id"]


@pytest.mark.parametrize(
    ("status", "route", "level"),
    [
        (200, "/images", "info"),
        (404, "/images/{id}", "info"),
        (404, None, "info"),
        (502, "/images", "warning"),
        (200, "/livez", "debug"),
        (200, "/metrics", "debug"),
        (503, "/readyz", "warning"),
    ],
)
async def test_server_errors_have_the_highest_level(
    status: int, route: str | None, level: str
) -> None:
    assert (await LoggedRequest(replying(status, route=route)).get()).line["level"] == level


async def test_a_disabled_level_is_not_written() -> None:
    assert (await LoggedRequest(replying(), min_level="warning").get()).log.lines == []


async def test_an_unknown_path_is_truncated_and_has_no_query() -> None:
    request = await LoggedRequest(replying(404)).get("/" + "a" * 300 + "?token=secret")
    assert request.line["path"] == "/" + "a" * 199
    request = await LoggedRequest(replying(404)).get("/no%0Ane?token=secret")
    assert request.line["path"] == "/no%0Ane"


@pytest.mark.parametrize(
    ("status", "route", "refused"),
    [(401, None, [401]), (404, None, [404]), (404, "/images/{id}", []), (200, None, [])],
)
async def test_only_requests_without_a_route_count_as_refused(
    status: int, route: str | None, refused: list[int]
) -> None:
    assert (await LoggedRequest(replying(status, route=route)).get()).refused == refused


async def test_a_crash_is_logged_as_a_warning_and_raised() -> None:
    async def crashing(*_: object) -> None:
        raise ValueError("crashed")

    request = LoggedRequest(crashing)
    with pytest.raises(ValueError, match="crashed"):
        await request.get()
    assert (request.line["level"], request.line["status"]) == ("warning", 500)


async def test_a_disconnect_before_the_response_is_not_an_error() -> None:
    async def silent(*_: object) -> None:
        return

    request = await LoggedRequest(silent).get()
    assert (request.line["level"], request.line["status"], request.refused) == ("info", 0, [])


async def test_the_job_is_taken_from_the_response_header() -> None:
    async def streaming(_: Scope, __: Receive, send: Callable[[Message], Awaitable[None]]) -> None:
        headers = [(b"x-job-id", b"job_1")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    assert (await LoggedRequest(streaming).get()).line["job"] == "job_1"


async def test_a_finished_request_holds_no_image() -> None:
    """MCP sessions keep the scope of the request that opened them."""
    scopes: list[Scope] = []
    id_ = job_for().id
    job: Any = SimpleNamespace(job=job_for(), end=Failed.of(id_, NotFound("Gone.")))

    async def app(scope: Scope, _: Receive, __: Send) -> None:
        scopes.append(scope)
        note_outcome(scope, job)

    request = await LoggedRequest(app).get()
    assert (request.line["job"], request.line["code"]) == (id_, "not_found")
    assert scopes[0]["state"] == {}


async def test_other_asgi_scopes_are_not_logged() -> None:
    passed: list[str] = []

    async def app(scope: Scope, _: Receive, __: Send) -> None:
        passed.append(scope["type"])

    log = RecordingLog()
    middleware = AccessLogMiddleware(app, log, lambda _: None)
    await middleware({"type": "lifespan"}, _nothing, lambda _: _nothing())  # type: ignore[arg-type,return-value] # never sent
    assert (passed, log.lines) == (["lifespan"], [])
