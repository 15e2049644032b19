"""Faults of streams whose image arrived, and replies that are not streams."""

from tests.standin.faults import Fault, status
from tests.standin.refusals import Refusal


def cut_after_images() -> Fault:
    """Send everything, then close the connection without the end of the body."""
    return Fault(ending="cut")


def held_open() -> Fault:
    """Send everything, then keep the connection open until the client disconnects."""
    return Fault(ending="held")


def late_error(message: str = "The stand-in fell over.") -> Fault:
    """Send everything, then an `error` event; a JSON reply is a 500."""
    return Fault(error=Refusal(500, message, code="server_error", type="server_error"))


def not_streamed() -> Fault:
    """Answer a streaming request with one JSON body, as endpoints without streaming do."""
    return Fault(page="unstreamed")


def events(*data: str) -> Fault:
    """Send these texts as the data of events, and generate nothing."""
    body = "".join(f"data: {text}\n\n" for text in data)
    return status(200, headers={"Content-Type": "text/event-stream"}, body=body)
