"""One browser for the tests of a file."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from tests.e2e.browser import open_browser

if TYPE_CHECKING:
    from playwright.async_api import Browser


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def browser(anyio_backend: str) -> AsyncIterator["Browser"]:
    async with open_browser() as opened:
        yield opened
