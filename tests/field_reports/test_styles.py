"""A style that a series of calls shares, through every door."""

from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.requests import EditRequest, GenerateRequest
from tests.e2e.asgi_client import asgi_client
from tests.e2e.transports import settings_for
from tests.field_reports.argument_doors import DOORS, Doors, open_doors
from tests.field_reports.edits import Editor
from tests.standin import StandIn
from tests.testkit.fakes import small_image

pytestmark = pytest.mark.anyio

WORDS = 'text = "black ink on cream paper"\npalette = ["#1a1a1a", "#f4ead5"]\n'
REFERENCE = small_image("black", (64, 64))
CREAM = small_image("wheat", (64, 64))


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    async with open_doors(tmp_path) as opened:
        yield opened


@pytest.fixture
def styles(doors: Doors) -> Path:
    """The folder of styles, with the style `ink` and a reference image that it does not name."""
    folder = doors.http.container.settings().presets_folder / "styles"
    folder.mkdir(parents=True)
    (folder / "ink.toml").write_text(WORDS, encoding="utf-8")
    (folder / "ink.png").write_bytes(REFERENCE.data)
    return folder


def name_references(styles: Path, *names: str) -> None:
    listed = ", ".join(f'"{name}"' for name in names)
    (styles / "ink.toml").write_text(f"{WORDS}references = [{listed}]", encoding="utf-8")


@pytest.mark.usefixtures("styles")
@pytest.mark.parametrize("door", DOORS)
async def test_the_text_and_the_palette_of_a_style_follow_the_prompt(
    door: str, doors: Doors
) -> None:
    assert (await doors.send(door, {"prompt": "a fox", "style": "Ink"})).succeeded
    request = doors.provider.requests[-1]
    assert isinstance(request, GenerateRequest)
    assert request.prompt == (
        "a fox\n\nStyle: black ink on cream paper\nPalette: mainly these colors: #1A1A1A, #F4EAD5."
    )


@pytest.mark.parametrize("door", DOORS)
async def test_reference_images_make_a_new_image_an_edit(
    door: str, doors: Doors, styles: Path
) -> None:
    name_references(styles, "ink.png")
    answer = await doors.send(door, {"prompt": "a fox", "style": "ink", "size": "1536x1024"})
    assert answer.succeeded
    request = doors.provider.requests[-1]
    assert isinstance(request, EditRequest)
    assert request.images == (REFERENCE,)
    assert str(request.size) == "1536x1024"
    assert "The last input image shows the style only" in request.prompt
    if door == "mcp":
        assert "The style ink was added: its text, 2 colors, 1 reference image." in answer.text


async def test_reference_images_come_after_the_callers_images(doors: Doors, styles: Path) -> None:
    stored = await doors.new_image()
    name_references(styles, "ink.png", stored["id"], stored["id"][:12])
    own = b64encode(CREAM.data).decode()
    call = {"prompt": "in winter", "images": [own], "style": "ink"}
    assert (await doors.call("edit_image", call)).succeeded
    assert doors.edited[:2] == (CREAM, REFERENCE)
    assert [image.id for image in doors.edited[2:]] == [stored["id"]] * 2
    assert "The last 3 input images show the style only" in doors.provider.requests[-1].prompt


async def test_an_equal_call_is_cached_until_the_style_changes(doors: Doors, styles: Path) -> None:
    name_references(styles, "ink.png")
    call = {"prompt": "a fox", "style": "ink"}

    async def calls() -> int:
        assert (await doors.call("generate_image", call)).succeeded
        return len(doors.provider.requests)

    assert [await calls(), await calls()] == [1, 1]
    (styles / "ink.png").write_bytes(CREAM.data)
    assert [await calls(), await calls()] == [2, 2]
    (styles / "ink.toml").write_text('text = "charcoal"', encoding="utf-8")
    assert [await calls(), await calls()] == [3, 3]


async def test_a_repeated_key_means_the_same_request_whatever_became_of_the_style(
    doors: Doors, styles: Path
) -> None:
    body, key = {"prompt": "a fox", "style": "ink"}, {"Idempotency-Key": "k-1"}
    first = await doors.http.post("/images", body, **key)
    (styles / "ink.toml").write_text('text = "charcoal"', encoding="utf-8")
    again = await doors.http.post("/images", body, **key)
    assert (first.status, again.status) == (201, 201)
    assert again.json["images"][0]["id"] == first.json["images"][0]["id"]
    assert len(doors.provider.requests) == 1
    other = await doors.http.post("/images", {**body, "style": ""}, **key)
    assert other.problem["code"] == "key_reused"


