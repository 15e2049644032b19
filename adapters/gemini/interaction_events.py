"""Collects the events of an interaction's stream: drafts on the way, and then the image."""

from collections.abc import Mapping
from typing import Any

from adapters.gemini.image_data import decode
from adapters.gemini.interactions import Interaction
from application.ports.image_provider import PartialImage
from domain.image import Image

Json = Mapping[str, Any]


class InteractionEvents:
    """The events of one stream, or of several that continue each other.

    The model's drafts, which it makes while it thinks, are the previews: at most `previews`.
    `cursor` is the ID of the last event, after which the stream can be continued.
    """

    def __init__(self, name: str, previews: int) -> None:
        self.cursor: str | None = None
        self._previews, self._sent = previews, 0
        self._value: dict[str, Any] = {"id": name, "status": "in_progress"}
        self._steps: dict[object, dict[str, Any]] = {}

    @property
    def interaction(self) -> Interaction | None:
        """The whole interaction, once its last event has come with an image before it."""
        value = {**self._value, "steps": list(self._steps.values())}
        found = Interaction(value)
        return found if not found.is_running and found.images() else None

    @property
    def is_over(self) -> bool:
        """Whether the last event has come."""
        return not Interaction(self._value).is_running

    def add(self, event: object) -> PartialImage | None:
        """Take an event; return the preview that it is, if any."""
        if not isinstance(event, Mapping):
            return None
        cursor = event.get("event_id")
        self.cursor = cursor if isinstance(cursor, str) and cursor else self.cursor
        match event.get("event_type"):
            case "step.start" if isinstance(step := event.get("step"), Mapping):
                self._steps[event.get("index")] = {"content": [], **step}
            case "step.delta" if isinstance(delta := event.get("delta"), Mapping):
                return self._add_delta(event.get("index"), delta)
            case "interaction.completed" if isinstance(end := event.get("interaction"), Mapping):
                self._value.update({**end, "id": self._value["id"]})
        return None

    def _add_delta(self, index: object, delta: Json) -> PartialImage | None:
        if delta.get("type") == "thought_summary":
            return self._preview(delta.get("content"))
        step = self._steps.setdefault(index, {"type": "model_output", "content": []})
        content = step.get("content")
        if step.get("type") == "model_output" and isinstance(content, list):
            content.append(delta)
        return None

    def _preview(self, content: object) -> PartialImage | None:
        """A draft; None for a thought in words, and beyond the number that was asked for."""
        text = content.get("data") if isinstance(content, Mapping) else None
        if not isinstance(text, str) or not text or self._sent >= self._previews:
            return None
        try:
            image = Image(decode(text))
        except ValueError:
            return None
        self._sent += 1
        return PartialImage(image=image, index=self._sent - 1)
