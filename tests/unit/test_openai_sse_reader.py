"""Events are read as browsers read them, wherever the bytes are cut."""

import asyncio
import json
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager

import httpx2
import pytest
from openai import APIError

from adapters.openai import reply_buffer
from adapters.openai.reply_buffer import ReplyBuffer, TooLarge
from adapters.openai.sse_reader import read_json_events
from application.ports.image_provider import Delivered, PartialImage
from domain.image import Image
from tests.unit.openai_help import PLUM, completed, painting, preview, streaming

pytestmark = pytest.mark.anyio
ONE, TWO = b'data: {"n": 1}\n\n', b'data: {"n": 2}\n\n'
BOTH: list[object] = [{"n": 1}, {"n": 2}]
REQUEST = httpx2.Request("POST", "http://localhost/v1/images/generations")


SIZE = 3_000_000
LARGE = Image(PLUM.data + bytes(SIZE))


class Pieces(httpx2.AsyncByteStream):
    """A body that comes in these pieces, and then breaks off with `fault` if there is one."""

    def __init__(self, pieces: Sequence[bytes], fault: Exception | None = None) -> None:
        self.pieces = pieces
        self.fault = fault
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece
        if self.fault is not None:
            raise self.fault

    async def aclose(self) -> None:
        self.closed = True


async def read(*pieces: bytes, fault: Exception | None = None) -> list[object]:
    response = httpx2.Response(200, stream=Pieces(pieces, fault), request=REQUEST)
    async with aclosing(read_json_events(response, ReplyBuffer())) as all_:
        return [value async for value in all_]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"], ids=["LF", "CR", "CRLF"])
async def test_lines_end_in_any_of_three_ways_wherever_they_are_cut(end: bytes) -> None:
    two = b'data: {"n":\ndata: 2}\n\n'
    body = (b": hello\n\nevent: x\n" + ONE + b"id: 7\nretry: 5\n" + two).replace(b"\n", end)
    assert await read(body) == BOTH
    assert await read(*(body[at : at + 1] for at in range(len(body)))) == BOTH
    for cut in range(len(body)):
        assert await read(body[:cut], body[cut:]) == BOTH, cut


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b'data:{"n":1}\n\n', [{"n": 1}], id="no blank behind the colon"),
        pytest.param(b'data: {"n":\ndata: 1}\n\n', [{"n": 1}], id="several lines"),
        pytest.param(b"data\ndata: 1\n\n", [1], id="an empty line of data"),
        pytest.param(b"event: ping\n\n\n\n" + ONE, [{"n": 1}], id="events without data"),
        pytest.param(ONE + b"data: [DONE]\n\n" + TWO, [{"n": 1}], id="done"),
        pytest.param(ONE + TWO[:-1], BOTH, id="no empty line at the end"),
        pytest.param(ONE + TWO[:-2], BOTH, id="no end of the last line"),
        pytest.param(b'data: "Br\xffcke"\n\n', ["Br\ufffdcke"], id="a byte that is no UTF-8"),
        pytest.param(b"dat: 5\nxdata: 6\n\n", [], id="other fields"),
        pytest.param(b"", [], id="nothing"),
    ],
)
async def test_odd_streams_are_read_for_what_they_hold(body: bytes, said: list[object]) -> None:
    assert await read(body) == said


async def test_half_a_value_at_the_end_is_no_value() -> None:
    with pytest.raises(json.JSONDecodeError):
        await read(ONE + TWO[:-4])


@pytest.mark.parametrize("error", [{"message": "No.", "code": "moderation_blocked"}, "No."])
async def test_an_event_that_tells_of_an_error_is_raised_with_all_that_it_says(
    error: object,
) -> None:
    with pytest.raises(APIError) as raised:
        await read(b"data: %s\n\n" % json.dumps({"type": "error", "error": error}).encode())
    assert raised.value.body == error
    assert raised.value.code == (error["code"] if isinstance(error, dict) else None)


