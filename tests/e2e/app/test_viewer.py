"""The viewer in a host that keeps to the specification: Chromium, and a real server behind it."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mcp import Client

from tests.e2e.app.app_host import Json, open_app, shop
from tests.e2e.browser import needs_chromium
from tests.standin import StandIn
from tests.standin.faults import moderation_blocked, slow

if TYPE_CHECKING:
    pass

pytestmark = [pytest.mark.anyio, needs_chromium]
PROMPT = "A lighthouse at dawn"
CALL = {"prompt": PROMPT, "partialImages": 2, "quality": "low"}


async def test_partial_images_are_shown_while_the_image_is_generated(
    tmp_path: Path, openai_api: StandIn
) -> None:
    openai_api.script(slow(3))
    async with shop(tmp_path, openai_api) as (browser, client), open_app(browser, client) as host:
        running = asyncio.create_task(host.run("generate_image", CALL))
        await host.app.get_by_text(PROMPT).wait_for()
        partial = host.app.get_by_alt_text(f"Partial image 1 of 1: {PROMPT}")
        await partial.first.wait_for()
        assert not running.done()
        assert await partial.first.evaluate("image => image.naturalWidth") > 0
        await running
        image = host.app.get_by_role("img", name=PROMPT, exact=True)
        await image.wait_for()
        assert await host.app.get_by_text("1024 × 1024").count()
        assert [name for name, _ in host.calls if name == "watch_job"]
        cursors = [call["cursor"] for name, call in host.calls if "cursor" in call]
        assert cursors == sorted(cursors)
        assert cursors[-1] > 0


async def test_the_preview_is_there_at_once_and_4k_comes_in_chunks(
    tmp_path: Path, openai_api: StandIn
) -> None:
    call = {"prompt": PROMPT, "size": "3840x2160"}
    async with shop(tmp_path, openai_api) as (browser, client), open_app(browser, client) as host:
        result = await host.run("generate_image", call)
        image = host.app.get_by_role("img", name=PROMPT, exact=True)
        await image.wait_for()
        assert await image.evaluate("image => image.naturalWidth") <= 1600
        await host.app.get_by_role("button", name="Load full size").click()
        full = host.app.locator("image-view img.shown[alt]:not([alt=''])")
        await host.app.get_by_text("3840 × 2160", exact=True).wait_for()
        assert await full.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [
            3840,
            2160,
        ]
        chunks = [call["chunk"] for name, call in host.calls if "chunk" in call]
        assert chunks == [*range(1, len(chunks) + 1)]
        facts = result["structuredContent"]["images"][0]
        assert len(chunks) == -(-facts["bytes"] // 522_240)


async def test_the_buttons_talk_to_the_model(tmp_path: Path, openai_api: StandIn) -> None:
    async with shop(tmp_path, openai_api) as (browser, client), open_app(browser, client) as host:
        result = await host.run("generate_image", {"prompt": PROMPT, "n": 2})
        first, second = (image["id"] for image in result["structuredContent"]["images"])
        await host.app.get_by_role("button", name="Image 2", exact=True).click()
        await host.app.get_by_role("button", name="Vary").click()
        await host.app.get_by_text("Sent to the chat.").wait_for()
        await host.app.get_by_role("button", name="Retry (≈ $").click()
        await host.app.get_by_role("button", name="Edit", exact=True).click()
        await host.app.get_by_label("What should change?").fill("Make the sky red")
        await host.app.get_by_role("button", name="Ask for the edit").click()
        await host.app.locator(".editor").get_by_text("Sent to the chat.").wait_for()
        contexts = await host.seen("contexts")
        said = [each["content"][0]["text"] for each in await host.seen("messages")]
    assert [each["structuredContent"] for each in contexts] == [{"imageId": second}] * 3
    assert second in said[0]
    assert PROMPT in said[1]
    assert said[2] == f"Please edit {second} with edit_image: Make the sky red"
    assert first not in "".join(said)


async def test_an_error_has_its_hint_and_a_way_to_try_again(
    tmp_path: Path, openai_api: StandIn
) -> None:
    openai_api.script(moderation_blocked())
    async with shop(tmp_path, openai_api) as (browser, client), open_app(browser, client) as host:
        result = await host.run("generate_image", CALL)
        message, hint, *_ = result["content"][0]["text"].split("\n")
        alert = host.app.get_by_role("alert")
        await alert.wait_for()
        assert message in await alert.inner_text()
        assert hint in await alert.inner_text()
        assert "[Error" not in await alert.inner_text()
        await host.app.get_by_role("button", name="Retry").click()
        await host.app.get_by_text("Sent to the chat.").wait_for()
        (said,) = await host.seen("messages")
    assert PROMPT in said["content"][0]["text"]


@pytest.mark.parametrize("keeps", ["structured", "text"])
async def test_after_a_reload_the_job_alone_is_enough(
    keeps: str, tmp_path: Path, openai_api: StandIn
) -> None:
    openai_api.script(slow(3))
    async with shop(tmp_path, openai_api) as (browser, client):
        running = asyncio.create_task(client.call_tool("generate_image", CALL))
        async with asyncio.timeout(10):
            while not (job := await job_of(client)):
                pass
        words = f"Still generating. Call get_image with id {job}."
        facts = {"jobId": job, "images": [], "state": "painting"}
        pending: Json = {"content": [{"type": "text", "text": words}]}
        if keeps == "structured":
            pending["structuredContent"] = facts
        for _ in range(2):  # while it runs, and after it has ended
            async with open_app(browser, client) as host:
                await host.tell("ui/notifications/tool-input", {"arguments": {}})
                await host.tell("ui/notifications/tool-result", pending)
                await host.app.get_by_text("1024 × 1024").first.wait_for()
            await running


async def job_of(client: Client) -> str:
    """The ID of the running job; empty if there is none yet."""
    facts = (await client.call_tool("watch_job", {"prompt": PROMPT, "wait": 1})).structured_content
    return str((facts or {}).get("jobId", ""))


async def test_an_edit_is_compared_with_the_image_before_it(
    tmp_path: Path, openai_api: StandIn
) -> None:
    async with shop(tmp_path, openai_api) as (browser, client), open_app(browser, client) as host:
        made = await client.call_tool("generate_image", {"prompt": PROMPT})
        before = (made.structured_content or {})["images"][0]["id"]
        await host.run("edit_image", {"prompt": "Make the sky red", "images": [before]})
        slider = host.app.get_by_role("slider", name="Before and after")
        await slider.wait_for()
        earlier = host.app.get_by_role("button", name=PROMPT)
        await earlier.click()
        await host.page.wait_for_function("window.seen.contexts.length > 0")
        (context,) = await host.seen("contexts")
        shown = host.app.locator(".thumbs [aria-pressed=true]")
        assert await shown.get_attribute("data-id") == before
    assert context["structuredContent"] == {"imageId": before}
