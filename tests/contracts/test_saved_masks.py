"""Masks in the records and in the store: kept for an image, owned, and expiring like uploads."""

from io import BytesIO

import anyio
import anyio.lowlevel
import PIL.Image
import pytest

from adapters.pillow.normalizer import PillowNormalizer
from adapters.pillow.worker_pool import WorkerPool
from application.image_library import ImageLibrary
from application.use_cases.expire_uploads import INTERRUPTED
from application.use_cases.save_mask import AT_ONCE, SaveMask
from domain.errors import ImageServiceError, InvalidRequest, NotFound, UnreadableImage
from domain.image import Image
from domain.image_formats import Dimensions
from domain.job_records import OwnedImage
from domain.uploads import MASK_ID, Upload
from tests.contracts.data_folder import DataFolder
from tests.contracts.upload_desk import DAYS, Desk
from tests.testkit.fakes import HeaderNormalizer, mask, small_image

pytestmark = pytest.mark.anyio
FOX, MASK = small_image("orange", (64, 48)), mask((64, 48))
MASK_IMAGE = OwnedImage(MASK.id, "local")


@pytest.fixture
async def desk(here: DataFolder) -> Desk:
    """A desk whose masks are fitted by the real normalizer, with an uploaded fox."""
    desk, normalizer = Desk(here), PillowNormalizer(WorkerPool(1))
    desk.save_mask = SaveMask(here.library, normalizer, desk.uploads, desk.clock)
    await desk.add(FOX, name="fox.png")
    return desk


async def test_a_mask_is_found_by_its_owner_only_and_after_a_restart(
    desk: Desk, there: DataFolder
) -> None:
    id_ = await desk.save_mask(FOX.id, MASK.data)
    found = await desk.uploads.mask(id_, owner="local")
    assert MASK_ID.fullmatch(id_)
    assert found is not None
    assert (found.id, found.mask_of, found.image.dimensions) == (id_, FOX.id, Dimensions(64, 48))
    assert await there.library.find(found.image.id, owner="local") == MASK
    assert await desk.uploads.mask(id_, owner="other") is None
    assert await desk.uploads.mask(id_.replace("mask_", "upload_"), owner="local") is None
    with pytest.raises(NotFound, match="No mask with ID"):
        await desk.find_image(id_, owner="other")
    assert await desk.find_image(f" {id_} ", owner="local") == MASK.id


async def test_equal_masks_of_one_image_are_one_and_those_of_two_images_are_two(desk: Desk) -> None:
    bear = small_image("brown", (64, 48))
    await desk.add(bear)
    first = await desk.save_mask(FOX.id, MASK.data)
    desk.later(days=DAYS - 1)
    again, other = await desk.save_mask(FOX.id, MASK.data), await desk.save_mask(bear.id, MASK.data)
    assert first == again != other
    desk.later(days=2)  # the fox and the bear were uploaded on the first day
    await desk.expire()
    assert await desk.uploads.mask(first, owner="local") is not None
    desk.later(days=DAYS)
    await desk.expire()
    assert await desk.uploads.mask(first, owner="local") is None
    assert desk.files() == []


async def test_a_mask_is_in_no_list_and_may_be_an_upload_as_well(desk: Desk) -> None:
    await desk.save_mask(FOX.id, MASK.data)
    assert [each.name for each in await desk.uploads.recent(owner="local", limit=9)] == ["fox.png"]
    found = await desk.uploads.get(MASK_IMAGE)
    assert found is not None
    assert found.mask_of == FOX.id
    await desk.add(MASK, name="by hand.png")
    names = [each.name for each in await desk.uploads.recent(owner="local", limit=9)]
    assert sorted(names) == ["by hand.png", "fox.png"]


async def test_a_mask_outlives_an_older_upload_of_the_same_bytes(desk: Desk) -> None:
    await desk.add(MASK)
    desk.later(days=DAYS - 1)
    id_ = await desk.save_mask(FOX.id, MASK.data)
    desk.later(days=2)
    await desk.expire()
    assert await desk.uploads.mask(id_, owner="local") is not None
    assert await desk.find(MASK_IMAGE) == MASK


async def test_a_mask_goes_to_the_trash_and_back_by_its_id(desk: Desk) -> None:
    id_ = await desk.save_mask(FOX.id, MASK.data)
    await desk.trash.delete([MASK_IMAGE])
    assert await desk.find_image(id_) == MASK.id
    with pytest.raises(NotFound, match="in the trash"):
        await desk.find(MASK_IMAGE)
    await desk.trash.restore([MASK_IMAGE])
    assert await desk.find(MASK_IMAGE) == MASK
    found = await desk.uploads.mask(id_, owner="local")
    assert found is not None
    assert found.mask_of == FOX.id


