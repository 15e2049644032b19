"""What people, clients and providers write is shown as text in every view of the page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx2
import pytest

from domain.jobs import Job
from domain.provider_errors import OutcomeUnknown, RequestRefused
from domain.requests import MAX_PROMPT_CHARACTERS, GenerateRequest
from domain.results import ResultFacts, ResultImage
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.http.page.views import VIEWS
from tests.e2e.browser import needs_chromium, open_browser
from tests.e2e.loopback_server import serve_container
from tests.testkit.fakes import FakeProvider, job_for, settings_in, small_image

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Request

pytestmark = [pytest.mark.anyio, needs_chromium, pytest.mark.timeout(120)]
CANARY = "canary-of-the-tests"
MARKUP = (
    f"{CANARY}\"'></title></script></template><script>window.hacked=1</script>"
    "<img src=x onerror=window.hacked=2><svg onload=window.hacked=3><a href='javascript:hacked'>"
    "{{7*7}}{% raw %}${7*7}<!--<base href=https://evil.example/><style>*{display:none}</style>"
)
ODD = "\u202e\u2066\u200f" + "\x07\x1b[31m\x85\u2028\u200b" + "\U000e0041\ufeff"
"""Bidirectional and control characters, and letters without a shape."""
WIDE = "W" * 400
MODEL = f"m<script>window.hacked=5</script>{ODD}"
HOSTILE = f"{MARKUP}{ODD}{WIDE} ﷽ שלום 𓀀"
IMAGES = (small_image("orange", (64, 48)), small_image("brown", (64, 48)))
LONG = (HOSTILE + "x" * MAX_PROMPT_CHARACTERS)[:MAX_PROMPT_CHARACTERS]

INSPECT = """() => {
  const faults = new Set();
  const walk = (root) => {
    for (const node of root.querySelectorAll("*")) {
      const name = node.localName;
      if (name === "script" && !node.src) faults.add("an inline script");
      for (const {name: attribute, value} of node.attributes) {
        if (attribute.startsWith("on")) faults.add(`${name} has ${attribute}`);
        if (/^(href|src|action|formaction)$/.test(attribute) && /^\\s*javascript:/i.test(value))
          faults.add(`${name} has a script in ${attribute}`);
      }
      if (node.shadowRoot) walk(node.shadowRoot);
      for (const child of node.childNodes) {
        if (child.nodeType !== Node.TEXT_NODE) continue;
        if (!/[\\u202a-\\u202e\\u2066-\\u2069]/.test(child.data)) continue;
        if (["title", "style", "option", "textarea"].includes(name)) continue;
        let at = node;
        while (at && !/isolate|plaintext/.test(getComputedStyle(at).unicodeBidi))
          at = at.parentElement ?? at.getRootNode().host;
        if (!at || at.textContent.trim() !== child.data.trim())
          faults.add(`text of ${name}.${node.className} turns what is beside it`);
      }
    }
  };
  walk(document);
  if (window.hacked) faults.add(`a script ran: ${window.hacked}`);
  if (document.baseURI.includes("evil")) faults.add("the base was replaced");
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) faults.add(`${wide} pixels wide in ${innerWidth}`);
  return [...faults];
}"""


class Watched:
    """A page of the browser, and what went wrong in it."""

    def __init__(self, page: "Page", url: str) -> None:
        self.page, self.url = page, url
        self.faults = list[str]()
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("dialog", lambda _: self.faults.append("a dialog"))
        page.on("request", self._check)
        page.on("console", lambda line: self._read(line.type, line.text))

    def _check(self, request: "Request") -> None:
        if not request.url.startswith((self.url, "data:")):
            self.faults.append(f"a request to {request.url[:200]}")

    def _read(self, kind: str, text: str) -> None:
        if kind == "error" and "Failed to load resource" not in text:
            self.faults.append(f"console: {text[:300]}")

    async def inspect(self, path: str) -> list[str]:
        """Open a path; return what is wrong with it."""
        self.faults.clear()
        await self.page.goto(f"{self.url}/{path}")
        await self.page.wait_for_load_state("networkidle")
        await self.page.wait_for_timeout(200)
        return [*self.faults, *await self.page.evaluate(INSPECT)]


@asynccontextmanager
async def opened(browser: "Browser", url: str, width: int = 400) -> AsyncIterator[Watched]:
    context = await browser.new_context(viewport={"width": width, "height": 800})
    try:
        yield Watched(await context.new_page(), url)
    finally:
        await context.close()


async def fill(container: Container, url: str) -> None:
    """Record jobs, images, uploads and errors whose texts are hostile."""
    records, store = container.job_repository(), container.image_store()
    now = container.clock().now()
    for at, (prompt, image) in enumerate(zip((HOSTILE, LONG), IMAGES, strict=True)):
        stored = await store.put(image, title=prompt)
        job = named(f"job_{at:032x}", prompt, now)
        facts = ResultFacts(revised_prompt=HOSTILE, notes=(HOSTILE,))
        await records.save(job.dispatched())
        await records.save(
            job.dispatched().stored((ResultImage(image=image, stored=stored),), facts)
        )
    for at, error in enumerate((OutcomeUnknown(HOSTILE), RequestRefused(HOSTILE))):
        error.hint = HOSTILE
        job = named(f"job_{at + 9:032x}", HOSTILE, now).dispatched()
        await records.save(job)
        await records.save(job.ended(error))
    async with httpx2.AsyncClient(base_url=url, headers={"User-Agent": latin(HOSTILE)}) as client:
        name = "<img src=x onerror=window.hacked=4>\u202e.png"
        await client.post("/uploads", files={"image": (name, small_image("teal").data)})
        body = {"prompt": HOSTILE.replace("\x85", ""), "conversationId": "a"}
        await client.post("/images", json=body)
        await client.get(f"/images/{quote(MARKUP)}")
        await client.get("/images", params={"search": MARKUP, "cursor": MARKUP})


def named(id_: str, prompt: str, now: Any) -> Job[Any]:  # noqa: ANN401 - a time
    """A job of a hostile client."""
    job = job_for(GenerateRequest(prompt=prompt, model=MODEL), id=id_, created_at=now)
    return replace(job, client=HOSTILE[:200], requested_model=MODEL)


def latin(text: str) -> str:
    """The text as a header can have it."""
    return "".join(letter for letter in text if " " <= letter <= "~").strip()


@pytest.fixture
async def filled(tmp_path: Path, anyio_backend: str) -> AsyncIterator[str]:
    """The URL of a server whose records are hostile."""
    settings = settings_in(tmp_path)
    provider = FakeProvider(small_image("red", (8, 8)))
    async with (
        run_application(settings, provider=provider) as container,
        serve_container(container) as url,
    ):
        await fill(container, url)
        yield url


PATHS = [
    "",
    *(f"page/jobs/job_{at:032x}" for at in (0, 1, 9, 10)),
    *(f"page/wall/{image.id}" for image in IMAGES),
    f"page/create?edit={IMAGES[0].id}",
    f"page/wall?search={quote(MARKUP + ODD)}",
    *(f"page/{view.name}" for view in VIEWS),
    f"page/{quote(MARKUP)}",
    "page/a%00%E2%80%AE",
]


async def test_no_view_runs_or_is_turned_by_what_it_shows(filled: str) -> None:
    async with open_browser() as browser:
        for width in (400, 1200):
            async with opened(browser, filled, width) as watched:
                faults = {path: await watched.inspect(path) for path in PATHS}
            assert {path: found for path, found in faults.items() if found} == {}


async def test_a_refusal_of_the_provider_is_text_where_it_appears(tmp_path: Path) -> None:
    refusal = RequestRefused(HOSTILE)
    refusal.hint = HOSTILE
    provider = FakeProvider(fails=[refusal])
    async with (
        run_application(settings_in(tmp_path), provider=provider) as container,
        serve_container(container) as url,
        open_browser() as browser,
        opened(browser, url) as watched,
    ):
        await watched.inspect("page/create")
        await watched.page.fill("#prompt", HOSTILE)
        await watched.page.click("#create button.primary")
        await watched.page.get_by_text(CANARY).nth(1).wait_for()
        await watched.page.locator(".error").first.wait_for()
        found = [*watched.faults, *await watched.page.evaluate(INSPECT)]
    assert (found, len(provider.seen)) == ([], 1)


async def test_the_inspection_finds_what_it_looks_for(filled: str) -> None:
    async with open_browser() as browser, opened(browser, filled) as watched:
        await watched.inspect("")
        await watched.page.evaluate(
            """text => {
              document.querySelector("main").append(" beside it ", text);
              const wide = document.createElement("div");
              wide.className = "planted";
              wide.setAttribute("onclick", "1");
              document.querySelector("main").append(wide);
            }""",
            HOSTILE,
        )
        found = await watched.page.evaluate(INSPECT)
    assert any("turns what is beside it" in each for each in found)
    assert "div has onclick" in found
