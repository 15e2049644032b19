"""Sends images through a whole server in memory, and shows what its provider got."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO

import PIL.Image

from tests.e2e.asgi_client import AsgiClient, Reply
from tests.standin import StandIn
from tests.standin.calls import Call, Upload


@dataclass(kw_only=True)
class Editor:
    """A client of a server whose provider is the stand-in, which refuses what OpenAI refuses."""

    api: StandIn
    client: AsgiClient
    calls: list[Call] = field(default_factory=list)
    """The provider's calls for the last edit."""
    number: int = 0

    async def edit(self, *images: bytes, **more: object) -> Reply:
        """Edit the images; a `mask` is bytes too. Each prompt is new, unless it is given."""
        before, self.number = len(self.api.posts), self.number + 1
        if isinstance(mask := more.get("mask"), bytes):
            more["mask"] = b64encode(mask).decode()
        texts = [b64encode(image).decode() for image in images]
        body = {"prompt": f"winter {self.number}", "images": texts, "quality": "low", **more}
        reply = await self.client.post("/images", body)
        self.calls = list(self.api.posts[before:])
        return reply

    def uploads(self, name: str = "image") -> Sequence[Upload]:
        """The files of the only call of the last edit."""
        (call,) = self.calls
        return [file for file in call.files if file.field.removesuffix("[]") == name]


def opened(upload: Upload) -> PIL.Image.Image:
    """The decoded image of an upload."""
    with PIL.Image.open(BytesIO(upload.data)) as image:
        image.load()
        return image
