"""axe finds no violation of WCAG 2.2 AA in any element, light and dark, narrow and wide."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.architecture.checkout import ROOT
from tests.e2e.browser import needs_chromium
from tests.frontend.samples import SAMPLES
from tests.frontend.stage import open_stage
from tests.npm import installed

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.anyio, needs_chromium]
RUN = """async () => {
  const { violations, passes } = await axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    rules: { "target-size": { enabled: true } },
  });
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`));
  return { found, passed: passes.map(({ id }) => id) };
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    folder = installed(ROOT / "entrypoints" / "frontend", "frontend")
    return Path(folder, "node_modules", "axe-core", "axe.min.js").read_text("utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("sample", SAMPLES)
async def test_an_element_is_accessible(
    sample: str, width: int, scheme: str, axe: str, browser: "Browser"
) -> None:
    async with open_stage(browser, width=width, scheme=scheme, touch=width == 400) as page:
        await page.emulate_media(reduced_motion="reduce")
        await SAMPLES[sample](page)
        await page.evaluate(axe)
        result = await page.evaluate(RUN)
        wide = await page.evaluate("document.documentElement.scrollWidth")
    assert result["found"] == []
    assert {"color-contrast", "page-has-heading-one"} <= set(result["passed"])
    assert wide <= width


async def test_a_planted_violation_is_found(axe: str, browser: "Browser") -> None:
    async with open_stage(browser) as page:
        await page.evaluate(
            "document.querySelector('main').append(document.createElement('button'))"
        )
        await page.evaluate(axe)
        result = await page.evaluate(RUN)
    assert [line for line in result["found"] if line.startswith("button-name")]
