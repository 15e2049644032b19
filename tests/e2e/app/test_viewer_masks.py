"""A mask that is marked by mouse in the viewer arrives at the provider, pixel for pixel."""

from io import BytesIO
from pathlib import Path

import PIL.Image
import pytest

from tests.e2e.app.app_host import AppHost, open_app, shop
from tests.e2e.browser import needs_chromium
from tests.standin import StandIn

pytestmark = [pytest.mark.anyio, needs_chromium]
PROMPT = "A lighthouse at dawn"
SIZE = (1536, 1024)
FROM, TO = (0.25, 0.30), (0.60, 0.45)
"""The ends of the line, as shares of the image."""


async def mark(host: AppHost) -> None:
    """Draw one line with the brush; the image fills the width or the height of its stage."""
    stage = host.app.locator("mask-painter .stage")
    await stage.wait_for()
    await host.app.locator("mask-painter canvas").wait_for()
    box = await stage.bounding_box()
    assert box
    scale = min(box["width"] / SIZE[0], box["height"] / SIZE[1])
    left = box["x"] + (box["width"] - SIZE[0] * scale) / 2
    top = box["y"] + (box["height"] - SIZE[1] * scale) / 2
    ends = [(left + x * SIZE[0] * scale, top + y * SIZE[1] * scale) for x, y in (FROM, TO)]
    await host.page.mouse.move(*ends[0])
    await host.page.mouse.down()
    await host.page.mouse.move(*ends[1], steps=12)
    await host.page.mouse.up()
    await host.app.get_by_text("of the image may change.").wait_for()


async def test_a_mask_by_mouse_has_the_right_transparent_pixels_upstream(
    tmp_path: Path, openai_api: StandIn
) -> None:
    async with shop(tmp_path, openai_api) as (browser, client), open_app(browser, client) as host:
        call = {"prompt": PROMPT, "size": "1536x1024"}
        made = await host.run("generate_image", call)
        image = made["structuredContent"]["images"][0]["id"]
        await host.app.get_by_role("button", name="Edit", exact=True).click()
        await mark(host)
        await host.app.get_by_label("What should change?").fill("Add a flock of gulls")
        await host.app.get_by_role("button", name="Ask for the edit").click()
        await host.app.locator(".editor").get_by_text("Sent to the chat.").wait_for()
        chosen = (await host.seen("contexts"))[-1]["structuredContent"]
        (message,) = await host.seen("messages")
        edit = {"prompt": "Add a flock of gulls", "images": [image], "mask": chosen["maskId"]}
        assert not (await client.call_tool("edit_image", edit)).is_error
    words = message["content"][0]["text"]
    assert chosen["imageId"] == image
    assert image in words
    assert chosen["maskId"] in words
    (upload,) = (file for file in openai_api.posts[-1].files if file.field == "mask")
    check_pixels(upload.data)


def check_pixels(png: bytes) -> None:
    """The line is transparent, and whatever is away from it is opaque."""
    mask = PIL.Image.open(BytesIO(png)).convert("RGBA")
    assert mask.size == SIZE
    alpha = mask.getchannel("A")
    for share in (0, 0.25, 0.5, 0.75, 1):
        x, y = (
            round((start + (end - start) * share) * side)
            for start, end, side in zip(FROM, TO, SIZE, strict=True)
        )
        assert alpha.getpixel((x, y)) == 0, (x, y)
    for x, y in ((10, 10), (SIZE[0] - 10, 10), (400, 900), (1400, 900), (1200, 200)):
        assert alpha.getpixel((x, y)) == 255, (x, y)
    left, top, right, bottom = alpha.point(lambda value: 255 - value).getbbox() or (0, 0, 0, 0)
    assert FROM[0] * SIZE[0] - 200 < left < FROM[0] * SIZE[0]
    assert TO[0] * SIZE[0] < right < TO[0] * SIZE[0] + 200
    assert FROM[1] * SIZE[1] - 200 < top < FROM[1] * SIZE[1]
    assert TO[1] * SIZE[1] < bottom < TO[1] * SIZE[1] + 200


async def test_a_refused_mask_says_why_and_an_edit_needs_words(
    tmp_path: Path, openai_api: StandIn
) -> None:
    refused = frozenset({"save_mask"})
    async with (
        shop(tmp_path, openai_api) as (browser, client),
        open_app(browser, client, refused=refused) as host,
    ):
        await host.run("generate_image", {"prompt": PROMPT, "size": "1536x1024"})
        await host.app.get_by_role("button", name="Edit", exact=True).click()
        await mark(host)
        send = host.app.get_by_role("button", name="Ask for the edit")
        await send.click()
        await host.app.get_by_text("Say what should change.").wait_for()
        await host.app.get_by_label("What should change?").fill("Add gulls")
        await send.click()
        await host.app.get_by_text("save_mask is not supported").wait_for()
        assert await host.seen("messages") == []
        await host.page.keyboard.press("Escape")
        await host.app.get_by_role("img", name=PROMPT, exact=True).wait_for()
