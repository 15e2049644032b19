"""The page in Chromium: every request, error and policy violation is noted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.e2e.browser import open_browser

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

NOTE_VIOLATIONS = """
document.addEventListener("securitypolicyviolation",
  (event) => console.error(`violates ${event.violatedDirective}: ${event.blockedURI}`));
"""


@dataclass
class Noted:
    """What a page did: the hosts of its requests, and what went wrong."""

    hosts: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)


@asynccontextmanager
async def browsing(
    url: str,
    *,
    width: int = 1400,
    refused: str = "",
    **context: Any,  # noqa: ANN401 - options of a context of Playwright
) -> AsyncIterator["Page"]:
    """A page at this address. At its end, no script failed and no other host was asked.

    Relative addresses are those of the server. `refused` is the status of an expected refusal.
    """
    async with (
        open_browser() as browser,
        noted_page(browser, url, width, refused, **context) as page,
    ):
        yield page


@asynccontextmanager
async def noted_page(
    browser: "Browser",
    url: str,
    width: int = 1400,
    refused: str = "",
    **options: Any,  # noqa: ANN401 - options of a context of Playwright
) -> AsyncIterator["Page"]:
    """The same in a browser that is open already, with a profile of its own."""
    context = await browser.new_context(
        base_url=url, viewport={"width": width, "height": 900}, **options
    )
    await context.add_init_script(NOTE_VIOLATIONS)
    page, noted = await context.new_page(), Noted()
    page.on("request", lambda request: noted.hosts.add(urlsplit(request.url).netloc))
    page.on("pageerror", lambda error: noted.errors.append(str(error)))
    page.on("dialog", lambda dialog: noted.errors.append(dialog.message))
    page.on("console", lambda line: _note(noted, line.type, line.text))
    try:
        await page.goto("/")
        yield page
        expected = f"Failed to load resource: the server responded with a status of {refused} "
        errors = [each for each in noted.errors if not (refused and each.startswith(expected))]
        assert errors == []
        assert noted.hosts <= {urlsplit(url).netloc, ""}  # "" is a data: URL
    finally:
        await context.close()


def _note(noted: Noted, kind: str, text: str) -> None:
    if kind == "error":
        noted.errors.append(text)
