"""One conversation of a user with their images: the official client over stdio, in both eras.

The same script runs with the Images API and in responses mode. All bytes in both directions are
recorded on their way, outside both programs, and judged at the end.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from entrypoints.config.settings import Settings
from tests.e2e.every_tool import facts_of, text_of
from tests.e2e.host import SERVER
from tests.e2e.prompt_calls import call_of
from tests.e2e.resource_clients import image_in, read, read_chunks
from tests.standin import StandIn
from tests.testkit.fakes import small_image

pytestmark = pytest.mark.anyio
PHOTO = small_image("teal", (96, 64), "JPEG")
HOLIDAY = {"conversationId": "holiday", "useContext": True}
CAP = Settings.model_fields["result_max_bytes"].default
RECORDED = 'tee "$1" | "$0" | tee "$2"'
"""A shell's command that copies what goes in and out of the server to two files."""
NEW = ["photo", "id", "fresh", "begin", "last", "preset"]
"""The steps that the provider is asked to do."""
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{200,}")


@dataclass
class Desk:
    """The client, and what all calls answered."""

    client: Client | None = None
    told: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    async def call(self, step: str, tool: str, **arguments: object) -> str:
        """Call a tool, which must succeed; its first image's ID."""
        assert self.client is not None
        result = await self.client.call_tool(tool, arguments)
        self.told[step] = facts_of(result)
        self.texts[step] = text_of(result)
        return str(self.image(step)["id"])

    def image(self, step: str) -> Mapping[str, Any]:
        """The first image of a step's answer."""
        first: Mapping[str, Any] = self.told[step]["images"][0]
        return first

    def file(self, step: str) -> bytes:
        """The bytes on disk of that image."""
        return Path(self.image(step)["path"]).read_bytes()


@pytest.mark.parametrize("mode", ["images", "responses"])
@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_a_user_edits_varies_finds_and_saves_images_without_any_base64(
    openai_api: StandIn,
    environment: dict[str, str],
    tmp_path: Path,
    mode: str,
    era: Any,  # noqa: ANN401 - the SDK's literal
) -> None:
    desk, photos = Desk(), tmp_path / "photos"
    photos.mkdir()
    (photos / "beach.jpg").write_bytes(PHOTO.data)
    settings = {**environment, "API_MODE": mode, "INPUT_ROOTS": str(photos)}
    logs = [str(tmp_path / name) for name in ("sent", "received")]
    server = StdioServerParameters(
        command="/bin/sh", args=["-c", RECORDED, SERVER, *logs], env=settings, cwd="/"
    )
    async with Client(stdio_client(server), mode=era) as desk.client:
        await edit_and_vary(desk, photos / "beach.jpg")
        await find_and_save(desk)
    check_what_was_sent(desk, openai_api, mode)
    check_costs(desk, openai_api, mode)
    check_traffic(*map(Path, logs))


async def edit_and_vary(desk: Desk, photo: Path) -> None:
    """The steps that make images."""
    first = await desk.call(
        "photo", "edit_image", prompt="a beach", images=[str(photo)], size="1024x1024"
    )
    by_id = {"prompt": "add a kite", "images": [first], "size": "1536x1024"}
    second = await desk.call("id", "edit_image", **by_id)
    assert await desk.call("again", "edit_image", **by_id) == second
    assert await desk.call("fresh", "edit_image", **by_id, fresh=True) != second
    at_night = {"prompt": "at night", "images": [second], "size": "1024x1536"}
    await desk.call("begin", "edit_image", **at_night, **HOLIDAY)
    await desk.call("last", "edit_image", prompt="with stars", **HOLIDAY)
    assert desk.client is not None
    filled_in = await desk.client.get_prompt("logo", {"name": "Northwind"})
    tool, arguments = call_of(filled_in)
    await desk.call("preset", tool, **arguments)


