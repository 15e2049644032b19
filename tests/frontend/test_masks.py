"""`<mask-painter>`: what is drawn is transparent in the PNG, and the PNG is what is shown."""

from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.e2e.browser import needs_chromium
from tests.frontend.stage import open_stage, show

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator, Page

pytestmark = [pytest.mark.anyio, needs_chromium]
SIZE = (300, 200)
SENT = """async (element) => {
  const reader = new FileReader();
  reader.readAsDataURL(await element.toBlob());
  await new Promise((done) => (reader.onload = done));
  return reader.result.split(",")[1];
}"""
LOAD = """async (element, text) => {
  const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
  await element.load(new Blob([bytes], { type: "image/png" }));
}"""
SHOWN = """(element) => {
  const canvas = element.shadowRoot.querySelector("canvas");
  return canvas.toDataURL("image/png").split(",")[1];
}"""


async def open_masking(page: "Page") -> "Locator":
    """A mask painter of 300 × 200 pixels, one of the screen for each."""
    await show(page, "mask-painter", src="/landscape.png?w=300&h=200")
    await page.get_by_text("Brush over what may change.").wait_for()
    await page.get_by_role("button", name="Zoom").first.wait_for()
    await page.evaluate(
        """() => {
          window.changes = [];
          document.addEventListener("mask-change", ({ detail }) =>
            window.changes.push(detail.empty));
        }"""
    )
    return page.locator("mask-painter")


async def drag(page: "Page", *points: tuple[float, float]) -> None:
    """Draw a line between shares of the stage's width and height."""
    box = await page.locator("mask-painter .stage").bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    await page.mouse.move(*places[0])
    await page.mouse.down()
    for place in places[1:]:
        await page.mouse.move(*place, steps=4)
    await page.mouse.up()


async def sent(element: "Locator") -> Image.Image:
    return Image.open(BytesIO(b64decode(await element.evaluate(SENT))))


def alpha(image: Image.Image, x: float, y: float) -> int:
    """The alpha at this share of the width and height."""
    return level(image.getchannel("A"), x, y)


def level(image: Image.Image, x: float, y: float) -> int:
    """The value of an image with one channel at this share of its width and height."""
    return image.tobytes()[int(y * image.height) * image.width + int(x * image.width)]


async def test_what_is_drawn_is_transparent_in_a_png_of_the_images_size(
    browser: "Browser",
) -> None:
    async with open_stage(browser) as page:
        element = await open_masking(page)
        await drag(page, (0.2, 0.5), (0.8, 0.5))
        mask = await sent(element)
        assert await page.evaluate("window.changes") == [False]
        assert "of the image may change" in await page.get_by_role("status").inner_text()
    assert (mask.format, mask.mode, mask.size) == ("PNG", "RGBA", SIZE)
    assert [alpha(mask, x, 0.5) for x in (0.2, 0.5, 0.8)] == [0, 0, 0]
    assert [alpha(mask, x, y) for x, y in ((0.5, 0.1), (0.02, 0.5), (0.5, 0.9))] == [255] * 3


