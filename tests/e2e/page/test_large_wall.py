"""The wall of an archive with 10,000 images: soon there, and small at any place."""

from pathlib import Path

import pytest

from benchmarks.archives import build_archive
from tests.e2e.browser import needs_chromium
from tests.e2e.loopback_server import serve
from tests.e2e.page.browsing import browsing
from tests.testkit.fakes import FakeProvider, settings_in

pytestmark = [pytest.mark.anyio, needs_chromium, pytest.mark.timeout(180)]
IMAGES = 10_000
MOST_IN_DOM = 60
FIRST_PAINT_MS = 1000
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
COUNT = "document.querySelector('gallery-wall').shadowRoot.querySelectorAll('img').length"
LAST = "document.querySelector('gallery-wall').shadowRoot.querySelector('.item:last-child')"


async def test_the_wall_is_there_soon_and_keeps_few_images(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    home = settings.data_dir.parent
    assert settings.output_dir == home / "images"
    build_archive(home, IMAGES)
    async with serve(settings, provider=FakeProvider()) as url, browsing(url) as page:
        await page.goto("/page/wall")
        await page.wait_for_selector("gallery-wall img.shown")
        assert await page.evaluate(FIRST_PAINT) < FIRST_PAINT_MS
        positions = []
        for _ in range(12):
            await page.mouse.wheel(0, 4000)
            await page.wait_for_timeout(150)
            assert 0 < await page.evaluate(COUNT) <= MOST_IN_DOM
            positions.append(int(await page.evaluate(f"{LAST}.ariaPosInSet")))
    assert positions[-1] > 5 * MOST_IN_DOM
    assert positions == sorted(positions)
