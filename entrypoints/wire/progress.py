"""How far a job is, in numbers and in words."""

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


def describe_event(event: JobEvent, request: ImageRequest) -> tuple[float, str]:
    """How far the job is, 0 to 100, and what that is in words; Failed has words of its own."""
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
        case PartialReady(image_index=picture, index=index):
            share = (index + 1) / (request.partial_images + 1)
            of = f" of picture {picture + 1}" if request.n > 1 else ""
            return 5 + 85 * share, f"Preview {index + 1} of {request.partial_images}{of} is here."
        case Finished(result=images):
            kept = all(picture.location for picture in images.images)
            where = "on disk" if kept else "here, but not stored"
            return TOTAL, f"{_count(len(images.images)).capitalize()} done and {where}."
        case _:
            raise AssertionError(event)


def _count(n: int, what: str = "picture") -> str:
    return f"1 {what}" if n == 1 else f"{n} {what}s"
