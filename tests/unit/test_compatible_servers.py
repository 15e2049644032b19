"""Twelve ways in which servers differ from the API: an image with a note, or a clear refusal."""

from decimal import Decimal
from json import dumps
from pathlib import Path

import pytest

from application.ports.image_provider import Delivered, PartialImage
from domain.errors import ChargeStatus
from domain.image_formats import Dimensions, ImageFormat
from domain.provider_errors import (
    BadProviderReply,
    ContentRefused,
    OutcomeUnknown,
    ProviderError,
    QuotaExhausted,
    RequestRefused,
)
from tests.standin import StandIn, body_faults, faults, stream_faults
from tests.unit.compatible_help import (
    TEAL,
    charged,
    deliver,
    events_of,
    local,
    quirky,
    refusal,
    server,
)

__all__ = ["server"]
pytestmark = pytest.mark.anyio


async def test_1_a_link_in_place_of_base64_is_fetched(server: StandIn) -> None:
    server.script(faults.linked())
    delivered = await deliver(server)
    assert {each.image.digest for each in delivered.images} == charged(server)
    assert [call.method for call in server.calls] == ["POST", "GET"]


async def test_2_neither_base64_nor_a_link_may_have_been_charged(server: StandIn) -> None:
    server.script(faults.status(200, body=dumps({"data": [{"b64_json": None, "url": None}]})))
    error = await refusal(server)
    assert isinstance(error, BadProviderReply)
    assert error.charged is ChargeStatus.MAYBE
    assert b"b64_json" in error.raw_remainder[0]


async def test_3_base64_behind_a_data_prefix_is_the_image(server: StandIn) -> None:
    server.script(faults.prefixed())
    delivered = await deliver(server)
    assert {each.image.digest for each in delivered.images} == charged(server)


PRICED = """
[prices.own]
text_in = "1"
image_in = "1"
out = "1"
as_of = 2026-11-28

[[models]]
name = "Qwen/Qwen-Image"
sizes = "free"
qualities = ["auto"]
price = "own"
"""


@pytest.mark.parametrize(
    ("fault", "known"),
    [(faults.without_usage(), False), (faults.zero_usage(), False), (faults.normal(), True)],
    ids=["4 no usage", "5 a usage of zeros", "a usage"],
)
@pytest.mark.parametrize("partial_images", [0, 1])
async def test_without_a_count_of_tokens_the_cost_is_unknown_and_not_0(
    server: StandIn, tmp_path: Path, fault: faults.Fault, known: bool, partial_images: int
) -> None:
    file = tmp_path / "models.toml"
    file.write_text(PRICED)
    server.script(fault)
    async with local(server.base_url, model="Qwen/Qwen-Image", models_file=file) as provider:
        *_, last = await events_of(provider, partial_images=partial_images)
        card = provider.catalog.cards[0]
    assert isinstance(last, Delivered)
    assert card.pricing is not None
    assert (last.usage is not None, card.cost(last.usage) is not None) == (known, known)
    assert card.cost(last.usage) != Decimal(0)


@pytest.mark.parametrize("model", [None, "Qwen/Qwen-Image", "gpt-image-2.6-flare"])
async def test_a_server_without_a_key_is_not_called_free(
    server: StandIn, model: str | None
) -> None:
    async with local(server.base_url, model=model) as provider:
        *_, last = await events_of(provider)
        card = provider.catalog.cards[0]
    assert isinstance(last, Delivered)
    assert card.cost(last.usage) is None


async def test_6_an_ignored_size_is_in_a_note(server: StandIn) -> None:
    server.script(body_faults.small())
    delivered = await deliver(server)
    (image,) = delivered.images
    assert image.image.dimensions == Dimensions(32, 32)
    assert image.notes == ("requested 1024x1024, the provider sent 32x32",)


async def test_7_another_type_than_requested_is_delivered_as_it_is(server: StandIn) -> None:
    server.script(faults.other_format("jpeg"))
    delivered = await deliver(server, format=ImageFormat.WEBP)
    (image,) = delivered.images
    assert image.image.format is ImageFormat.JPEG
    assert {image.image.digest} == charged(server)


@pytest.mark.parametrize("status", [404, 405])
async def test_8_a_server_without_edits_says_so(status: int) -> None:
    with quirky(no_edits=status) as server:
        error = await refusal(server, images=(TEAL,))
    assert isinstance(error, RequestRefused)
    assert error.charged is ChargeStatus.NO
    assert "cannot edit images: it has no /images/edits" in error.message
    assert "another provider" in error.hint
    assert len(server.posts) == 1


async def test_10_a_whole_reply_in_place_of_a_stream_is_the_image(server: StandIn) -> None:
    server.script(stream_faults.not_streamed())
    delivered = await deliver(server, partial_images=2)
    assert {each.image.digest for each in delivered.images} == charged(server)


async def test_a_server_that_streams_sends_previews(server: StandIn) -> None:
    async with local(server.base_url) as provider:
        *previews, last = await events_of(provider, partial_images=2)
    assert [type(each) for each in previews] == [PartialImage, PartialImage]
    assert isinstance(last, Delivered)
    assert last.notes == ()


@pytest.mark.parametrize(
    ("body", "kind", "charge"),
    [
        ('{"error": {"message": "CUDA out of memory"}}', BadProviderReply, ChargeStatus.MAYBE),
        ('{"error": "model is loading"}', BadProviderReply, ChargeStatus.MAYBE),
        ('{"error": {"message": "x", "code": "content_policy_violation"}}', ContentRefused, None),
        (
            '{"error": {"message": "x", "code": "insufficient_quota"}}',
            QuotaExhausted,
            ChargeStatus.MAYBE,
        ),
        ("<html><title>502 Bad Gateway</title></html>", BadProviderReply, ChargeStatus.MAYBE),
        ("the worker died", BadProviderReply, ChargeStatus.MAYBE),
        ("", BadProviderReply, ChargeStatus.MAYBE),
    ],
    ids=["object", "text in JSON", "moderation", "quota", "HTML", "text", "nothing"],
)
@pytest.mark.parametrize("partial_images", [0, 1])
async def test_11_an_error_with_status_200_is_an_error(
    server: StandIn,
    body: str,
    kind: type[ProviderError],
    charge: ChargeStatus | None,
    partial_images: int,
) -> None:
    server.script(faults.status(200, body=body))
    error = await refusal(server, partial_images=partial_images)
    assert isinstance(error, kind)
    assert charge is None or error.charged is charge
    assert len(server.posts) == 1


@pytest.mark.parametrize("body", ["<html><title>Oops</title></html>", "Internal Server Error", ""])
async def test_a_status_of_500_is_never_sent_again(server: StandIn, body: str) -> None:
    server.script(faults.status(500, body=body))
    error = await refusal(server, partial_images=1, images=(TEAL,))
    assert isinstance(error, OutcomeUnknown)
    assert error.charged is ChargeStatus.MAYBE
    assert len(server.posts) == 1


async def test_a_500_that_names_a_field_is_not_sent_again(server: StandIn) -> None:
    server.script(faults.status(500, message="Unsupported parameter: 'stream'"))
    error = await refusal(server, partial_images=1)
    assert isinstance(error, OutcomeUnknown)
    assert len(server.posts) == 1


@pytest.mark.parametrize("sent", [1, 3])
async def test_12_an_ignored_n_is_in_a_note(server: StandIn, sent: int) -> None:
    server.script(faults.other_count(sent))
    delivered = await deliver(server, n=2)
    assert len(delivered.images) == sent
    note = f"Images requested: 2, usable images received: {sent}."
    assert note in delivered.notes
