"""The JSON of a job's events."""

import json
from base64 import b64decode
from contextlib import aclosing
from typing import Any

import pytest

from adapters.job_events.memory import MemoryJobEvents
from application.jobs.job_handle import JobHandle
from application.jobs.running_job import RunningJob
from domain.events import Failed, Finished, JobDispatched, JobEvent, JobStarted, PartialReady
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.provider_errors import ContentRefused, OutcomeUnknown
from domain.renditions import Rendition
from domain.requests import EditRequest, GenerateRequest, ImageRequest
from domain.results import ImageResult, ResultImage
from entrypoints.http.event_json import MAX_CACHED_BASE64, EventJson, JsonText
from entrypoints.http.images.urls import ImageUrls
from tests.testkit.fakes import PNG, FrozenClock, job_for, no_day_budget, renditions, small_image

REQUEST = GenerateRequest(prompt="a red bridge", model="fake-1", partial_images=2)
PLUM = small_image("plum")
JOB = job_for(REQUEST)
URLS = ImageUrls("http://here.example", paths=True)


def finished(*all_images: Image | ResultImage, **facts: Any) -> Finished:  # noqa: ANN401 - fields of ImageResult
    """The job's final event with these images."""
    images = ImageResult(
        job_id=JOB.id,
        images=tuple(
            each if isinstance(each, ResultImage) else ResultImage(image=each)
            for each in all_images
        ),
        provider="fake",
        model="fake-1",
        requested_model="fake-1",
        created_at=FrozenClock().now(),
        **facts,
    )
    return Finished(job_id=JOB.id, result=images)


def partial(image: Image = PNG, index: int = 0, number: int = 0) -> PartialReady:
    return PartialReady(job_id=JOB.id, image=image, image_index=number, index=index)


def value_of(text: JsonText) -> Any:  # noqa: ANN401 - any JSON value
    """The text's JSON; it is one line, so that it can be the data of a server-sent event."""
    whole = b"".join(text).decode()
    assert "\n" not in whole
    return json.loads(whole)


def read(event: JobEvent, request: ImageRequest = REQUEST) -> Any:  # noqa: ANN401 - any JSON value
    return value_of(EventJson().message(event, request, URLS))


def test_progress_has_a_percentage_and_a_message() -> None:
    assert read(JobDispatched(job_id=JOB.id)) == {
        "type": "progress",
        "data": {"progress": 5, "message": "Generating 1 image with fake-1…", "jobId": "job_1"},
    }


def test_a_partial_has_the_providers_bytes_and_its_index() -> None:
    event = read(partial(PLUM, index=1, number=2))
    assert b64decode(event["data"].pop("partialImage"), validate=True) == PLUM.data
    assert event == {
        "type": "partial",
        "data": {
            "partialImageIndex": 1,
            "picture": 2,
            "progress": 62,
            "message": "Preview 2 of 2 ready.",
            "jobId": "job_1",
        },
    }


def test_the_final_event_has_the_image_and_its_facts() -> None:
    event = read(finished(PNG, revised_prompt='A "red"\n\nbridge.'))
    assert event["type"] == "complete"
    data = event["data"]
    assert b64decode(data["finalImage"], validate=True) == PNG.data
    assert "images" not in data
    assert data["revisedPrompt"] == 'A "red"\n\nbridge.'
    assert (data["progress"], data["jobId"]) == (100, "job_1")
    assert data["message"] == "Generated 1 image(s) successfully."
    assert data["result"]["images"][0]["id"] == PNG.id


def test_a_missing_revised_prompt_is_omitted() -> None:
    assert "revisedPrompt" not in read(finished(PNG))["data"]


def test_the_final_message_of_an_edit_names_the_edit() -> None:
    request = EditRequest(prompt="green", model="fake-1", images=(PNG,))
    assert read(finished(PNG), request)["data"]["message"] == "Edited image(s) successfully."


