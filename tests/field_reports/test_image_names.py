"""Every name that we print of an image or a job finds it again, in the trash too."""

from pathlib import Path
from typing import Any

import pytest

from domain.errors import InvalidRequest
from domain.image import StoredRef
from domain.job_records import OwnedImage
from domain.results import ResultImage
from tests.e2e.transports import connect_in_memory
from tests.testkit.fakes import (
    PNG,
    MemoryJobRepository,
    find_image,
    job_for,
    settings_in,
    small_image,
)

pytestmark = pytest.mark.anyio
SHORT = PNG.digest[:8]
STEM = f"red-bridge-{SHORT}"
OLD = small_image("red")
NAMES: dict[str, str | None] = {
    PNG.id[:12]: PNG.id,
    SHORT: PNG.id,
    f"/images/{STEM}.png": PNG.id,
    f"C:\\images\\{STEM}.png": PNG.id,
    f"https://images.example/{STEM}.png?x=1": PNG.id,
    f"{STEM}.jpg": PNG.id,
    f"{STEM}-preview-2.png": PNG.id,
    f"{STEM}-rendition-2.webp": PNG.id,
    f"{STEM}_0a1b2c3d.jpg": PNG.id,
    f"{OLD.id}.png": OLD.id,
    f"{OLD.id}.webp": OLD.id,
    f"{STEM}-2.png": None,
    f"{STEM}-edited.png": None,
    f"blue-bridge-{SHORT}.png": None,
    f"red-bridge-{OLD.digest[:8]}.png": None,
    f"x{STEM}.png": None,
    STEM: None,
    "img_0a1b2c3d": None,
    PNG.id[:11]: None,
    "": None,
    "fox.png": None,
    "deadbeef-c0ffee00-12345678.png": None,
}


async def records_of_two_images() -> MemoryJobRepository:
    """A new image, and one that an early version named by its ID."""
    records = MemoryJobRepository()
    names = ((PNG, f"{STEM}.png", "job_1"), (OLD, f"{OLD.id}.png", "job_2"))
    for image, name, job_id in names:
        stored = ResultImage(image=image, stored=StoredRef(ref=f"/images/{name}"))
        await records.save(job_for(id=job_id).dispatched().stored((stored,)))
    return records


@pytest.mark.parametrize("trashed", [False, True], ids=["in use", "in the trash"])
@pytest.mark.parametrize(("name", "wanted"), NAMES.items())
async def test_a_printed_name_means_its_image_and_no_other(
    name: str, wanted: str | None, trashed: bool
) -> None:
    records = await records_of_two_images()
    if trashed:
        images = [OwnedImage(image.id, "local") for image in (PNG, OLD)]
        async with records.image_references(images) as found:
            for each in found:
                each.trash(at=job_for().created_at)
    find = find_image(records)
    assert await find(name, newest=False) == wanted
    assert await find(name, newest=False, trashed=True) == wanted
    assert await find(name, owner="other") is None


async def test_a_beginning_of_several_ids_names_them_all() -> None:
    records = MemoryJobRepository()
    made = [ResultImage(image=each, stored=StoredRef(ref=f"{each.id}.png")) for each in (PNG, OLD)]
    await records.save(job_for(id="job_" + "1" * 32).dispatched().stored(tuple(made)))
    with pytest.raises(InvalidRequest) as raised:
        await find_image(records)("job_" + "1" * 32)
    assert all(image.id in (raised.value.hint or "") for image in (PNG, OLD))


async def test_undo_over_mcp_takes_the_names_that_delete_takes(tmp_path: Path) -> None:
    async with connect_in_memory(settings_in(tmp_path, provider="sketch")) as client:
        made: Any = await client.call_tool("generate_image", {"prompt": "a red bridge"})
        facts = made.structured_content
        image = facts["images"][0]
        for name in (image["path"], image["id"][:12], f"![a bridge]({image['path']})"):
            deleted = await client.call_tool("delete_image", {"id": name})
            assert not deleted.is_error, deleted.content
            got: Any = await client.call_tool("get_image", {"id": name})
            assert f"gpt-image images restore {image['id']}" in got.content[0].text
            unknown: Any = await client.call_tool("delete_image", {"id": "fox", "undo": True})
            assert f"In the trash: {image['id']} (a red bridge)" in unknown.content[0].text
            back: Any = await client.call_tool("delete_image", {"id": name, "undo": True})
            assert back.structured_content["id"] == image["id"]
            assert Path(image["path"]).exists()
