"""The order in which a reference is looked up, and what a refusal tells."""

import pytest

from application.image_library import ImageLibrary
from application.use_cases.resolve_reference import ResolveReference
from domain.errors import InvalidRequest, NotFound, UnreadableImage
from domain.image import Image
from domain.results import ResultImage
from tests.testkit.fakes import (
    PNG,
    MemoryImageSource,
    MemoryImageStore,
    MemoryJobRepository,
    find_image,
    job_for,
    small_image,
)

pytestmark = pytest.mark.anyio
COPY, FIRST, OLD = small_image("red"), small_image("blue"), small_image("green")


class Stock:
    """Two stored images, one after the other, and the sources of a caller."""

    def __init__(self) -> None:
        self.records = MemoryJobRepository()
        self.images = MemoryImageStore()
        self.files: dict[str, Image] = {}
        self.near = MemoryImageSource(self.files, "/")
        self.far = MemoryImageSource({"https://a.example/fox.png": COPY}, "https:")
        library = ImageLibrary(self.images, self.records)
        self.resolve = ResolveReference(
            find_image(self.records), library, first=[self.near], then=[self.far]
        )

    async def store(self) -> str:
        """Store them; return the place of the newer one."""
        for at, image in enumerate((OLD, PNG)):
            stored = await self.images.put(image, title="a bridge")
            results = (ResultImage(image=image, stored=stored),)
            await self.records.save(job_for(id=f"job_{at}").dispatched().stored(results))
        return f"/images/{stored}"


@pytest.fixture
def stock() -> Stock:
    return Stock()


async def test_a_changed_copy_of_a_stored_image_is_read_from_the_callers_files(
    stock: Stock,
) -> None:
    place = await stock.store()
    assert await stock.resolve(place) == PNG
    stock.files[place] = COPY
    assert await stock.resolve(place) == COPY


async def test_a_whole_id_asks_no_source(stock: Stock) -> None:
    await stock.store()
    assert await stock.resolve(PNG.id) == PNG
    with pytest.raises(NotFound):
        await stock.resolve(COPY.id)
    assert stock.near.opened == stock.far.opened == []


async def test_the_address_of_a_stored_image_needs_no_connection(stock: Stock) -> None:
    await stock.store()
    for link in (
        f"https://a.example/images/{PNG.id}",
        f"https://a.example/images/{PNG.id}/preview?sig=1",
        f"https://a.example/images/{PNG.id[:12]}?expires=2",
        f"https://a.example/files/{PNG.id}.png",
    ):
        assert await stock.resolve(link) == PNG, link
    assert stock.far.opened == []
    assert await stock.resolve("https://a.example/fox.png") == COPY


@pytest.mark.parametrize(
    ("name", "image"),
    {
        "last": PNG,
        "the latest image": PNG,
        "last:1": PNG,
        "Last : 2": OLD,
        "image://last/preview": PNG,
        "image://last:2": OLD,
        f"image://{OLD.id}": OLD,
        f"image://{OLD.id[:12]}/metadata": OLD,
        OLD.id[:12]: OLD,
    }.items(),
)
async def test_words_and_uris_mean_stored_images(stock: Stock, name: str, image: Image) -> None:
    await stock.store()
    assert await stock.resolve(name) == image
    if OLD.id[:12] in name and OLD.id not in name:
        assert await stock.resolve(name, owner="another") is None
    else:
        with pytest.raises(NotFound if OLD.id in name else InvalidRequest):
            await stock.resolve(name, owner="another")


async def test_there_is_no_image_before_the_first(stock: Stock) -> None:
    await stock.store()
    for name in ("last:3", "last:101"):
        with pytest.raises(InvalidRequest, match="too far back"):
            await stock.resolve(name)
    with pytest.raises(InvalidRequest, match="There is no image yet"):
        await stock.resolve("last", owner="another")
    for words in ("last:0", "last:-1", "last week", "lasting"):
        assert await stock.resolve(words) is None


async def test_the_first_reason_is_told_if_nothing_is_found(stock: Stock) -> None:
    with pytest.raises(UnreadableImage, match=r"/bear\.png is not there"):
        await stock.resolve("/bear.png")
    assert await stock.resolve("bear") is None
    assert [each[:3] for each in stock.resolve.offers] == ["the", "the"]