async def find_and_save(desk: Desk) -> None:
    """The steps that look for an image, show it, and read all of its bytes."""
    client = desk.client
    assert client is not None
    wanted = desk.image("last")["id"]
    assert await desk.call("search", "list_images", search="with stars") == wanted
    assert [image["id"] for image in desk.told["search"]["images"]] == [wanted]
    shown = await client.call_tool("get_image", {"id": wanted})
    assert facts_of(shown)["images"][0]["id"] == wanted
    assert any(part.type == "image" for part in shown.content), text_of(shown)
    assert await read_chunks(client, wanted) == desk.file("last")
    (thumb,) = await read(client, f"image://{wanted}/thumb")
    assert image_in(thumb).dimensions.width <= 256


def check_what_was_sent(desk: Desk, api: StandIn, mode: str) -> None:
    """Each request had the image that its step pointed at; only what was new was requested.

    The images have different sizes, so that none can be taken for another.
    """
    sent = dict(zip(NEW, api.posts, strict=True))
    edited = {"photo": PHOTO.data, "id": desk.file("photo"), "fresh": desk.file("photo")}
    edited["begin"] = desk.file("id")
    assert f"Edited {desk.image('begin')['id']}" in json.dumps(desk.told["last"])
    if mode == "images":
        edited["last"] = desk.file("begin")
    else:
        assert sent["last"].fields["previous_response_id"] == "resp_standin_4"
    found = {step: [pixels(file.data) for file in sent[step].files] for step in NEW}
    assert found == {step: [pixels(edited[step])] if step in edited else [] for step in NEW}


def pixels(data: bytes) -> tuple[tuple[int, int], str]:
    """The size of an image and the digest of its pixels: the server sends no metadata."""
    with PIL.Image.open(BytesIO(data)) as image:
        return image.size, sha256(image.convert("RGB").tobytes()).hexdigest()


def check_costs(desk: Desk, api: StandIn, mode: str) -> None:
    """What every answer says that it took is what the provider counted, to the last token."""
    for step, charge in zip(NEW, api.ledger, strict=True):
        counted, main = counts(charge.usage), counts(charge.mainline)
        tokens_of_main = {}
        if mode == "responses":
            tokens_of_main["mainlineIn"] = main["input_tokens"]
            tokens_of_main["mainlineOut"] = main["output_tokens"]
        assert desk.told[step]["usage"] == {
            "textIn": counted["text_tokens"],
            "imageIn": counted["image_tokens"],
            "out": counted["output_tokens"],
            **tokens_of_main,
        }
        assert desk.told[step]["costUsd"] == pytest.approx(cost(counted, main), abs=1e-9)
        if mode == "responses":
            tokens = f"{main['input_tokens']:,} input tokens and {main['output_tokens']} output"
            assert tokens in desk.texts[step]
    assert desk.told["again"]["costUsd"] == 0
    if mode == "responses":
        first, second = (counts(api.ledger[NEW.index(step)].mainline) for step in ("begin", "last"))
        assert second["input_tokens"] > first["input_tokens"], "the second turn has the first, too"
        assert second["cached_tokens"] > 0


def counts(usage: Mapping[str, Any]) -> dict[str, int]:
    """The numbers of a usage and of what its input consisted of."""
    return {**usage, **usage.get("input_tokens_details", {})}


def cost(image: Mapping[str, int], main: Mapping[str, int]) -> float:
    """US dollars by the published prices of gpt-image-2.6-flare and gpt-6-luna, per million."""
    millionths = 5 * image["text_tokens"] + 8 * image["image_tokens"] + 30 * image["output_tokens"]
    if not main:
        return millionths / 1e6
    cached = main["cached_tokens"]
    of_main = 0.10 * (main["input_tokens"] - cached) + 0.01 * cached + 0.5 * main["output_tokens"]
    return (millionths + of_main) / 1e6


def check_traffic(sent: Path, received: Path) -> None:
    """No image in what the client sent; no message of the server over the cap."""
    outgoing = [json.loads(line) for line in sent.read_bytes().splitlines()]
    calls = [message["params"] for message in outgoing if message.get("method") == "tools/call"]
    assert len(calls) == 9
    assert BASE64.findall(sent.read_text("utf-8")) == []
    sizes = [len(line) for line in received.read_bytes().splitlines()]
    assert len(sizes) >= len(calls)
    assert max(sizes) < CAP
