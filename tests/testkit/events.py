"""What happens to jobs, as the events that a sink receives."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from application.ports.event_sink import EventSink
from domain.errors import ImageServiceError, InternalError
from domain.events import (
    CacheFailed,
    CacheTierFailed,
    Failed,
    FallbackStarted,
    Finished,
    JobDispatched,
    JobJoined,
    JobQueued,
    JobStarted,
    PartialReady,
    RenditionCreated,
    RenditionFailed,
    ServedFromCache,
    ServiceEvent,
)
from domain.jobs import Job
from domain.models import ModelCard
from domain.provider_errors import OutcomeUnknown, ProviderUnreachable, RateLimited
from domain.requests import EditRequest, GenerateRequest
from domain.results import ImageResult, ResultImage, ServedFrom, Usage

from .fakes import PNG, FrozenClock, job_for

PROMPT = "canary of a private idea"
USAGE = Usage(text_tokens_in=10, image_tokens_in=20, tokens_out=1000)
COST = Decimal("0.0325")


class Ticks:
    """A clock for durations that goes one second further at each look."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 1
        return self.seconds


def job(id_: str, **facts: Any) -> Job[Any]:  # noqa: ANN401 - fields of Job
    """A job with the private idea as its prompt."""
    asked = GenerateRequest(prompt=PROMPT, model="fake-1")
    return job_for(facts.pop("request", asked), id=id_, **facts)


def images(
    of: Job[Any],
    served_from: str = ServedFrom.PROVIDER,
    **facts: Any,  # noqa: ANN401 - fields of ImageResult
) -> ImageResult:
    """A result of one image, with its cost."""
    known: dict[str, Any] = {
        "images": (ResultImage(image=PNG),),
        "usage": USAGE,
        "generation_cost": COST,
        "request_id": "req_1",
        **facts,
    }
    return ImageResult(
        job_id=of.id,
        provider=of.provider,
        model="fake-1",
        requested_model="fake-1",
        created_at=FrozenClock().now(),
        served_from=served_from,
        **known,
    )


def generated(of: Job[Any], **facts: Any) -> list[ServiceEvent]:  # noqa: ANN401 - fields of ImageResult
    """A job with two previews that the provider served."""
    return [
        JobStarted.of(of),
        JobDispatched(job_id=of.id),
        PartialReady(job_id=of.id, image=PNG, image_index=0, index=0),
        PartialReady(job_id=of.id, image=PNG, image_index=0, index=1),
        Finished(job_id=of.id, result=images(of, **facts)),
    ]


def cached(of: Job[Any], tier: str) -> list[ServiceEvent]:
    """A job that a cache served."""
    return [
        JobStarted.of(of),
        ServedFromCache(job_id=of.id, source=tier),
        Finished(job_id=of.id, result=images(of, tier)),
    ]


def failed(of: Job[Any], error: ImageServiceError) -> list[ServiceEvent]:
    """A job that the provider failed."""
    return [
        JobStarted.of(of),
        JobDispatched(job_id=of.id),
        Failed.of(of.id, error, of.card),
    ]


def incident() -> InternalError:
    """A bug in this service, with its cause."""
    error = InternalError("abc123")
    error.__cause__ = ValueError("an unforeseen cause")
    return error


def fallen_back(started: Job[Any]) -> list[ServiceEvent]:
    """A job whose provider was unreachable, so that the provider `second` served it."""
    second = replace(started, provider="second")
    error, note = ProviderUnreachable("No route."), "fake was asked first."
    return [
        JobStarted.of(started),
        JobDispatched(job_id=started.id),
        FallbackStarted.of(second, error, failed=started.provider, note=note),
        *generated(second)[1:],
    ]


def every_event() -> list[ServiceEvent]:
    """A day of work: every kind of event, at least once."""
    edit = EditRequest(prompt=PROMPT, model="fake-1", images=(PNG,))
    waiting, fresh = job("job_waiting"), job("job_fresh")
    strange = job("job_strange", card=ModelCard(name="whatever", is_known=False))
    return [
        *generated(job("job_generated")),
        JobJoined.of(job("job_generated")),
        *generated(job("job_edited", request=edit), usage=None, generation_cost=None),
        *cached(job("job_memory"), "memory"),
        *cached(job("job_disk"), "disk"),
        JobStarted.of(waiting),
        JobQueued(job_id=waiting.id, ahead=3),
        JobDispatched(job_id=waiting.id),
        Failed.of(waiting.id, OutcomeUnknown("The line broke.")),
        JobStarted.of(fresh, fresh=True),
        CacheFailed(job_id=fresh.id, reason="The cache is gone."),
        Failed.of(fresh.id, incident()),
        *failed(strange, RateLimited("Not now.")),
        *fallen_back(job("job_fallen_back")),
        RenditionCreated(
            image_id="img_1", description="photo as JPEG 82", bytes_before=900, bytes_after=300
        ),
        RenditionCreated(image_id="img_1", description="as PNG", bytes_before=300, bytes_after=900),
        RenditionFailed(image_id="img_1", reason="It is not an image."),
        CacheTierFailed(reason="The disk is gone."),
    ]


def publish_all(sink: EventSink, events: Iterable[ServiceEvent]) -> None:
    """Publish all of them, in order."""
    for event in events:
        sink.publish(event)
