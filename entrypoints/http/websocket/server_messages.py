"""What clients get over the WebSocket for images: JSON headers, and images as they are."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from domain.errors import ImageServiceError, UnreadableImage
from domain.events import Failed, Finished, JobEvent, PartialReady
from domain.image import Image
from domain.requests import ImageRequest
from entrypoints.http.event_json import failed_fields, finished_fields, progress_fields
from entrypoints.http.images.urls import ImageUrls
from entrypoints.wire.error_codes import as_dict

_encode = msgspec.json.Encoder().encode


class Outgoing(NamedTuple):
    """A text frame, and the binary frame that follows it at once, if any.

    `is_last`: whether it ends an operation.
    """

    header: str
    image: bytes | None = None
    is_last: bool = False


class Cursor(NamedTuple):
    """How far a client has read: up to an event, or up to an image of an event."""

    number: int = -1
    image: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """The cursor in the text, which has the form of one, or is empty."""
        number, _, image = text.partition(".")
        return cls(int(number), int(image) if image else None) if number else cls()

    @property
    def next_number(self) -> int:
        """The number of the first event that is not read whole."""
        return self.number + (self.image is None)

    def has_image(self, number: int, index: int) -> bool:
        """Whether this image of that event has been read."""
        return number == self.number and self.image is not None and index <= self.image


class JobMessages:
    """The messages about what the client calls `id`.

    `request` is that of the job; `requested`, in the form of its own, that of this client.
    """

    def __init__(
        self,
        id_: str,
        urls: ImageUrls,
        request: ImageRequest,
        requested: ImageRequest | None = None,
    ) -> None:
        self._id = id_
        self._urls = urls
        self._request = request
        self._requested = requested

    def of(self, number: int, event: JobEvent, after: Cursor) -> Iterator[Outgoing]:
        """The messages for an event, without those that the client has."""
        if isinstance(event, Failed):
            yield self._message("error", str(number), failed_fields(event))
            return
        if isinstance(event, Finished):
            yield from self._images(number, event, after)
            fields = finished_fields(event, self._request, self._urls, self._requested)
            yield self._message("complete", str(number), fields)
            return
        fields = progress_fields(event, self._request)
        if isinstance(event, PartialReady):
            fields |= {"imageIndex": event.image_index, "partialImageIndex": event.index}
            yield self._message("partial", str(number), fields, event.image)
        else:
            yield self._message("progress", str(number), fields)

    def _images(self, number: int, event: Finished, after: Cursor) -> Iterator[Outgoing]:
        for index, image in enumerate(event.result.images):
            if after.has_image(number, index):
                continue
            fields = {"jobId": event.job_id, "imageIndex": index}
            if image.stored:
                fields["imageId"] = image.id
            yield self._message("image", f"{number}.{index}", fields, image.delivered)

    def _message(
        self, kind: str, cursor: str, fields: Mapping[str, object], image: Image | None = None
    ) -> Outgoing:
        head = {"type": kind, "id": self._id, "cursor": cursor}
        if image is None:
            return Outgoing(_text({**head, **fields}), is_last=kind in ("complete", "error"))
        about = {"bytes": len(image.data), **_format_of(image)}
        return Outgoing(_text({**head, **fields, **about}), image.data)


def _format_of(image: Image) -> Mapping[str, str]:
    """Empty for a preview that is no image: it is passed on as the provider sent it."""
    try:
        return {"format": image.format.value}
    except UnreadableImage:
        return {}


def error_message(error: ImageServiceError, id_: str | None, **fields: object) -> Outgoing:
    """The end of what `id_` names; None for a message without a valid ID."""
    return Outgoing(_text({"type": "error", "id": id_, **as_dict(error), **fields}), is_last=True)


def pong(id_: str) -> Outgoing:
    """The answer to a ping."""
    return Outgoing(_text({"type": "pong", "id": id_}), is_last=True)


def _text(message: Mapping[str, object]) -> str:
    return _encode(message).decode()
