"""axe finds no violation of WCAG 2.2 AA in any state of the viewer, light and dark."""

from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT
from tests.e2e.app.app_host import AppHost, open_app, shop
from tests.e2e.browser import needs_chromium
from tests.npm import installed
from tests.standin import StandIn
from tests.standin.faults import moderation_blocked

pytestmark = [pytest.mark.anyio, needs_chromium]
PROMPT = "A lighthouse at dawn"
RUN = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const { violations, passes } = await axe.run(document, { runOnly: tags });
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`));
  return { found, passed: passes.map(({ id }) => id) };
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    folder = installed(ROOT / "entrypoints" / "frontend", "frontend")
    return Path(folder, "node_modules", "axe-core", "axe.min.js").read_text("utf-8")


async def check(host: AppHost, axe: str) -> None:
    (view,) = (frame for frame in host.page.frames if frame.parent_frame is not None)
    await view.evaluate(axe)
    result = await view.evaluate(RUN)
    assert result["found"] == []
    assert "color-contrast" in result["passed"]


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_every_state_is_accessible(
    theme: str, axe: str, tmp_path: Path, openai_api: StandIn
) -> None:
    options = {"context": {"theme": theme, "availableDisplayModes": ["inline", "fullscreen"]}}
    async with shop(tmp_path, openai_api) as (browser, client):
        async with open_app(
            browser, client, options, size=(400, 900), reduced_motion="reduce"
        ) as host:
            await host.tell("ui/notifications/tool-input", {"arguments": {"prompt": PROMPT}})
            await host.app.get_by_text(PROMPT).first.wait_for(state="attached")
            await check(host, axe)
            await host.run("generate_image", {"prompt": PROMPT, "n": 2})
            await host.app.get_by_role("img", name=PROMPT, exact=True).wait_for()
            await check(host, axe)
            await host.app.get_by_role("button", name="Edit", exact=True).click()
            await host.app.locator("mask-painter canvas").wait_for()
            await check(host, axe)
        openai_api.script(moderation_blocked())
        async with open_app(browser, client, options, reduced_motion="reduce") as host:
            await host.run("generate_image", {"prompt": "Something that is refused"})
            await host.app.get_by_role("alert").wait_for()
            await check(host, axe)
