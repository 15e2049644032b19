"""How the Responses API answers: one response object, or a stream of events that ends with it."""

import json
from dataclasses import dataclass, field, fields, replace

from adapters.openai.network.endpoint import Api, Endpoint
from adapters.openai.replies.deliveries import check_says_nothing
from adapters.openai.replies.fields import get_field, text_or_empty
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
    Response,
    as_response,
    image_calls,
    revised_prompt,
    without_images,
)
from adapters.openai.responses.response_usage import response_usage
from application.ports.image_provider import Accepted, PartialImage
from domain.models import ModelCard
from domain.requests import ImageRequest

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


@dataclass(frozen=True, slots=True)
class ResponsesFormat:
    """A ReplyFormat. `store`: whether the endpoint keeps the response, so that it can go on."""

    store: bool
    api: Api

    def parse(self, raw: bytes, request_id: str | None) -> ParsedReply:
        try:
            response = as_response(parse_json(raw))
        except (ValueError, RecursionError):
            response = None
        if response is None:
            return parse_reply(raw, request_id)
        return parse_response(response, _images(response), request_id, store=self.store)

    def stream(self, request: ImageRequest) -> "ResponseEvents":
        return ResponseEvents(request, self.store)

    def check_without_image(self, reply: ParsedReply, card: ModelCard, endpoint: Endpoint) -> None:
        response = reply.response if isinstance(reply, ResponseReply) else None
        if response is None:
            check_says_nothing(reply, card, endpoint)
        else:
            check_response(response, reply, card, endpoint)


@dataclass(slots=True)
class ResponseEvents:
    """An EventImages of a response's events.

    The image comes in the event of its item, and once more in the last event, which also has the
    token counts. Without the former, that of the latter is taken. Images of events with other
    types, as gateways have them, count if no other came.
    """

    request: ImageRequest
    store: bool
    _images: list[Texts] = field(default_factory=list)
    _others: list[Texts] = field(default_factory=list)
    _items: list[object] = field(default_factory=list)
    _last: Response | None = None
    _previews: int = 0
    _has_begun: bool = False
    _unused_preview: object = None

    def add(self, event: object) -> PartialImage | Accepted | None:
        kind = text_or_empty(get_field(event, "type"))
        begun, self._has_begun = self._has_begun, True
        if kind == "response.created":
            name = text_or_empty(get_field(get_field(event, "response"), "id"))
            return Accepted(handle=name) if name and not begun else None
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

    def _preview(self, event: object) -> PartialImage | None:
        preview = parse_partial(event, self._previews, self.request)
        self._previews += 1
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


def _images(response: Response) -> list[Texts]:
    """The image of each call of the tool; without a call, what else looks like an image."""
    calls = [*image_calls(response)]
    if calls:
        return [texts for call in calls for texts in find_images(call)]
    return find_images({"output": response["output"]})


def _without_result(item: object) -> object:
    return {**item, "result": None} if isinstance(item, dict) else item
