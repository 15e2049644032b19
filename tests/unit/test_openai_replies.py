"""The reply to a paid call is always delivered: as images, or as undecodable data."""

from base64 import b64encode

import pytest

from domain.image import Image
from domain.results import Usage
from tests.standin import Fault, StandIn, faults
from tests.unit.openai_help import TEAL, generate

pytestmark = pytest.mark.anyio
BASE64 = b64encode(TEAL.data).decode()
WHOLE = Image(TEAL.data + bytes(-len(TEAL.data) % 3))
"""Its base64 needs no = at the end."""


def reply_with(body: str) -> Fault:
    r"""Answer 200 with exactly this body; "\udcff" in it is invalid UTF-8."""
    return faults.status(200, headers={"Content-Type": "application/json"}, body=body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("[" * 100_000, id="deeply nested"),
        pytest.param('{"a":' * 100_000 + "1" + "}" * 100_000, id="deeply nested objects"),
        pytest.param("9" * 5000, id="a number too long"),
        pytest.param('{"data": 3}', id="a number for data"),
        pytest.param('{"data": {"b64_json": "x"}}', id="an object for data"),
        pytest.param('{"data": [null, 1, "x", []]}', id="items that are not objects"),
        pytest.param("[1]", id="a list"),
        pytest.param("null", id="null"),
        pytest.param("\udcff\udcfe", id="no text at all"),
        pytest.param('{"error": {"message": "an error with status 200"}}', id="an error"),
    ],
)
async def test_a_reply_without_an_image_is_delivered_as_undecodable(
    openai_api: StandIn, body: str
) -> None:
    openai_api.script(reply_with(body))
    delivered = await generate(openai_api.base_url)
    assert delivered.images == ()
    assert delivered.undecodable == (body.encode(errors="surrogateescape"),)


@pytest.mark.parametrize(
    ("beside", "revised"),
    [
        pytest.param('"revised_prompt": "Br\udcffcke"', "Br\ufffdcke", id="invalid UTF-8"),
        pytest.param('"revised_prompt": "A \\ud83d."', "A ?.", id="a lone surrogate"),
        pytest.param('"revised_prompt": {}', None, id="an object for text"),
    ],
)
async def test_odd_text_beside_an_image_does_no_harm(
    openai_api: StandIn, beside: str, revised: str | None
) -> None:
    openai_api.script(reply_with(f'{{"data": [{{"b64_json": "{BASE64}", {beside}}}]}}'))
    delivered = await generate(openai_api.base_url)
    assert [each.image for each in delivered.images] == [TEAL]
    assert delivered.revised_prompt == revised


@pytest.mark.parametrize(
    ("reported", "usage"),
    [
        ('"much"', None),
        ('{"input_tokens": true, "output_tokens": 3}', None),
        ('{"input_tokens": -1, "output_tokens": 3}', None),
        ('{"input_tokens": 5, "output_tokens": 1e3}', None),
        (f'{{"input_tokens": 5, "output_tokens": {10**30}}}', None),
        ('{"input_tokens": 5, "output_tokens": 3, "input_tokens_details": [5]}', (5, 0, 3)),
        (
            '{"input_tokens": 5, "output_tokens": 3, "input_tokens_details": {"image_tokens": 9}}',
            (0, 5, 3),
        ),
    ],
)
async def test_only_a_plausible_usage_is_used(
    openai_api: StandIn, reported: str, usage: tuple[int, int, int] | None
) -> None:
    openai_api.script(reply_with(f'{{"data": [{{"b64_json": "{BASE64}"}}], "usage": {reported}}}'))
    delivered = await generate(openai_api.base_url)
    assert delivered.usage == (usage and usage_of(*usage))


@pytest.mark.parametrize(
    ("cached", "of_text", "of_images"),
    [("0", 0, 0), ("3", 3, 0), ("7", 5, 2), ("999", 5, 4), ("null", 0, 0), ('"3"', 0, 0)],
)
async def test_cached_tokens_never_exceed_the_input_tokens(
    openai_api: StandIn, cached: str, of_text: int, of_images: int
) -> None:
    details = f'{{"image_tokens": 4, "cached_tokens": {cached}}}'
    reported = f'{{"input_tokens": 9, "output_tokens": 1, "input_tokens_details": {details}}}'
    openai_api.script(reply_with(f'{{"data": [{{"b64_json": "{BASE64}"}}], "usage": {reported}}}'))
    usage = (await generate(openai_api.base_url)).usage
    assert usage is not None
    assert (usage.cached_text_tokens_in, usage.cached_image_tokens_in) == (of_text, of_images)


def usage_of(text_in: int, images_in: int, out: int) -> Usage:
    return Usage(text_tokens_in=text_in, image_tokens_in=images_in, tokens_out=out)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(BASE64, id="as it should be"),
        pytest.param(BASE64[:40] + "\\r\\n" + BASE64[40:] + "\\n", id="line breaks"),
        pytest.param(f" {BASE64[:7]} \\t{BASE64[7:]}", id="whitespace"),
        pytest.param(b64encode(WHOLE.data).decode() + "=", id="an extra ="),
    ],
)
async def test_readable_base64_is_an_image(openai_api: StandIn, text: str) -> None:
    openai_api.script(reply_with(f'{{"data": [{{"b64_json": "{text}"}}]}}'))
    delivered = await generate(openai_api.base_url)
    assert [each.image for each in delivered.images] in ([TEAL], [WHOLE])


@pytest.mark.parametrize("flaw", ["-", "_", "*", "=", "é"])
async def test_invalid_base64_is_undecodable(openai_api: StandIn, flaw: str) -> None:
    text = f"{BASE64[:40]}{flaw}{BASE64[41:]}"
    openai_api.script(reply_with(f'{{"data": [{{"b64_json": "{text}"}}]}}'))
    delivered = await generate(openai_api.base_url)
    assert (delivered.images, delivered.undecodable) == ((), (text.encode(),))
