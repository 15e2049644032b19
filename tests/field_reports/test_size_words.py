"""A size in words, or one that the model lacks, becomes the nearest one. The answer says so."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.openai.catalog import openai_catalog
from adapters.sketch.provider import CATALOG as SKETCHES
from domain.errors import InvalidRequest
from domain.image_formats import Dimensions
from domain.models import ModelCard
from domain.requests import GenerateRequest
from entrypoints.wire.inputs import GenerateArguments
from entrypoints.wire.parsing import parse
from tests.field_reports.argument_doors import DOORS, Doors, open_doors

FREE, FIXED = "gpt-image-2.6-flare", "gpt-image-1-mini"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def doors(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    async with open_doors(tmp_path_factory.mktemp("sizes")) as doors:
        yield doors


MEANT: list[tuple[object, str]] = [
    ("Landscape", "landscape"),
    ("horizontal", "landscape"),
    ("portrait orientation", "portrait"),
    ("SQUARE", "square"),
    ("16:9", "16:9"),
    ("9 / 16", "9:16"),
    ("１６：９", "16:9"),
    ("16x9", "16:9"),
    ([4, 3], "4:3"),
    ("16 to 9", "16:9"),
    ("1.91:1", "1.91:1"),
    ("16:9 aspect ratio", "16:9"),
    ("widescreen", "16:9"),
    ("portrait 16:9", "9:16"),
    ("portrait_4_3", "3:4"),
    ("landscape_16_9", "16:9"),
    ("square_hd", "720x720"),
    ("landscape (1536x1024)", "1536x1024"),
    ("512x512", "512x512"),
    ("4K", "4k"),
    ("4K UHD", "4k"),
    ("4k portrait", "2160x3840"),
    ("9:16 4k", "2160x3840"),
    ("4K (3840x2160)", "3840x2160"),
    ("2k", "2k"),
    ("720p", "hd"),
    ("Full HD", "1920x1080"),
    ("1080p vertical", "1080x1920"),
    ("8K", "7680x4320"),
    ("1K", "1024x1024"),
    ("A4", "1:1.41"),
    ("DIN A5 landscape", "1.41:1"),
    ("US letter paper", "8.5:11"),
]


@pytest.mark.parametrize(("sent", "meant"), MEANT, ids=ascii)
def test_a_size_in_words_is_taken(sent: object, meant: str) -> None:
    assert parse(GenerateArguments, {"prompt": "a fox", "size": sent}).size == meant


@pytest.mark.parametrize(("sent", "near"), [("-1x5", "1:5"), ("5k", ""), ("1024px", "1024x1024")])
def test_what_is_no_size_is_refused_with_a_size_that_is_near(sent: str, near: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse(GenerateArguments, {"prompt": "a fox", "size": sent})
    hint = str(refused.value.hint)
    assert hint.startswith(f"Did you mean {near}?") if near else "Did you mean" not in hint


@pytest.mark.parametrize("name", ["aspect_ratio", "aspectRatio", "ratio", "orientation"])
def test_other_names_of_a_shape_mean_the_size(name: str) -> None:
    assert parse(GenerateArguments, {"prompt": "a fox", name: "portrait"}).size == "portrait"


SKETCH, UNKNOWN = SKETCHES.cards[0], ModelCard(name="a-model-of-a-gateway", is_known=False)
SIZES: dict[str, tuple[str, str, str, str]] = {
    # size          FREE         FIXED        SKETCH       UNKNOWN
    "landscape": ("1536x1024", "1536x1024", "1536x1024", "1536x1024"),
    "portrait": ("1024x1536", "1024x1536", "1024x1536", "1024x1536"),
    "square": ("1024x1024", "1024x1024", "1024x1024", "1024x1024"),
    "16:9": ("1536x864", "1536x1024", "1536x864", "1536x1024"),
    "9:16": ("864x1536", "1024x1536", "864x1536", "1024x1536"),
    "4:3": ("1344x1008", "1536x1024", "1364x1023", "1536x1024"),
    "1:1": ("1024x1024", "1024x1024", "1024x1024", "1024x1024"),
    "21:9": ("1456x624", "1536x1024", "1533x657", "1536x1024"),
    "10:1": ("1536x512", "1536x1024", "1536x192", "1536x1024"),
    "hd": ("1280x720", "1536x1024", "1280x720", "1536x1024"),
    "2k": ("2048x1152", "1536x1024", "2048x1152", "1536x1024"),
    "4k": ("3840x2160", "1536x1024", "3840x2160", "1536x1024"),
    "1920x1080": ("1920x1088", "1536x1024", "1920x1080", "1920x1080"),
    "512x512": ("1024x1024", "1024x1024", "512x512", "512x512"),
    "800x600": ("1344x1008", "1536x1024", "800x600", "800x600"),
    "1000x1000": ("1008x1008", "1024x1024", "1000x1000", "1000x1000"),
    "1792x1024": ("1792x1024", "1536x1024", "1792x1024", "1792x1024"),
    "1024x1792": ("1024x1792", "1024x1536", "1024x1792", "1024x1792"),
    "7680x4320": ("3840x2160", "1536x1024", "3840x2160", "7680x4320"),
    "8000x6000": ("2880x2160", "1536x1024", "3325x2494", "8000x6000"),
    "5000x1000": ("3840x1280", "1536x1024", "3840x768", "5000x1000"),
    "5000x5000": ("2160x2160", "1024x1024", "2880x2880", "5000x5000"),
    "1536x1024": ("1536x1024", "1536x1024", "1536x1024", "1536x1024"),
    "99999x99": ("3840x1280", "1536x1024", "3840x480", "99999x99"),
}


def request(size: str) -> GenerateRequest:
    return parse(GenerateArguments, {"prompt": "a fox", "size": size}).to_request()


def card(name: str) -> ModelCard:
    found = openai_catalog().find(name)
    assert found is not None
    return found


@pytest.mark.parametrize("size", SIZES)
def test_every_model_gets_the_nearest_size_that_it_has(size: str) -> None:
    cards = (card(FREE), card(FIXED), SKETCH, UNKNOWN)
    sized = [each.sized(request(size)) for each in cards]
    assert tuple(str(each.size) for each in sized) == SIZES[size]
    assert all(each.size_in_words is None for each in sized)
    known = zip(cards[:3], sized, strict=False)
    assert all(each.size and own.sizes.allows(each.size) for own, each in known)


@pytest.mark.parametrize("size", ["1024x1024", "1008x1008", "2048x1152", "3840x2160", "864x1536"])
def test_a_size_that_the_model_has_is_not_changed(size: str) -> None:
    asked = request(size)
    assert card(FREE).sized(asked) == asked
    assert card(FREE).size_notes(asked) == ()
    assert card(FREE).requested_size(asked) == ""


def test_auto_is_left_to_the_model() -> None:
    sized = card(FIXED).sized(request("auto"))
    assert (sized.size, card(FIXED).requested_size(sized)) == (None, "")


@pytest.mark.anyio
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("size", "pixels", "note"),
    [
        ("16:9", "1536x864", "size 16:9 → 1536x864."),
        ("512x512", "1024x1024", f"size 512x512 → 1024x1024, the nearest that {FREE} has."),
    ],
)
async def test_the_answer_says_which_size_it_became(
    door: str, size: str, pixels: str, note: str, doors: Doors
) -> None:
    before = len(doors.provider.requests)
    arguments = {"prompt": f"a fox at {door}", "size": size}
    answer = await doors.send(door, arguments)
    assert answer.succeeded
    assert (answer.facts["askedSize"], note in answer.facts["notes"]) == (size, True)
    if door == "mcp":
        assert f"Note: {note}" in answer.text
    assert [str(each.size) for each in doors.provider.requests[before:]] == [pixels]

    same: dict[str, Any] = {"prompt": arguments["prompt"], "size": pixels}
    again = await doors.send(door, same)
    assert again.succeeded
    assert "askedSize" not in again.facts
    first, *others = doors.provider.requests[before:]
    assert all(other == first for other in others), "it is the same request"


@pytest.mark.anyio
async def test_an_edit_in_words_does_not_keep_the_shape(doors: Doors) -> None:
    image = await doors.new_image("a fox to edit")
    edit = {"prompt": "winter", "images": [image["id"]], "size": "portrait"}
    answer = await doors.call("edit_image", edit)
    assert answer.succeeded, answer.text
    assert doors.provider.requests[-1].size == Dimensions(1024, 1536)
    assert answer.facts["askedSize"] == "portrait"
