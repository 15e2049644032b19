"""The progress of a job, as a number and as a message."""

from domain.counts import count
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
            return 1, "Sending request…"
        case ServedFromCache():
            return 50, "Found in the cache."
        case CacheFailed():
            return 2, "The cache is unavailable; continuing without it."
        case JobQueued(ahead=ahead):
            return 3, f"Queued behind {count(ahead, 'other request')}."
        case JobDispatched():
            return 5, f"Generating {count(request.n, 'image')} with {request.model}…"
        case PartialReady(image_index=image, index=index):
            share = (index + 1) / (request.partial_images + 1)
            of = f" of image {image + 1}" if request.n > 1 else ""
            return 5 + 85 * share, f"Preview {index + 1} of {request.partial_images}{of} ready."
        case Finished(result=result):
            stored = all(image.stored for image in result.images)
            images = count(len(result.images), "image")
            return TOTAL, f"Saved {images}." if stored else f"Generated {images}; not all stored."
        case _:
            raise AssertionError(event)


def still_running_text(seconds: float, usual: float | None = None) -> str:
    """The message of a heartbeat that many seconds after the job started.

    `usual` is the number of seconds that such a job usually takes, None if that is unknown.
    """
    expected = "an image can take two minutes" if usual is None else f"usually {usual:.0f} s"
    return f"Still generating after {seconds:.0f} s; {expected}."
