"""`<live-partials>`: what the job does, its partial images, its end."""

from typing import TYPE_CHECKING

import pytest

from tests.e2e.browser import needs_chromium
from tests.frontend.stage import open_stage, show

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.anyio, needs_chromium]
FIRST, SECOND = "/landscape.png?w=30&h=20", "/landscape.png?w=30&h=20&hour=0.9"


async def test_a_newer_partial_image_replaces_the_older(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        await show(page, "live-partials", prompt="Foxes", count=3)
        element = page.locator("live-partials")
        await element.evaluate("(e, url) => e.show(1, url)", FIRST)
        image = page.get_by_role("img", name="Partial image 2 of 3: Foxes")
        await image.wait_for()
        await element.evaluate("(e, url) => e.show(1, url)", SECOND)
        await page.locator(f'live-partials img[src="{FIRST}"]').wait_for(state="detached")
        assert await image.get_attribute("src") == SECOND
        assert await page.locator("live-partials .waiting").count() == 2


async def test_progress_is_said_and_measured(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        await show(page, "live-partials", prompt="Foxes")
        element, bar = page.locator("live-partials"), page.get_by_role("progressbar")
        await element.evaluate("(e) => e.progress('Waiting for a slot')")
        assert await page.get_by_role("status").inner_text() == "Waiting for a slot"
        assert await bar.get_attribute("aria-valuenow") is None
        await element.evaluate("(e) => e.progress('Generating', 0.5)")
        assert await bar.get_attribute("aria-valuenow") == "50"
        assert await element.get_attribute("aria-busy") == "true"
        await element.evaluate("(e) => e.finish()")
        assert await element.get_attribute("aria-busy") is None
        assert await page.get_by_role("status").inner_text() == "Done"
        assert await bar.count() == 0


async def test_a_failure_is_an_alert_with_its_hint(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        await show(page, "live-partials", prompt="Foxes")
        await page.locator("live-partials").evaluate("(e) => e.fail('Refused.', 'Rephrase it.')")
        assert await page.get_by_role("alert").inner_text() == "Refused.\n\nRephrase it."


async def test_a_long_prompt_is_folded_until_it_is_wanted(browser: "Browser") -> None:
    async with open_stage(browser, width=400) as page:
        await show(page, "live-partials", prompt="a fox " * 500)
        card = page.locator("live-partials")
        folded = await card.bounding_box()
        await page.get_by_role("button", name="Show the whole prompt").click()
        whole = await card.bounding_box()
        assert await page.get_by_role("button", name="Show less").is_visible()
    assert folded is not None
    assert whole is not None
    assert whole["height"] > folded["height"] + 100
