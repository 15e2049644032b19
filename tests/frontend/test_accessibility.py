"""axe finds no violation of WCAG 2.2 AA in any element, light and dark, narrow and wide."""

from typing import TYPE_CHECKING

import pytest

from tests.e2e.accessibility import audit
from tests.e2e.browser import needs_chromium
from tests.frontend.samples import SAMPLES
from tests.frontend.stage import open_stage

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.anyio, needs_chromium]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("sample", SAMPLES)
async def test_an_element_is_accessible(
    sample: str, width: int, scheme: str, browser: "Browser"
) -> None:
    async with open_stage(browser, width=width, scheme=scheme, touch=width == 400) as page:
        await page.emulate_media(reduced_motion="reduce")
        await SAMPLES[sample](page)
        result = await audit(page)
        wide = await page.evaluate("document.documentElement.scrollWidth")
    assert result.found == []
    assert {"color-contrast", "page-has-heading-one"} <= result.passed
    assert wide <= width


async def test_a_planted_violation_is_found(browser: "Browser") -> None:
    async with open_stage(browser) as page:
        await page.evaluate(
            "document.querySelector('main').append(document.createElement('button'))"
        )
        result = await audit(page)
    assert [line for line in result.found if line.startswith("button-name")]