async def test_the_recipe_is_the_call_with_the_style(doors: Doors, styles: Path) -> None:
    name_references(styles, "ink.png")
    call = {"prompt": "a fox", "style": "ink", "model": "gpt-image-2.6-flare"}
    made = (await doors.http.post("/images", call)).json["images"][0]["id"]
    found = (await doors.http.request("GET", f"/images/{made}/recipe")).json
    assert (found["tool"], found["arguments"], found["complete"]) == ("generate_image", call, True)
    assert "The style ink counts as it is now" in found["notes"][0]
    again = await doors.http.post("/images", found["arguments"])
    assert again.json["servedFrom"] == "memory"
    edit = {**call, "images": [made], "size": "1024x1024"}
    edited = (await doors.http.post("/images", edit)).json["images"][0]["id"]
    found = (await doors.http.request("GET", f"/images/{edited}/recipe")).json
    assert (found["tool"], found["arguments"], found["complete"]) == ("edit_image", edit, True)


@pytest.mark.parametrize("door", DOORS)
async def test_the_style_of_older_clients_is_told_as_before(door: str, doors: Doors) -> None:
    answer = await doors.send(door, {"prompt": "a fox", "style": "vivid"})
    assert not answer.succeeded
    assert answer.fields == {"style"}
    text = answer.text + str(answer.facts)
    assert "Describe the style in the prompt." in text
    assert doors.provider.requests == []


@pytest.mark.parametrize("door", DOORS)
async def test_an_unknown_style_is_refused_with_the_names_that_exist(
    door: str, doors: Doors, styles: Path
) -> None:
    for name in ("nik", "../ink", "oil"):
        answer = await doors.send(door, {"prompt": "a fox", "style": name})
        assert answer.fields == {"style"}
        assert "Known styles: ink." in answer.text + str(answer.facts)
        assert str(styles) not in answer.text + str(answer.facts)
    assert doors.provider.requests == []


@pytest.mark.parametrize(
    ("references", "reason"),
    [
        (("gone.png",), "styles/ink.toml: references: there is no file gone.png beside it"),
        (("img_" + "0" * 32,), "cannot be used: No image with ID"),
        (("img_00000000",), "cannot be used: No image with ID img_00000000"),
        (("text.png",), "style: "),
    ],
)
async def test_a_style_that_cannot_be_used_is_refused_before_anything_is_sent(
    references: tuple[str, ...], reason: str, doors: Doors, styles: Path
) -> None:
    (styles / "text.png").write_text("no image", encoding="utf-8")
    name_references(styles, *references)
    answer = await doors.call("generate_image", {"prompt": "a fox", "style": "ink"})
    assert not answer.succeeded
    assert answer.fields == {"style"}
    assert reason in answer.text
    assert "Nothing was charged" in answer.text
    assert doors.provider.requests == []


async def test_what_a_style_adds_counts_for_the_limits(doors: Doors, styles: Path) -> None:
    name_references(styles, "ink.png")
    own = b64encode(CREAM.data).decode()
    many = {"prompt": "x", "images": [own] * 16, "style": "ink"}
    answer = await doors.call("edit_image", many)
    assert answer.fields == {"images"}
    assert "With the reference images of the style ink, the request has 17" in answer.text
    answer = await doors.call("generate_image", {"prompt": "x" * 31_999, "style": "ink"})
    assert answer.fields == {"prompt"}
    assert "With the style ink, the prompt has" in answer.text
    assert doors.provider.requests == []


async def test_the_provider_gets_an_edit_with_the_reference_image_last(
    openai_api: StandIn, tmp_path: Path
) -> None:
    settings = settings_for(openai_api, tmp_path)
    styles = settings.presets_folder / "styles"
    styles.mkdir(parents=True)
    (styles / "ink.png").write_bytes(REFERENCE.data)
    name_references(styles, "ink.png")
    async with asgi_client(settings) as client:
        editor = Editor(api=openai_api, client=client)
        reply = await client.post("/images", {"prompt": "a fox", "style": "ink", "quality": "low"})
        assert reply.status == 201
        editor.calls = list(openai_api.posts)
        assert [call.path for call in editor.calls] == ["/v1/images/edits"]
        assert [file.data for file in editor.uploads()] == [REFERENCE.data]
        assert (await editor.edit(CREAM.data, style="ink")).status == 201
        assert [file.data for file in editor.uploads()] == [CREAM.data, REFERENCE.data]
