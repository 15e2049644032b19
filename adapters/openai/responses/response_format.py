"""How the Responses API answers: one response object, or a stream of events that ends with it."""

import json
from dataclasses import dataclass, field, fields, replace

from adapters.openai.network.endpoint import Api, Endpoint
from adapters.openai.replies.deliveries import check_says_nothing
from adapters.openai.replies.fields import count_or_none, get_field, text_or_empty
from adapters.openai.replies.parsed_reply import (
    ParsedReply,
    collect_images,
    parse_partial,
    parse_reply,
)
from adapters.openai.replies.reply_images import Texts, find_images
from adapters.openai.replies.reply_json import parse_json
from adapters.openai.responses.response_errors import check_response
from adapters.openai.responses.response_parts import (
    CALL,
    UNFINISHED,
    Response,
    as_response,
    image_calls,
    revised_prompt,
    without_images,
)
from adapters.openai.responses.response_usage import response_usage
from application.ports.image_provider import Accepted, PartialImage
from domain.models import ModelCard
from domain.provider_errors import OutcomeUnknown
from domain.requests import ImageRequest

BEGUN = ("response.created", "response.queued", "response.in_progress")
"""The types of the events that come before the model's own, with the response as it is then."""
LAST = ("response.completed", "response.incomplete", "response.failed")
"""The types of the event that ends a stream, with the whole response."""
SECONDS_AFTER_IMAGE = 60.0
"""Seconds to wait for the end of a stream once its image has arrived: the end has the token counts.
The model writes a sentence in between."""
NO_END = (
    "The stream broke off after the image and before the token counts, so the cost is unknown, and "
    "the conversation cannot be continued from here at the provider."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseReply(ParsedReply):
    """A reply that is a response object; `response` is None for a reply of another shape."""

    response: Response | None = None


class Unfinished(Exception):
    """The reply is a response in the background that has not ended."""

    def __init__(self, handle: str, status: str) -> None:
        super().__init__(status)
        self.handle, self.status = handle, status


@dataclass(slots=True)
class Progress:
    """How far the events of one response were read, over all connections.

    `handle` is its ID, empty until it is known; `status` the last known one, empty before that;
    `cursor` the number of the last event.
    """

    handle: str = ""
    status: str = ""
    cursor: int | None = None
    previews: int = 0


@dataclass(frozen=True, slots=True)
class ResponsesFormat:
    """A ReplyFormat. `store`: whether the endpoint keeps the response, so that it can go on.

    `progress` is that of a response in the background. Such a response may be unfinished: it raises
    Unfinished then. Once its ID is known, a reply that is no response raises OutcomeUnknown. None
    for a response that ends with its connection.
    """

    store: bool
    api: Api
    progress: Progress | None = None

    def parse(self, raw: bytes, request_id: str | None) -> ParsedReply:
        try:
            response = as_response(parse_json(raw))
        except (ValueError, RecursionError):
            response = None
        if response is None:
            return parse_reply(raw, request_id)
        if self.progress and _unfinished(response):
            return ResponseReply(images=(), request_id=request_id, response=response)
        return parse_response(response, _images(response), request_id, store=self.store)

    def stream(self, request: ImageRequest) -> "ResponseEvents":
        if self.progress is None:
            return ResponseEvents(request, self.store)
        return ResponseEvents(request, self.store, self.progress, in_background=True)

    def check_without_image(self, reply: ParsedReply, card: ModelCard, endpoint: Endpoint) -> None:
        response = reply.response if isinstance(reply, ResponseReply) else None
        if self.progress and (unfinished := _unfinished(response)):
            raise unfinished
        if response is None and self.progress and self.progress.handle:
            error = OutcomeUnknown(f"{endpoint.title} answered with something that is no response.")
            error.raw_remainder = reply.undecodable
            raise error
        if response is None:
            check_says_nothing(reply, card, endpoint)
        else:
            check_response(response, reply, card, endpoint)


@dataclass(slots=True)
class ResponseEvents:
    """An EventImages of a response's events.

    The image comes in the event of its item, and once more in the last event, which also has the
    token counts. Without the former, that of the latter is taken. Images of events with other
    types, as gateways have them, count if no other came. The ID of a response in the background
    names its work; any other response ends with its connection.
    """

    request: ImageRequest
    store: bool
    progress: Progress = field(default_factory=Progress)
    in_background: bool = False
    _images: list[Texts] = field(default_factory=list)
    _others: list[Texts] = field(default_factory=list)
    _items: list[object] = field(default_factory=list)
    _last: Response | None = None
    _unused_preview: object = None

    def add(self, event: object) -> PartialImage | Accepted | None:
        kind = text_or_empty(get_field(event, "type"))
        number = count_or_none(get_field(event, "sequence_number"))
        self.progress.cursor = self.progress.cursor if number is None else number
        if kind in BEGUN:
            return self._accepted(event)
        if kind.endswith("partial_image"):
            return self._preview(event)
        if kind in LAST and (response := as_response(event)) is not None:
            self._images = self._images or _images(response)
            self._last = without_images(response)
        elif get_field(item := get_field(event, "item"), "type") == CALL:
            if kind == "response.output_item.done":
                self._images += find_images(item)
                self._items = [*self._items, _without_result(item)]
        elif not kind.startswith("response."):
            self._others += find_images(event)
        return None

    @property
    def arrived(self) -> int:
        return len(self._images)

    @property
    def is_complete(self) -> bool:
        return self._last is not None

    @property
    def has_ends(self) -> bool:
        return self._last is not None or bool(self._images or self._others)

    @property
    def patience(self) -> float | None:
        return SECONDS_AFTER_IMAGE if self._images else None

    def parse(self, request_id: str | None, *, broke_off: bool) -> ParsedReply:
        images = self._images or self._others
        response = self._last
        self._images, self._others, self._last = [], [], None
        if response is None:  # nothing says that the response was stored
            partial = {"output": self._items}
            parsed = parse_response(partial, images, request_id, store=False)
            return replace(parsed, notes=(NO_END,), usage=None)
        return parse_response(response, images, request_id, store=self.store)

    def take_unused_preview(self) -> bytes:
        preview, self._unused_preview = self._unused_preview, None
        return b"" if preview is None else json.dumps(preview).encode()

    def _accepted(self, event: object) -> Accepted | None:
        """The ID of a response in the background, where it comes for the first time."""
        progress, response = self.progress, get_field(event, "response")
        progress.status = text_or_empty(get_field(response, "status")) or progress.status
        name = text_or_empty(get_field(response, "id"))
        if not (name and self.in_background) or progress.handle or progress.previews:
            return None
        progress.handle = name
        return Accepted(handle=name)

    def _preview(self, event: object) -> PartialImage | None:
        preview = parse_partial(event, self.progress.previews, self.request)
        self.progress.previews += 1
        if preview is None:
            self._unused_preview = event
        return preview


def parse_response(
    response: Response, images: list[Texts], request_id: str | None, *, store: bool
) -> ResponseReply:
    """The images with the facts of their response.

    Without an image, the response is undecodable as a whole.
    """
    usage, notes = response_usage(response, has_image=bool(images))
    parsed = collect_images(images, request_id, notes, usage)
    undecodable = parsed.undecodable
    if not (parsed.images or parsed.linked or undecodable):
        undecodable = (json.dumps(without_images(response)).encode(),)
    facts = {each.name: getattr(parsed, each.name) for each in fields(ParsedReply)}
    changed = {
        "undecodable": undecodable,
        "revised_prompt": revised_prompt(response),
        "continuation": (text_or_empty(response.get("id")) or None) if store else None,
        "response": without_images(response),
    }
    return ResponseReply(**{**facts, **changed})


def _unfinished(response: Response | None) -> Unfinished | None:
    """The error for a response that has a name and has not ended; None for any other."""
    name, status = (text_or_empty(get_field(response, each)) for each in ("id", "status"))
    return Unfinished(name, status) if name and status in UNFINISHED else None


def _images(response: Response) -> list[Texts]:
    """The image of each call of the tool; without a call, what else looks like an image."""
    calls = [*image_calls(response)]
    if calls:
        return [texts for call in calls for texts in find_images(call)]
    return find_images({"output": response["output"]})


def _without_result(item: object) -> object:
    return {**item, "result": None} if isinstance(item, dict) else item
