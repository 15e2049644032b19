"""`<cost-chart>` and `<job-timeline>`: the numbers and the times that they show."""

from typing import TYPE_CHECKING

import pytest

from tests.e2e.browser import needs_chromium
from tests.frontend.samples import EVENTS, SPENT
from tests.frontend.stage import open_stage, show

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.anyio, needs_chromium]
READ = """async (element) => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return element.shadowRoot.querySelector("canvas").toDataURL();
}"""


async def test_the_table_has_the_numbers_of_the_chart(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        await show(page, "cost-chart", {"data": SPENT}, label="Spent")
        await page.get_by_text("Numbers", exact=True).click()
        rows = await page.get_by_role("row").all_inner_texts()
    assert rows[0].split() == ["gpt-image-2.6-flare", "gpt-image-2"]
    assert rows[1].split() == ["2026-11-01", "$0.50", "$0.00"]
    assert rows[2].split() == ["2026-11-02", "$1.25", "$0.0031"]


async def test_bars_are_stacked_in_the_colors_of_the_legend(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        await show(page, "cost-chart", {"data": SPENT}, label="Spent")
        chart = page.locator("cost-chart")
        await chart.locator("canvas").wait_for()
        counts = await chart.evaluate(
            """async (chart) => {
              await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
              const canvas = chart.shadowRoot.querySelector("canvas");
              const { width, height } = canvas;
              const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
              const counts = {};
              for (let at = 0; at < data.length; at += 4) {
                const color = [...data.subarray(at, at + 3)].join();
                counts[color] = (counts[color] ?? 0) + 1;
              }
              return counts;
            }"""
        )
    first, second = counts["47,87,201"], counts["180,97,15"]
    assert first / second == pytest.approx(3.75 / 1.0031, rel=0.1)


async def test_keys_read_the_bars(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        await show(page, "cost-chart", {"data": SPENT}, label="Spent")
        await page.get_by_role("img", name="Spent: $4.75 in all").focus()
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("ArrowRight")
        said = await page.get_by_role("status").inner_text()
        assert "gpt-image-2.6-flare $1.25, gpt-image-2 $0.0031" in said
        assert await page.locator("cost-chart .tip").is_visible()


async def test_new_data_and_another_theme_redraw_the_chart(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        await show(page, "cost-chart", label="Spent")
        assert await page.get_by_text("No numbers yet.").is_visible()
        chart = page.locator("cost-chart")
        await chart.evaluate("(chart, data) => { chart.data = data; }", SPENT)
        light = await chart.evaluate(READ)
        await page.evaluate("document.documentElement.dataset.theme = 'dark'")
        dark = await chart.evaluate(READ)
        await page.set_viewport_size({"width": 400, "height": 800})
        assert await page.locator("cost-chart canvas").count() == 1
        assert await page.evaluate("document.documentElement.scrollWidth") <= 400
    assert light != dark


async def test_a_timeline_shows_how_the_time_passed(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        await show(page, "job-timeline", {"events": EVENTS[:2]})
        first = await page.get_by_role("listitem").first.element_handle()
        await page.locator("job-timeline").evaluate("(e, all) => { e.events = all; }", EVENTS)
        rows = await page.get_by_role("listitem").all_inner_texts()
        assert first is not None
        assert await first.evaluate("(node) => node.isConnected")  # rows that were there stay
        places = await page.locator("job-timeline .track i").evaluate_all(
            "all => all.map((dot) => dot.style.getPropertyValue('--at'))"
        )
    assert rows[0].split("\n")[-2:] == ["Started", "A lighthouse"]
    assert "+40 ms" in rows[1]
    assert "+24.0 s" in rows[2]
    assert places[0] == "0%"
    assert places[-1] == "100%"


async def test_a_time_that_is_none_is_left_out(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        odd = {"at": "yesterday", "type": "cache_hit", "text": ""}
        await show(page, "job-timeline", {"events": [EVENTS[0], odd]})
        assert "Cache hit" in await page.get_by_role("listitem").last.inner_text()
