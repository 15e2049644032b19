"""Events are read as browsers read them, wherever the chunks are cut."""

import asyncio
import json
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager

import httpx2
import pytest
from openai import APIError

from adapters.openai.replies import reply_buffer
from adapters.openai.replies.reply_buffer import ReplyBuffer, TooLarge
from adapters.openai.replies.sse_reader import read_json_events
from application.ports.image_provider import Delivered, PartialImage
from domain.image import Image
from tests.unit.openai_help import PLUM, completed, event_stream, preview, streaming

pytestmark = pytest.mark.anyio
ONE, TWO = b'data: {"n": 1}\n\n', b'data: {"n": 2}\n\n'
BOTH: list[object] = [{"n": 1}, {"n": 2}]
REQUEST = httpx2.Request("POST", "http://localhost/v1/images/generations")


SIZE = 3_000_000
LARGE = Image(PLUM.data + bytes(SIZE))


class Chunks(httpx2.AsyncByteStream):
    """A body in these chunks, which then breaks off with `error` if there is one."""

    def __init__(self, chunks: Sequence[bytes], error: Exception | None = None) -> None:
        self.chunks = chunks
        self.error = error
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            yield chunk
        if self.error is not None:
            raise self.error

    async def aclose(self) -> None:
        self.closed = True


async def read(*chunks: bytes, error: Exception | None = None) -> list[object]:
    response = httpx2.Response(200, stream=Chunks(chunks, error), request=REQUEST)
    async with aclosing(read_json_events(response, ReplyBuffer())) as events:
        return [value async for value in events]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"], ids=["LF", "CR", "CRLF"])
async def test_lines_end_in_lf_cr_or_crlf_wherever_chunks_are_cut(end: bytes) -> None:
    two = b'data: {"n":\ndata: 2}\n\n'
    body = (b": hello\n\nevent: x\n" + ONE + b"id: 7\nretry: 5\n" + two).replace(b"\n", end)
    assert await read(body) == BOTH
    assert await read(*(body[at : at + 1] for at in range(len(body)))) == BOTH
    for cut in range(len(body)):
        assert await read(body[:cut], body[cut:]) == BOTH, cut


@pytest.mark.parametrize(
    ("body", "values"),
    [
        pytest.param(b'data:{"n":1}\n\n', [{"n": 1}], id="no space after the colon"),
        pytest.param(b'data: {"n":\ndata: 1}\n\n', [{"n": 1}], id="several lines"),
        pytest.param(b"data\ndata: 1\n\n", [1], id="an empty line of data"),
        pytest.param(b"event: ping\n\n\n\n" + ONE, [{"n": 1}], id="events without data"),
        pytest.param(ONE + b"data: [DONE]\n\n" + TWO, [{"n": 1}], id="done"),
        pytest.param(ONE + TWO[:-1], BOTH, id="no empty line at the end"),
        pytest.param(ONE + TWO[:-2], BOTH, id="no line end at the end"),
        pytest.param(b'data: "Br\xffcke"\n\n', ["Br\ufffdcke"], id="invalid UTF-8"),
        pytest.param(b"dat: 5\nxdata: 6\n\n", [], id="other fields"),
        pytest.param(b"", [], id="nothing"),
    ],
)
async def test_odd_streams_yield_the_values_in_them(body: bytes, values: list[object]) -> None:
    assert await read(body) == values


async def test_a_truncated_value_at_the_end_raises() -> None:
    with pytest.raises(json.JSONDecodeError):
        await read(ONE + TWO[:-4])


@pytest.mark.parametrize("error", [{"message": "No.", "code": "moderation_blocked"}, "No."])
async def test_an_error_event_is_raised_with_its_body(
    error: object,
) -> None:
    with pytest.raises(APIError) as raised:
        await read(b"data: %s\n\n" % json.dumps({"type": "error", "error": error}).encode())
    assert raised.value.body == error
    assert raised.value.code == (error["code"] if isinstance(error, dict) else None)


