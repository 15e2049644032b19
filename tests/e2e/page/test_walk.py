"""A person walks through the page in Chromium, with a mouse and by keyboard alone."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.browser import needs_chromium
from tests.e2e.loopback_server import serve
from tests.e2e.page.browsing import browsing
from tests.e2e.page.page_client import TOKEN
from tests.e2e.transports import settings_for
from tests.standin import StandIn, faults

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.anyio, needs_chromium, pytest.mark.timeout(180)]
PROMPT = "a lighthouse above a quiet sea"


async def test_from_the_first_visit_to_undoing_a_deletion(
    openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.script(faults.slow(6))  # so that each partial image is seen
    settings = settings_for(openai_api, tmp_path, auth_token=TOKEN)
    async with serve(settings) as url, browsing(url) as page:
        await page.fill("#token", TOKEN)
        await page.click("text=Sign in >> nth=-1")
        await page.wait_for_selector("text=What you create appears here")
        await page.fill("#prompt", PROMPT)
        await page.click("button:text('Generate')")
        await page.wait_for_selector("live-partials img")
        assert await page.get_by_text("What you create appears here").is_hidden()
        await page.wait_for_selector("#runs image-view")
        await page.click("nav >> text=Wall")
        await page.wait_for_selector(f"gallery-wall >> text={PROMPT}")
        await page.click("gallery-wall .open")
        await page.click("main >> text=Edit")
        await page.click("mask-painter .stage")  # a dot with the brush
        await page.fill("#prompt", "make the sky green")
        await page.click("button:text('Edit')")
        await page.wait_for_selector("#runs image-view")
        await page.click("nav >> text=Usage")
        await page.wait_for_selector("cost-chart")
        shown = await page.inner_text("main")
        assert "2 jobs" in shown
        assert "$0.00" not in shown.split("Saved")[0]
        await page.click("nav >> text=Wall")
        await page.wait_for_selector("gallery-wall >> text=make the sky green")
        assert await page.locator("gallery-wall .item").count() == 2
        await page.hover("gallery-wall .item >> nth=0")
        await page.click("gallery-wall .delete >> nth=0")
        await page.click("#notices >> text=Undo")
        await page.wait_for_selector("#notices >> text=The image is back.")
        await page.reload()
        await page.wait_for_selector("gallery-wall >> text=make the sky green")
        await page.fill("#words", "zebra")
        await page.click("text=Search")
        await page.wait_for_selector("text=No image has these words in its prompt.")
        assert await page.locator("#no-images").is_hidden()
        await page.click("nav >> text=Create")
        await page.wait_for_selector(".latest img >> nth=1")
        await page.click("nav >> text=Jobs")
        assert await page.locator("tbody tr").count() == 2
        await page.click("tbody >> text=make the sky green")
        await page.wait_for_selector("job-timeline >> text=Generating 1 image >> visible=true")
        await page.wait_for_selector("job-timeline >> text=Saved 1 image. >> visible=true")
        await page.click("text=Sign out")
        await page.wait_for_selector("#token")
    assert [file.field for file in openai_api.posts[-1].files][-1] == "mask"
    assert [call.path.rpartition("/")[2] for call in openai_api.posts] == ["generations", "edits"]


DEEPEST = """() => {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  const isNowhere = !active || active === document.body;
  return isNowhere ? "" : `${active.ariaLabel ?? ""} ${active.textContent}`.trim();
}"""


async def tab_to(page: "Page", name: str) -> None:
    """Press Tab until the focus is on what a screen reader calls something that begins so."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        if (await page.evaluate(DEEPEST)).startswith(name):
            return
    raise AssertionError(f"Tab does not reach {name}")


async def follow(page: "Page", name: str) -> None:
    """Go to a link or a button by Tab and press Enter."""
    await tab_to(page, name)
    await page.keyboard.press("Enter")


async def test_the_same_by_keyboard_alone(openai_api: StandIn, tmp_path: Path) -> None:
    settings = settings_for(openai_api, tmp_path, auth_token=TOKEN)
    async with serve(settings) as url, browsing(url, width=400) as page:
        await page.keyboard.type(f"{TOKEN}\n")
        await page.wait_for_selector("#prompt:focus")
        await page.keyboard.type(PROMPT)
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector("#runs image-view")
        await follow(page, "Edit")
        await page.wait_for_selector("#prompt:focus")
        await page.keyboard.type("make the sky green")
        await follow(page, "Edit")
        await page.wait_for_selector("#runs image-view")
        await follow(page, "Wall")
        await page.wait_for_selector("gallery-wall .item")
        await tab_to(page, "make the sky green")
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("Delete")
        await page.wait_for_selector("#notices button")
        assert await page.locator("gallery-wall .item").count() == 1
        await follow(page, "Undo")
        await page.wait_for_selector("gallery-wall .item >> nth=1")
        await tab_to(page, "Skip to the content")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#main:focus")
        assert page.url.endswith("/page/wall#main")
        await follow(page, "Jobs")
        await page.wait_for_selector("tbody tr")
        await follow(page, "Sign out")
        await page.wait_for_selector("#token")
