"""The reply to a paid call is always delivered: as images, or as undecodable data."""

from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest

from adapters.openai.catalog import openai_catalog
from adapters.openai.replies.reply_images import MAX_IMAGES
from adapters.openai.replies.token_counts import MAX_TOKENS
from domain.errors import ChargeStatus
from domain.image import Image
from domain.image_formats import Dimensions
from domain.money.prices import TokenPricing
from domain.provider_errors import BadProviderReply
from domain.requests import EditRequest
from domain.results import Usage
from tests.standin import Fault, StandIn, faults, raw_faults
from tests.unit.openai_help import TEAL, generate

pytestmark = pytest.mark.anyio
BASE64 = b64encode(TEAL.data).decode()
WHOLE = Image(TEAL.data + bytes(-len(TEAL.data) % 3))
"""Its base64 needs no = at the end."""
PADDED = Image(WHOLE.data + b"\xff\xfe\xfd\xff")
"""Its base64 needs == at the end, and has a character that has another form in URLs."""


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
    ],
)
async def test_a_reply_without_an_image_is_delivered_as_undecodable(
    openai_api: StandIn, body: str
) -> None:
    openai_api.script(reply_with(body))
    delivered = await generate(openai_api.base_url)
    assert delivered.images == ()
    assert delivered.undecodable == (body.encode(errors="surrogateescape"),)


async def test_an_error_with_status_200_is_kept_and_quoted(openai_api: StandIn) -> None:
    body = '{"error": {"message": "Not today."}}'
    openai_api.script(reply_with(body))
    with pytest.raises(BadProviderReply, match=r"without an image: Not today\.") as bad:
        await generate(openai_api.base_url)
    assert bad.value.raw_remainder == (body.encode(),)
    assert bad.value.charged is ChargeStatus.MAYBE


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
        (f'{{"input_tokens": {MAX_TOKENS + 1}, "output_tokens": 3}}', None),
        (f'{{"input_tokens": 5, "output_tokens": {MAX_TOKENS}}}', (5, 0, MAX_TOKENS)),
        (
            '{"input_tokens": 5, "output_tokens": 3, "input_tokens_details":'
            f' {{"cached_tokens": {MAX_TOKENS + 1}}}}}',
            None,
        ),
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


def test_no_call_can_use_as_many_tokens_as_are_believed() -> None:
    """The most expensive request that is allowed, by the conservative estimates of the catalog."""
    images = tuple(Image(bytes([number])) for number in range(16))
    for card in openai_catalog().cards:
        estimates = isinstance(card.pricing, TokenPricing) and card.pricing.estimates
        for quality in card.qualities if estimates else ():
            request = EditRequest(
                prompt="\U0001f309" * 32_000,
                model=card.name,
                quality=quality,
                size=Dimensions(3840, 2160),
                n=4,
                partial_images=3,
                images=images,
                mask=images[0],
            )
            assert estimates
            usage = estimates.usage(request)
            assert usage is None or 10 * usage.total < MAX_TOKENS


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
        pytest.param(b64encode(PADDED.data).decode().rstrip("="), id="no padding"),
        pytest.param(urlsafe_b64encode(PADDED.data).decode(), id="for URLs"),
        pytest.param(f"data:image/png;base64,{BASE64}", id="a data: URL"),
        pytest.param(f" \\r\\n\\tdata:image/png;base64,{BASE64}", id="space before a data: URL"),
        pytest.param(f"DATA:;charset=x;BASE64,{quote(BASE64, safe='')}", id="an escaped data: URL"),
    ],
)
async def test_readable_base64_is_an_image(openai_api: StandIn, text: str) -> None:
    openai_api.script(reply_with(f'{{"data": [{{"b64_json": "{text}"}}]}}'))
    delivered = await generate(openai_api.base_url)
    assert [each.image for each in delivered.images] in ([TEAL], [WHOLE], [PADDED])


async def test_an_image_in_a_data_url_where_openai_had_a_link_is_an_image(
    openai_api: StandIn,
) -> None:
    link, url = "https://images.example/1", f"data:image/png;base64,{BASE64}"
    openai_api.script(reply_with(f'{{"data": [{{"url": "{link}"}}, {{"url": "{url}"}}]}}'))
    delivered = await generate(openai_api.base_url)
    assert [each.image for each in delivered.images] == [TEAL]


@pytest.mark.parametrize("broken", ["***", "A", f"{BASE64[:40]}*", "data:,"])
async def test_an_image_in_a_data_url_beside_broken_base64_is_an_image(
    openai_api: StandIn, broken: str
) -> None:
    url = f" data:image/png;base64,{BASE64}"
    openai_api.script(reply_with(f'{{"data": [{{"b64_json": "{broken}", "url": "{url}"}}]}}'))
    delivered = await generate(openai_api.base_url)
    assert [each.image for each in delivered.images] == [TEAL]
    assert delivered.undecodable == (broken.encode(),)


async def test_an_image_that_is_there_twice_is_one_image(openai_api: StandIn) -> None:
    url = f"data:image/png;base64,{BASE64}"
    openai_api.script(reply_with(f'{{"data": [{{"b64_json": "{BASE64}", "url": "{url}"}}]}}'))
    delivered = await generate(openai_api.base_url)
    assert [each.image for each in delivered.images] == [TEAL]
    assert delivered.undecodable == ()


async def test_images_beyond_a_bound_are_kept_as_data(openai_api: StandIn) -> None:
    texts = [b64encode(TEAL.data + bytes([number])).decode() for number in range(20)]
    items = ", ".join(f'{{"b64_json": "{text}"}}' for text in texts)
    openai_api.script(reply_with(f'{{"data": [{items}]}}'))
    delivered = await generate(openai_api.base_url)
    assert [each.image.data[-1] for each in delivered.images] == [*range(MAX_IMAGES)]
    assert delivered.undecodable == ("\n".join(texts[MAX_IMAGES:]).encode(),)
    assert delivered.notes == ("The reply has 20 images; only the first 16 are decoded.",)


async def test_a_complete_reply_is_delivered_although_its_body_has_no_end(
    openai_api: StandIn,
) -> None:
    text = f'{{"data": [{{"b64_json": "{BASE64}"}}]}}'.encode()
    openai_api.script(raw_faults.raw(raw_faults.head(200, "content-length: 9999") + text))
    delivered = await generate(openai_api.base_url)
    assert [each.image for each in delivered.images] == [TEAL]
    assert delivered.notes == ("The reply has no end.",)


@pytest.mark.parametrize("flaw", ["-", "_", "*", "=", "é"])
async def test_invalid_base64_is_undecodable(openai_api: StandIn, flaw: str) -> None:
    text = f"{BASE64[:40]}{flaw}{BASE64[41:]}"
    openai_api.script(reply_with(f'{{"data": [{{"b64_json": "{text}"}}]}}'))
    delivered = await generate(openai_api.base_url)
    assert (delivered.images, delivered.undecodable) == ((), (text.encode(),))
