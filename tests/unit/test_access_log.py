"""Every request has an id and one line."""

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


class Said:
    """A log that keeps what it is told, from a level on."""

    def __init__(self, least: str = "debug") -> None:
        self.least = least
        self.lines: list[dict[str, Any]] = []

    def enabled(self, level: str) -> bool:
        return LEVELS.index(level) >= LEVELS.index(self.least)

    def write(self, level: str, event: str, /, **facts: object) -> None:
        assert event == "request"
        self.lines.append({"level": level, **facts})


def answering(
    status: int = 200, *, route: str | None = None, body: tuple[bytes, ...] = (b"four",)
) -> ASGIApp:
    async def app(scope: Scope, _: Receive, send: Send) -> None:
        if route is not None:
            scope["path_template"] = route
        await send({"type": "http.response.start", "status": status, "headers": []})
        for piece in body:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})

    return app


class Asked:
    """One request through Access; what came of it."""

    def __init__(self, app: ASGIApp, least: str = "debug") -> None:
        self.log = Said(least)
        self.refused: list[int] = []
        self.answer: list[Message] = []
        self._access = AccessLogMiddleware(app, self.log, self.refused.append)

    async def get(self, path: str = "/", headers: dict[str, str] | None = None) -> "Asked":
        raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "headers": raw,
            "client": ("192.0.2.7", 1),
        }
        await self._access(scope, _nothing, self._take)
        return self

    @property
    def line(self) -> dict[str, Any]:
        (line,) = self.log.lines
        return line

    @property
    def id_sent(self) -> str:
        return str(dict(self.answer[0]["headers"])[b"x-request-id"].decode())

    async def _take(self, message: Message) -> None:
        self.answer.append(message)


async def _nothing() -> Message:
    return {"type": "http.request"}


async def test_a_line_says_who_asked_for_what_and_what_came_of_it() -> None:
    asked = await Asked(answering(route="/images/{id}", body=(b"12", b"345"))).get("/images/img_1")
    line = asked.line
    assert line.pop("ms") >= 0
    assert line == {
        "level": "info",
        "method": "GET",
        "path": "/images/{id}",
        "client": "192.0.2.7",
        "status": 200,
        "bytes": 5,
        "request_id": asked.id_sent,
    }


@pytest.mark.parametrize("given", ["abc-1", "Root=1-67891233-abcdef", "x" * 128, " padded "])
async def test_a_sane_request_id_is_kept(given: str) -> None:
    asked = await Asked(answering()).get(headers={"x-request-id": given})
    assert asked.id_sent == asked.line["request_id"] == given.strip()


@pytest.mark.parametrize("given", ["", "x" * 129, "two words", 'quo"te', "new\nline", "ü"])
async def test_any_other_request_id_is_replaced(given: str) -> None:
    asked = await Asked(answering()).get(headers={"x-request-id": given})
    assert len(asked.id_sent) == 32
    assert asked.id_sent == asked.line["request_id"]


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
async def test_what_failed_on_our_side_is_said_loudest(
    status: int, route: str | None, level: str
) -> None:
    assert (await Asked(answering(status, route=route)).get()).line["level"] == level


async def test_what_nobody_hears_is_not_said() -> None:
    assert (await Asked(answering(), least="warning").get()).log.lines == []


async def test_an_unknown_path_is_written_short_and_without_its_query() -> None:
    asked = await Asked(answering(404)).get("/" + "a" * 300 + "?token=secret")
    assert asked.line["path"] == "/" + "a" * 199
    assert (await Asked(answering(404)).get("/no%0Ane?token=secret")).line["path"] == "/no%0Ane"


@pytest.mark.parametrize(
    ("status", "route", "refused"),
    [(401, None, [401]), (404, None, [404]), (404, "/images/{id}", []), (200, None, [])],
)
async def test_only_what_met_no_route_is_refused(
    status: int, route: str | None, refused: list[int]
) -> None:
    assert (await Asked(answering(status, route=route)).get()).refused == refused


async def test_a_crash_is_a_warning_and_still_a_crash() -> None:
    async def crashing(*_: object) -> None:
        raise ValueError("crashed")

    asked = Asked(crashing)
    with pytest.raises(ValueError, match="crashed"):
        await asked.get()
    assert (asked.line["level"], asked.line["status"]) == ("warning", 500)


async def test_a_client_that_leaves_before_the_answer_is_no_fault_of_ours() -> None:
    async def silent(*_: object) -> None:
        return

    asked = await Asked(silent).get()
    assert (asked.line["level"], asked.line["status"], asked.refused) == ("info", 0, [])


async def test_a_job_is_known_by_the_header_of_the_answer() -> None:
    async def streaming(_: Scope, __: Receive, send: Callable[[Message], Awaitable[None]]) -> None:
        headers = [(b"x-job-id", b"job_1")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    assert (await Asked(streaming).get()).line["job"] == "job_1"


async def test_no_picture_is_kept_by_a_request_that_has_ended() -> None:
    """Sessions of MCP keep the scope of the request that opened them."""
    scopes: list[Scope] = []
    id_ = job_for().id
    job: Any = SimpleNamespace(job=job_for(), end=Failed.of(id_, NotFound("Gone.")))

    async def app(scope: Scope, _: Receive, __: Send) -> None:
        scopes.append(scope)
        note_outcome(scope, job)

    asked = await Asked(app).get()
    assert (asked.line["job"], asked.line["code"]) == (id_, "not_found")
    assert scopes[0]["state"] == {}


async def test_what_is_no_request_passes_unseen() -> None:
    passed: list[str] = []

    async def app(scope: Scope, _: Receive, __: Send) -> None:
        passed.append(scope["type"])

    log = Said()
    middleware = AccessLogMiddleware(app, log, lambda _: None)
    await middleware({"type": "lifespan"}, _nothing, lambda _: _nothing())  # type: ignore[arg-type,return-value] # never sent
    assert (passed, log.lines) == (["lifespan"], [])
