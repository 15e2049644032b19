"""axe finds no violation of WCAG 2.2 AA in any state of the viewer, light and dark."""

from pathlib import Path

import pytest

from tests.e2e.accessibility import WCAG, audit
from tests.e2e.app.app_host import AppHost, open_app, shop
from tests.e2e.browser import needs_chromium
from tests.standin import StandIn
from tests.standin.faults import moderation_blocked

pytestmark = [pytest.mark.anyio, needs_chromium]
PROMPT = "A lighthouse at dawn"


async def check(host: AppHost) -> None:
    (view,) = (frame for frame in host.page.frames if frame.parent_frame is not None)
    result = await audit(view, WCAG)
    assert result.found == []
    assert "color-contrast" in result.passed


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_every_state_is_accessible(theme: str, tmp_path: Path, openai_api: StandIn) -> None:
    options = {"context": {"theme": theme, "availableDisplayModes": ["inline", "fullscreen"]}}
    async with shop(tmp_path, openai_api) as (browser, client):
        async with open_app(
            browser, client, options, size=(400, 900), reduced_motion="reduce"
        ) as host:
            await host.tell("ui/notifications/tool-input", {"arguments": {"prompt": PROMPT}})
            await host.app.get_by_text(PROMPT).first.wait_for(state="attached")
            await check(host)
            await host.run("generate_image", {"prompt": PROMPT, "n": 2})
            await host.app.get_by_role("img", name=PROMPT, exact=True).wait_for()
            await check(host)
            await host.app.get_by_role("button", name="Edit", exact=True).click()
            await host.app.locator("mask-painter canvas").wait_for()
            await check(host)
        openai_api.script(moderation_blocked())
        async with open_app(browser, client, options, reduced_motion="reduce") as host:
            await host.run("generate_image", {"prompt": "Something that is refused"})
            await host.app.get_by_role("alert").wait_for()
            await check(host)
