"""Sorts the events of a stream: previews, last images, and images whose event says neither."""

import json
from dataclasses import dataclass, field

from adapters.openai.replies.fields import get_field, text_or_empty
from adapters.openai.replies.parsed_reply import ParsedReply, parse_events, parse_partial
from adapters.openai.replies.reply_images import Texts, find_images
from application.ports.image_provider import PartialImage
from domain.requests import ImageRequest

PREVIEW_WORDS = ("partial", "preview", "progress", "intermediate")
"""Words in the type of an event with a preview."""
PREVIEW_FIELDS = ("partial_image_index", "partial_image_b64")
UNNAMED = "The stream did not say which image is the last one; the last that came is delivered."


@dataclass(slots=True)
class StreamImages:
    """The images of one stream, and what is left of its events.

    `named` are images of events that are the last ones by their type. `unnamed` are the last
    images of other events: gateways have other types, or none. They count once the stream has
    ended, because a later event may have a better image.
    """

    request: ImageRequest
    named: list[Texts] = field(default_factory=list)
    unnamed: list[Texts] = field(default_factory=list)
    _ends: list[object] = field(default_factory=list)
    _previews: int = 0
    _unused_preview: object = None

    def add(self, event: object) -> PartialImage | None:
        """Take an event; return the preview in it, if it has one that the request allows."""
        kind = text_or_empty(get_field(event, "type"))
        items = find_images(event)
        if kind.endswith(".partial_image") or (items and _is_preview(kind, event)):
            return self._preview(event)
        if kind.endswith(".completed"):
            self.named += items
            self._ends.append(event)
        elif items:
            self.unnamed = [*self.unnamed, *items][-max(self.request.n, len(items)) :]
            self._ends = [*self._ends, event][-self.request.n :]
        return None

    @property
    def arrived(self) -> int:
        """How many images have arrived that are surely no previews."""
        return len(self.named)

    @property
    def patience(self) -> float | None:
        """No limit: the next image can take minutes."""
        return None

    @property
    def is_complete(self) -> bool:
        """Whether all images that the request asks for have arrived."""
        return len(self.named) >= self.request.n

    @property
    def has_ends(self) -> bool:
        """Whether any event can be delivered: with an image, or as the last one without."""
        return bool(self._ends)

    def parse(self, request_id: str | None, *, broke_off: bool) -> ParsedReply:
        """All images, or, without any, the last events. Forgets them."""
        rest = [texts for texts in self.unnamed if texts not in self.named]
        images = [*self.named, *rest[: max(0, self.request.n - len(self.named))]]
        notes = (UNNAMED,) if images and not self.named else ()
        if broke_off and len(images) < self.request.n:
            notes = (f"The stream broke off after {len(images)} of {self.request.n} images.",)
        parsed = parse_events(images, self._ends, request_id, notes)
        self.named, self.unnamed, self._ends = [], [], []
        return parsed

    def take_unused_preview(self) -> bytes:
        """The last preview that was not passed on, as it came; empty if there is none."""
        preview, self._unused_preview = self._unused_preview, None
        return b"" if preview is None else json.dumps(preview).encode()

    def _preview(self, event: object) -> PartialImage | None:
        preview = parse_partial(event, self._previews, self.request)
        self._previews += 1
        if preview is None:
            self._unused_preview = event
        return preview


def _is_preview(kind: str, event: object) -> bool:
    if kind.endswith(".completed"):
        return False
    return any(word in kind for word in PREVIEW_WORDS) or any(
        get_field(event, name) is not None for name in PREVIEW_FIELDS
    )
