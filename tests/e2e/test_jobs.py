"""Following a job over HTTP: numbered events, from the start or after the last received one."""

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Unpack

import httpx2
import pytest

from domain.errors import ArchiveUnavailable
from domain.image import Image, StoredRef
from domain.provider_errors import ContentRefused
from entrypoints.bootstrap.container_parts import Parts
from entrypoints.http.sse_response import KEEP_ALIVE_SECONDS
from tests.e2e.loopback_server import serve
from tests.testkit.fakes import PNG, FakeProvider, MemoryImageStore, settings_in, small_image
from tests.testkit.photographs import photograph

pytestmark = pytest.mark.anyio
BODY = {"prompt": "a red bridge", "partialImages": 2}
ALL_EVENTS = ["started", "dispatched", "partial", "partial", "finished"]


@dataclass
class Event:
    """An event as an EventSource delivers it."""

    id: int
    event: str
    data: dict[str, Any]


@dataclass
class JobServer:
    """A server whose provider sends two partials, and the image once `go_on` is set."""

    client: httpx2.AsyncClient
    go_on: asyncio.Event
    requests: list[asyncio.Task[httpx2.Response]] = field(default_factory=list)

    async def start_job(self) -> str:
        """Start a job over another route; return its ID as soon as it exists."""
        response = await self.client.send(
            self.client.build_request("POST", "/mcp/stream", json=BODY), stream=True
        )
        self.requests.append(asyncio.create_task(self._read(response)))
        return response.headers["x-job-id"]

    async def finish_job(self) -> str:
        """Start a job and wait for its end; return its ID."""
        self.go_on.set()
        job_id = await self.start_job()
        await asyncio.wait(self.requests)
        return job_id

    async def _read(self, response: httpx2.Response) -> httpx2.Response:
        await response.aread()
        return response


@asynccontextmanager
async def serve_jobs(
    folder: Path,
    *,
    token: str = "",
    **parts: Unpack[Parts],
) -> AsyncIterator[JobServer]:
    """A server and a client of it; `parts` replace those of the container."""
    go_on = asyncio.Event()
    settings = settings_in(folder, **({"auth_token": token} if token else {}))
    provider = FakeProvider(meanwhile=go_on.wait)
    all_parts: Parts = {"provider": provider, **parts}
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        serve(settings, **all_parts) as url,
        httpx2.AsyncClient(base_url=url, headers=headers) as client,
    ):
        yield JobServer(client, go_on)
        go_on.set()


async def read_events(
    server: JobServer, job_id: str, after: int | bytes | None = None, up_to: int = 99
) -> list[Event]:
    """The events of a job after event `after`, up to the end or event `up_to`."""
    number = str(after).encode() if isinstance(after, int) else after
    headers = {} if number is None else {b"Last-Event-ID": number}
    events: list[Event] = []
    fields: dict[str, str] = {}
    async with server.client.stream("GET", f"/jobs/{job_id}/events", headers=headers) as reply:
        assert reply.status_code == 200
        assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
        async for line in reply.aiter_lines():
            name, _, value = line.partition(": ")
            if line:
                fields[name] = value
            elif "data" in fields:
                events.append(Event(int(fields["id"]), fields["event"], json.loads(fields["data"])))
                fields = {}
            if events and events[-1].id >= up_to:
                break
    return events


async def test_a_running_job_is_followed_from_its_start(tmp_path: Path) -> None:
    async with serve_jobs(tmp_path) as server:
        job_id = await server.start_job()
        first = await read_events(server, job_id, up_to=3)
        assert (first[0].id, first[-1].id) == (0, 3)
        assert all(event.event == ALL_EVENTS[event.id] for event in first)
        assert {event.data["jobId"] for event in first} == {job_id}
        partial = b64decode(first[-1].data["partialImage"])
        assert Image(partial) == small_image("gray", size=(2, 1))
        reading = asyncio.create_task(read_events(server, job_id))
        server.go_on.set()
        rest = [(event.id, event.event) for event in await reading]
        assert rest[0] == (0, "started")
        assert rest[-1] == (4, "finished")


async def test_a_reconnecting_client_gets_every_event_once(tmp_path: Path) -> None:
    """One event per connection, as if the connection broke after each event."""
    async with serve_jobs(tmp_path) as server:
        job_id = await server.start_job()
        seen = await read_events(server, job_id, up_to=0)
        while seen[-1].event != "finished":
            if len(seen) == 4:
                server.go_on.set()
            seen += await read_events(server, job_id, seen[-1].id, up_to=seen[-1].id + 1)
    assert [(event.id, event.event) for event in seen] == list(enumerate(ALL_EVENTS))


async def test_the_last_event_has_the_result_with_working_urls(tmp_path: Path) -> None:
    async with serve_jobs(tmp_path) as server:
        last = (await read_events(server, await server.finish_job()))[-1]
        (entry,) = last.data["result"]["images"]
        assert (last.data["progress"], entry["id"]) == (100, PNG.id)
        assert (await server.client.get(entry["url"])).content == PNG.data
        assert (await server.client.get(entry["thumbUrl"])).status_code == 200
        assert "data" not in entry


async def test_a_finished_job_is_replayed_without_partials(tmp_path: Path) -> None:
    async with serve_jobs(tmp_path) as server:
        job_id = await server.finish_job()
        story = [(event.id, event.event) for event in await read_events(server, job_id)]
        assert story == [(0, "started"), (1, "dispatched"), (4, "finished")]
        assert [event.id for event in await read_events(server, job_id, 2)] == [4]


