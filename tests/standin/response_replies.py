"""Replies of `POST /v1/responses`: one JSON object, or a stream of server-sent events."""

import json
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.standin.faults import Fault
from tests.standin.generation import Generation
from tests.standin.image_files import EncodedImage
from tests.standin.replies import Reply, html_page, refusal_reply, split_lines
from tests.standin.response_faults import ResponseFault
from tests.standin.response_rules import TOOL, ResponseOrder

_EPOCH = 1_795_000_000
_CALL = "response.image_generation_call"
Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one request led to; `id` is the response's."""

    id: str
    order: ResponseOrder
    generation: Generation
    usage: Mapping[str, object]


def response_reply(answer: Answer, fault: Fault) -> Reply:
    """The reply to a request, with its fault."""
    if fault.page == "nothing":
        return Reply(chunks=[b""])
    if fault.page == "html":
        return html_page()
    if not answer.order.image.stream or fault.page == "unstreamed":
        if fault.error is not None:
            return refusal_reply(fault.error)
        body = json.dumps(_response(answer, fault)).encode()
        return Reply(chunks=[body[: len(body) // 2] if fault.page == "malformed" else body])
    chunks = response_events(answer, fault)
    if fault.page == "malformed":
        chunks[-1] = chunks[-1][: len(chunks[-1]) // 2]
    return Reply(content_type="text/event-stream", chunks=chunks, stream=True)


def response_events(answer: Answer, fault: Fault) -> list[bytes]:
    """The events of a stream; their numbers are those of their places."""
    return [
        b"event: %s\ndata: %s\n\n"
        % (event["type"].encode(), json.dumps({**event, "sequence_number": number}).encode())
        for number, event in enumerate(_events(answer, fault))
    ]


def response_body(answer: Answer, fault: Fault, status: str) -> Json:
    """The response in this state; None of what it has made until it has ended."""
    if status in ("queued", "in_progress", "cancelled"):
        return {**_head(answer), "status": status, "output": [], "usage": None}
    return _response(answer, fault)


def _events(answer: Answer, fault: Fault) -> Iterator[Json]:
    begun = {**_head(answer), "status": "in_progress", "output": []}
    if answer.order.background:
        queued = {**begun, "status": "queued"}
        yield {"type": "response.created", "response": queued}
        yield {"type": "response.queued", "response": queued}
    else:
        yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    items = _items(answer, fault)
    for at, item in enumerate(items):
        where = {"output_index": at}
        bare = {**item, "status": "in_progress"}
        yield {"type": "response.output_item.added", "item": {**bare, "result": None}, **where}
        if item["type"] == "image_generation_call":
            ended = yield from _call_events(answer, fault, {"item_id": item["id"], **where})
            if ended:
                return
        yield {"type": "response.output_item.done", "item": item, **where}
    if fault.after_partials is not None:  # no image call in which the stream could end
        yield from _error(fault)
        return
    yield from () if fault.error is None else _error(fault)
    whole = _response(answer, fault)
    yield {"type": f"response.{whole['status']}", "response": whole}


def _call_events(answer: Answer, fault: Fault, where: Json) -> Generator[Json, None, bool]:
    """The events of an image call; returns whether the stream ends among them."""
    yield {"type": f"{_CALL}.in_progress", **where}
    yield {"type": f"{_CALL}.generating", **where}
    for index, partial in enumerate(answer.generation.partials):
        if fault.after_partials is not None and index >= fault.after_partials:
            break
        yield {
            "type": f"{_CALL}.partial_image",
            "partial_image_b64": partial.base64.decode(),
            "partial_image_index": index,
            **_echo(answer),
            **where,
        }
    if fault.after_partials is not None:
        yield from _error(fault)
        return True
    yield {"type": f"{_CALL}.completed", **where}
    return False


def _error(fault: Fault) -> Iterator[Json]:
    if fault.error is not None:
        yield {
            "type": "error",
            "code": fault.error.code,
            "message": fault.error.message,
            "param": fault.error.param,
        }


def _response(answer: Answer, fault: Fault) -> Json:
    special = fault if isinstance(fault, ResponseFault) else ResponseFault()
    reason, failure = special.reason, special.failure
    whole = {
        **_head(answer),
        "status": special.status,
        "incomplete_details": None if reason is None else {"reason": reason},
        "error": None if failure is None else {"code": failure[0], "message": failure[1]},
        "output": _items(answer, fault),
        "usage": answer.usage,
        "tool_usage": {"image_gen": answer.generation.usage, "web_search": {"num_requests": 0}},
    }
    omits = special.omits if fault.usage else ("usage", "tool_usage")
    return {name: value for name, value in whole.items() if name not in omits}


def _head(answer: Answer) -> Json:
    order = answer.order
    return {
        "id": answer.id,
        "object": "response",
        "created_at": _EPOCH,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "model": order.mainline,
        "parallel_tool_calls": True,
        "previous_response_id": order.previous,
        "background": order.background,
        "store": order.store,
        "tool_choice": {"type": TOOL},
        "tools": [{"type": TOOL, "model": order.image.model}],
        "metadata": {},
    }


def _items(answer: Answer, fault: Fault) -> list[Json]:
    special = fault if isinstance(fault, ResponseFault) else ResponseFault()
    calls = [
        _call(answer, f"ig_{answer.id}_{at}", _result(image, fault), fault)
        for at, image in enumerate([] if fault.data == "none" else answer.generation.images)
    ]
    if special.call_error is not None:
        failed = _call(answer, f"ig_{answer.id}_0", None, fault)
        calls = [{**failed, "status": "failed", "error": special.call_error.error()}]
    message = {
        "id": f"msg_{answer.id}",
        "type": "message",
        "role": "assistant",
        "status": special.status if special.status == "incomplete" else "completed",
        "content": [{"type": "output_text", "text": special.answer, "annotations": []}],
    }
    return calls if special.status == "failed" else [*calls, message]


def _call(answer: Answer, name: str, result: str | None, fault: Fault) -> Json:
    prompt = answer.order.image.prompt
    return {
        "id": name,
        "type": "image_generation_call",
        "status": "completed",
        "action": answer.order.action,
        "revised_prompt": prompt if fault.revised_prompt is None else fault.revised_prompt,
        "result": result,
        **_echo(answer),
    }


def _result(image: EncodedImage, fault: Fault) -> str | None:
    text = image.base64.decode()
    if fault.data == "broken":
        return f"{text[: len(text) // 8 * 4 + 1]}*"
    if fault.data == "wrapped":
        return b"\n".join(split_lines(image.base64)).decode()
    return None if fault.data == "null" else text


def _echo(answer: Answer) -> Json:
    order, generation = answer.order.image, answer.generation
    return {
        "background": generation.background,
        "output_format": order.format,
        "quality": generation.quality,
        "size": "{}x{}".format(*order.size),
    }
