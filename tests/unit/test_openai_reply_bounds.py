"""Replies whose few bytes would become many objects, many bytes or much time."""

import asyncio
import gzip
import json
import tracemalloc
from base64 import b64encode
from collections.abc import Iterator
from time import monotonic
from urllib.parse import quote

import pytest

from adapters.openai.replies.parsed_reply import parse_reply
from adapters.openai.replies.reply_json import MAX_VALUES, parse_json
from domain.provider_errors import OutcomeUnknown
from tests.standin import StandIn
from tests.standin.raw_faults import body, event, stream
from tests.unit.openai_help import TEAL, generate

BASE64 = b64encode(TEAL.data).decode()
REPLY = json.dumps({"data": [{"b64_json": BASE64}], "usage": {"input_tokens": 1}}).encode()
HUGE = b"9" * 5_000


@pytest.fixture
def _memory_is_bounded() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.anyio
async def test_more_than_two_compressions_are_not_undone(openai_api: StandIn) -> None:
    packed = gzip.compress(gzip.compress(gzip.compress(REPLY)))
    openai_api.script(body(packed, "content-encoding: gzip, gzip, gzip"))
    delivered = await generate(openai_api.base_url)
    assert (delivered.images, delivered.undecodable) == ((), (packed,))


@pytest.mark.usefixtures("_memory_is_bounded")
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("data:," + "%41" * 1_000_000, id="escapes"),
        pytest.param("data:image/png;base64," + "%2b" * 1_000_000, id="escaped digits"),
        pytest.param("AA " * 1_000_000, id="spaces"),
    ],
)
def test_unusual_base64_takes_a_few_times_its_size(text: str) -> None:
    parse_reply(json.dumps({"data": [{"b64_json": text}]}).encode(), None)


def test_base64_that_is_escaped_as_in_urls_is_the_image() -> None:
    url = "data:image/png;base64," + quote(BASE64, safe="")
    reply = json.dumps({"data": [{"b64_json": url}, {"b64_json": url.replace("%2B", "%2b")}]})
    images = parse_reply(reply.encode(), None).images
    assert [each.image for each in images] == [TEAL, TEAL]


@pytest.mark.usefixtures("_memory_is_bounded")
def test_a_reply_of_too_many_values_is_not_parsed() -> None:
    raw = b'{"data":[' + b"{}," * 2_000_000 + b"{}]}"
    assert parse_reply(raw, None).undecodable == (raw,)


def test_a_reply_of_many_values_is_parsed() -> None:
    assert parse_json(b"[" + b"0," * MAX_VALUES + b"0]") == [0] * (MAX_VALUES + 1)
    with pytest.raises(ValueError, match="too many"):
        parse_json(b"[" + b"0," * (MAX_VALUES + 1) + b"0]")


@pytest.mark.anyio
async def test_an_integer_beyond_all_costs_no_image(openai_api: StandIn) -> None:
    raw = REPLY.replace(b'"usage"', b'"created": ' + HUGE + b', "usage"')
    done = {"type": "image_generation.completed", "b64_json": BASE64, "created": 7}
    openai_api.script(body(raw), stream(event(done).replace(b": 7", b": -" + HUGE)))
    for previews in (0, 1):
        delivered = await generate(openai_api.base_url, partial_images=previews)
        assert [each.image for each in delivered.images] == [TEAL]


@pytest.mark.anyio
async def test_other_tasks_run_while_events_without_a_stream_are_read(openai_api: StandIn) -> None:
    lines = b"data:\n" * 2_000_000
    openai_api.script(body(lines))
    longest = 0.0

    async def measure() -> None:
        nonlocal longest
        while True:
            start = monotonic()
            await asyncio.sleep(0)
            longest = max(longest, monotonic() - start)

    measuring = asyncio.create_task(measure())
    with pytest.raises(OutcomeUnknown):
        await generate(openai_api.base_url)
    measuring.cancel()
    assert longest < 0.5
