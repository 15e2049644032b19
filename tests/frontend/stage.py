"""A page that shows the built elements under the content security policy of the real page.

No server runs: Playwright answers every request. A test fails if the page asks another host, breaks
the policy, or throws an error.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from PIL import Image, ImageDraw

from entrypoints.frontend.assets import read_asset

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Route

ORIGIN = "http://localhost"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HTML = b"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Elements</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/page.css">
<link rel="stylesheet" href="/stage.css"><script src="/page.js" defer></script></head>
<body><main><h1>Elements</h1></main></body></html>"""
CSS = b"""body{margin:0;padding:16px;background:var(--surface);color:var(--ink)}
h1{font:600 20px var(--font);margin:0 0 16px}"""
HOSTILE = (
    "<img src=x onerror=alert(1)><script>alert(2)</script>'\"&amp; \u202egnp.exe\u202c \x07\x1b[31m"
    + "</style><svg onload=alert(3)>"
    + "x" * 32_000
)
"""Markup, a bidirectional override, control characters, and more text than fits."""

SHOW = """([tag, attributes, properties]) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  Object.assign(element, properties);
  document.querySelector("main").append(element);
}"""


@cache
def landscape(width: int, height: int, *, hour: float = 0.3, mode: str = "RGB") -> bytes:
    """A PNG of a sun over hills."""
    image = Image.new(mode, (width, height))
    draw = ImageDraw.Draw(image)
    for y in range(height):
        share = y / height
        color = (int(90 + 150 * share), int(120 + 80 * share * hour * 2), int(190 - 90 * share))
        draw.line((0, y, width, y), fill=color)
    sun, radius = (width * (0.25 + hour * 0.5), height * (0.25 + hour / 3)), min(width, height) / 9
    draw.circle(sun, radius, fill=(255, 236, 190))
    for layer in range(3):
        base = height * (0.62 + 0.12 * layer)
        shade = (70 - 20 * layer, 95 - 22 * layer, 105 - 25 * layer)
        draw.ellipse((-width * (0.6 - 0.4 * layer), base, width * (0.8 + layer), height * 2), shade)
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


class Stage:
    """What the page was answered, and what went wrong on it."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.files: dict[str, Callable[[], bytes]] = {
            "/": lambda: HTML,
            "/stage.css": lambda: CSS,
            "/page.css": lambda: read_asset("page.css"),
            "/page.js": lambda: read_asset("page.js"),
        }

    async def answer(self, route: "Route") -> None:
        url = urlsplit(route.request.url)
        if f"{url.scheme}://{url.netloc}" != ORIGIN:
            self.problems.append(f"a request to {url.geturl()[:200]}")
            await route.abort()
        elif url.path == "/landscape.png":
            wanted = {name: float(value) for name, value in parse_qsl(url.query)}
            body = landscape(int(wanted["w"]), int(wanted["h"]), hour=wanted.get("hour", 0.3))
            await route.fulfill(body=body, content_type="image/png")
        elif url.path in self.files:
            kinds = {"/": "text/html", "css": "text/css", ".js": "text/javascript"}
            await route.fulfill(
                body=self.files[url.path](),
                content_type=kinds.get(url.path[-3:], "application/octet-stream"),
                headers={"content-security-policy": POLICY, "x-content-type-options": "nosniff"},
            )
        else:
            await route.fulfill(status=204 if url.path == "/favicon.ico" else 404)


@asynccontextmanager
async def open_stage(
    browser: "Browser",
    *,
    width: int = 900,
    height: int = 900,
    scheme: str = "light",
    touch: bool = False,
    may_fail: tuple[str, ...] = (),
) -> AsyncIterator["Page"]:
    """The page, without any element; its problems fail the test, unless they have a known text."""
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        has_touch=touch,
        is_mobile=touch,
        bypass_csp=False,
    )
    stage = Stage()
    page = await context.new_page()
    page.on("pageerror", lambda error: stage.problems.append(f"an error: {error}"))
    page.on(
        "console",
        lambda said: (
            stage.problems.append(said.text) if said.type in ("error", "warning") else None
        ),
    )
    page.on("dialog", lambda dialog: stage.problems.append(f"a dialog: {dialog.message}"))
    await page.route("**/*", stage.answer)
    await page.goto(f"{ORIGIN}/")
    try:
        yield page
    finally:
        await context.close()
    unexpected = [text for text in stage.problems if not any(known in text for known in may_fail)]
    assert unexpected == []


async def show(
    page: "Page", tag: str, properties: dict[str, object] | None = None, **attributes: object
) -> None:
    """Put an element on the page; `_` in an attribute's name is `-`."""
    values = {name.replace("_", "-"): str(value) for name, value in attributes.items()}
    await page.evaluate(SHOW, [tag, values, properties or {}])
