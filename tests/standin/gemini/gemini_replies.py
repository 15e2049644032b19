"""What an interaction is in JSON and as a stream of events."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.standin.gemini.gemini_faults import GeminiFault
from tests.standin.gemini.gemini_rules import InteractionOrder
from tests.standin.image_files import EncodedImage
from tests.standin.replies import Reply, html_page, json_page

Json = dict[str, Any]
BLOCKED = "The generated image was blocked by the safety filter (IMAGE_SAFETY)."
LINK = "https://generativelanguage.googleapis.com/v1beta/files/standin:download"


@dataclass(kw_only=True)
class StoredInteraction:
    """An interaction that was generated and charged, and how often it was asked for."""

    id: str
    order: InteractionOrder
    fault: GeminiFault
    images: tuple[EncodedImage, ...]
    drafts: tuple[EncodedImage, ...]
    usage: Mapping[str, object]
    ready_at: float = 0.0
    asked: int = field(default=0)

    @property
    def status(self) -> str:
        """How it ended."""
        outcomes = {"failed": "failed", "blocked": "failed"}
        return outcomes.get(self.fault.outcome, "completed")

    @property
    def shown_usage(self) -> Mapping[str, object] | None:
        """The usage that the reply has."""
        own = self.fault.own_usage
        return own if own is not None else (self.usage if self.fault.usage else None)


def running(stored: StoredInteraction) -> Json:
    """The interaction before it is over."""
    return {"id": stored.id, "status": "in_progress", "model": stored.order.model}


def finished(stored: StoredInteraction) -> Json:
    """The interaction with all its steps."""
    value: Json = {**running(stored), "object": "interaction", "status": stored.status}
    value["steps"] = list(_steps(stored))
    if stored.fault.outcome == "failed":
        value["errors"] = [{"code": "api_error", "message": "The model is overloaded."}]
    if stored.shown_usage is not None:
        value["usage"] = dict(stored.shown_usage)
    return value


def interaction_reply(stored: StoredInteraction, *, is_over: bool) -> Reply:
    """The reply with the interaction, and its fault."""
    page = stored.fault.page
    if page == "nothing":
        return Reply(chunks=[b""])
    if page == "html":
        return html_page()
    reply = json_page(finished(stored) if is_over else running(stored))
    if page == "malformed":
        whole = reply.chunks[0]
        return Reply(chunks=[whole[: len(whole) // 2]])
    return reply


def stream_reply(stored: StoredInteraction, after: str | None) -> Reply:
    """The events of the interaction, those after this event if one is named."""
    events = list(_events(stored))
    for number, event in enumerate(events):
        event["event_id"] = f"evt_{number}"
    begin = 0 if after is None else int(after.removeprefix("evt_")) + 1
    chunks = [
        b"event: %s\ndata: %s\n\n" % (event["event_type"].encode(), json.dumps(event).encode())
        for event in events[begin:]
    ]
    chunks.append(b"event: done\ndata: [DONE]\n\n")
    return Reply(content_type="text/event-stream", chunks=chunks, stream=True)


def _steps(stored: StoredInteraction) -> Iterator[Json]:
    yield {"type": "user_input", "content": [{"type": "text", "text": stored.order.text}]}
    yield {"type": "thought", "signature": "c2lnbmF0dXJl", "summary": []}
    step: Json = {"type": "model_output", "content": _content(stored)}
    if stored.fault.outcome == "blocked":
        step["error"] = {"code": 3, "message": BLOCKED}
    yield step


def _content(stored: StoredInteraction) -> list[Json]:
    words = [{"type": "text", "text": stored.fault.words}] if stored.fault.words else []
    if stored.fault.outcome == "link":
        return [*words, {"type": "image", "uri": LINK, "mime_type": "image/jpeg"}]
    return words + [_image(image, stored.fault) for image in stored.images]


def _image(image: EncodedImage, fault: GeminiFault | None = None) -> Json:
    text = image.base64.decode()
    if fault is not None and fault.data == "broken":
        text = f"{text[: len(text) // 8 * 4 + 1]}*"
    return {"type": "image", "data": text, "mime_type": f"image/{image.format}"}


def _events(stored: StoredInteraction) -> Iterator[Json]:
    yield {"event_type": "interaction.created", "interaction": running(stored)}
    yield {"event_type": "step.start", "index": 0, "step": {"type": "thought"}}
    thought = {"type": "text", "text": "A composition."}
    yield _delta(0, {"type": "thought_summary", "content": thought})
    for draft in stored.drafts:
        yield _delta(0, {"type": "thought_summary", "content": _image(draft)})
    yield {"event_type": "step.stop", "index": 0}
    yield {"event_type": "step.start", "index": 1, "step": {"type": "model_output"}}
    for content in _content(stored):
        yield _delta(1, content)
    yield {"event_type": "step.stop", "index": 1}
    end = {**running(stored), "status": stored.status}
    if stored.shown_usage is not None:
        end["usage"] = dict(stored.shown_usage)
    yield {"event_type": "interaction.completed", "interaction": end}


def _delta(index: int, delta: Json) -> Json:
    return {"event_type": "step.delta", "index": index, "delta": delta}