async def test_a_mask_that_was_interrupted_is_settled_by_the_next_cleanup(desk: Desk) -> None:
    begun = Upload.of_mask(MASK, image_id=FOX.id, owner="local", at=desk.clock.now())
    await desk.uploads.save(begun)
    assert await desk.uploads.mask(begun.id, owner="local") is None
    await desk.here.images.put(MASK)
    desk.later(seconds=INTERRUPTED.total_seconds() + 1)
    await desk.expire()
    assert await desk.uploads.mask(begun.id, owner="local") is not None


async def test_what_an_edit_would_convert_is_stored_as_it_is_sent(desk: Desk) -> None:
    white = small_image("black", (32, 24), mode="L")
    drawing = PIL.Image.open(BytesIO(white.data))
    drawing.paste(255, (0, 0, 16, 24))
    id_ = await desk.save_mask(FOX.id, saved(drawing, "JPEG"))
    found = await desk.uploads.mask(id_, owner="local")
    assert found is not None
    stored = PIL.Image.open(BytesIO((await desk.find(OwnedImage(found.image.id, "local"))).data))
    assert (stored.mode, stored.size, stored.format) == ("RGBA", (64, 48), "PNG")
    assert [stored.getpixel((x, 20))[3] for x in (10, 50)] == [0, 255]  # type: ignore[index] # RGBA
    assert found.image.notes == (
        "The mask has no transparent areas; its white areas were read as those to edit.",
        "The mask was scaled from 32x24 to 64x48 pixels.",
    )


def saved(image: PIL.Image.Image, form: str = "PNG") -> bytes:
    """The image as a file."""
    out = BytesIO()
    image.save(out, form)
    return out.getvalue()


REFUSED: dict[str, tuple[bytes, type[ImageServiceError], str, str]] = {
    "another shape": (
        mask((48, 48)).data,
        InvalidRequest,
        "The mask is 48x48 pixels, but the first image is 64x48.",
        "Resize the mask to 64x48, the size that the image is shown in.",
    ),
    "transparent everywhere": (
        saved(PIL.Image.new("RGBA", (64, 48))),
        InvalidRequest,
        "The mask is transparent everywhere, so it marks the whole image.",
        "Make only the areas to edit transparent, or edit the image without a mask.",
    ),
    "opaque": (
        saved(PIL.Image.new("RGBA", (64, 48), "red")),
        InvalidRequest,
        "The mask marks nothing: it is opaque everywhere.",
        "Make the areas to edit fully transparent",
    ),
    "the image itself": (
        FOX.data,
        InvalidRequest,
        "The mask has no alpha channel, and it is not black and white.",
        "Make the areas to edit fully transparent",
    ),
    "no image": (b"<svg>", UnreadableImage, "mask: This is an SVG, which is markup", ""),
    "nothing": (b"", UnreadableImage, "mask: ", ""),
    "cut": (MASK.data[:-30], UnreadableImage, "mask: ", ""),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_mask_that_cannot_serve_is_refused_and_nothing_is_stored(
    desk: Desk, case: str
) -> None:
    data, kind, message, hint = REFUSED[case]
    with pytest.raises(kind) as refused:
        await desk.save_mask(FOX.id, data)
    assert refused.value.message.startswith(message)
    assert refused.value.hint.startswith(hint)
    assert getattr(refused.value, "field", "") == "mask"
    assert len(desk.here.sql("SELECT * FROM pictures")) == len(desk.files()) == 1


async def test_a_mask_for_an_image_of_another_owner_is_refused(desk: Desk) -> None:
    with pytest.raises(NotFound, match="No image with ID"):
        await desk.save_mask(FOX.id, MASK.data, owner="other")
    assert len(desk.files()) == 1


class Library(ImageLibrary):
    """The images of a desk, of which one is found without a look at the disk."""

    async def find(self, _image_id: str, /, *, owner: str) -> Image:
        return FOX


class CountedFile:
    """An IncomingFile in memory; `held` has how many are read now, and at most."""

    def __init__(self, held: list[int]) -> None:
        self.held, self.name, self.size, self.data = held, "mask.png", len(MASK.data), MASK.data

    async def read(self) -> bytes:
        self.held[0] += 1
        self.held[1] = max(self.held)
        for _ in range(9):
            await anyio.lowlevel.checkpoint()
        self.held[0] -= 1
        return self.data

    async def write(self, data: bytes, /) -> None:
        self.data += data

    async def replace(self, data: bytes, /) -> None:
        self.data = data

    def close(self) -> None:
        return


async def test_few_masks_are_in_memory_at_once(desk: Desk) -> None:
    """Files of 50 MB wait on the disk until it is their turn."""
    held, library = [0, 0], Library(desk.here.images, desk.here.records)
    save_mask = SaveMask(library, HeaderNormalizer(), desk.uploads, desk.clock)
    async with anyio.create_task_group() as tasks:
        for _ in range(6):
            tasks.start_soon(save_mask, FOX.id, CountedFile(held))
    assert held == [0, AT_ONCE]
    assert await desk.uploads.get(MASK_IMAGE) is not None
