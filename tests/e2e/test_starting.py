"""The HTTP server answers probes while it loads; everything else waits for the application."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from entrypoints.bootstrap import lifecycle
from entrypoints.bootstrap.container import Container
from entrypoints.http import http_server
from entrypoints.http.listening_socket import listen
from entrypoints.http.probes import STARTING
from entrypoints.http.starting_application import StartingApplication
from tests.e2e.asgi_client import asgi_client
from tests.e2e.loopback_server import serve_app
from tests.testkit.fakes import settings_in

pytestmark = pytest.mark.anyio
VARYING = {"date", "x-request-id"}


class Lines:
    """A Log that remembers what it got."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, object, object]] = []

    def enabled(self, _: str) -> bool:
        return True

    def write(self, level: str, event: str, /, **facts: object) -> None:
        assert event == "request"
        self.lines.append((level, facts["path"], facts["status"]))


async def everything(reply: httpx2.Response) -> tuple[int, dict[str, str], bytes]:
    headers = {name: value for name, value in reply.headers.items() if name not in VARYING}
    return reply.status_code, headers, reply.content


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/health", "/livez"])
async def test_a_probe_has_the_same_response_before_and_after_the_application_is_there(
    path: str, method: str, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path, provider="sketch", cors_origin="https://app.example.com")
    starting = StartingApplication(settings)
    headers = {"Origin": "https://app.example.com", "X-Request-Id": "r-1"}
    async with (
        asgi_client(settings) as client,
        serve_app(starting) as url,
        httpx2.AsyncClient(base_url=url, headers=headers) as http,
    ):
        before = await http.request(method, path)
        starting.open(client.app.asgi, Lines())
        after = await http.request(method, path)
    assert await everything(before) == await everything(after)
    assert before.status_code == 200
    assert before.headers["x-request-id"] == after.headers["x-request-id"] == "r-1"


async def test_what_is_no_plain_probe_waits_and_gets_the_answer_of_the_application(
    tmp_path: Path,
) -> None:
    settings = settings_in(tmp_path, provider="sketch")
    starting = StartingApplication(settings)
    async with (
        asgi_client(settings) as client,
        serve_app(starting) as url,
        httpx2.AsyncClient(base_url=url) as http,
    ):
        foreign = http.get("/health", headers={"Host": "evil.example"})
        requests = [
            asyncio.create_task(each)
            for each in (foreign, http.post("/health"), http.get("/nothing"), http.get("/images"))
        ]
        assert (await http.get("/readyz")).status_code == 503
        assert not any(each.done() for each in requests)
        starting.open(client.app.asgi, Lines())
        assert [(await each).status_code for each in requests] == [421, 405, 404, 200]


async def test_answers_of_the_start_are_logged_once_there_is_a_log(tmp_path: Path) -> None:
    starting, log = StartingApplication(settings_in(tmp_path, log_level="debug")), Lines()
    quiet, nothing = StartingApplication(settings_in(tmp_path, log_level="info")), Lines()
    for app, lines in ((starting, log), (quiet, nothing)):
        async with serve_app(app) as url, httpx2.AsyncClient(base_url=url) as http:
            await http.get("/livez")
            await http.get("/readyz")
            app.open(app, lines)
    assert log.lines == [("debug", "/livez", 200), ("warning", "/readyz", 503)]
    assert nothing.lines == [("warning", "/readyz", 503)]


@pytest.fixture
def listeners(tmp_path: Path) -> Iterator[list[socket.socket]]:
    sockets = listen(settings_in(tmp_path, port=0))
    yield sockets
    for each in sockets:
        each.close()


async def test_the_server_is_ready_once_it_has_warmed_up_and_calls_wait_for_that(
    tmp_path: Path, listeners: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    may_warm, stop = asyncio.Event(), asyncio.Event()
    loop, built = asyncio.get_running_loop(), []

    def warm(container: Container) -> None:
        asyncio.run_coroutine_threadsafe(may_warm.wait(), loop).result(30)
        built.append(container.job_service())

    monkeypatch.setattr(lifecycle, "warm", warm)
    settings = settings_in(tmp_path, provider="sketch", warm_up=True)
    serving = asyncio.create_task(http_server.serve(settings, listeners, stop))
    url = f"http://127.0.0.1:{listeners[0].getsockname()[1]}"
    async with httpx2.AsyncClient(base_url=url, timeout=30) as http:
        assert (await http.get("/docs")).status_code == 200  # the application is there
        ready = await http.get("/readyz")
        assert (ready.status_code, ready.json()) == (503, STARTING)
        calls: list[asyncio.Task[Any]] = [
            asyncio.create_task(http.get("/images")),
            asyncio.create_task(http.post("/images", json={"prompt": "a fox"})),
        ]
        assert (await http.get("/health")).status_code == 200
        assert not any(call.done() for call in calls)
        may_warm.set()
        assert [(await call).status_code for call in calls] == [200, 201]
        assert built
        assert (await http.get("/readyz")).json()["status"] == "ready"
    stop.set()
    await serving


async def test_a_failure_to_open_the_application_ends_the_server(
    tmp_path: Path, listeners: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no container")

    monkeypatch.setattr(lifecycle, "build_container", fail)
    settings = settings_in(tmp_path, provider="sketch")
    with pytest.raises(RuntimeError, match="no container"):
        await http_server.serve(settings, listeners, asyncio.Event())
