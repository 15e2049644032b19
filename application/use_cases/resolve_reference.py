"""Use case: find the image that a reference means, the same for every entry point."""

from collections.abc import Sequence

from application.image_library import ImageLibrary
from application.ports.image_source import ImageSource
from application.use_cases.find_image import FindImage
from domain.errors import UnreadableImage
from domain.image import Image
from domain.jobs import LOCAL


class ResolveReference:
    """Asks the records for stored images, and the sources of this entry point for all others.

    The sources in `first` are asked before the records: a file of the caller may be a changed copy
    of the stored image with the same name. Those in `then` are asked after them, because an address
    of a stored image needs no connection.
    """

    def __init__(
        self,
        find_image: FindImage,
        library: ImageLibrary,
        first: Sequence[ImageSource],
        then: Sequence[ImageSource],
    ) -> None:
        self.find_image = find_image
        self.library = library
        self.first = first
        self.then = then

    @property
    def offers(self) -> Sequence[str]:
        """What the sources take, to complete the sentence "Use …"."""
        return [each.offer for each in (*self.first, *self.then) if each.offer]

    async def __call__(self, name: str, /, *, owner: str = LOCAL) -> Image | None:
        """Return the image that the name means; None if it means none that this caller can use.

        A whole ID is never given to a source, so it always means the stored image. Raises
        UnreadableImage with a source's reason for a name that only this source knows, what
        FindImage raises, and NotFound for a stored image that is gone. The bytes of an image that
        is not stored are not checked.
        """
        refusal = None
        if not self.find_image.is_id(name):
            image, refusal = await self._from_sources(self.first, name)
            if image is not None:
                return image
        image_id = await self.find_image(name, owner=owner)
        if image_id is not None:
            return await self.library.find(image_id, owner=owner)
        image, later = await self._from_sources(self.then, name)
        refusal = refusal or later
        if image is None and refusal is not None:
            raise refusal
        return image

    async def _from_sources(
        self, sources: Sequence[ImageSource], name: str
    ) -> tuple[Image | None, UnreadableImage | None]:
        """The image of the first source that has it, else the first reason why it was refused."""
        refusal = None
        for source in sources:
            try:
                image = await source.open(name)
            except UnreadableImage as error:
                refusal = refusal or error
            else:
                if image is not None:
                    return image, None
        return None, refusal
