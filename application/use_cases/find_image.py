"""Use case: fetch a picture that was made before."""

from application.ports.image_store import ImageStore
from domain.image import Image
from domain.jobs import LOCAL


class FindImage:
    """Looks up pictures by their ids."""

    def __init__(self, archive: ImageStore) -> None:
        self.archive = archive

    async def __call__(self, picture_id: str, /, *, owner: str = LOCAL) -> Image:
        """The provider's bytes; raise NotFound for an unknown id, or somebody else's."""
        return await self.archive.find(picture_id, owner=owner)
