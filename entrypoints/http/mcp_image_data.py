"""The data of images in results, which is added after the SDK has written the result.

The SDK would copy and search the base64 of each image several times: pydantic validates and dumps
it, `json.dumps` escapes it, and sse-starlette splits it into lines with a regular expression
(most of the CPU of a cached call). Here the SDK handles a short marker instead.
"""

from secrets import token_hex

import pybase64
from starlette.types import Message, Send

IMAGE_DATA = "gpt_image.image_data"
"""The key of an ASGI scope's DetachedImages."""


class DetachedImages:
    """The images of one response whose data is not in it yet."""

    def __init__(self) -> None:
        self._images: dict[bytes, bytes] = {}

    def __bool__(self) -> bool:
        return bool(self._images)

    def detach(self, data: bytes) -> str:
        """A marker for the base64 of these bytes. It is random, so no client can send it."""
        marker = token_hex(16)
        self._images[marker.encode()] = data
        return marker

    def release(self) -> None:
        """Drop the images that no response had."""
        self._images.clear()

    def attach(self, body: bytes) -> bytes:
        """Replace each marker, in the order of `detach`, by the base64 of its image.

        The images are released.
        """
        pieces, rest = [], body
        for marker in [*self._images]:
            before, found, after = rest.partition(marker)
            if found:
                pieces += [before, pybase64.b64encode(self._images.pop(marker))]
                rest = after
        return b"".join([*pieces, rest]) if pieces else body


class AttachImages:
    """An ASGI send callable that completes the parts of a response with the data of images.

    A marker never spans two parts, and a response with a Content-Length has one part: this is how
    the SDK and this package send responses.
    """

    def __init__(self, images: DetachedImages, send: Send) -> None:
        self._images = images
        self._send = send
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._images:
            self._start = message  # its Content-Length will change
            return
        if self._images:
            part = message.get("body", b"")
            complete = self._images.attach(part)
            message = {**message, "body": complete}
            await self._send_start(len(complete) - len(part))
        await self._send(message)

    async def _send_start(self, added: int) -> None:
        start, self._start = self._start, None
        if start is None:
            return
        headers = [
            (name, b"%d" % (int(value) + added) if name == b"content-length" else value)
            for name, value in start["headers"]
        ]
        await self._send({**start, "headers": headers})