def test_several_images_are_all_included_and_the_first_is_final() -> None:
    data = read(finished(PNG, PLUM))["data"]
    assert [b64decode(text) for text in data["images"]] == [PNG.data, PLUM.data]
    assert data["finalImage"] == data["images"][0]


def test_a_rendition_replaces_the_original_in_the_event() -> None:
    jpeg = small_image("teal", form="JPEG")
    entry = ResultImage(image=PNG, rendition=Rendition(image=jpeg, description="photo as jpeg"))
    data = read(finished(entry))["data"]
    assert b64decode(data["finalImage"]) == jpeg.data
    assert data["result"]["images"][0]["id"] == PNG.id
    assert data["result"]["images"][0]["rendition"]["format"] == ImageFormat.JPEG


@pytest.mark.parametrize(
    ("error", "charged"),
    [
        (ContentRefused("No.", stage="input", categories=["violence"]), "no"),
        (OutcomeUnknown("The connection\n\nbroke."), "maybe"),
    ],
)
def test_an_error_has_its_code_hint_and_charge(
    error: ContentRefused | OutcomeUnknown, charged: str
) -> None:
    event = read(Failed.of(JOB.id, error))
    assert event["type"] == "error"
    assert event["error"] == event["message"] == error.message
    assert (event["code"], event["charged"]) == (error.code, charged)
    assert (event["hint"], event["jobId"]) == (error.hint, "job_1")
    assert event["retryable"] is error.retryable


def images_in(frame: JsonText) -> list[bytes]:
    """The chunks that are images: longer than any other text."""
    return [piece for piece in frame if len(piece) > 1000]


def large(seed: int, size: int = 3000) -> Image:
    """An image followed by this many bytes."""
    return Image(PNG.data + bytes([seed]) * size)


def test_readers_of_the_same_event_share_one_text() -> None:
    frames = EventJson()
    first, second = (frames.message(partial(large(1)), REQUEST, URLS) for _ in range(2))
    (one,), (other,) = images_in(first), images_in(second)
    assert one is other


def test_the_final_image_is_encoded_once_although_it_appears_twice() -> None:
    final, same, _ = images_in(EventJson().message(finished(large(1), large(2)), REQUEST, URLS))
    assert final is same


def test_the_cache_of_texts_is_bounded() -> None:
    frames, size = EventJson(), MAX_CACHED_BASE64 // 4
    texts = [images_in(frames.message(partial(large(n, size)), REQUEST, URLS))[0] for n in range(4)]
    again = [images_in(frames.message(partial(large(n, size)), REQUEST, URLS))[0] for n in (3, 0)]
    assert again[0] is texts[3]
    assert again[1] is not texts[0]
    assert again[1] == texts[0]


def test_an_image_too_large_for_the_cache_is_encoded() -> None:
    image = large(1, MAX_CACHED_BASE64)
    (text,) = images_in(EventJson().message(partial(image), REQUEST, URLS))
    assert b64decode(text) == image.data


class BrokenEventJson(EventJson):
    """Fails for partials."""

    def message(self, event: JobEvent, *more: Any, **options: Any) -> JsonText:  # noqa: ANN401 - passed on
        if isinstance(event, PartialReady):
            raise ZeroDivisionError("secret")
        return super().message(event, *more, **options)


@pytest.mark.anyio
async def test_an_unexpected_error_ends_the_stream_with_an_incident_id() -> None:
    running = RunningJob(JOB, MemoryJobEvents().open(JOB.id))
    handle = JobHandle(
        running, REQUEST, renditions(), no_day_budget(), requested_model="fake-1", notes=()
    )
    for event in (JobStarted.of(JOB), partial(), finished(PNG)):
        running.append(event)
    async with aclosing(BrokenEventJson().messages(handle, URLS)) as frames:
        first, last = [value_of(frame) async for frame in frames]
    assert first["type"] == "progress"
    assert (last["type"], last["code"]) == ("error", "internal")
    assert last["incident"] in last["error"]
    assert "secret" not in json.dumps(last)
