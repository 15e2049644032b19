"""Signed links in a real browser: a page of another site shows an image and follows a job.

The page reports what it saw to the server that it came from. That server is `localhost`, and the
image server 127.0.0.1, so for the browser they are different sites.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.types import Receive, Scope, Send

from tests.e2e.browser import needs_chromium, open_page
from tests.e2e.linked_images import BEARER, TOKEN
from tests.e2e.loopback_server import serve, serve_app
from tests.testkit.fakes import FakeProvider, settings_in, small_image

pytestmark = [pytest.mark.anyio, needs_chromium]

SECONDS = 60.0
"""For a browser to start and load a page on a busy machine; the page takes a moment."""
SCRIPT = """
const report = (facts) => fetch("/report", {method: "POST", body: JSON.stringify(facts)});
const shown = (url, crossOrigin) => new Promise((resolve) => {
  const image = new Image();
  if (crossOrigin) image.crossOrigin = "anonymous";
  image.onload = () => resolve(image);
  image.onerror = () => resolve(null);
  image.src = url;
});
const width = (image) => image ? image.naturalWidth : 0;
const readable = (image) => {
  const canvas = document.createElement("canvas");
  canvas.getContext("2d").drawImage(image, 0, 0);
  try { canvas.toDataURL(); return true; } catch { return false; }
};
const followed = (url) => new Promise((resolve) => {
  const events = [], source = new EventSource(url);
  const end = (last) => { source.close(); resolve([...events, last]); };
  for (const name of ["started", "dispatched", "partial"])
    source.addEventListener(name, () => { events.push(name); fetch(`/saw/${name}`); });
  source.addEventListener("finished", async (event) => {
    const found = JSON.parse(event.data).result.images[0];
    end(`finished, ${width(await shown(found.previewUrl))}`);
  });
  source.onerror = () => source.readyState === EventSource.CLOSED && end("refused");
});
"""


class Page:
    """An ASGI application: a page that runs a script, and the report that it sends."""

    def __init__(self, script: str = "") -> None:
        self.script = script
        self.html = ""
        self.saw_partial = asyncio.Event()
        self.report: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/report":
            body = b""
            while (message := await receive()).get("body"):
                body += message["body"]
                if not message.get("more_body"):
                    break
            self.report.set_result(json.loads(body))
        if scope["path"] == "/saw/partial":
            self.saw_partial.set()
        html = self.html or f"<!doctype html><script>{SCRIPT}{self.script}</script>"
        headers = [(b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": html.encode()})


async def report_of(script: str, folder: Path) -> Any:  # noqa: ANN401 - any JSON value
    """What a page on `localhost` reports after its script ran in the browser."""
    page = Page(script)
    async with serve_app(page) as url, open_page(url.replace("127.0.0.1", "localhost"), folder):
        return await asyncio.wait_for(page.report, SECONDS)


@asynccontextmanager
async def image_server(
    folder: Path, **settings: str
) -> AsyncIterator[tuple[httpx2.AsyncClient, FakeProvider]]:
    """A server with a token; and a client that has it."""
    provider = FakeProvider(small_image(size=(640, 480)))
    async with (
        serve(settings_in(folder, auth_token=TOKEN, **settings), provider=provider) as url,
        httpx2.AsyncClient(base_url=url, headers=BEARER, timeout=60) as client,
    ):
        yield client, provider


async def made_by(client: httpx2.AsyncClient) -> dict[str, str]:
    """The facts of a new image."""
    made = await client.post("/images", json={"prompt": "a red bridge", "fresh": True})
    facts: dict[str, str] = made.json()["images"][0]
    return facts


async def test_a_page_of_another_site_shows_an_image_by_its_link(tmp_path: Path) -> None:
    """It can neither read the image nor follow jobs, and shows nothing without the link."""
    async with image_server(tmp_path) as (client, _):
        facts = await made_by(client)
        url, plain = facts["url"], facts["url"].partition("?")[0]
        report = await report_of(
            f"""(async () => {{
              const image = await shown({url!r});
              report({{
                full: width(image), thumb: width(await shown({facts["thumbUrl"]!r})),
                readable: readable(image), crossorigin: width(await shown({url!r} + "&", true)),
                plain: width(await shown({plain!r})), altered: width(await shown({url!r} + "A")),
                script: await fetch({url!r}).then(() => true, () => false),
              }});
            }})();""",
            tmp_path,
        )
    assert report == {
        "full": 640,
        "thumb": 256,
        "readable": False,
        "crossorigin": 0,
        "plain": 0,
        "altered": 0,
        "script": False,
    }


@pytest.mark.parametrize("allowed", [True, False])
async def test_a_page_follows_a_job_by_its_link_if_its_origin_may(
    allowed: bool, tmp_path: Path
) -> None:
    dispatched, finish, page = asyncio.Event(), asyncio.Event(), Page()

    async def wait() -> None:
        dispatched.set()
        await finish.wait()

    async with serve_app(page) as page_url:
        origin = page_url.replace("127.0.0.1", "localhost")
        settings = {"cors_origin": origin} if allowed else {}
        async with image_server(tmp_path, **settings) as (client, provider):
            provider.meanwhile = wait
            body = {"prompt": "a red bridge", "partialImages": 1}
            running = asyncio.create_task(client.post("/images", json=body))
            await dispatched.wait()
            (job,) = (await client.get("/jobs")).json()["jobs"]
            page.script = f"followed({job['eventsUrl']!r}).then(report);"
            async with open_page(origin, tmp_path):
                if allowed:
                    await asyncio.wait_for(page.saw_partial.wait(), SECONDS)
                    finish.set()
                report = await asyncio.wait_for(page.report, SECONDS)
            finish.set()
            await running
    if allowed:
        assert report == ["started", "dispatched", "partial", "finished, 640"]
    else:
        assert report == ["refused"]
