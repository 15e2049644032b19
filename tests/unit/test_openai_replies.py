"""Whatever a paid call is answered with comes through: as a picture, or as rubbish to keep."""

from base64 import b64encode

import pytest

from domain.image import Image
from domain.results import Usage
from tests.standin import Fault, StandIn, faults
from tests.unit.openai_help import TEAL, answer

pytestmark = pytest.mark.anyio
ODD = b64encode(TEAL.data).decode()
WHOLE = Image(TEAL.data + bytes(-len(TEAL.data) % 3))
"""Whose base64 needs no = at its end."""


def saying(body: str) -> Fault:
    r"""Answer 200 with this body, word for word; "\udcff" in it is no UTF-8."""
    return faults.status(200, headers={"Content-Type": "application/json"}, body=body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("[" * 100_000, id="deeply nested"),
        pytest.param('{"a":' * 100_000 + "1" + "}" * 100_000, id="deeply nested objects"),
        pytest.param("9" * 5000, id="a number too long"),
        pytest.param('{"data": 3}', id="a number for data"),
        pytest.param('{"data": {"b64_json": "x"}}', id="an object for data"),
        pytest.param('{"data": [null, 1, "x", []]}', id="items that are none"),
        pytest.param("[1]", id="a list"),
        pytest.param("null", id="null"),
        pytest.param("\udcff\udcfe", id="no text at all"),
        pytest.param('{"error": {"message": "an error with status 200"}}', id="an error"),
    ],
)
async def test_a_reply_without_a_picture_is_handed_over_as_it_came(
    openai_api: StandIn, body: str
) -> None:
    openai_api.script(saying(body))
    came = await answer(openai_api.base_url)
    assert came.images == ()
    assert came.undecodable == (body.encode(errors="surrogateescape"),)


@pytest.mark.parametrize(
    ("beside", "revised"),
    [
        pytest.param(
            '"revised_prompt": "Br\udcffcke"', "Br\ufffdcke", id="a byte that is no UTF-8"
        ),
        pytest.param('"revised_prompt": "A \\ud83d."', "A ?.", id="half of a character"),
        pytest.param('"revised_prompt": {}', None, id="an object for words"),
    ],
)
async def test_odd_words_beside_a_picture_do_not_spoil_it(
    openai_api: StandIn, beside: str, revised: str | None
) -> None:
    openai_api.script(saying(f'{{"data": [{{"b64_json": "{ODD}", {beside}}}]}}'))
    came = await answer(openai_api.base_url)
    assert [each.image for each in came.images] == [TEAL]
    assert came.revised_prompt == revised


@pytest.mark.parametrize(
    ("told", "usage"),
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
async def test_only_a_usage_that_can_be_one_is_believed(
    openai_api: StandIn, told: str, usage: tuple[int, int, int] | None
) -> None:
    openai_api.script(saying(f'{{"data": [{{"b64_json": "{ODD}"}}], "usage": {told}}}'))
    came = await answer(openai_api.base_url)
    assert came.usage == (usage and told_as(*usage))


@pytest.mark.parametrize(
    ("cached", "of_text", "of_images"),
    [("0", 0, 0), ("3", 3, 0), ("7", 5, 2), ("999", 5, 4), ("null", 0, 0), ('"3"', 0, 0)],
)
async def test_cached_tokens_are_told_and_never_more_than_came_in(
    openai_api: StandIn, cached: str, of_text: int, of_images: int
) -> None:
    details = f'{{"image_tokens": 4, "cached_tokens": {cached}}}'
    told = f'{{"input_tokens": 9, "output_tokens": 1, "input_tokens_details": {details}}}'
    openai_api.script(saying(f'{{"data": [{{"b64_json": "{ODD}"}}], "usage": {told}}}'))
    usage = (await answer(openai_api.base_url)).usage
    assert usage is not None
    assert (usage.cached_text_tokens_in, usage.cached_image_tokens_in) == (of_text, of_images)


def told_as(text_in: int, images_in: int, out: int) -> Usage:
    return Usage(text_tokens_in=text_in, image_tokens_in=images_in, tokens_out=out)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(ODD, id="as it should be"),
        pytest.param(ODD[:40] + "\\r\\n" + ODD[40:] + "\\n", id="line breaks"),
        pytest.param(f" {ODD[:7]} \\t{ODD[7:]}", id="blanks"),
        pytest.param(b64encode(WHOLE.data).decode() + "=", id="one = too many"),
    ],
)
async def test_base64_that_can_be_read_is_a_picture(openai_api: StandIn, text: str) -> None:
    openai_api.script(saying(f'{{"data": [{{"b64_json": "{text}"}}]}}'))
    came = await answer(openai_api.base_url)
    assert [each.image for each in came.images] in ([TEAL], [WHOLE])


@pytest.mark.parametrize("flaw", ["-", "_", "*", "=", "é"])
async def test_base64_with_a_flaw_in_it_is_rubbish(openai_api: StandIn, flaw: str) -> None:
    text = f"{ODD[:40]}{flaw}{ODD[41:]}"
    openai_api.script(saying(f'{{"data": [{{"b64_json": "{text}"}}]}}'))
    came = await answer(openai_api.base_url)
    assert (came.images, came.undecodable) == ((), (text.encode(),))