async def test_the_declared_size_wins_over_that_of_a_preview(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        await show(page, "mask-painter", src="/landscape.png?w=300&h=200", width=3000, height=2000)
        await page.get_by_text("Brush over what may change.").wait_for()
        await drag(page, (0.2, 0.5), (0.8, 0.5))
        mask = await sent(page.locator("mask-painter"))
    assert mask.size == (3000, 2000)
    assert (alpha(mask, 0.5, 0.5), alpha(mask, 0.5, 0.1)) == (0, 255)


async def test_the_view_of_the_png_is_the_png(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        element = await open_masking(page)
        await drag(page, (0.2, 0.5), (0.8, 0.5))
        await page.get_by_role("slider", name="Feather").fill("12")
        await page.get_by_role("button", name="Mask PNG").click()
        await page.get_by_text("PNG, 300 × 200").wait_for()
        await page.wait_for_timeout(100)  # one frame later it is drawn
        mask = await sent(element)
        seen = Image.open(BytesIO(b64decode(await element.evaluate(SHOWN)))).convert("L")
    for x in (0.1, 0.3, 0.5, 0.7, 0.9):
        for y in (0.1, 0.3, 0.4, 0.5, 0.9):
            clear = 1 - alpha(mask, x, y) / 255  # black covers a light checkerboard
            shown = level(seen, x, y)
            assert clear * 200 - 25 <= shown <= clear * 255 + 25, (x, y)


async def test_the_eraser_and_the_history(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        element = await open_masking(page)
        await drag(page, (0.2, 0.5), (0.8, 0.5))
        await page.keyboard.press("e")
        assert await page.get_by_role("button", name="Eraser", pressed=True).is_visible()
        await drag(page, (0.5, 0.4), (0.5, 0.6))
        erased = await sent(element)
        await page.keyboard.press("Control+z")
        undone = await sent(element)
        await page.keyboard.press("Control+z")
        empty = await element.evaluate("(e) => e.empty")
        await page.keyboard.press("Control+Shift+z")
        await page.get_by_role("button", name="Redo").click()
        again = await sent(element)
    assert [alpha(image, 0.5, 0.5) for image in (erased, undone, again)] == [255, 0, 255]
    assert empty
    assert again.tobytes() == erased.tobytes()


async def test_invert_and_clear(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        element = await open_masking(page)
        await drag(page, (0.2, 0.5), (0.8, 0.5))
        drawn = (await sent(element)).getchannel("A")
        await page.get_by_role("button", name="Invert").click()
        inverted = (await sent(element)).getchannel("A")
        await page.get_by_role("button", name="Clear").click()
        cleared = await sent(element)
        await page.get_by_role("button", name="Undo").click()
        undone = (await sent(element)).getchannel("A")
        assert await page.evaluate("window.changes") == [False, False, True, False]
    assert inverted.tobytes() == bytes(255 - value for value in drawn.tobytes())
    assert cleared.getchannel("A").getextrema() == (255, 255)
    assert undone.tobytes() == inverted.tobytes()


async def test_feather_makes_the_edge_soft_and_can_be_taken_back(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        element = await open_masking(page)
        await page.keyboard.press("Shift+Tab")
        await drag(page, (0.2, 0.5), (0.8, 0.5))
        hard = (await sent(element)).getchannel("A")
        await page.get_by_role("slider", name="Feather").fill("6")
        soft = (await sent(element)).getchannel("A")
        await page.get_by_role("slider", name="Feather").fill("0")
        again = (await sent(element)).getchannel("A")
    levels = sum(0 < value < 255 for value in soft.tobytes())
    assert levels > 5 * sum(0 < value < 255 for value in hard.tobytes())
    assert abs(sum(soft.tobytes()) - sum(hard.tobytes())) < 0.01 * sum(hard.tobytes())
    assert again.tobytes() == hard.tobytes()


def png(image: Image.Image) -> str:
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return b64encode(buffer.getvalue()).decode()


def mask_file(mode: str) -> Image.Image:
    """The left half may change: transparent, or white in a mask without alpha."""
    if mode == "RGBA":
        image = Image.new("RGBA", SIZE, (9, 99, 9, 255))
        image.paste((0, 0, 0, 0), (0, 0, 150, 200))
        return image
    image = Image.new("L", SIZE, 0)
    image.paste(255, (0, 0, 150, 200))
    return image


@pytest.mark.parametrize("mode", ["RGBA", "L"])
@pytest.mark.parametrize("scale", [1, 2])
async def test_a_mask_is_loaded(mode: str, scale: int, browser: "Browser") -> None:
    file = mask_file(mode)
    async with open_stage(browser) as page:
        element = await open_masking(page)
        await element.evaluate(LOAD, png(file.resize((SIZE[0] * scale, SIZE[1] * scale))))
        mask = await sent(element)
        await page.get_by_role("button", name="Undo").click()
        assert await element.evaluate("(e) => e.empty")
    assert mask.size == SIZE
    assert [alpha(mask, x, 0.5) for x in (0.1, 0.45, 0.55, 0.9)] == [0, 0, 255, 255]


async def test_what_was_sent_loads_as_it_was(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        element = await open_masking(page)
        await drag(page, (0.2, 0.3), (0.8, 0.6))
        text = await element.evaluate(SENT)
        await element.evaluate("(e) => e.clear()")
        await element.evaluate(LOAD, text)
        assert await element.evaluate(SENT) == text


async def test_a_file_that_is_no_image_says_so(browser: "Browser", tmp_path: Path) -> None:
    file = tmp_path / "notes.png"
    file.write_bytes(b"not an image")
    async with open_stage(browser) as page:
        await open_masking(page)
        await page.locator("mask-painter input[type=file]").set_input_files(file)
        await page.get_by_text("This file is not an image that the browser can read.").wait_for()


async def test_keys_alone_draw_a_mask(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        element = await open_masking(page)
        size = page.locator("mask-painter label .numbers").first
        await page.get_by_role("application").focus()
        before = await size.inner_text()
        await page.keyboard.press("]")
        larger = await size.inner_text()
        await page.keyboard.press("[")
        assert int(larger.split()[0]) > int(before.split()[0])
        assert abs(int((await size.inner_text()).split()[0]) - int(before.split()[0])) <= 1
        await page.keyboard.press("Space")
        for _ in range(8):
            await page.keyboard.press("Shift+ArrowRight")
        await page.keyboard.press("Space")
        mask = await sent(element)
        await page.keyboard.press("Control+z")
        assert await element.evaluate("(e) => e.empty")
        await page.keyboard.press("Enter")
        assert not await element.evaluate("(e) => e.empty")
    assert [alpha(mask, x, 0.5) for x in (0.4, 0.55, 0.9)] == [255, 0, 0]


async def test_zooming_draws_where_the_pointer_is(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        element = await open_masking(page)
        await page.get_by_role("application").focus()
        for _ in range(4):
            await page.keyboard.press("+")
        await drag(page, (0.5, 0.5), (0.52, 0.5))
        mask = await sent(element)
        await page.get_by_role("button", name="Fit", exact=True).click()
        assert alpha(mask, 0.5, 0.5) == 0
        assert alpha(mask, 0.3, 0.5) == 255


async def test_one_finger_draws_and_two_zoom(browser: "Browser") -> None:
    async with open_stage(browser, width=400, touch=True) as page:
        element = await open_masking(page)
        box = await page.locator("mask-painter .stage").bounding_box()
        assert box is not None
        client = await page.context.new_cdp_session(page)

        async def touch(kind: str, *points: tuple[float, float]) -> None:
            places = [
                {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"], "id": at}
                for at, (x, y) in enumerate(points)
            ]
            await client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

        await touch("touchStart", (0.2, 0.5))
        await touch("touchMove", (0.5, 0.5))
        await touch("touchMove", (0.8, 0.5))
        await touch("touchEnd")
        drawn = await element.evaluate(SENT)
        fitted = await page.get_by_role("button", name="Zoom", exact=False).nth(1).inner_text()
        await touch("touchStart", (0.4, 0.2))
        await touch("touchStart", (0.4, 0.2), (0.6, 0.2))
        for spread in (0.15, 0.2, 0.25, 0.3):
            await touch("touchMove", (0.5 - spread, 0.2), (0.5 + spread, 0.2))
        await touch("touchEnd")
        zoomed = await page.get_by_role("button", name="Zoom", exact=False).nth(1).inner_text()
        assert await element.evaluate(SENT) == drawn
    mask = Image.open(BytesIO(b64decode(drawn)))
    assert [alpha(mask, x, 0.5) for x in (0.2, 0.5, 0.8)] == [0, 0, 0]
    assert int(zoomed.rstrip("%")) > 1.5 * int(fitted.rstrip("%"))
