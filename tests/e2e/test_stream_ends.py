"""/mcp/stream with errors, disconnecting clients and slow readers."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from application.jobs.running_job import RunningJob
from domain.errors import Canceled
from domain.events import Failed, Finished, JobEvent, JobQueued
from domain.image import Image
from domain.jobs import LOCAL
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.http.application import HttpApplication
from entrypoints.http.connection_limits import Connection
from entrypoints.http.sse_response import EventStream
from tests.conftest import KEY
from tests.e2e.loopback_server import serve, serve_container, wait_until
from tests.e2e.raw_connections import RawConnection, connect, listen
from tests.e2e.sse import (
    Body,
    Event,
    event_types,
    image_of,
    older_loop,
    open_stream,
    read_with_older_loop,
)
from tests.e2e.transports import settings_for
from tests.standin import Fault, StandIn, faults
from tests.testkit.fakes import PNG, RecordingSink, settings_in
from tests.unit import openai_help
from tests.unit.openai_help import PLUM, completed, preview

pytestmark = pytest.mark.anyio
ANY_SIZE = {"prompt": "a red bridge", "size": "auto", "partialImages": 3}
BODY = {"prompt": "a red bridge", "size": "1024x640", "format": "jpeg", "partialImages": 2}


@pytest.mark.parametrize(
    ("fault", "code", "charged", "before"),
    [
        (faults.moderation_blocked(), "content_refused", "no", []),
        (faults.moderation_blocked("output"), "content_refused", "maybe", []),
        (faults.bad_key(), "credentials_rejected", "no", []),
        (faults.quota_exhausted(), "quota_exhausted", "no", []),
        (faults.rate_limited("90"), "rate_limited", "no", []),
        (faults.status(500), "provider_failed", "maybe", []),
        (faults.reset_before_reply(), "outcome_unknown", "maybe", []),
        (faults.stream_error(1), "outcome_unknown", "maybe", ["partial"]),
        (faults.stream_cut_after(2), "outcome_unknown", "maybe", ["partial", "partial"]),
        (faults.truncated_image(), "bad_provider_reply", "yes", ["partial", "partial"]),
    ],
)
async def test_a_provider_error_is_the_last_event_with_the_charge(
    fault: Fault,
    code: str,
    charged: str,
    before: list[str],
    openai_api: StandIn,
    tmp_path: Path,
) -> None:
    openai_api.script(fault)
    async with serve(settings_for(openai_api, tmp_path)) as url:
        events = await read_with_older_loop(url, BODY)
    assert event_types(events) == ["progress", *before, "error"]
    error = events[-1]
    assert (error["code"], error["charged"]) == (code, charged)
    assert error["error"] == error["message"] != ""
    assert error["hint"]
    assert error["retryable"] in (True, False)
    assert len(openai_api.posts) == 1


class Gate:
    """An endpoint that sends a large preview, then waits until `open` is set."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.sink = RecordingSink()

    def events(self, kind: type[JobEvent]) -> list[Any]:
        """The events of all jobs of this type."""
        return [event for event in self.sink.events if isinstance(event, kind)]

    @asynccontextmanager
    async def serve(self, folder: Path, *previews: bytes) -> AsyncIterator[tuple[str, Container]]:
        """Serve an application with this provider; yield its URL."""
        async with openai_help.streaming(*previews, self.open, completed(PNG)) as api:
            settings = settings_in(folder, openai_api_key=KEY, openai_base_url=api)
            async with (
                run_application(settings, extra_sinks=[self.sink]) as container,
                serve_container(container) as url,
            ):
                yield url, container
                self.open.set()


async def read_first(kind: str, url: str, body: Body) -> Event:
    """Send the request, read up to the first event of that type, and disconnect."""
    async with open_stream(url, body) as response:
        async for event in older_loop(response.aiter_text()):
            if event["type"] == kind:
                return event
    raise AssertionError(kind)


