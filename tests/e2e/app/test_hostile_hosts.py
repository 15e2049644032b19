"""The viewer in hosts that do less than the specification says, or worse things."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.app.app_host import Json, open_app, shop
from tests.e2e.browser import needs_chromium
from tests.standin import StandIn
from tests.standin.faults import slow

pytestmark = [pytest.mark.anyio, needs_chromium]
PROMPT = "A lighthouse at dawn"
CALL = {"prompt": PROMPT, "quality": "low", "size": "2048x2048"}
FULL = "2048 × 2048"
HOSTILE = (
    "<img src=x onerror=alert(1)><script>alert(2)</script>\u202e\u2066\x07 "
    "[link](https://example.com) " + "<b>long</b> " * 2_600
)
NO_TOOLS: Json = {"tools": False, "capabilities": {"serverResources": {}}}
NO_RESOURCES: Json = {"resources": False, "capabilities": {"serverTools": {}}}
NOTHING: Json = {"tools": False, "resources": False, "capabilities": {}, "messages": False}
LOW: Json = {"height": 60, "grows": False}
STRANGER = """() => {
  const params = { content: [{ type: "text", text: "A stranger" }] };
  const message = { jsonrpc: "2.0", method: "ui/notifications/tool-result", params };
  const frame = document.createElement("iframe");
  const words = JSON.stringify(message);
  frame.srcdoc = `<script>parent.frames[0].postMessage(${words}, "*")<\\/script>`;
  document.body.append(frame);
  return new Promise((resolve) => frame.addEventListener("load", () => resolve()));
}"""
"""Another frame of the page writes to the viewer."""
NONSENSE = """() => window.initialized.then(() => {
  const view = document.getElementById("view").contentWindow;
  const params = { content: [{ type: "text", text: "Nonsense" }] };
  const method = "ui/notifications/tool-result";
  const context = { styles: 5, theme: 7, containerDimensions: "x", safeAreaInsets: [],
    availableDisplayModes: "fullscreen", locale: {} };
  const version = { jsonrpc: "2.0" };
  for (const message of [
    null, 7, "text", [], {},
    { jsonrpc: "1.0", method, params },
    { ...version, id: 999, result: params },
    { ...version, id: "x", error: null },
    { ...version, method: 5 },
    { ...version, method: "ui/notifications/unknown", params },
    { ...version, method: "ui/notifications/tool-input", params: { arguments: "text" } },
    { ...version, method: "ui/notifications/host-context-changed", params: context },
  ])
    view.postMessage(message, "*");
})"""


@pytest.mark.parametrize("options", [NO_TOOLS, NO_RESOURCES], ids=["no tools", "no resources"])
async def test_either_way_to_the_server_is_enough_for_the_full_image(
    options: Json, tmp_path: Path, openai_api: StandIn
) -> None:
    async with (
        shop(tmp_path, openai_api) as (browser, client),
        open_app(browser, client, options) as host,
    ):
        await host.run("generate_image", CALL)
        await host.app.get_by_role("img", name=PROMPT).wait_for()
        await host.app.get_by_role("button", name="Load full size").click()
        await host.app.locator("image-view").get_by_text(FULL).wait_for()
        image = host.app.get_by_role("img", name=PROMPT)
        assert await image.evaluate("image => image.naturalWidth") == 2048


async def test_without_any_way_to_the_server_the_preview_is_shown_and_words_can_be_copied(
    tmp_path: Path, openai_api: StandIn
) -> None:
    async with (
        shop(tmp_path, openai_api) as (browser, client),
        open_app(browser, client, NOTHING) as host,
    ):
        await host.run("generate_image", CALL)
        image = host.app.get_by_role("img", name=PROMPT)
        await image.wait_for()
        assert await image.evaluate("image => image.naturalWidth") > 0
        await host.app.get_by_role("button", name="Load full size").click()
        await host.app.get_by_text("The full image could not be loaded.").wait_for()
        assert await image.is_visible()
        await host.app.get_by_role("button", name="Retry").click()
        words = host.app.get_by_label("Message for the chat")
        await words.wait_for()
        assert PROMPT in await words.input_value()


@pytest.mark.parametrize(
    "context",
    [{"containerDimensions": {"height": 60}, "availableDisplayModes": ["fullscreen"]}, {}],
    ids=["said", "unsaid"],
)
async def test_60_pixels_have_a_thumbnail_and_the_words(
    context: Json, tmp_path: Path, openai_api: StandIn
) -> None:
    async with (
        shop(tmp_path, openai_api) as (browser, client),
        open_app(browser, client, {**LOW, "context": context}) as host,
    ):
        await host.run("generate_image", CALL)
        thumbnail = host.app.locator(".mini img")
        await thumbnail.wait_for()
        await host.app.locator(".mini").get_by_text(PROMPT).wait_for()
        box = await thumbnail.bounding_box()
        outer = await host.page.locator("#view").bounding_box()
        assert box
        assert outer
        assert outer["height"] == 60
        assert outer["y"] <= box["y"] < box["y"] + box["height"] <= outer["y"] + 60
        opener = host.app.get_by_role("button", name="Open")
        assert await opener.is_visible() is bool(context)
        if context:
            await opener.click()
            await host.page.wait_for_function("window.seen.modes.includes('fullscreen')")


async def test_a_result_before_the_connection_and_no_answer_at_all_still_show_the_image(
    tmp_path: Path, openai_api: StandIn
) -> None:
    async with shop(tmp_path, openai_api) as (browser, client):
        result = await client.call_tool("generate_image", CALL)
        params = result.model_dump(mode="json", by_alias=True, exclude_none=True)
        early = [
            {"method": "ui/notifications/tool-result", "params": params},
            {"method": "ui/notifications/tool-input", "params": {"arguments": CALL}},
        ]
        options = {"answers": False, "early": early}
        async with open_app(browser, client, options) as host:
            await host.app.get_by_role("img", name=PROMPT).wait_for()
            assert await host.app.get_by_role("button", name="Vary").is_visible()


async def test_a_canceled_call_says_so_and_offers_to_try_again(
    tmp_path: Path, openai_api: StandIn
) -> None:
    async with (
        shop(tmp_path, openai_api) as (browser, client),
        open_app(browser, client) as host,
    ):
        await host.tell("ui/notifications/tool-input", {"arguments": {"prompt": HOSTILE}})
        await host.tell("ui/notifications/tool-cancelled", {"reason": "The user <b>stopped</b>."})
        await host.app.locator("live-partials").get_by_text("The call was canceled.").wait_for()
        await host.app.get_by_text("The user <b>stopped</b>.").wait_for()
        assert await host.app.get_by_role("button", name="Retry").is_visible()


async def test_the_image_of_a_canceled_call_that_was_sent_still_comes(
    tmp_path: Path, openai_api: StandIn
) -> None:
    openai_api.script(slow(2))
    async with (
        shop(tmp_path, openai_api) as (browser, client),
        open_app(browser, client) as host,
    ):
        await host.tell("ui/notifications/tool-input", {"arguments": CALL})
        call = asyncio.create_task(client.call_tool("generate_image", CALL))
        await host.app.locator("live-partials").get_by_text("Generating 1 image").wait_for()
        await host.tell("ui/notifications/tool-cancelled", {})
        await host.app.locator("live-partials").get_by_text("The image may still come.").wait_for()
        await host.app.get_by_role("img", name=PROMPT, exact=True).wait_for()
        await call


async def test_messages_of_strangers_and_nonsense_change_nothing(
    tmp_path: Path, openai_api: StandIn
) -> None:
    async with (
        shop(tmp_path, openai_api) as (browser, client),
        open_app(browser, client) as host,
    ):
        await host.page.evaluate(NONSENSE)
        await host.page.evaluate(STRANGER)
        await host.run("generate_image", CALL)
        await host.app.get_by_role("img", name=PROMPT, exact=True).wait_for()
        shown = await host.app.locator("body").inner_text()
    assert "A stranger" not in shown
    assert "Nonsense" not in shown


@pytest.mark.parametrize("dropped", ["images", "facts", "both"])
async def test_a_host_that_drops_parts_of_results_gets_what_is_left(
    dropped: str, tmp_path: Path, openai_api: StandIn
) -> None:
    async with (
        shop(tmp_path, openai_api) as (browser, client),
        open_app(browser, client) as host,
    ):
        result = await client.call_tool("generate_image", CALL)
        params = result.model_dump(mode="json", by_alias=True, exclude_none=True)
        if dropped != "facts":
            params["content"] = [each for each in params["content"] if each["type"] == "text"]
        if dropped != "images":
            del params["structuredContent"]
        await host.tell("ui/notifications/tool-input", {"arguments": CALL})
        await host.tell("ui/notifications/tool-result", params)
        image = host.app.get_by_role("img", name=PROMPT, exact=True)
        await host.app.locator("image-view img.shown").wait_for()
        assert await image.evaluate("image => image.naturalWidth") > 0
        assert await host.app.get_by_role("button", name="Edit", exact=True).is_visible()


async def test_hostile_text_is_shown_as_text(tmp_path: Path, openai_api: StandIn) -> None:
    async with (
        shop(tmp_path, openai_api) as (browser, client),
        open_app(browser, client) as host,
    ):
        await host.tell("ui/notifications/tool-input", {"arguments": {"prompt": HOSTILE}})
        failed: dict[str, Any] = {"isError": True, "content": [{"type": "text", "text": HOSTILE}]}
        await host.tell("ui/notifications/tool-result", failed)
        alert = host.app.get_by_role("alert")
        await alert.wait_for()
        assert "<script>alert(2)</script>" in await alert.inner_text()
        assert await host.app.locator("img[src=x], b, script:not(body > script)").count() == 0
        widths = await host.app.locator("main").evaluate("each => [each.scrollWidth, innerWidth]")
        assert widths[0] <= widths[1]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 760])
async def test_the_viewer_follows_theme_and_width(
    width: int, theme: str, tmp_path: Path, openai_api: StandIn
) -> None:
    variables = {
        "--color-background-primary": "light-dark(rgb(255, 255, 240), rgb(20, 20, 30))",
        "--color-text-primary": "light-dark(#111111, #eeeeee)",
        "--color-text-secondary": "light-dark(rgb(80, 80, 80), rgb(180, 180, 180))",
    }
    context = {"theme": theme, "styles": {"variables": variables}}
    async with (
        shop(tmp_path, openai_api) as (browser, client),
        open_app(browser, client, {"context": context}, size=(width, 900)) as host,
    ):
        await host.run("generate_image", CALL)
        await host.app.get_by_role("img", name=PROMPT, exact=True).wait_for()
        color = await host.app.locator("body").evaluate("body => getComputedStyle(body).color")
        assert color == ("rgb(17, 17, 17)" if theme == "light" else "rgb(238, 238, 238)")
        inner = await host.app.locator("main").evaluate("each => [each.scrollWidth, innerWidth]")
        assert inner == [width, width]
        await host.page.wait_for_function("window.seen.sizes.length > 0")
        last = (await host.seen("sizes"))[-1]
        frame = await host.page.locator("#view").bounding_box()
        assert frame
        assert frame["height"] == last["height"]
