"""axe finds no violation of WCAG 2.2 AA on the page, light and dark, narrow and wide."""

from pathlib import Path

import pytest

from domain.provider_errors import OutcomeUnknown
from tests.e2e.accessibility import audit
from tests.e2e.browser import needs_chromium
from tests.e2e.loopback_server import serve
from tests.e2e.page.browsing import browsing
from tests.testkit.fakes import FakeProvider, settings_in, small_image

pytestmark = [pytest.mark.anyio, needs_chromium, pytest.mark.timeout(180)]
SQUARE = small_image(size=(256, 256))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
async def test_a_view_is_accessible_and_as_wide_as_its_window(
    width: int, scheme: str, tmp_path: Path
) -> None:
    provider = FakeProvider(SQUARE, fails=[OutcomeUnknown("The connection broke.")])
    options = {"color_scheme": scheme, "reduced_motion": "reduce"}
    async with (
        serve(settings_in(tmp_path), provider=provider) as url,
        browsing(url, width=width, **options) as page,
    ):
        for prompt in ("a red bridge", "a blue bridge"):
            await page.fill("#prompt", prompt)
            await page.keyboard.press("Control+Enter")
            await page.wait_for_selector(f"#runs h3 >> text={prompt}")
        job = await page.locator("#runs a >> text=Timeline").first.get_attribute("href")
        create, edit = "/page/create", f"/page/create?edit={SQUARE.id}"
        for path in (
            *("", create, edit, "/page/wall", f"/page/wall/{SQUARE.id}"),
            *("/page/jobs", f"/{job}", "/page/sign-in"),
        ):
            if path:
                await page.goto(path)
            await page.wait_for_load_state("networkidle")
            result = await audit(page)
            assert result.found == [], path
            assert "color-contrast" in result.passed, path
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
