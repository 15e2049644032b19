"""The browser page of the examples, in a real browser, on an origin that the server allows."""

import asyncio
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT
from tests.e2e.browser import needs_chromium, open_page
from tests.e2e.cutting_proxy import cutting_proxy
from tests.e2e.linked_images import TOKEN
from tests.e2e.loopback_server import serve, serve_app
from tests.e2e.test_links_in_a_browser import SECONDS, Page
from tests.e2e.transports import settings_for
from tests.standin import StandIn, faults

pytestmark = [pytest.mark.anyio, needs_chromium]
HTML = (ROOT / "examples" / "websocket.html").read_text("utf-8")
FILL_IN = """<script>
const form = document.getElementById("form");
form.server.value = %r; form.token.value = %r;
document.addEventListener("generated", async ({detail}) => {
  const shown = document.getElementById("image");
  await shown.decode();
  const bytes = await (await fetch(shown.src)).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const status = document.getElementById("status").textContent;
  const report = {type: detail.type, width: shown.naturalWidth, hex, status};
  await fetch("/report", {method: "POST", body: JSON.stringify(report)});
});
form.requestSubmit();
</script>"""


@pytest.mark.timeout(180)
@pytest.mark.parametrize("broken", [False, True])
async def test_the_page_shows_previews_and_the_image(
    broken: bool, openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.default = faults.slow(0.5)
    page = Page()
    async with serve_app(page) as page_url:
        origin = page_url.replace("127.0.0.1", "localhost")
        settings = settings_for(
            openai_api, tmp_path / "server", auth_token=TOKEN, cors_origin=origin
        )
        async with serve(settings) as url, cutting_proxy(url, size=2_500_000) as proxy:
            page.html = HTML + FILL_IN % (proxy if broken else url, TOKEN)
            async with open_page(origin, tmp_path):
                report = await asyncio.wait_for(page.report, SECONDS)
    (charge,) = openai_api.ledger
    assert report["type"] == "complete"
    assert report["status"] == "Generated 1 image(s) successfully."
    assert report["hex"] == charge.digests[0]
    assert report["width"] > 0
