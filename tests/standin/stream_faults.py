"""What goes wrong with a stream although its picture arrived, and what is no stream at all."""

from tests.standin.faults import Fault, status
from tests.standin.refusals import Refusal


def cut_after_pictures() -> Fault:
    """Send everything, then close the connection without the end of the body."""
    return Fault(ending="cut")


def held_open() -> Fault:
    """Send everything, then leave the line open until the client leaves."""
    return Fault(ending="held")


def late_error(message: str = "The stand-in fell over.") -> Fault:
    """Send everything, then an `error` event; a JSON reply is a 500."""
    return Fault(error=Refusal(500, message, code="server_error", type="server_error"))


def not_streamed() -> Fault:
    """Answer an order for a stream with one JSON body, as endpoints do that know no streams."""
    return Fault(page="unstreamed")


def events(*data: str) -> Fault:
    """Send these texts as the data of events, and paint nothing."""
    body = "".join(f"data: {text}\n\n" for text in data)
    return status(200, headers={"Content-Type": "text/event-stream"}, body=body)
