"""`<image-view>`: a preview at once, then the full pixels; zoom, before and after, download."""

from typing import TYPE_CHECKING

import pytest

from tests.e2e.browser import needs_chromium
from tests.frontend.samples import wait_for_images
from tests.frontend.stage import open_stage, show

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = [pytest.mark.anyio, needs_chromium]
PREVIEW = "/landscape.png?w=128&h=128"
FULL = "/landscape.png?w=1024&h=1024"
SUPPLY = """(e, [url, fails]) => {
  window.asked = 0;
  e.full = async () => {
    window.asked += 1;
    await new Promise((done) => setTimeout(done, 20));
    if (fails && window.asked === 1) throw new Error("gone");
    return url;
  };
}"""
DOWNLOADED = """() => new Promise((done) => {
  const look = () =>
    window.events.some(([type]) => type === "image-download") ? done() : setTimeout(look, 20);
  look();
})"""
RECORD = """(e) => {
  window.events = [];
  for (const type of ["image-full", "image-error", "image-download"])
    e.addEventListener(type, (event) => {
      window.events.push([type, event.detail]);
      if (type === "image-download") event.preventDefault();
    });
}"""


async def shown(page: "Page") -> None:
    await show(page, "image-view", preview=PREVIEW, alt="Hills", filename="hills.png")
    await page.locator("image-view").evaluate(RECORD)
    await wait_for_images(page, "image-view")


async def test_the_preview_is_shown_until_the_full_image_is_decoded(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        await shown(page)
        assert await page.get_by_role("img", name="Hills").get_attribute("src") == PREVIEW
        await page.locator("image-view").evaluate("(e, url) => e.setAttribute('src', url)", FULL)
        await page.get_by_text("1024 × 1024").wait_for()
        assert await page.get_by_role("img", name="Hills").get_attribute("src") == FULL
        events = await page.evaluate("window.events")
    assert events == [["image-full", {"width": 1024, "height": 1024}]]


async def test_zooming_in_asks_for_the_full_image_once(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        await shown(page)
        await page.locator("image-view").evaluate(SUPPLY, [FULL, False])
        await page.get_by_role("button", name="Zoom in").evaluate(
            "(e) => { e.click(); e.click(); e.click(); }"
        )
        await page.get_by_text("1024 × 1024").wait_for()
        assert await page.evaluate("window.asked") == 1


async def test_a_full_image_that_fails_can_be_asked_for_again(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        await shown(page)
        await page.locator("image-view").evaluate(SUPPLY, [FULL, True])
        await page.get_by_role("button", name="Load full size").click()
        again = page.get_by_role("button", name="Try again")
        await again.wait_for()
        assert await page.get_by_role("img", name="Hills").get_attribute("src") == PREVIEW
        await again.click()
        await page.get_by_text("1024 × 1024").wait_for()
        events = await page.evaluate("window.events")
    assert [name for name, _ in events] == ["image-error", "image-full"]


async def test_a_missing_image_says_so(browser: "Browser") -> None:
    async with open_stage(browser, may_fail=("404",)) as page:
        await shown(page)
        await page.locator("image-view").evaluate("(e) => e.setAttribute('src', '/gone.png')")
        await page.get_by_text("The full image could not be loaded.").wait_for()


async def test_download_offers_the_full_image_to_the_host(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        await shown(page)
        await page.locator("image-view").evaluate(SUPPLY, [FULL, False])
        await page.get_by_role("button", name="Download").click()
        await page.evaluate(DOWNLOADED)
        events = dict(await page.evaluate("window.events"))
    assert events["image-download"] == {"url": FULL, "filename": "hills.png"}


async def test_keys_zoom_and_pan(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        await shown(page)
        await page.get_by_role("group", name="Image.").focus()
        transform = "e => e.shadowRoot.querySelector('img.shown').style.transform"
        fitted = await page.locator("image-view").evaluate(transform)
        await page.keyboard.press("+")
        zoomed = await page.locator("image-view").evaluate(transform)
        await page.keyboard.press("ArrowRight")
        panned = await page.locator("image-view").evaluate(transform)
        await page.keyboard.press("0")
        assert len({fitted, zoomed, panned}) == 3
        assert await page.locator("image-view").evaluate(transform) == fitted


async def test_the_slider_moves_by_mouse_and_by_keys(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        await shown(page)
        await page.locator("image-view").evaluate(
            "(e, url) => e.setAttribute('before', url)", PREVIEW
        )
        slider = page.get_by_role("slider", name="Before and after")
        box, stage = await slider.bounding_box(), await page.locator("image-view").bounding_box()
        assert box is not None
        assert stage is not None
        await page.mouse.move(box["x"] + 22, box["y"] + 100)
        await page.mouse.down()
        await page.mouse.move(stage["x"] + stage["width"] / 4, box["y"] + 100)
        await page.mouse.up()
        assert await slider.get_attribute("aria-valuenow") == "25"
        await slider.focus()
        await page.keyboard.press("ArrowRight")
        assert await slider.get_attribute("aria-valuenow") == "27"
        await page.keyboard.press("End")
        assert await slider.get_attribute("aria-valuetext") == "100 percent before"
