"""Replies in the API's format: one JSON body, or a stream of server-sent events."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.standin.faults import Fault
from tests.standin.generation import Generation
from tests.standin.image_files import EncodedImage
from tests.standin.refusals import Refusal
from tests.standin.request_rules import ImageOrder

_EPOCH = 1_795_000_000
_HTML = b"<!DOCTYPE html><html><head><title>Welcome</title></head><body>Sign in.</body></html>"
_JSON = "application/json"
_BASE64_LINE = 76


@dataclass(frozen=True, kw_only=True)
class Reply:
    """Status, headers and the body in pieces; a stream pauses before each piece.

    With `due`, it pauses until the times of the event loop's clock instead, one for each piece.
    """

    status: int = 200
    content_type: str = _JSON
    chunks: list[bytes]
    stream: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    due: tuple[float, ...] = ()

    def with_header(self, name: str, value: str) -> "Reply":
        """The same reply with one more header."""
        return replace(self, headers={**self.headers, name: value})


def json_page(fields: Mapping[str, object]) -> Reply:
    """A plain JSON reply."""
    return Reply(chunks=[_dumps(fields)])


def html_page() -> Reply:
    """A proxy's page instead of a reply."""
    return Reply(content_type="text/html", chunks=[_HTML])


def refusal_reply(refusal: Refusal) -> Reply:
    """An error status with its envelope."""
    return Reply(status=refusal.status, chunks=[refusal.body()], headers=refusal.headers)


def image_reply(
    kind: str, order: ImageOrder, generation: Generation, fault: Fault, number: int
) -> Reply:
    """The reply to an order; `kind` is `image_generation` or `image_edit`."""
    if fault.page == "nothing":
        return Reply(chunks=[b""])
    if fault.page == "html":
        return html_page()
    if not order.stream or fault.page == "unstreamed":
        return _json_reply(order, generation, fault, number)
    chunks = _events(kind, order, generation, fault, number)
    return Reply(content_type="text/event-stream", chunks=chunks, stream=True)


def _json_reply(order: ImageOrder, generation: Generation, fault: Fault, number: int) -> Reply:
    if fault.error is not None:
        return refusal_reply(fault.error)
    images = [] if fault.data == "none" else generation.images
    data = [_with_image({}, image, fault) for image in images]
    head = {"created": _EPOCH + number, **_echo(order, generation)}
    tail = _usage(generation, fault)
    body = b'%s,"data":[%s]%s' % (_dumps(head)[:-1], b",".join(data), _rest(tail))
    return Reply(chunks=[body[: len(body) // 2] if fault.page == "malformed" else body])


def _events(
    kind: str, order: ImageOrder, generation: Generation, fault: Fault, number: int
) -> list[bytes]:
    echo = {"created_at": _EPOCH + number, **_echo(order, generation)}
    name = f"{kind}.partial_image"
    events = [
        _event(name, _with_image({"type": name, "partial_image_index": index, **echo}, partial))
        for index, partial in enumerate(generation.partials)
    ]
    if fault.after_partials is not None:
        ending = [] if fault.error is None else [_error_event(fault.error)]
        return events[: fault.after_partials] + ending
    done = {**echo, **_usage(generation, fault)}
    for image in [] if fault.data == "none" else generation.images:
        data = _with_image({"type": f"{kind}.completed", **done}, image, fault)
        half = data[: len(data) // 2] if fault.page == "malformed" else data
        events.append(_event(f"{kind}.completed", half))
    return events if fault.error is None else [*events, _error_event(fault.error)]


def _usage(generation: Generation, fault: Fault) -> dict[str, object]:
    if fault.usage == "zeros":
        return {"usage": {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}}
    return {"usage": generation.usage} if fault.usage else {}


def image_path(image: EncodedImage) -> str:
    """Where an image is served, if the reply links to it."""
    return f"/files/{image.digest}.{image.format}"


def _echo(order: ImageOrder, generation: Generation) -> dict[str, object]:
    return {
        "background": generation.background,
        "output_format": order.format,
        "quality": generation.quality,
        "size": "{}x{}".format(*order.size),
    }


def _with_image(
    known: Mapping[str, object], image: EncodedImage, fault: Fault | None = None
) -> bytes:
    """One JSON object with the image; its base64 is copied once and never escaped."""
    extra = dict(known)
    if fault is not None and fault.revised_prompt is not None:
        extra["revised_prompt"] = fault.revised_prompt
    text = b'"%s"' % image.base64
    if fault is not None and fault.data == "null":
        text = b"null"
    if fault is not None and fault.data == "link":
        return _dumps({**extra, "b64_json": None, "url": image_path(image)})
    if fault is not None and fault.data == "prefixed":
        text = b'"data:image/%s;base64,%s"' % (image.format.encode(), image.base64)
    if fault is not None and fault.data == "broken":
        text = b'"%s*"' % image.base64[: len(image.base64) // 8 * 4 + 1]
    if fault is not None and fault.data == "wrapped":
        text = b'"%s"' % b"\\n".join(split_lines(image.base64))
    return b'{"b64_json":%s%s' % (text, _rest(extra))


def split_lines(text: bytes) -> list[bytes]:
    """Base64 in lines, as in email."""
    return [text[start : start + _BASE64_LINE] for start in range(0, len(text), _BASE64_LINE)]


def _rest(fields: Mapping[str, object]) -> bytes:
    """The end of a JSON object that already has a field."""
    return b"," + _dumps(fields)[1:] if fields else b"}"


def _dumps(fields: Mapping[str, object]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()


def _error_event(error: Refusal) -> bytes:
    return _event("error", _dumps({"type": "error", "error": error.error()}))


def _event(name: str, data: bytes) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), data)
