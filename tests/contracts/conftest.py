"""A data folder for tests of the image store and the records, and a host of the web."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.contracts.data_folder import DataFolder
from tests.contracts.local_files import Desk
from tests.contracts.web_host import Listener, Routes, WebHost, reply
from tests.unit.openai_help import TEAL


@pytest.fixture
async def here(tmp_path: Path, anyio_backend: str) -> AsyncIterator[DataFolder]:
    """The data folder, as this process sees it."""
    folder = DataFolder(tmp_path)
    yield folder
    await folder.close()


@pytest.fixture
async def there(tmp_path: Path, anyio_backend: str) -> AsyncIterator[DataFolder]:
    """The same data folder, as another process sees it."""
    folder = DataFolder(tmp_path)
    yield folder
    await folder.close()


@pytest.fixture(scope="module")
def host() -> Iterator[WebHost]:
    with WebHost({}) as host:
        yield host


@pytest.fixture(scope="module")
def trap() -> Iterator[Listener]:
    with Listener() as trap:
        yield trap


@pytest.fixture
def routes(host: WebHost, trap: Listener) -> Routes:
    host.pages = {"/teal.png": reply(TEAL.data)}
    host.gets.clear()
    host.connections = trap.connections = 0
    return Routes(host, trap, host.client_side)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A folder that callers may read, with files in and around it."""
    return Desk(tmp_path)
