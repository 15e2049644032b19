"""/mcp/stream: the events, their order, and their readers."""

import asyncio
import re
import shutil
from base64 import b64decode, b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from hashlib import sha256
from pathlib import Path

import httpx2
import pytest
from starlette.types import Receive, Scope, Send
from syrupy.assertion import SnapshotAssertion

from domain.image import Image
from entrypoints.http.sse_response import EventStream
from tests.conftest import KEY
from tests.e2e.loopback_server import serve, serve_app
from tests.e2e.sse import (
    Body,
    Event,
    event_source,
    event_types,
    image_of,
    older_loop,
    open_stream,
    read_with_curl,
    read_with_event_source,
    read_with_older_loop,
)
from tests.e2e.transports import settings_for
from tests.standin import StandIn, faults
from tests.testkit.fakes import PNG, FrozenClock, settings_in, small_image
from tests.unit import openai_help
from tests.unit.openai_help import PLUM, TEAL, completed, preview

pytestmark = pytest.mark.anyio
Reader = Callable[[str, Body], Awaitable[list[Event]]]
SMALL = {"prompt": "a red bridge", "size": "1024x640", "format": "jpeg"}
ALL_TYPES = ("progress", "partial", "partial", "complete")
READERS = [
    pytest.param(read_with_older_loop, id="older loop"),
    pytest.param(read_with_event_source, id="EventSource"),
    pytest.param(
        read_with_curl,
        id="curl",
        marks=pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
    ),
]


@pytest.mark.parametrize("read", READERS)
async def test_every_reader_gets_all_events_in_order(
    read: Reader, openai_api: StandIn, tmp_path: Path
) -> None:
    async with serve(settings_for(openai_api, tmp_path)) as url:
        events = await read(url, SMALL | {"partialImages": 2})
    assert tuple(event_types(events)) == ALL_TYPES
    first, second, last = (event for event in events if event["type"] != "progress")
    assert [first["data"]["partialImageIndex"], second["data"]["partialImageIndex"]] == [0, 1]
    assert sha256(image_of(last)).hexdigest() in openai_api.ledger[0].digests
    assert len({image_of(event) for event in (first, second, last)}) == 3
    steps = [event["data"]["progress"] for event in events]
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (1, 100)


def normalized(text: str, folder: Path) -> str:
    """The text without the parts that differ between runs and encoders."""
    text = re.sub(r'"[A-Za-z0-9+/=]{1000,}"', '"<base64>"', text.replace(str(folder), ""))
    text = re.sub(r"(job|img)_[0-9a-f]{32}", r"\1_<id>", text)
    text = re.sub(r"-[0-9a-f]{8}\.", "-<id>.", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "<host>", text)
    return re.sub(r'"bytes":\d+', '"bytes":<number>', text)


