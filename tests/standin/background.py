"""Responses in the background: they go on by the clock, whether a client reads them or not."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tests.standin.faults import Fault
from tests.standin.refusals import Refused
from tests.standin.replies import Reply, html_page, json_page, refusal_reply
from tests.standin.response_replies import Answer, response_body, response_events

MAX_KEPT = 500
"""Responses that are kept: enough for tests, and not too much memory for long runs."""
PARTIAL = b"event: response.image_generation_call.partial_image"
BEGINNING = 2
"""Events that come at once: it was created, and is queued."""


@dataclass(slots=True, kw_only=True)
class Work:
    """One response, and what was ordered for it. Its events are due evenly until `fault.delay`."""

    answer: Answer
    fault: Fault
    streamed: bool
    began: float
    canceled: bool = False

    @property
    def status(self) -> str:
        """As the real API names it."""
        if self.canceled:
            return "cancelled"
        passed = _now() - self.began
        if passed >= self.fault.delay:
            return "completed"
        return "in_progress" if passed >= self.fault.delay / 10 else "queued"

    def due(self, at: int, number: int) -> float:
        """Seconds from the beginning until this event of so many."""
        return self.fault.delay * max(0, at - BEGINNING + 1) / max(1, number - BEGINNING)

    def body(self, status: str | None = None) -> Reply:
        """The response as it is now, or in this state."""
        return json_page(response_body(self.answer, self.fault, status or self.status))

    def stream(self, after: int = -1) -> Reply:
        """The events with a higher number, each as soon as it is due."""
        events = response_events(self.answer, self.fault)
        due = [self.began + self.due(at, len(events)) for at in range(len(events))]
        return Reply(
            content_type="text/event-stream",
            chunks=events[after + 1 :],
            stream=True,
            due=tuple(due[after + 1 :]),
        )


class BackgroundResponses:
    """The responses of one stand-in that were created in the background."""

    def __init__(self) -> None:
        self._by_id: dict[str, Work] = {}

    def forget(self) -> None:
        """Drop them all, as the real API does after 30 days."""
        self._by_id.clear()

    def accept(self, answer: Answer, fault: Fault) -> tuple[Reply, Fault]:
        """Begin the work; the reply to its request, and what happens to this one connection.

        The faults of what was generated are the work's, all others the connection's.
        """
        made = replace(fault, ending="whole", after_partials=None, error=None, page="api")
        work = Work(answer=answer, fault=made, streamed=answer.order.image.stream, began=_now())
        while len(self._by_id) >= MAX_KEPT:
            del self._by_id[next(iter(self._by_id))]
        self._by_id[answer.id] = work
        streams = work.streamed and fault.page != "unstreamed"
        return _broken(work.stream() if streams else work.body("queued"), fault)

    def read(self, name: str, query: Mapping[str, str], fault: Fault) -> tuple[Reply, Fault]:
        """The reply to a GET; the fault is this connection's."""
        work = self._find(name)
        if query.get("stream") != "true":
            return _broken(work.body(), fault)
        if not work.streamed:
            text = "This response was not created with 'stream' set to true."
            raise Refused(text, code="invalid_value", param="stream")
        after = query.get("starting_after", "-1")
        if not after.lstrip("-").isdecimal():
            text = f"Invalid value for 'starting_after': {after!r}. It must be an integer."
            raise Refused(text, code="invalid_value", param="starting_after")
        return _broken(work.stream(int(after)), fault)

    def cancel(self, name: str) -> Reply:
        """End the work, unless it has ended."""
        work = self._find(name)
        work.canceled = work.canceled or work.status != "completed"
        return work.body()

    def _find(self, name: str) -> Work:
        if name not in self._by_id:
            raise Refused(f"Response with id '{name}' not found.", code="", status=404)
        return self._by_id[name]


def _broken(reply: Reply, fault: Fault) -> tuple[Reply, Fault]:
    """The reply with what the fault makes of it; the work's own delay is over by then."""
    now = replace(fault, delay=0.0)
    if fault.page == "html":
        return html_page(), now
    if fault.page == "nothing":
        return Reply(chunks=[b""]), now
    if fault.page == "malformed":
        *whole, last = reply.chunks
        return replace(reply, chunks=[*whole, last[: len(last) // 2]]), now
    if reply.stream and fault.after_partials is not None:
        return replace(reply, chunks=_until(reply.chunks, fault)), now
    if fault.error is not None and not reply.stream:
        return refusal_reply(fault.error), now
    return reply, now


def _until(chunks: list[bytes], fault: Fault) -> list[bytes]:
    """The events before the first partial image that this connection does not get."""
    assert fault.after_partials is not None
    partials = [at for at, chunk in enumerate(chunks) if chunk.startswith(PARTIAL)]
    end = partials[fault.after_partials] if fault.after_partials < len(partials) else -1
    return chunks[:end]


def _now() -> float:
    return asyncio.get_running_loop().time()
