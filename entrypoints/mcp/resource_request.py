"""One read of a resource, with everything that its reader needs."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.errors import InvalidRequest, NotFound
from domain.image import Image
from domain.renditions import ViewSpec
from entrypoints.jobs.image_references import find_image_id
from entrypoints.mcp.tool_results import ImageData, max_image_bytes
from entrypoints.wire.caller import Caller

if TYPE_CHECKING:  # the container loads dependency_injector, which must wait for the first read
    from entrypoints.bootstrap.container import Container

NAME = re.compile(r"[a-z0-9_:-]{1,64}")
"""What a URI may have as the name of an image: an ID, the beginning of one, or a word."""
CHUNK_STEP = 3_072
"""A chunk is a multiple of this many bytes: of 3, so that the base64 of chunks can be joined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRequest:
    """The application, the caller, and what its reply may take.

    The reply has at most `max_bytes` bytes. `image_data` returns what it has as the data of an
    image.
    """

    container: "Container"
    caller: Caller
    max_bytes: int
    image_data: ImageData

    @property
    def chunk_bytes(self) -> int:
        """Bytes of an image that one reply to this client takes; larger images come in chunks."""
        return max_image_bytes(self.max_bytes, 1) // CHUNK_STEP * CHUNK_STEP

    async def image(self, name: str) -> Image:
        """Return the caller's image with this name; raise NotFound."""
        id_ = await self.image_id(name)
        view = await self.container.view_image()(id_, ViewSpec(), owner=self.caller.owner)
        return view.image

    async def image_id(self, name: str) -> str:
        """Return the ID of the image that a name means; raise NotFound for a name of no image."""
        if not NAME.fullmatch(name):
            raise NotFound.of_id("image", name)
        try:
            return await find_image_id(name, self.container, self.caller.owner)
        except InvalidRequest as error:
            raise NotFound(error.message, hint=error.hint) from error
