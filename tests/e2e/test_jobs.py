"""Following a job over HTTP: numbered events, from the start or from where the line broke."""

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
from entrypoints.bootstrap.container import Parts
from entrypoints.http.sse_response import KEEP_ALIVE_SECONDS
from tests.e2e.loopback_server import serve
from tests.testkit.fakes import PNG, FakeProvider, MemoryImageStore, settings_in, small_image
from tests.testkit.photographs import photograph

pytestmark = pytest.mark.anyio
ASK = {"prompt": "a red bridge", "partialImages": 2}
WHOLE_STORY = ["started", "dispatched", "partial", "partial", "finished"]


@dataclass
class Told:
    """An event as an EventSource would hand it on."""

    id: int
    event: str
    data: dict[str, Any]


@dataclass
class Scene:
    """A server whose provider paints two partials, and the picture when `go_on` is set."""

    client: httpx2.AsyncClient
    go_on: asyncio.Event
    asking: list[asyncio.Task[httpx2.Response]] = field(default_factory=list)

    async def started(self) -> str:
        """Ask for a picture over another way; the job's id as soon as there is one."""
        said = await self.client.send(
            self.client.build_request("POST", "/mcp/stream", json=ASK), stream=True
        )
        self.asking.append(asyncio.create_task(self._read(said)))
        return said.headers["x-job-id"]

    async def ended(self) -> str:
        """Ask for a picture and wait for it; the job's id."""
        self.go_on.set()
        job_id = await self.started()
        await asyncio.wait(self.asking)
        return job_id

    async def _read(self, said: httpx2.Response) -> httpx2.Response:
        await said.aread()
        return said


@asynccontextmanager
async def scene(
    folder: Path,
    *,
    token: str = "",
    **parts: Unpack[Parts],
) -> AsyncIterator[Scene]:
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
        yield Scene(client, go_on)
        go_on.set()


