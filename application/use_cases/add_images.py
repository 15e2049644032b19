"""Use case: store input images of a caller, so that every later request can name them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from application.async_tools import run_to_completion
from application.input_inspection import INSPECTION_TIMEOUT
from application.ports.clock import Clock
from application.ports.image_inspector import NotInspected
from application.ports.image_normalizer import ImageNormalizer
from application.ports.image_store import ImageStore
from application.ports.incoming_files import IncomingFile, IncomingFiles
from application.ports.upload_repository import UploadRepository
from application.upload_storage import store_upload
from domain.errors import InvalidRequest, UnreadableImage
from domain.image import Image
from domain.jobs import LOCAL
from domain.uploads import Upload, file_name

MAX_FILES = 16
"""Images that are added together: as many as one request can edit."""
AT_ONCE = 2
"""Images that are in memory at once: one of 50 megapixels takes 200 MB."""


class IncomingImages:
    """The images of one request while they arrive, on disk. Closing deletes them.

    `add` and `write` raise ArchiveUnavailable, among others when the disk is full.
    """

    def __init__(self, create: Callable[[str], Awaitable[IncomingFile]]) -> None:
        self._create = create
        self.files = list[IncomingFile]()

    @property
    def size(self) -> int:
        """The bytes of the last image so far."""
        return self.files[-1].size

    async def add(self, name: str, /) -> None:
        """Begin the next image, by the name of its file; empty if it has none."""
        self.files.append(await self._create(name))

    async def write(self, data: bytes, /) -> None:
        """Add bytes to the last image."""
        await self.files[-1].write(data)

    def close(self) -> None:
        """Delete what has arrived; images that were added to the store are not affected."""
        for file in self.files:
            file.close()


class AddImages:
    """Stores images as they will be sent: upright, of a common kind, and without metadata.

    Equal bytes of one owner are one upload, whose days begin anew. An image of another owner is
    stored once, too, but no answer tells that it was there.
    """

    def __init__(
        self,
        incoming: IncomingFiles,
        normalizer: ImageNormalizer,
        images: ImageStore,
        uploads: UploadRepository,
        clock: Clock,
    ) -> None:
        self.incoming = incoming
        self.normalizer = normalizer
        self.images = images
        self.uploads = uploads
        self.clock = clock
        self._in_memory = asyncio.Semaphore(AT_ONCE)

    def receive(self) -> IncomingImages:
        """Return the place for the images of a request; the caller closes it."""
        return IncomingImages(self._create)

    async def __call__(self, images: IncomingImages, /, *, owner: str = LOCAL) -> Sequence[Upload]:
        """Store these images and return their uploads, in the same order.

        All are checked before one is stored. Raises UnreadableImage for all faulty ones together,
        and ArchiveUnavailable; then those before the one that could not be stored are stored. Once
        storing has begun, it runs to its end even if the caller is canceled.
        """
        files = images.files
        checked = [
            await self._check(file, owner, f"files[{at}]" if len(files) > 1 else "file")
            for at, file in enumerate(files)
        ]
        if errors := [each for each in checked if isinstance(each, InvalidRequest)]:
            raise InvalidRequest.of(errors)
        uploads = [each for each in checked if isinstance(each, Upload)]
        return await run_to_completion(self._store_all([*zip(uploads, files, strict=True)]))

    async def _create(self, name: str) -> IncomingFile:
        await self.images.check_writable()
        return await self.incoming.create(name)

    async def _check(self, file: IncomingFile, owner: str, field: str) -> Upload | UnreadableImage:
        """The upload, whose image is in the file from now on; or its fault."""
        try:
            async with self._in_memory, asyncio.timeout(INSPECTION_TIMEOUT):
                return await self._normalize(file, owner)
        except UnreadableImage as error:
            message, hint = error.message, error.hint
        except TimeoutError:
            message, hint = f"It could not be inspected within {INSPECTION_TIMEOUT:g} s.", None
        except NotInspected as error:
            message, hint = f"It could not be inspected: {error}.", "Retry later."
        name = file_name(file.name)
        text = f"{name}: {message}" if name else message
        return UnreadableImage(text, field=field, hint=hint)

    async def _normalize(self, file: IncomingFile, owner: str) -> Upload:
        original = Image(await file.read())
        added = await self.normalizer.normalize(original)
        if added.image is not original:
            await file.replace(added.image.data)
        await asyncio.to_thread(lambda: added.image.digest)  # 50 MB take longer than an event may
        return Upload.of(added, owner=owner, name=file.name, at=self.clock.now())

    async def _store_all(self, checked: Sequence[tuple[Upload, IncomingFile]]) -> list[Upload]:
        return [await self._store(upload, file) for upload, file in checked]

    async def _store(self, upload: Upload, file: IncomingFile) -> Upload:
        async with self._in_memory:
            image = Image(await file.read())
            return await store_upload(upload, image, images=self.images, uploads=self.uploads)
