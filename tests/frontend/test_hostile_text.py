"""Prompts, names and errors are shown as text, whatever is in them, and break no layout."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest

from tests.e2e.browser import needs_chromium
from tests.frontend.samples import show_wall
from tests.frontend.stage import HOSTILE, open_stage, show

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = [pytest.mark.anyio, needs_chromium]
INSIDE = """() => {
  const all = [];
  const walk = (root) => {
    for (const node of root.querySelectorAll("*")) {
      all.push(node);
      if (node.shadowRoot) walk(node.shadowRoot);
    }
  };
  walk(document.querySelector("main"));
  return {
    scripts: all.filter((node) => node.localName === "script").length,
    planted: all.filter((node) => node.matches("[onerror], [onload]")).length,
    text: all.map((node) => node.textContent).join(""),

    wide: document.documentElement.scrollWidth,
  };
}"""


async def image_view(page: "Page") -> None:
    await show(page, "image-view", preview="/landscape.png?w=64&h=64", filename=HOSTILE)
    await page.locator("image-view").evaluate(
        "(e, text) => e.setAttribute('alt', text)", HOSTILE[:900]
    )


async def live_partials(page: "Page") -> None:
    await show(page, "live-partials", prompt=HOSTILE)
    await page.locator("live-partials").evaluate("(e, text) => e.progress(text)", HOSTILE)


async def failed_partials(page: "Page") -> None:
    await show(page, "live-partials", prompt=HOSTILE)
    await page.locator("live-partials").evaluate("(e, text) => e.fail(text, text)", HOSTILE)


async def gallery_wall(page: "Page") -> None:
    await show_wall(page, HOSTILE, most=3)
    await page.locator("gallery-wall .item").first.wait_for()


async def job_timeline(page: "Page") -> None:
    event = {"at": HOSTILE, "type": HOSTILE, "text": HOSTILE}
    await show(page, "job-timeline", {"events": [event, event]})


async def cost_chart(page: "Page") -> None:
    points = [{"x": HOSTILE, "values": [1, 2]}]
    data = {"unit": HOSTILE, "series": [HOSTILE, HOSTILE], "points": points}
    await show(page, "cost-chart", {"data": data}, label=HOSTILE)
    await page.locator("cost-chart .plot").press("ArrowRight")


CASES: list[tuple[Callable[["Page"], Awaitable[None]], bool]] = [
    (image_view, False),
    (live_partials, True),
    (failed_partials, True),
    (gallery_wall, True),
    (job_timeline, True),
    (cost_chart, True),
]
"""Each element, and whether it shows the text (or has it as a name)."""


@pytest.mark.parametrize(
    ("build", "is_shown"), CASES, ids=lambda case: getattr(case, "__name__", "")
)
async def test_text_stays_text(
    build: Callable[["Page"], Awaitable[None]], is_shown: bool, browser: "Browser"
) -> None:
    async with open_stage(browser, width=400) as page:
        await build(page)
        found = await page.evaluate(INSIDE)
    assert (found["scripts"], found["planted"]) == (0, 0)
    assert ("<script>alert(2)</script>" in found["text"]) is is_shown
    assert found["wide"] <= 400