async def test_after_the_last_event_the_reply_is_204(tmp_path: Path) -> None:
    async with serve_jobs(tmp_path) as server:
        job_id = await server.finish_job()
        for number in (4, 5, 999_999_999):
            reply = await server.client.get(
                f"/jobs/{job_id}/events", headers={"Last-Event-ID": str(number)}
            )
            assert (reply.status_code, reply.content) == (204, b"")


@pytest.mark.parametrize("event_id", ["", "-1", "one", "1.0", "²", "9" * 500])
async def test_an_invalid_event_id_means_from_the_start(event_id: str, tmp_path: Path) -> None:
    async with serve_jobs(tmp_path) as server:
        assert (await read_events(server, await server.finish_job(), event_id.encode()))[0].id == 0


async def test_a_future_event_id_of_a_running_job_means_from_the_start(tmp_path: Path) -> None:
    async with serve_jobs(tmp_path) as server:
        job_id = await server.start_job()
        assert (await read_events(server, job_id, 700, up_to=0))[0].id == 0


async def test_a_disconnecting_follower_does_not_cancel_the_job(tmp_path: Path) -> None:
    async with serve_jobs(tmp_path) as server:
        job_id = await server.start_job()
        for _ in range(3):
            await read_events(server, job_id, up_to=0)
        server.go_on.set()
        assert (await read_events(server, job_id))[-1].event == "finished"


async def test_the_last_event_of_a_failed_job_has_the_error_code(tmp_path: Path) -> None:
    provider = FakeProvider(fails=[ContentRefused("No.", categories=("violence",))])
    async with serve_jobs(tmp_path, provider=provider) as server:
        last = (await read_events(server, await server.finish_job()))[-1]
    assert last.event == "failed"
    assert (last.data["code"], last.data["retryable"]) == ("content_refused", False)


async def test_unknown_jobs_and_jobs_of_another_owner_are_not_found(tmp_path: Path) -> None:
    """A server with a token and one without share the folders."""
    async with (
        serve_jobs(tmp_path, token="anns-token-of-20-letters") as ann,
        serve_jobs(tmp_path) as bob,
    ):
        job_id = await ann.finish_job()
        assert await read_events(ann, job_id)
        for server, name in ((bob, job_id), (ann, f"{job_id}0"), (ann, "%00"), (ann, "x" * 3000)):
            reply = await server.client.get(f"/jobs/{name}/events")
            assert (reply.status_code, reply.json()["code"]) == (404, "not_found")
            assert reply.headers["content-type"] == "application/problem+json"


async def test_a_silent_job_sends_keep_alive_comments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert KEEP_ALIVE_SECONDS <= 15
    monkeypatch.setattr("entrypoints.http.routes.jobs.KEEP_ALIVE_SECONDS", 0.01)
    async with serve_jobs(tmp_path) as server:
        address = f"/jobs/{await server.start_job()}/events"
        async with server.client.stream("GET", address) as reply:
            async for line in reply.aiter_lines():
                if line.startswith(": "):
                    break
            else:
                raise AssertionError("no comment was sent")


async def test_plain_replies_have_urls_and_the_location_of_a_single_image(
    tmp_path: Path,
) -> None:
    two = FakeProvider(PNG, small_image("navy"))
    async with serve_jobs(tmp_path, provider=two) as server:
        several = await server.client.post("/images", json={"prompt": "two boats", "n": 2})
        assert "location" not in several.headers
        two.images = (photograph("png"),)
        body = {"prompt": "a boat", "format": "auto"}
        reply = await server.client.post("/images", json=body)
        (entry,) = reply.json()["images"]
        assert reply.headers["location"] == entry["url"]
        assert entry["url"].startswith(str(server.client.base_url))
        rendition = await server.client.get(entry["rendition"]["url"])
        assert rendition.content == Path(entry["rendition"]["path"]).read_bytes()
        for size in ("url", "previewUrl", "thumbUrl"):
            assert (await server.client.get(entry[size])).status_code == 200
        custom = await server.client.post("/images", json={**body, "output_compression": 33})
        assert "url" not in custom.json()["images"][0]["rendition"], "?format= has another"


async def test_urls_start_with_the_public_url(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, public_url="https://images.example/studio/")
    async with (
        serve(settings, provider=FakeProvider()) as url,
        httpx2.AsyncClient(base_url=url) as client,
    ):
        reply = await client.post("/images", json={"prompt": "a red bridge"})
    assert reply.headers["location"] == f"https://images.example/studio/images/{PNG.id}"


class FullStore(MemoryImageStore):
    """Has no space for images."""

    async def put(
        self, image: Image, /, *, title: str = "", derived_from: str | None = None
    ) -> StoredRef:
        raise ArchiveUnavailable("The disk is full.")


async def test_an_image_that_could_not_be_stored_is_in_the_reply(tmp_path: Path) -> None:
    async with serve_jobs(tmp_path, image_store=FullStore()) as server:
        server.go_on.set()
        reply = await server.client.post("/images", json={"prompt": "a red bridge"})
        assert "location" not in reply.headers
        last = (await read_events(server, await server.finish_job()))[-1]
        for result in (reply.json(), last.data["result"]):
            (entry,) = result["images"]
            assert (entry["shown"], b64decode(entry["data"])) == ("full", PNG.data)
            assert "url" not in entry
