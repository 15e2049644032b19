"""The views of usage, models, cache, settings and log in a browser: accessible, narrow and wide."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from domain.provider_errors import OutcomeUnknown
from tests.contracts.data_folder import DataFolder
from tests.e2e.accessibility import audit
from tests.e2e.browser import needs_chromium, open_browser
from tests.e2e.loopback_server import serve
from tests.testkit.contracts.usage_ledger import costing, stored
from tests.testkit.fakes import settings_in

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = [pytest.mark.anyio, needs_chromium]
CHART = """() => {
  const { points } = document.querySelector("cost-chart").data;
  const known = points.filter(({ x }) => x.length < 20);
  return known.length && known.map(({ x, values }) => [x, ...values]);
}"""
VIEWS = ("usage?by=client", "models", "cache", "settings", "log")
HOSTILE = "<img src=x onerror=alert(1)>\u202e" + "x" * 500


@pytest.fixture
async def browser() -> AsyncIterator["Browser"]:
    async with open_browser() as browser:
        yield browser


@pytest.fixture
async def url(tmp_path: Path) -> AsyncIterator[str]:
    """A server whose records have jobs of two clients, one of a hostile name."""
    home, now = DataFolder(tmp_path), datetime.now(UTC)
    for number, client in enumerate(("claude-ai", HOSTILE)):
        job = costing(f"job_{number}", client=client, created_at=now - timedelta(minutes=9))
        await home.records.save(stored(job, "0.0413"))
    lost = costing("job_2", created_at=now).dispatched().ended(OutcomeUnknown("x"))
    await home.records.save(lost)
    await home.close()
    settings = settings_in(tmp_path, log_level="info", budget_day_usd=Decimal(5))
    async with serve(settings) as url:
        yield url


async def open_view(page: "Page", url: str, view: str) -> list[str]:
    """Open the view; return the list that its later errors are appended to."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    await page.goto(f"{url}/page/{view}", wait_until="networkidle")
    return errors


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 1400)])
async def test_the_views_are_accessible_and_fit(
    url: str, browser: "Browser", scheme: Literal["light", "dark"], width: int
) -> None:
    context = await browser.new_context(
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
        bypass_csp=True,  # axe is evaluated in the page
    )
    for view in VIEWS:
        page = await context.new_page()
        errors = await open_view(page, url, view)
        await page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
        assert (await audit(page)).found == [], view
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, view
        assert errors == [], view
        await page.close()


async def test_the_cache_is_cleared_by_keyboard_after_a_question(
    url: str, browser: "Browser"
) -> None:
    page = await browser.new_page()
    asked: list[str] = []

    async def agree(dialog: object) -> None:
        asked.append(dialog.message)  # type: ignore[attr-defined] # Playwright's Dialog
        await dialog.accept()  # type: ignore[attr-defined] # as above

    page.on("dialog", agree)
    errors = await open_view(page, url, "cache")
    await page.get_by_role("button", name="Clear the cache").focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("status").filter(has_text="Removed 0 entries").wait_for()
    assert [text.partition("?")[0] for text in asked] == ["Clear the cache"]
    assert errors == []


async def test_a_choice_of_usage_is_a_link_that_can_be_shared(url: str, browser: "Browser") -> None:
    page = await browser.new_page()
    errors = await open_view(page, url, "usage")
    await page.get_by_label("By", exact=True).select_option("client")
    await page.get_by_role("button", name="Show").click()
    await page.get_by_role("heading", name="By client").wait_for()
    assert page.url.endswith("/page/usage?by=client&days=30")
    rows = page.get_by_role("rowheader")
    assert sorted(await rows.all_inner_texts())[1:] == ["claude-ai", "unknown"]
    chart = await page.wait_for_function(CHART)
    assert await chart.json_value() == [["unknown", 0, 1, 0], ["claude-ai", 0.0413, 0, 0]]
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download as CSV").click()
    assert (await download.value).suggested_filename == "usage-by-client.csv"
    assert errors == []
