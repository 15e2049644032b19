"""JSON texts as server-sent events."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from entrypoints.http.event_json import JsonText
from entrypoints.http.sse_events import data_frame, data_frames, event_frame

LONG = b"A" * 100_000
TEXT: JsonText = (b'{"image":"', LONG, b'"}')


def test_a_data_frame_is_one_line_and_an_empty_one() -> None:
    assert b"".join(data_frame(TEXT)) == b'data: {"image":"' + LONG + b'"}\n\n'


def test_an_event_frame_has_its_number_and_its_name_first() -> None:
    assert b"".join(event_frame(7, "partial", (b"{", b"}"))) == (
        b"id: 7\nevent: partial\ndata: {}\n\n"
    )


def test_no_chunk_of_a_text_is_copied() -> None:
    for frame in (data_frame(TEXT), event_frame(0, "partial", TEXT)):
        assert [chunk for chunk in frame if chunk is LONG] == [LONG]


@pytest.mark.anyio
async def test_frames_that_are_not_read_to_the_end_close_their_texts() -> None:
    closed: list[bool] = []

    async def texts() -> AsyncGenerator[JsonText, None]:
        try:
            yield (b"{}",)
            yield (b"{}",)
        finally:
            closed.append(True)

    async with aclosing(data_frames(texts())) as frames:
        assert await anext(frames) == (b"data: ", b"{}", b"\n\n")
    assert closed == [True]
