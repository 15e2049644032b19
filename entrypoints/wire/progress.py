"""The progress of a job, as a number and as a message."""

from domain.events import (
    CacheFailed,
    Finished,
    JobDispatched,
    JobEvent,
    JobQueued,
    JobStarted,
    PartialReady,
    ServedFromCache,
)
from domain.requests import ImageRequest

TOTAL = 100.0
"""The progress of a finished job."""


def describe_event(event: JobEvent, request: ImageRequest) -> tuple[float, str]:
    """The job's progress, 0 to 100, and a message. Not for Failed: its error has a text."""
    match event:
        case JobStarted():
            return 1, "The request is checked and about to be sent."
        case ServedFromCache():
            return 50, "An equal request was served before: its answer is here."
        case CacheFailed():
            return 2, "The cache cannot be used; going on without it."
        case JobQueued(ahead=ahead):
            return 3, f"Waiting for a place, behind {_count(ahead, 'other call')}."
        case JobDispatched():
            return 5, f"{request.model} is painting {_count(request.n)}."
        case PartialReady(image_index=image, index=index):
            share = (index + 1) / (request.partial_images + 1)
            of = f" of picture {image + 1}" if request.n > 1 else ""
            return 5 + 85 * share, f"Preview {index + 1} of {request.partial_images}{of} is here."
        case Finished(result=result):
            stored = all(image.location for image in result.images)
            where = "on disk" if stored else "here, but not stored"
            return TOTAL, f"{_count(len(result.images)).capitalize()} done and {where}."
        case _:
            raise AssertionError(event)


def still_running_text(seconds: float) -> str:
    """The message of a heartbeat that many seconds after the job started."""
    return f"Still painting after {round(seconds)} s; pictures can take two minutes."


def _count(n: int, what: str = "picture") -> str:
    return f"1 {what}" if n == 1 else f"{n} {what}s"
