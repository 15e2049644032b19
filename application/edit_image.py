"""Use case: change pictures that exist."""

import asyncio

from application.pipeline import Pipeline
from application.ports.image_inspector import ImageInspector
from application.ticket import Ticket
from domain.errors import UnreadableImage
from domain.images import Image
from domain.jobs import LOCAL
from domain.requests import EditRequest, check_mask


class EditImage:
    """Looks at what came in, then starts or joins the job that paints the change."""

    def __init__(self, pipeline: Pipeline, inspector: ImageInspector) -> None:
        self.pipeline = pipeline
        self.inspector = inspector

    async def __call__(
        self, request: EditRequest, /, *, owner: str = LOCAL, fresh: bool = False
    ) -> Ticket:
        """Return the ticket, whose `events()` and `result()` tell the rest.

        Raises UnreadableImage (naming the picture), InvalidRequest for a mask that does not
        fit and UnsupportedByModel, all before anything is spent, and ShuttingDown.
        """
        for at, image in enumerate(request.images):
            await self._look_at(image, f"images[{at}]")
        if request.mask is not None:
            await self._look_at(request.mask, "mask")
        check_mask(request)
        provider = self.pipeline.provider
        return self.pipeline.start(request, provider.edit, owner=owner, fresh=fresh)

    async def _look_at(self, image: Image, field: str) -> None:
        try:
            await self.inspector.inspect(image)
            await asyncio.to_thread(lambda: image.digest)  # 50 MB take longer than a heartbeat may
        except UnreadableImage as error:
            raise UnreadableImage(f"{field}: {error.message}", field=field) from error