async def test_the_transcript_matches_its_snapshot(
    openai_api: StandIn, tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    settings = settings_for(openai_api, tmp_path)
    openai_api.script(faults.normal(), faults.moderation_blocked())
    async with serve(settings, clock=FrozenClock()) as url:
        transcripts = [
            normalized(await transcript(url, SMALL | more), tmp_path)
            for more in ({"partialImages": 2}, {"prompt": "something cruel"})
        ]
    assert "\n".join(transcripts) == snapshot


async def transcript(url: str, body: Body) -> str:
    """The whole text of a response."""
    async with open_stream(url, body) as response:
        return (await response.aread()).decode()


async def test_a_partial_is_sent_unchanged_before_the_next_one_exists(
    tmp_path: Path,
) -> None:
    """The provider continues only after the client has read the partial."""
    second, last = asyncio.Event(), asyncio.Event()
    events: list[Event] = []
    async with (
        openai_help.streaming(preview(TEAL), second, preview(PLUM), last, completed(PNG)) as api,
        serve(settings_in(tmp_path, openai_api_key=KEY, openai_base_url=api)) as url,
        open_stream(url, SMALL | {"format": "png", "partialImages": 2}) as response,
    ):
        async for event in older_loop(response.aiter_text()):
            events.append(event)
            if event["type"] == "partial":
                (last if second.is_set() else second).set()
    assert tuple(event_types(events)) == ALL_TYPES
    images = [image_of(event) for event in events if event["type"] != "progress"]
    assert images == [TEAL.data, PLUM.data, PNG.data]


async def test_the_last_event_has_all_images(openai_api: StandIn, tmp_path: Path) -> None:
    async with serve(settings_for(openai_api, tmp_path)) as url:
        *_, last = await read_with_older_loop(url, SMALL | {"n": 3})
    images = [b64decode(text, validate=True) for text in last["data"]["images"]]
    assert tuple(Image(data).digest for data in images) == openai_api.ledger[0].digests
    assert last["data"]["finalImage"] == last["data"]["images"][0]


async def test_auto_sends_the_rendition_and_stores_the_original(
    openai_api: StandIn, tmp_path: Path
) -> None:
    async with serve(settings_for(openai_api, tmp_path)) as url:
        *_, last = await read_with_older_loop(url, SMALL | {"format": "auto"})
        (entry,) = last["data"]["result"]["images"]
        async with httpx2.AsyncClient() as http:
            found = await http.get(entry["rendition"]["url"])
            for link in (entry["url"], entry["previewUrl"], entry["thumbUrl"]):
                assert (await http.get(link)).status_code == 200
    sent, stored = Image(image_of(last)), Image(Path(entry["path"]).read_bytes())
    assert (sent.format, stored.format) == ("jpeg", "png")
    assert (stored.digest,) == openai_api.ledger[0].digests
    assert Path(entry["rendition"]["path"]).read_bytes() == sent.data == found.content


async def test_with_images_it_is_an_edit(openai_api: StandIn, tmp_path: Path) -> None:
    given = small_image("teal", (64, 64))
    images = {"images": [b64encode(given.data).decode()]}
    async with serve(settings_for(openai_api, tmp_path)) as url:
        events = await read_with_older_loop(url, SMALL | images | {"partialImages": 1})
    (call,) = openai_api.posts
    assert call.path == "/v1/images/edits"
    assert [file.data for file in call.files] == [given.data]
    assert event_types(events) == ["progress", "partial", "complete"]
    assert events[-1]["data"]["message"] == "Edited image(s) successfully."


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"{", 400, "body"),
        (b'["a red bridge"]', 400, "body"),
        (b"{}", 400, "prompt"),
        (b'{"prompt": "a red bridge", "sise": "1024x1024"}', 400, "sise"),
        (b'{"prompt": "a red bridge", "partialImages": 9}', 400, "partialImages"),
        (b'{"prompt": "green", "images": ["not an image"]}', 400, "images[0]"),
        (b'{"prompt": "a red bridge", "n": 2, "partialImages": 2}', 422, "partialImages"),
    ],
)
async def test_an_invalid_request_is_a_problem_instead_of_a_stream(
    body: bytes, status: int, field: str, openai_api: StandIn, tmp_path: Path
) -> None:
    async with serve(settings_for(openai_api, tmp_path)) as url, httpx2.AsyncClient() as client:
        headers = {"Content-Type": "application/json"}
        response = await client.post(f"{url}/mcp/stream", content=body, headers=headers)
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (response.status_code, problem["status"]) == (status, status)
    assert (problem["field"], problem["charged"]) == (field, "no")
    assert problem["hint"]
    assert openai_api.posts == []


async def quiet(until: asyncio.Event) -> AsyncGenerator[tuple[bytes, ...], None]:
    """A job without events until `until` is set."""
    yield (b'data: {"type": "progress"}\n\n',)
    await until.wait()
    yield (b'data: {"type": "complete"}\n\n',)


@pytest.mark.parametrize("read", [older_loop, event_source])
async def test_keep_alive_comments_are_sent_and_ignored_by_readers(
    read: Callable[[AsyncIterator[str]], AsyncIterator[Event]],
) -> None:
    received, enough = "", asyncio.Event()

    async def recorded(chunks: AsyncIterator[str]) -> AsyncIterator[str]:
        nonlocal received
        async for chunk in chunks:
            received += chunk
            if received.count(": keep-alive\n\n") >= 3:
                enough.set()
            yield chunk

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await EventStream(quiet(enough), 0.01, {})(scope, receive, send)

    async with serve_app(app) as url, open_stream(url, {}) as response:
        events = [event async for event in read(recorded(response.aiter_text()))]
    assert event_types(events) == ["progress", "complete"]
    assert received.startswith('data: {"type": "progress"}\n\n: keep-alive\n\n: keep-alive\n\n')


async def test_many_concurrent_streams_are_complete_and_cost_one_call_each(
    openai_api: StandIn, tmp_path: Path
) -> None:
    """They exceed the concurrency limit: some report that they wait in the queue."""
    openai_api.default = faults.slow(0.3)
    settings = settings_for(openai_api, tmp_path, max_concurrent_calls=6)
    bodies = [SMALL | {"prompt": f"bridge {n}", "partialImages": 2} for n in range(20)]
    async with serve(settings) as url:
        streams = await asyncio.gather(*(read_with_older_loop(url, body) for body in bodies))
    digests = {sha256(image_of(events[-1])).hexdigest() for events in streams}
    assert {tuple(event_types(events)) for events in streams} == {ALL_TYPES}
    assert len(openai_api.posts) == 20
    assert digests == {digest for charge in openai_api.ledger for digest in charge.digests}
    waited = ["behind" in str(events) for events in streams]
    assert 0 < sum(waited) <= 14


async def test_equal_concurrent_streams_are_one_call_and_one_image(
    openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.default = faults.slow(0.3)
    async with serve(settings_for(openai_api, tmp_path)) as url:
        streams = await asyncio.gather(*(read_with_older_loop(url, SMALL) for _ in range(20)))
    assert len(openai_api.posts) == 1
    assert {sha256(image_of(events[-1])).hexdigest() for events in streams} == {
        *openai_api.ledger[0].digests
    }
    served_from = [events[-1]["data"]["result"]["servedFrom"] for events in streams]
    assert served_from.count("provider") == 1
