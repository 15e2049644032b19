"""The stand-in's normal replies as the real SDK reads them, its ledger, and its command."""

import io
import signal
import subprocess
import sys
from base64 import b64decode
from hashlib import sha256
from typing import Any

import openai
import pytest
from openai.types import ImagesResponse
from PIL import Image, ImageChops, ImageStat

from adapters.openai.catalog import openai_catalog
from adapters.openai.replies.token_counts import parse_usage
from domain.image_formats import Dimensions
from domain.requests import GenerateRequest, Quality
from tests.standin import StandIn

pytest_plugins = ["tests.standin.fixtures"]
FIELDS: dict[str, Any] = {"model": "gpt-image-2.6-flare", "prompt": "hi", "size": "1024x640"}


def png(mode: str, size: tuple[int, int] = (64, 48)) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size).save(file, "PNG")
    return file.getvalue()


def open_image(base64: str | None) -> Image.Image:
    assert base64 is not None
    file = io.BytesIO(b64decode(base64, validate=True))
    Image.open(file).verify()
    image = Image.open(file)
    image.load()
    return image


def digest(base64: str | None) -> str:
    assert base64 is not None
    return sha256(b64decode(base64)).hexdigest()


async def events(sdk: openai.AsyncOpenAI, partials: int = 3) -> list[Any]:
    options: dict[str, Any] = {"stream": True, "partial_images": partials, **FIELDS}
    return [event async for event in await sdk.images.generate(**options)]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("kind", "background"),
    [
        ("png", "auto"),
        ("png", "transparent"),
        ("jpeg", "auto"),
        ("webp", "opaque"),
        ("webp", "transparent"),
    ],
)
async def test_a_generation_returns_unique_images_and_charges_them(
    standin: StandIn, sdk: openai.AsyncOpenAI, kind: str, background: str
) -> None:
    options: dict[str, Any] = {"n": 2, "output_format": kind, "background": background}
    reply: ImagesResponse = await sdk.images.generate(**FIELDS, **options)
    assert reply.data is not None
    images = [open_image(item.b64_json) for item in reply.data]
    assert [(image.format, image.size) for image in images] == [(kind.upper(), (1024, 640))] * 2
    assert all(("A" in image.getbands()) == (background == "transparent") for image in images)
    [charge] = standin.ledger
    assert charge.digests == tuple(digest(item.b64_json) for item in reply.data)
    assert len(set(charge.digests)) == 2
    assert charge.formats == (kind, kind)
    assert reply.usage is not None
    assert reply.usage.to_dict() == charge.usage
    assert (reply.quality, reply.size, reply.output_format) == ("medium", "1024x640", kind)


@pytest.mark.anyio
async def test_a_call_costs_no_more_than_the_model_card_expects(
    sdk: openai.AsyncOpenAI,
) -> None:
    card = openai_catalog().find(FIELDS["model"])
    assert card is not None
    for quality in ("low", "medium", "high", "xhigh", "max", "auto"):
        fields: dict[str, Any] = {**FIELDS, "size": "1024x1024", "quality": quality}
        reply = await sdk.images.generate(**fields)
        request = GenerateRequest(
            prompt="hi", size=Dimensions(1024, 1024), quality=Quality(quality)
        )
        cost, estimate = card.cost(parse_usage(reply.usage)), card.estimate(request)
        assert cost is not None
        assert estimate is not None
        assert cost <= estimate, quality


@pytest.mark.anyio
async def test_a_square_png_is_as_large_as_real_ones(sdk: openai.AsyncOpenAI) -> None:
    raw = await sdk.images.with_raw_response.generate(model="gpt-image-1.5", prompt="hi")
    [item] = raw.parse().data or []
    assert item.b64_json is not None
    assert open_image(item.b64_json).size == (1024, 1024)
    assert 1_000_000 < len(item.b64_json) * 3 // 4 < 2_500_000
    assert raw.headers["x-request-id"].startswith("req_standin_")


@pytest.mark.anyio
async def test_each_partial_is_nearer_to_the_final_image(
    standin: StandIn, sdk: openai.AsyncOpenAI
) -> None:
    *partials, final = await events(sdk)
    assert [event.type for event in partials] == ["image_generation.partial_image"] * 3
    assert [event.partial_image_index for event in partials] == [0, 1, 2]
    assert final.type == "image_generation.completed"
    assert (digest(final.b64_json),) == standin.ledger[0].digests
    finished = open_image(final.b64_json)
    distances = [
        sum(ImageStat.Stat(ImageChops.difference(open_image(event.b64_json), finished)).mean)
        for event in partials
    ]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] > 0.3


@pytest.mark.anyio
@pytest.mark.parametrize("stream", [False, True])
async def test_an_edit_takes_several_images_and_a_mask(
    standin: StandIn, sdk: openai.AsyncOpenAI, stream: bool
) -> None:
    images = [(f"{name}.png", png("RGB"), "image/png") for name in ("a", "b")]
    mask = ("mask.png", png("RGBA"), "image/png")
    options: dict[str, Any] = {**FIELDS, "stream": stream, "extra_body": {"moderation": "low"}}
    reply = await sdk.images.edit(image=images, mask=mask, **options)
    if stream:
        assert [event.type async for event in reply] == ["image_edit.completed"]
    [call] = standin.posts
    assert [file.field for file in call.files] == ["image[]", "image[]", "mask"]
    assert [file.data for file in call.files] == [png("RGB"), png("RGB"), png("RGBA")]
    assert call.fields["moderation"] == "low"
    assert (call.path, call.status) == ("/v1/images/edits", 200)
    assert len(standin.ledger) == 1


@pytest.mark.anyio
async def test_the_model_list_has_shutdown_dates(standin: StandIn, sdk: openai.AsyncOpenAI) -> None:
    dates = {model.id: model.shutdown_date async for model in sdk.models.list()}
    assert dates["gpt-image-1.5"] == "2026-12-01"
    assert dates["gpt-image-2.6-flare"] is None
    assert [call.method for call in standin.calls] == ["GET"]
    assert standin.posts == []


@pytest.mark.anyio
async def test_a_reset_clears_the_log_and_images_stay_unique(
    standin: StandIn, sdk: openai.AsyncOpenAI
) -> None:
    await sdk.images.generate(**FIELDS)
    [before] = standin.ledger
    standin.reset()
    assert (standin.calls, standin.ledger) == ([], [])
    await sdk.images.generate(**FIELDS)
    [after] = standin.ledger
    assert before.digests != after.digests
    assert standin.calls[after.call].fields == FIELDS


def test_a_port_in_use_raises_at_the_start(standin: StandIn) -> None:
    port = int(standin.base_url.split(":")[2].partition("/")[0])
    with pytest.raises(OSError, match="in use"), StandIn(port=port):
        pass


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_the_command_prints_its_address_and_exits_cleanly_on_a_signal(end: signal.Signals) -> None:
    command = [sys.executable, "-m", "tests.standin", "--port", "0", "--delay", "0.01"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert line.startswith("listening on http://127.0.0.1:")
        with openai.OpenAI(api_key="sk-test", base_url=line.split()[-1], max_retries=0) as client:
            assert client.images.generate(**FIELDS).data
        process.send_signal(end)
        assert process.wait(5) == 0
