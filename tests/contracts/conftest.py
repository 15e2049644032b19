"""A data folder for tests of the image store and the records."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contracts.data_folder import DataFolder


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