async def test_the_image_is_stored_if_the_client_disconnects_after_dispatch(
    tmp_path: Path,
) -> None:
    gate = Gate()
    async with gate.serve(tmp_path, preview(PLUM)) as (url, container):
        partial = await read_first("partial", url, ANY_SIZE)
        job = container.job_runner().find(partial["data"]["jobId"], owner=LOCAL)
        assert isinstance(job, RunningJob)
        await wait_until(lambda: not job.waiting)
        gate.open.set()
        await wait_until(lambda: gate.events(Finished))
        (image,) = gate.events(Finished)[0].result.images
        assert Path(image.stored.ref).read_bytes() == PNG.data
        *_, again = await read_with_older_loop(url, ANY_SIZE)
    assert again["data"]["result"]["servedFrom"] in ("joined", "memory")
    assert image_of(again) == PNG.data


async def test_a_disconnect_in_the_queue_cancels_the_job_and_nothing_is_sent(
    openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.default = faults.hang()
    sink = RecordingSink()
    settings = settings_for(openai_api, tmp_path, max_concurrent_calls=1, shutdown_grace=0)
    async with serve(settings, extra_sinks=[sink]) as url:
        first = asyncio.create_task(read_with_older_loop(url, BODY))
        await asyncio.to_thread(openai_api.wait_for_calls, 1)
        async with open_stream(url, BODY | {"prompt": "another"}) as response:
            events = older_loop(response.aiter_text())  # its end would be the end of the stream
            assert (await anext(events))["type"] == "progress"
            await wait_until(lambda: any(isinstance(event, JobQueued) for event in sink.events))
        await wait_until(lambda: any(isinstance(event, Failed) for event in sink.events))
        (failed,) = [event for event in sink.events if isinstance(event, Failed)]
        assert failed.failure.code == Canceled.code
        assert len(openai_api.posts) == 1
        first.cancel()


async def test_a_slow_reader_skips_old_partials_but_gets_the_image(tmp_path: Path) -> None:
    """The socket buffers a few KB; the first preview is larger, and the others arrive meanwhile."""
    previews = [Image(PLUM.data + bytes([n]) * 1_000_000) for n in range(3)]
    sink = RecordingSink()
    async with openai_help.streaming(*map(preview, previews), completed(PNG)) as api:
        settings = settings_in(tmp_path, openai_api_key=KEY, openai_base_url=api)
        async with (
            run_application(settings, extra_sinks=[sink]) as container,
            listen(HttpApplication(container).asgi, buffer=4096) as port,
            connect(port, window=4096) as client,
        ):
            await client.send(request(ANY_SIZE))
            await wait_until(lambda: any(isinstance(event, Finished) for event in sink.events))
            events = await read_all(client)
    assert event_types(events) == ["progress", "partial", "partial", "complete"]
    first, second, last = (image_of(event) for event in events if event["type"] != "progress")
    assert [Image(data) for data in (first, second)] == [previews[0], previews[2]]
    assert last == PNG.data


def request(body: dict[str, object]) -> bytes:
    """The bytes of a POST to /mcp/stream."""
    data = json.dumps(body).encode()
    head = "POST /mcp/stream HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode() + data


async def read_all(client: RawConnection) -> list[Event]:
    """All events, up to the end of the connection."""
    _, _, chunks = (await client.read_to_end()).partition(b"\r\n\r\n")

    async def decoded() -> AsyncIterator[str]:
        rest = chunks
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            yield rest[: int(size, 16)].decode()
            rest = rest[int(size, 16) + 2 :]

    return [event async for event in older_loop(decoded())]


class Hasty(Connection):
    """Disconnects slow readers soon."""

    write_timeout = 0.2
    slowest_reader = 100_000


async def test_a_client_that_stops_reading_is_disconnected_and_its_stream_closed() -> None:
    ended = asyncio.Event()

    async def endless() -> AsyncGenerator[tuple[bytes, ...], None]:
        try:
            while True:
                yield (b"data: " + b"x" * 100_000 + b"\n\n",)
        finally:
            ended.set()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await EventStream(endless(), 60, {})(scope, receive, send)

    async with listen(app, Hasty, 4096) as port, connect(port, 4096) as client:
        await client.send(request({}))
        await asyncio.wait_for(ended.wait(), 20)
