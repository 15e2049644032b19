"""What was written again can be deleted, and what was deleted is not written again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.records.engine import Database
from adapters.records.file_image_store import FileImageStore
from domain.errors import NotFound
from tests.testkit.contracts.image_store import stored
from tests.testkit.fakes import PNG

pytestmark = pytest.mark.anyio


@pytest.fixture
async def files(tmp_path: Path, anyio_backend: str) -> AsyncIterator[FileImageStore]:
    database = Database(tmp_path / "data")
    yield FileImageStore(database, pictures_folder=tmp_path / "pictures")
    await database.close()


async def test_what_is_written_again_elsewhere_is_known_there_and_can_be_deleted(
    files: FileImageStore, tmp_path: Path
) -> None:
    job = stored(await files.put(PNG))
    await files.record(job)
    moved = FileImageStore(files._database, pictures_folder=tmp_path / "elsewhere")
    first = await moved.ensure_stored(PNG, owner="local", job_id=job.id)
    assert Path(first).parent == tmp_path / "pictures"
    Path(first).unlink()
    second = await moved.ensure_stored(PNG, owner="local", job_id=job.id)
    assert Path(second).parent == tmp_path / "elsewhere"
    assert await files.find(PNG.id, owner="local") == PNG
    await files.delete(PNG.id, owner="local")
    assert not [*tmp_path.rglob("img_*")]


async def test_what_another_process_deletes_has_no_place_and_is_not_written_again(
    files: FileImageStore, tmp_path: Path
) -> None:
    job = stored(await files.put(PNG))
    await files.record(job)
    other = Database(tmp_path / "data")
    await FileImageStore(other, pictures_folder=tmp_path / "pictures").delete(PNG.id, owner="local")
    await other.close()
    with pytest.raises(NotFound):
        await files.ensure_stored(PNG, owner="local", job_id=job.id)
    assert not [*tmp_path.rglob("img_*")]