async def test_events_before_a_broken_connection_are_yielded() -> None:
    body = Chunks([ONE, TWO[:5]], httpx2.ReadError("gone"))
    async with aclosing(
        read_json_events(httpx2.Response(200, stream=body, request=REQUEST), ReplyBuffer())
    ) as events:
        assert await anext(events) == {"n": 1}
        with pytest.raises(httpx2.ReadError):
            await anext(events)


async def test_a_reader_that_stops_closes_the_connection() -> None:
    body = Chunks([ONE, TWO])
    async with aclosing(
        read_json_events(httpx2.Response(200, stream=body, request=REQUEST), ReplyBuffer())
    ) as events:
        assert await anext(events) == {"n": 1}
    assert body.closed


async def test_the_text_of_a_preview_is_freed_before_the_next_event() -> None:
    """The text is a third larger than the image, and the next event may be a minute away."""
    go_on = asyncio.Event()
    async with (
        streaming(preview(LARGE), go_on, completed()) as url,
        event_stream(url, partial_images=2) as events,
    ):
        with allocated_bytes() as held:
            event = await anext(events)
            waiting = asyncio.ensure_future(anext(events))
            await asyncio.sleep(0)
            assert isinstance(event, PartialImage)
            assert SIZE < held() < 1.2 * SIZE
        go_on.set()
        assert isinstance(await waiting, Delivered)


async def test_the_text_of_an_image_is_freed_while_the_image_is_stored() -> None:
    async with (
        streaming(completed(LARGE)) as url,
        event_stream(url, partial_images=1) as events,
    ):
        with allocated_bytes() as held:
            event = await anext(events)
            assert isinstance(event, Delivered)
            assert SIZE < held() < 1.2 * SIZE


@contextmanager
def allocated_bytes() -> Iterator[Callable[[], int]]:
    """Yield a function that returns how many of the bytes allocated since then are still in use."""
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


async def test_the_beginning_of_a_truncated_event_is_kept() -> None:
    buffer = ReplyBuffer()
    body = Chunks([ONE, TWO[:5]], httpx2.ReadError("gone"))
    response = httpx2.Response(200, stream=body, request=REQUEST)
    async with aclosing(read_json_events(response, buffer)) as events:
        await anext(events)
        with pytest.raises(httpx2.ReadError):
            await anext(events)
    assert buffer.remainder() == (TWO[:5],)
    assert buffer.remainder() == ()


async def test_an_event_that_is_not_json_is_kept() -> None:
    buffer = ReplyBuffer()
    response = httpx2.Response(200, stream=Chunks([ONE, b'data: {"n":\ndata: 2']), request=REQUEST)
    async with aclosing(read_json_events(response, buffer)) as events:
        await anext(events)
        with pytest.raises(ValueError, match="Expecting"):
            await anext(events)
    assert buffer.remainder() == (b'{"n":\n2',)


@pytest.mark.parametrize(
    ("chunks", "kept"),
    [
        pytest.param([b"data: ", *[b"x" * 300] * 99], b"data: " + b"x" * 44, id="in one line"),
        pytest.param([b"data: xxxx\n"] * 999, b"xxxx\n" * 10, id="in many lines"),
        pytest.param([b"data:\n" * 1099], b"\n" * 50, id="in empty lines"),
    ],
)
async def test_an_event_larger_than_any_image_is_not_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch, chunks: list[bytes], kept: bytes
) -> None:
    monkeypatch.setattr(reply_buffer, "MAX_REPLY_BYTES", 1000)
    monkeypatch.setattr(reply_buffer, "KEPT_BYTES", 50)
    buffer = ReplyBuffer()
    response = httpx2.Response(200, stream=Chunks(chunks), request=REQUEST)
    async with aclosing(read_json_events(response, buffer)) as events:
        with pytest.raises(TooLarge):
            await anext(events)
    assert buffer.remainder() == (kept,)


async def test_all_of_a_truncated_reply_is_kept() -> None:
    buffer = ReplyBuffer()
    for _ in range(3):
        buffer.feed(bytes(reply_buffer.KEPT_BYTES))
    (remainder,) = buffer.remainder()
    assert len(remainder) == 3 * reply_buffer.KEPT_BYTES
    assert buffer.remainder() == ()
