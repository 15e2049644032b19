"""Events are plain values: each one can be serialized for another process."""

from typing import get_args

import msgspec
import pytest

from domain.errors import Busy, ImageServiceError, InternalError, InvalidRequest
from domain.events import Failed, JobAccepted, ServiceEvent
from domain.failures import Failure
from domain.image import Image, StoredRef
from domain.image_formats import ImageFormat
from domain.jobs import JobState
from domain.provider_errors import (
    BadProviderReply,
    ContentRefused,
    OutcomeUnknown,
    ProviderFailed,
    ProviderTimedOut,
    RateLimited,
)
from domain.renditions import Rendition
from domain.results import ResultImage
from entrypoints.wire.error_codes import as_dict, error_text
from tests.testkit.events import every_event, generated, job
from tests.testkit.fakes import PNG, small_image

STORED = StoredRef(ref="/kept/a.png", local_path="/kept/a.png")
RENDITION = Rendition(
    image=small_image(form="JPEG"), description="as JPEG", stored=StoredRef(ref="img_1.jpeg")
)
RICH_IMAGE = ResultImage(image=PNG, stored=STORED, notes=("a note",), rendition=RENDITION)
EVENTS = [
    *every_event(),
    *generated(
        job("job_rich"), images=(RICH_IMAGE,), notes=("a note",), revised_prompt="A bridge."
    ),
    JobAccepted(job_id="job_accepted", handle="work_1"),
]


def test_every_type_of_event_is_tested_here() -> None:
    assert {type(event) for event in EVENTS} == {*get_args(ServiceEvent)}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_can_be_serialized(event: ServiceEvent) -> None:
    sent = msgspec.msgpack.encode(event)
    assert msgspec.msgpack.decode(sent, type=type(event)) == event


def test_cached_facts_of_an_image_are_not_serialized() -> None:
    assert PNG.format is ImageFormat.PNG  # cached in the object
    sent = msgspec.msgpack.encode(PNG)
    assert len(sent) < len(PNG.data) + 20
    assert msgspec.msgpack.decode(sent, type=Image).id == PNG.id


def quarantined() -> BadProviderReply:
    error = BadProviderReply("No image.", raw_remainder=[b"<html>"])
    error.request_id, error.quarantined = "req_1", ("/quarantine/job_1.bin",)
    return error


ERRORS = [
    InvalidRequest("n is too large.", field="n"),
    Busy("The queue is full.", retry_after=30.04),
    RateLimited("Not now.", retry_after=2.5),
    ContentRefused("No.", stage="input", categories=["violence"]),
    ProviderFailed("Oh.", status=503),
    InternalError("abc123"),
    quarantined(),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_deserialized_failure_equals_the_error(error: ImageServiceError) -> None:
    failed = Failed.of("job_1", error)
    there = msgspec.msgpack.decode(msgspec.msgpack.encode(failed), type=Failed)
    raised = there.failure.to_error()
    assert as_dict(raised) == as_dict(error)
    assert error_text(raised) == error_text(error)
    assert Failure.of(raised) == failed.failure


def test_the_final_state_of_a_failed_job_is_in_the_event() -> None:
    states: dict[JobState, list[ImageServiceError]] = {
        JobState.UNKNOWN: [
            OutcomeUnknown("?"),
            ProviderTimedOut("?"),
            ProviderFailed("?", status=500),
        ],
        JobState.FAILED: [RateLimited("?"), InternalError("?"), quarantined()],
    }
    for state, errors in states.items():
        assert {Failed.of("job_1", error).state for error in errors} == {state}
