"""A size to deliver makes a smaller copy beside the original, at every entry point, for nothing."""

import json
import os
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from mcp_types import ImageContent

from domain.delivery_sizes import DeliverySize
from domain.errors import InvalidRequest
from domain.image import Image
from domain.image_formats import Dimensions
from entrypoints.wire.inputs import GenerateArguments
from entrypoints.wire.parsing import parse
from tests.e2e.test_commands import run
from tests.field_reports.argument_doors import DOORS, Doors, open_doors
from tests.testkit.photographs import photograph

pytestmark = pytest.mark.anyio
PHOTO = photograph("png")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def doors(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    async with open_doors(tmp_path_factory.mktemp("delivery"), PHOTO) as doors:
        yield doors


SPELLINGS: list[tuple[object, str]] = [
    ("800x600", "800x600"),
    ("800 X 600", "800x600"),
    ("800x600 fit", "800x600"),
    ("800x600, contain", "800x600"),
    ("Cover 800×600", "800x600 cover"),
    ("800x600+crop", "800x600 cover"),
    ([800, 600], "800x600"),
    ({"width": 800, "height": 600}, "800x600"),
    ({"width": 800, "height": 600, "fit": "cover"}, "800x600 cover"),
    ({"w": "800", "h": 600, "mode": "fit"}, "800x600"),
]


@pytest.mark.parametrize(("sent", "meant"), SPELLINGS, ids=str)
def test_spellings_of_a_size_to_deliver_are_taken(sent: object, meant: str) -> None:
    request = parse(GenerateArguments, {"prompt": "a fox", "deliver": sent}).to_request()
    assert request.deliver == DeliverySize.parse(meant)
    assert str(request.deliver) == meant


@pytest.mark.parametrize(
    ("sent", "near"),
    [
        ("800", "800x600"),
        ("huge", "Smaller copy"),
        ("800x600 stretch", "Did you mean 800x600?"),
        ("800x600 fit cover", "Did you mean 800x600?"),
        ({"width": 800}, "Smaller copy"),
        ("0x600", "Use WIDTHxHEIGHT"),
    ],
    ids=str,
)
def test_other_texts_are_refused_with_what_is_near(sent: object, near: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        parse(GenerateArguments, {"prompt": "a fox", "deliver": sent}).to_request()
    assert raised.value.field == "deliver"
    assert near in raised.value.hint


@pytest.mark.parametrize(
    ("image", "asked", "size", "reached"),
    [
        ("1536x1024", "800x600", "800x533", True),
        ("1536x1024", "800x600 cover", "800x600", True),
        ("1024x1536", "800x600", "400x600", True),
        ("1024x1024", "1024x1024 cover", "1024x1024", True),
        ("1024x1024", "2000x1024", "1024x1024", True),
        ("1024x1024", "2000x2000", "1024x1024", False),
        ("1024x1024", "2000x2000 cover", "1024x1024", False),
        ("1024x1024", "4000x1000 cover", "1024x256", False),
        ("1024x1024", "1x1000 cover", "1x1000", True),
        ("1536x1024", "1x9000", "1x1", True),
    ],
)
def test_nothing_is_enlarged(image: str, asked: str, size: str, reached: bool) -> None:
    original, deliver = Dimensions.parse(image), DeliverySize.parse(asked)
    assert str(deliver.size_of(original)) == size
    assert deliver.is_reached_by(original) is reached


def entry(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of the only image; the original is as it was sent."""
    [image] = facts["images"]
    assert (image["width"], image["height"], image["bytes"]) == (1024, 1024, len(PHOTO.data))
    assert isinstance(image, dict)
    return image


def is_jpeg_of(size: str, rendition: Mapping[str, Any]) -> bool:
    made = Image(Path(rendition["path"]).read_bytes())
    return (made.format, str(made.dimensions)) == ("jpeg", size)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("tool", ["generate_image", "edit_image"])
async def test_the_copy_is_beside_the_original_and_costs_nothing(
    door: str, tool: str, doors: Doors
) -> None:
    image = {"images": [(await doors.new_image())["id"]]} if tool == "edit_image" else {}
    call = {"prompt": f"a {tool} at {door}", "format": "auto", **image}
    before = len(doors.provider.requests)
    for deliver, size in (("640x480", "480x480"), ("640x480 cover", "640x480")):
        answer = await doors.send(door, {**call, "deliver": deliver}, tool)
        assert answer.succeeded, answer.text
        rendition = entry(answer.facts)["rendition"]
        assert is_jpeg_of(size, rendition)
        is_first = deliver == "640x480"
        assert (answer.facts["servedFrom"] == "provider") is is_first
    [request] = doors.provider.requests[before:]
    assert (request.deliver, request.size) == (None, Dimensions(1024, 1024))


async def test_the_message_shows_the_copy_and_tells_its_size(doors: Doors) -> None:
    call = {"prompt": "a fox to see", "deliver": {"width": 300, "height": 200, "fit": "cover"}}
    result = await doors.client.call_tool("generate_image", call)
    [shown] = [block for block in result.content if isinstance(block, ImageContent)]
    assert str(Image(b64decode(shown.data)).dimensions) == "300x200"
    facts = result.structured_content or {}
    rendition = entry(facts)["rendition"]
    assert (rendition["format"], rendition["width"], rendition["height"]) == ("png", 300, 200)
    assert Path(entry(facts)["path"]).read_bytes() == PHOTO.data
    assert "300x200" in str(result.content[0])


async def test_get_image_delivers_any_size_of_an_earlier_image(doors: Doors) -> None:
    image = await doors.new_image("a fox for later")
    before = len(doors.provider.requests)
    for name in (image["id"], image["job"]):
        call = {"id": name, "deliver": "256x64 cover", "format": "jpeg"}
        answer = await doors.call("get_image", call)
        assert is_jpeg_of("256x64", entry(answer.facts)["rendition"])
    png = await doors.call("get_image", {"id": image["id"], "deliver": "256x64"})
    assert entry(png.facts)["rendition"]["format"] == "png"
    assert len(doors.provider.requests) == before


@pytest.mark.parametrize("deliver", ["4000x4000", "4000x3000 cover"])
async def test_an_image_that_is_too_small_says_so(doors: Doors, deliver: str) -> None:
    call = {"prompt": "a small fox", "deliver": deliver}
    answer = await doors.call("generate_image", call)
    note = f"deliver {deliver}: the image has 1024x1024 and is not enlarged"
    assert entry(answer.facts)["notes"] == [note]
    assert note in answer.text
    cut = entry(answer.facts).get("rendition")
    assert (cut["width"], cut["height"]) == (1024, 768) if cut else deliver == "4000x4000"


async def test_a_url_has_every_size_of_an_image(doors: Doors) -> None:
    image = await doors.new_image("a fox behind a URL")
    seen = {}
    for query, kind, size in (
        ("deliver=500x250", "image/png", "250x250"),
        ("deliver=500x250+cover", "image/png", "500x250"),
        ("deliver=500x250%20crop&format=jpeg", "image/jpeg", "500x250"),
        ("deliver=4000x4000", "image/png", "1024x1024"),
    ):
        reply = await doors.http.request("GET", f"/images/{image['id']}?{query}")
        assert (reply.status, reply.headers["content-type"]) == (200, kind), query
        assert str(Image(reply.body).dimensions) == size
        assert "immutable" in reply.headers["cache-control"]
        seen[reply.headers["etag"]] = size
    assert len(seen) == 4
    wrong = await doors.http.request("GET", f"/images/{image['id']}?deliver=huge")
    assert (wrong.status, wrong.problem["field"]) == (400, "deliver")


async def test_the_url_of_the_copy_is_in_the_answer(doors: Doors) -> None:
    call = {"prompt": "a fox with a URL", "deliver": "320x200 cover"}
    reply = await doors.http.post("/images", call)
    [image] = reply.json["images"]
    url = image["rendition"]["url"]
    assert url.endswith("?format=png&deliver=320x200+cover")
    copy = await doors.http.request("GET", "/images" + url.partition("/images")[2])
    assert str(Image(copy.body).dimensions) == "320x200"
    assert len(copy.body) == image["rendition"]["bytes"]


async def test_the_preview_of_a_cover_is_cut_as_well(tmp_path: Path) -> None:
    async with open_doors(tmp_path, photograph("png"), result_max_bytes=150_000) as doors:
        call = {"prompt": "a fox in a small message", "deliver": "1000x500 cover"}
        result = await doors.client.call_tool("generate_image", call)
        [shown] = [block for block in result.content if isinstance(block, ImageContent)]
        size = Image(b64decode(shown.data)).dimensions
        assert round(size.width / size.height, 1) == 2.0


def test_a_command_writes_the_copy_and_keeps_the_original(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "home"),
        "PROVIDER": "sketch",
        "OUTPUT_DIR": str(tmp_path / "images"),
        "DATA_DIR": str(tmp_path / "data"),
        "CACHE_DIR": str(tmp_path / "cache"),
    }
    options = ("--size", "landscape", "--deliver", "300x200 cover", "-o", str(tmp_path / "fox.jpg"))
    done = run(environment, "generate", "a fox", *options, "--json")
    [image] = json.loads(done.stdout)["images"]
    copy, original = (
        Image(Path(each).read_bytes()) for each in (tmp_path / "fox.jpg", image["path"])
    )
    assert (copy.format, str(copy.dimensions)) == ("jpeg", "300x200")
    assert str(original.dimensions) == "1536x1024"
