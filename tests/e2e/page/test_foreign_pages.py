"""Pages of other origins in Chromium, whose user has signed in: they reach nothing."""

from pathlib import Path

import pytest
from starlette.responses import HTMLResponse
from starlette.types import Receive, Scope, Send

from tests.e2e.browser import needs_chromium, open_browser
from tests.e2e.loopback_server import serve, serve_app
from tests.e2e.page.page_client import TOKEN
from tests.testkit.fakes import FakeProvider, settings_in

pytestmark = [pytest.mark.anyio, needs_chromium, pytest.mark.timeout(120)]
ATTACK = """<a href="{url}/page/jobs">Look</a>
<iframe src="{url}/"></iframe><img id="image" src="{url}/images/{image_id}">
<form method="post" action="{url}/page/create/start"><input name="prompt" value="x"></form>"""
TRIES = """async (url) => {
  const options = [{}, {method: "POST"}, {method: "DELETE"}, {mode: "no-cors", method: "POST"}];
  const all = ["/images", "/jobs", "/mcp/stream", "/page/create/start", "/page/jobs"].flatMap(
    (path) => options.map((each) =>
      fetch(url + path, {credentials: "include", ...each}).then((r) => r.text(), () => "")));
  return (await Promise.all(all)).join("");
}"""


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
async def test_a_foreign_page_reaches_nothing_and_its_links_open_the_page(
    name: str, tmp_path: Path
) -> None:
    """`localhost` is another site, and another port of 127.0.0.1 is of the same site."""
    page_html = ""

    async def foreign(scope: Scope, receive: Receive, send: Send) -> None:
        await HTMLResponse(page_html)(scope, receive, send)

    provider = FakeProvider()
    settings = settings_in(tmp_path, auth_token=TOKEN)
    async with (
        serve(settings, provider=provider) as url,
        serve_app(foreign) as other,
        open_browser() as browser,
    ):
        page = await browser.new_page()
        await page.goto(url)
        await page.fill("#token", TOKEN)
        await page.keyboard.press("Enter")
        await page.fill("#prompt", "a secret bridge")
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector("#runs image-view")
        assert len(provider.seen) == 1
        image_id = provider.images[0].id
        page_html = ATTACK.format(url=url, image_id=image_id)
        await page.goto(other.replace("127.0.0.1", name))
        assert "secret" not in await page.evaluate(TRIES, url)
        assert await page.evaluate("document.querySelector('#image').naturalWidth") == 0
        frame = page.frames[1]
        assert "Create" not in await frame.content()
        await page.evaluate("document.forms[0].submit()")
        await page.wait_for_url(f"{url}/page/create/start")
        assert "foreign_page" in await page.content()
        await page.go_back()
        await page.click("text=Look")
        await page.wait_for_selector("h1:text('Jobs')")
        await page.wait_for_selector("text=a secret bridge")
    assert len(provider.seen) == 1