async def test_events_before_a_line_that_breaks_are_told() -> None:
    body = Pieces([ONE, TWO[:5]], httpx2.ReadError("gone"))
    async with aclosing(
        read_json_events(httpx2.Response(200, stream=body, request=REQUEST), ReplyBuffer())
    ) as all_:
        assert await anext(all_) == {"n": 1}
        with pytest.raises(httpx2.ReadError):
            await anext(all_)


async def test_who_stops_reading_closes_the_line() -> None:
    body = Pieces([ONE, TWO])
    async with aclosing(
        read_json_events(httpx2.Response(200, stream=body, request=REQUEST), ReplyBuffer())
    ) as all_:
        assert await anext(all_) == {"n": 1}
    assert body.closed


async def test_the_text_of_a_preview_is_let_go_while_the_next_event_is_painted() -> None:
    """It is a third larger than the picture, and the next event may be a minute away."""
    go_on = asyncio.Event()
    async with (
        streaming(preview(LARGE), go_on, completed()) as url,
        painting(url, partial_images=2) as events,
    ):
        with counted() as held:
            told = await anext(events)
            waiting = asyncio.ensure_future(anext(events))
            await asyncio.sleep(0)
            assert isinstance(told, PartialImage)
            assert SIZE < held() < 1.2 * SIZE
        go_on.set()
        assert isinstance(await waiting, Delivered)


async def test_the_text_of_a_picture_is_let_go_while_it_is_written_to_the_disk() -> None:
    async with (
        streaming(completed(LARGE)) as url,
        painting(url, partial_images=1) as events,
    ):
        with counted() as held:
            told = await anext(events)
            assert isinstance(told, Delivered)
            assert SIZE < held() < 1.2 * SIZE


@contextmanager
def counted() -> Iterator[Callable[[], int]]:
    """Count what is allocated meanwhile; yield what says how many bytes of it are still held."""
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


async def test_what_came_of_an_event_that_broke_off_remains() -> None:
    come = ReplyBuffer()
    body = Pieces([ONE, TWO[:5]], httpx2.ReadError("gone"))
    response = httpx2.Response(200, stream=body, request=REQUEST)
    async with aclosing(read_json_events(response, come)) as all_:
        await anext(all_)
        with pytest.raises(httpx2.ReadError):
            await anext(all_)
    assert come.remainder() == (TWO[:5],)
    assert come.remainder() == ()


async def test_an_event_that_is_no_json_remains() -> None:
    come = ReplyBuffer()
    response = httpx2.Response(200, stream=Pieces([ONE, b'data: {"n":\ndata: 2']), request=REQUEST)
    async with aclosing(read_json_events(response, come)) as all_:
        await anext(all_)
        with pytest.raises(ValueError, match="Expecting"):
            await anext(all_)
    assert come.remainder() == (b'{"n":\n2',)


@pytest.mark.parametrize(
    ("pieces", "kept"),
    [
        pytest.param([b"data: ", *[b"x" * 300] * 99], b"data: " + b"x" * 44, id="in one line"),
        pytest.param([b"data: xxxx\n"] * 999, b"xxxx\n" * 10, id="in many lines"),
        pytest.param([b"data:\n" * 1099], b"\n" * 50, id="in lines without a word"),
    ],
)
async def test_an_event_that_is_larger_than_any_picture_is_not_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch, pieces: list[bytes], kept: bytes
) -> None:
    monkeypatch.setattr(reply_buffer, "MAX_REPLY_BYTES", 1000)
    monkeypatch.setattr(reply_buffer, "KEPT_BYTES", 50)
    come = ReplyBuffer()
    response = httpx2.Response(200, stream=Pieces(pieces), request=REQUEST)
    async with aclosing(read_json_events(response, come)) as all_:
        with pytest.raises(TooLarge):
            await anext(all_)
    assert come.remainder() == (kept,)


async def test_what_is_kept_of_a_reply_that_broke_off_is_all_that_came() -> None:
    come = ReplyBuffer()
    for _ in range(3):
        come.feed(bytes(reply_buffer.KEPT_BYTES))
    (remains,) = come.remainder()
    assert len(remains) == 3 * reply_buffer.KEPT_BYTES
    assert come.remainder() == ()
