"""A data folder with all that adds, lists and deletes uploads."""

from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta

from adapters.incoming_files.temporary_files import TemporaryFiles
from adapters.records.upload_repository import SqlUploadRepository
from application.delivery_times import DeliveryTimes
from application.image_trash import ImageTrash
from application.use_cases.add_images import AddImages
from application.use_cases.expire_uploads import ExpireUploads
from application.use_cases.find_image import FindImage
from application.use_cases.limit_storage import LimitStorage
from application.use_cases.prune_images import PruneImages
from application.use_cases.save_mask import SaveMask
from domain.image import Image
from domain.job_records import OwnedImage
from domain.results import ResultImage
from domain.uploads import Upload
from tests.contracts.data_folder import DataFolder
from tests.testkit.fakes import DictCache, FrozenClock, HeaderNormalizer, job_for, small_image

RED, BLUE = small_image("red"), small_image("blue")
DAYS = 30


class Desk:
    """A data folder with all that adds, lists and deletes uploads."""

    def __init__(self, here: DataFolder) -> None:
        self.here, self.clock = here, FrozenClock()
        self.uploads = SqlUploadRepository(here.database)
        self.normalizer = HeaderNormalizer()
        incoming = TemporaryFiles(here.data)
        self.add_images = AddImages(
            incoming, self.normalizer, here.images, self.uploads, self.clock
        )
        self.save_mask = SaveMask(here.library, self.normalizer, self.uploads, self.clock)
        times = DeliveryTimes(lambda: here.records, self.clock)
        self.find_image = FindImage(here.records, times, self.uploads)
        self.expire = ExpireUploads(here.library, self.uploads, self.clock, days=DAYS)
        self.trash = ImageTrash(here.library, self.clock, days=7)
        self.limit = LimitStorage(self.trash, DictCache(), self.clock)
        self.prune = PruneImages(self.trash, DictCache(), self.clock)

    async def add(self, *images: Image, owner: str = "local", name: str = "") -> Sequence[Upload]:
        """Add these images."""
        with closing(self.add_images.receive()) as incoming:
            for image in images:
                await incoming.add(name)
                await incoming.write(image.data)
            return await self.add_images(incoming, owner=owner)

    async def generate(self, image: Image, job_id: str = "job_1", owner: str = "local") -> None:
        """A job delivers this image now."""
        stored = await self.here.images.put(image, title="a fox")
        job = job_for(id=job_id, owner=owner, created_at=self.clock.now())
        entry = ResultImage(image=image, stored=stored)
        await self.here.records.save(job.dispatched().stored((entry,)))

    async def find(self, image: OwnedImage) -> Image:
        """The image of this owner."""
        return await self.here.library.find(image.id, owner=image.owner)

    def files(self) -> list[str]:
        """The names of all files of images."""
        found = (path for path in self.here.folder.rglob("*") if path.is_file())
        return sorted(path.name for path in found)

    def later(self, **time: float) -> None:
        """Let time pass."""
        self.clock.time += timedelta(**time)
