"""`<gallery-wall>`: ten thousand images scroll, with sixty in the document."""

from typing import TYPE_CHECKING

import pytest

from tests.e2e.browser import needs_chromium
from tests.frontend.samples import show_wall, wait_for_images
from tests.frontend.stage import open_stage

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = [pytest.mark.anyio, needs_chromium]
DOT = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
SCROLL = """async () => {
  const wall = document.querySelector("gallery-wall").shadowRoot;
  const frame = () => new Promise(requestAnimationFrame);
  let most = 0;
  for (let turn = 0; turn < 25; turn += 1) {
    window.scrollBy(0, 2500);
    await frame(); await frame();
    most = Math.max(most, wall.querySelectorAll("img").length);
  }
  return most;
}"""
FOCUSED = """() => {
  const item = document.querySelector("gallery-wall").shadowRoot.activeElement?.closest(".item");
  return item ? Number(item.ariaPosInSet) - 1 : null;
}"""
RECORD = """() => {
  window.events = [];
  for (const type of ["wall-open", "wall-delete"])
    document.addEventListener(type, (event) => window.events.push([type, event.detail.id]));
}"""


async def walled(page: "Page", most: int = 10_000) -> None:
    await show_wall(page, most=most, thumb=DOT)
    await wait_for_images(page, "gallery-wall")
    await page.evaluate(RECORD)


@pytest.mark.parametrize("width", [400, 1400, 2560])
async def test_no_more_than_sixty_images_are_in_the_document(
    width: int, browser: "Browser"
) -> None:
    height = width // 2 + 400
    async with open_stage(browser, width=width, height=height) as page:
        await walled(page)
        most = await page.evaluate(SCROLL)
        asked = await page.evaluate("window.asked.length")
        box = await page.locator("gallery-wall .item").last.bounding_box()
    assert 0 < most <= 60
    assert asked > 5
    assert box is not None
    assert box["y"] < 2 * height  # what is rendered is near what is seen


async def test_every_image_is_asked_for_once(browser: "Browser") -> None:
    async with open_stage(browser, width=1400) as page:
        await walled(page, most=600)
        await page.evaluate(SCROLL)
        asked = await page.evaluate("window.asked")
        last = page.get_by_role("button", name="599 ").first
        await last.wait_for()
        size = await page.get_by_role("listitem").last.evaluate("(e) => e.ariaSetSize")
    assert asked == [None, *(str(start) for start in range(60, 600, 60))]
    assert size == "600"


async def test_keys_walk_over_the_wall(browser: "Browser") -> None:
    async with open_stage(browser, width=1400) as page:
        await walled(page)
        await page.keyboard.press("Tab")
        assert await page.evaluate(FOCUSED) == 0
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("ArrowDown")
        below = await page.evaluate(FOCUSED)
        assert below > 4
        await page.keyboard.press("ArrowUp")
        assert await page.evaluate(FOCUSED) == 1
        await page.keyboard.press("Enter")
        await page.keyboard.press("End")
        assert await page.evaluate(FOCUSED) >= 59
        await page.keyboard.press("Delete")
        events = await page.evaluate("window.events")
        box = await page.locator("gallery-wall .open:focus").bounding_box()
    assert events[0] == ["wall-open", "img_1"]
    assert events[1][0] == "wall-delete"
    assert box is not None
    assert 0 <= box["y"] < 900


async def test_the_focus_stays_where_it_is_when_the_wall_scrolls(browser: "Browser") -> None:
    async with open_stage(browser, width=1400) as page:
        await walled(page)
        await page.keyboard.press("Tab")
        await page.keyboard.press("End")
        focused = await page.evaluate(FOCUSED)
        assert focused > 20
        for place in (0, 99_999, 0):
            await page.evaluate(
                """(place) => new Promise((done) => {
                  window.scrollTo(0, place);
                  requestAnimationFrame(() => requestAnimationFrame(done));
                })""",
                place,
            )
            assert await page.evaluate(FOCUSED) == focused
        images = await page.locator("gallery-wall img").count()
    assert images <= 60


async def test_a_removed_image_can_be_restored_and_the_focus_stays_on_the_wall(
    browser: "Browser",
) -> None:
    async with open_stage(browser, width=1400) as page:
        await walled(page)
        wall = page.locator("gallery-wall")
        await page.get_by_role("button", name="Delete 2 Blueprint").focus()
        await page.keyboard.press("Enter")
        assert await page.evaluate("window.events") == [["wall-delete", "img_2"]]
        await wall.evaluate("(e) => e.remove('img_2')")
        assert await page.locator('gallery-wall [data-id="img_2"]').count() == 0
        assert await page.evaluate(FOCUSED) == 2
        await wall.evaluate("(e) => e.restore('img_2')")
        ids = await page.locator("gallery-wall .item").evaluate_all(
            "all => all.map(e => e.dataset.id)"
        )
        assert ids[:4] == ["img_0", "img_1", "img_2", "img_3"]
        await wall.evaluate("(e) => e.remove()")
        assert await wall.count() == 0


async def test_a_source_that_fails_can_be_tried_again(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        await page.evaluate(
            """() => {
              const wall = document.createElement("gallery-wall");
              let calls = 0;
              wall.source = async () => {
                if ((calls += 1) === 1) throw new Error("no network");
                return { items: [], next: null };
              };
              document.querySelector("main").append(wall);
            }"""
        )
        await page.get_by_role("button", name="Try again").click()
        await page.get_by_text("No images yet.").wait_for()
