"""Edits on the page in Chromium: a mask by mouse, a file of the user, hostile text."""

from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import PIL.Image
import pytest

from domain.requests import EditRequest
from tests.e2e.browser import needs_chromium
from tests.e2e.loopback_server import serve
from tests.e2e.page.browsing import browsing
from tests.testkit.fakes import FakeProvider, settings_in, small_image

if TYPE_CHECKING:
    from playwright.async_api import FilePayload, Page

pytestmark = [pytest.mark.anyio, needs_chromium, pytest.mark.timeout(120)]
SQUARE = small_image(size=(256, 256))
OTHER = small_image("green", size=(256, 256))
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>\u202egnp.exe\u0007\"'></textarea>"


async def start(page: "Page", prompt: str) -> None:
    await page.fill("#prompt", prompt)
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector("#runs image-view")


async def test_what_is_drawn_is_transparent_in_the_mask_that_is_sent(tmp_path: Path) -> None:
    provider = FakeProvider(SQUARE)
    async with serve(settings_in(tmp_path), provider=provider) as url, browsing(url) as page:
        await start(page, "a red square")
        await page.click("#runs >> text=Edit")
        stage = page.locator("mask-painter .stage")
        box = await stage.bounding_box()
        assert box is not None
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        await page.mouse.move(*middle)
        await page.mouse.down()
        await page.mouse.move(middle[0] + 4, middle[1] + 4, steps=4)
        await page.mouse.up()
        provider.images = (OTHER,)
        await start(page, "make it green")
        await page.wait_for_selector(f"#runs image-view[before$='{SQUARE.id}']")
    request = provider.seen[-1].request
    assert isinstance(request, EditRequest)
    assert [image.id for image in request.images] == [SQUARE.id]
    assert request.mask is not None
    alpha = PIL.Image.open(BytesIO(request.mask.data)).getchannel("A")
    assert alpha.size == (256, 256)
    assert alpha.getpixel((128, 128)) == 0
    assert {alpha.getpixel(corner) for corner in ((2, 2), (253, 2), (2, 253))} == {255}


async def test_a_file_of_the_user_is_opened_for_an_edit(tmp_path: Path) -> None:
    provider = FakeProvider(OTHER)
    async with serve(settings_in(tmp_path), provider=provider) as url, browsing(url) as page:
        file: FilePayload = {
            "name": "<img src=x onerror=alert(1)>.png",
            "mimeType": "image/png",
            "buffer": SQUARE.data,
        }
        await page.set_input_files("#file", [file])
        await page.wait_for_selector("h1:text('Edit')")
        await start(page, HOSTILE * 200)
        await page.click("nav >> text=Wall")
        await page.wait_for_selector("gallery-wall .item >> nth=1")
        words = await page.locator("gallery-wall .words").all_text_contents()
    assert provider.seen[-1].request.prompt == HOSTILE * 200
    assert all(each.startswith("<img src=x onerror=alert(1)>") for each in words)


DROP = """([name, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name, { type: "image/png" }));
  for (const type of ["dragover", "drop"])
    document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true }));
}"""


async def test_a_file_that_is_dropped_anywhere_is_opened_for_an_edit(tmp_path: Path) -> None:
    provider = FakeProvider(OTHER)
    async with serve(settings_in(tmp_path), provider=provider) as url, browsing(url) as page:
        await page.evaluate(DROP, ["red.png", b64encode(SQUARE.data).decode()])
        await page.wait_for_selector("h1:text('Edit')")
        await start(page, "make it green")
    request = provider.seen[-1].request
    assert isinstance(request, EditRequest)
    assert [image.id for image in request.images] == [SQUARE.id]


async def test_an_error_is_shown_with_its_hint_beside_the_form(tmp_path: Path) -> None:
    async with (
        serve(settings_in(tmp_path), provider=FakeProvider()) as url,
        browsing(url, refused="400") as page,
    ):
        await page.fill("#prompt", "x")
        await page.evaluate("document.querySelector('#n').removeAttribute('max')")
        await page.fill("#n", "77")
        await page.click("button:text('Generate')")
        await page.wait_for_selector("#notices >> text=invalid_request")
        assert await page.input_value("#prompt") == "x"