async def told(
    scene: Scene, job_id: str, after: int | bytes | None = None, up_to: int = 99
) -> list[Told]:
    """What is told of a job behind event `after`, up to the end or event `up_to`."""
    number = str(after).encode() if isinstance(after, int) else after
    headers = {} if number is None else {b"Last-Event-ID": number}
    said: list[Told] = []
    fields: dict[str, str] = {}
    async with scene.client.stream("GET", f"/jobs/{job_id}/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if line:
                fields[name] = value
            elif "data" in fields:
                said.append(Told(int(fields["id"]), fields["event"], json.loads(fields["data"])))
                fields = {}
            if said and said[-1].id >= up_to:
                break
    return said


async def test_a_job_is_told_from_its_start_while_it_is_at_work(tmp_path: Path) -> None:
    async with scene(tmp_path) as server:
        job_id = await server.started()
        first = await told(server, job_id, up_to=3)
        assert (first[0].id, first[-1].id) == (0, 3)
        assert all(event.event == WHOLE_STORY[event.id] for event in first)
        assert {event.data["jobId"] for event in first} == {job_id}
        partial = b64decode(first[-1].data["partialImage"])
        assert Image(partial) == small_image("gray", size=(2, 1))
        reading = asyncio.create_task(told(server, job_id))
        server.go_on.set()
        rest = [(event.id, event.event) for event in await reading]
        assert rest[0] == (0, "started")
        assert rest[-1] == (4, "finished")


async def test_who_lost_the_line_goes_on_without_gap_or_repetition(tmp_path: Path) -> None:
    """One event a connection, as if the line broke behind every one of them."""
    async with scene(tmp_path) as server:
        job_id = await server.started()
        seen = await told(server, job_id, up_to=0)
        while seen[-1].event != "finished":
            if len(seen) == 4:
                server.go_on.set()
            seen += await told(server, job_id, seen[-1].id, up_to=seen[-1].id + 1)
    assert [(event.id, event.event) for event in seen] == list(enumerate(WHOLE_STORY))


async def test_the_end_has_the_facts_and_links_that_work(tmp_path: Path) -> None:
    async with scene(tmp_path) as server:
        last = (await told(server, await server.ended()))[-1]
        (entry,) = last.data["result"]["images"]
        assert (last.data["progress"], entry["id"]) == (100, PNG.id)
        assert (await server.client.get(entry["url"])).content == PNG.data
        assert (await server.client.get(entry["thumbUrl"])).status_code == 200
        assert "data" not in entry


async def test_after_its_end_a_job_is_told_without_partials(tmp_path: Path) -> None:
    async with scene(tmp_path) as server:
        job_id = await server.ended()
        story = [(event.id, event.event) for event in await told(server, job_id)]
        assert story == [(0, "started"), (1, "dispatched"), (4, "finished")]
        assert [event.id for event in await told(server, job_id, 2)] == [4]


async def test_who_has_heard_it_all_is_told_not_to_come_back(tmp_path: Path) -> None:
    async with scene(tmp_path) as server:
        job_id = await server.ended()
        for number in (4, 5, 999_999_999):
            answer = await server.client.get(
                f"/jobs/{job_id}/events", headers={"Last-Event-ID": str(number)}
            )
            assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("odd", ["", "-1", "one", "1.0", "²", "9" * 500])
async def test_a_number_that_we_never_gave_means_from_the_start(odd: str, tmp_path: Path) -> None:
    async with scene(tmp_path) as server:
        assert (await told(server, await server.ended(), odd.encode()))[0].id == 0


async def test_so_does_one_that_a_job_at_work_has_not_come_to(tmp_path: Path) -> None:
    async with scene(tmp_path) as server:
        job_id = await server.started()
        assert (await told(server, job_id, 700, up_to=0))[0].id == 0


async def test_looking_on_and_leaving_ends_no_job(tmp_path: Path) -> None:
    async with scene(tmp_path) as server:
        job_id = await server.started()
        for _ in range(3):
            await told(server, job_id, up_to=0)
        server.go_on.set()
        assert (await told(server, job_id))[-1].event == "finished"


async def test_a_failed_job_tells_the_error_with_its_code(tmp_path: Path) -> None:
    provider = FakeProvider(fails=[ContentRefused("No.", categories=("violence",))])
    async with scene(tmp_path, provider=provider) as server:
        last = (await told(server, await server.ended()))[-1]
    assert last.event == "failed"
    assert (last.data["code"], last.data["retryable"]) == ("content_refused", False)


async def test_jobs_of_nobody_and_of_another_owner_do_not_exist(tmp_path: Path) -> None:
    """Servers with a token and without one share the folders."""
    async with (
        scene(tmp_path, token="anns-token-of-20-letters") as ann,
        scene(tmp_path) as bob,
    ):
        job_id = await ann.ended()
        assert await told(ann, job_id)
        for server, name in ((bob, job_id), (ann, f"{job_id}0"), (ann, "%00"), (ann, "x" * 3000)):
            answer = await server.client.get(f"/jobs/{name}/events")
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
            assert answer.headers["content-type"] == "application/problem+json"


async def test_a_job_that_is_silent_says_that_the_line_is_alive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert KEEP_ALIVE_SECONDS <= 15
    monkeypatch.setattr("entrypoints.http.routes.jobs.KEEP_ALIVE_SECONDS", 0.01)
    async with scene(tmp_path) as server:
        address = f"/jobs/{await server.started()}/events"
        async with server.client.stream("GET", address) as answer:
            async for line in answer.aiter_lines():
                if line.startswith(": "):
                    break
            else:
                raise AssertionError("no comment came")


async def test_plain_answers_have_links_and_name_the_place_of_a_single_picture(
    tmp_path: Path,
) -> None:
    two = FakeProvider(PNG, small_image("navy"))
    async with scene(tmp_path, provider=two) as server:
        several = await server.client.post("/images", json={"prompt": "two boats", "n": 2})
        assert "location" not in several.headers
        two.images = (photograph("png"),)
        asked = {"prompt": "a boat", "format": "auto"}
        answer = await server.client.post("/images", json=asked)
        (entry,) = answer.json()["images"]
        assert answer.headers["location"] == entry["url"]
        assert entry["url"].startswith(str(server.client.base_url))
        rendition = await server.client.get(entry["rendition"]["url"])
        assert rendition.content == Path(entry["rendition"]["path"]).read_bytes()
        for size in ("url", "previewUrl", "thumbUrl"):
            assert (await server.client.get(entry[size])).status_code == 200
        named = await server.client.post("/images", json={**asked, "output_compression": 33})
        assert "url" not in named.json()["images"][0]["rendition"], "?format= is not that one"


async def test_public_url_is_where_links_lead(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, public_url="https://pictures.example/studio/")
    async with (
        serve(settings, provider=FakeProvider()) as url,
        httpx2.AsyncClient(base_url=url) as client,
    ):
        answer = await client.post("/images", json={"prompt": "a red bridge"})
    assert answer.headers["location"] == f"https://pictures.example/studio/images/{PNG.id}"


class FullStore(MemoryImageStore):
    """Has no room for images."""

    async def put(self, image: Image, /, *, derived_from: str | None = None) -> StoredRef:
        raise ArchiveUnavailable("The disk is full.")


async def test_a_picture_that_could_not_be_stored_is_in_the_answer(tmp_path: Path) -> None:
    async with scene(tmp_path, image_store=FullStore()) as server:
        server.go_on.set()
        answer = await server.client.post("/images", json={"prompt": "a red bridge"})
        assert "location" not in answer.headers
        last = (await told(server, await server.ended()))[-1]
        for result in (answer.json(), last.data["result"]):
            (entry,) = result["images"]
            assert (entry["shown"], b64decode(entry["data"])) == ("full", PNG.data)
            assert "url" not in entry
