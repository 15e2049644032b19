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
from tests.testkit.fakes import PNG, FrozenClock, job_for, renditions, small_image

REQUEST = GenerateRequest(prompt="a red bridge", model="fake-1", partial_images=2)
PLUM = small_image("plum")
JOB = job_for(REQUEST)
URLS = ImageUrls("http://here.example")


def finished(*pictures: Image | ResultImage, **facts: Any) -> Finished:  # noqa: ANN401 - fields of ImageSet
    """The end of the job, with these pictures."""
    images = ImageResult(
        job_id=JOB.id,
        images=tuple(
            each if isinstance(each, ResultImage) else ResultImage(image=each) for each in pictures
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


def test_progress_is_told_in_percent_and_words() -> None:
    assert read(JobDispatched(job_id=JOB.id)) == {
        "type": "progress",
        "data": {"progress": 5, "message": "Generating 1 image with fake-1…", "jobId": "job_1"},
    }


def test_a_partial_has_the_providers_bytes_and_says_which_it_is() -> None:
    told = read(partial(PLUM, index=1, number=2))
    assert b64decode(told["data"].pop("partialImage"), validate=True) == PLUM.data
    assert told == {
        "type": "partial",
        "data": {
            "partialImageIndex": 1,
            "picture": 2,
            "progress": 62,
            "message": "Preview 2 of 2 ready.",
            "jobId": "job_1",
        },
    }


def test_the_end_has_the_picture_and_all_that_is_known_of_it() -> None:
    told = read(finished(PNG, revised_prompt='A "red"\n\nbridge.'))
    assert told["type"] == "complete"
    data = told["data"]
    assert b64decode(data["finalImage"], validate=True) == PNG.data
    assert "images" not in data
    assert data["revisedPrompt"] == 'A "red"\n\nbridge.'
    assert (data["progress"], data["jobId"]) == (100, "job_1")
    assert data["message"] == "Generated 1 image(s) successfully."
    assert data["result"]["images"][0]["id"] == PNG.id


def test_without_a_revised_prompt_there_is_none() -> None:
    assert "revisedPrompt" not in read(finished(PNG))["data"]


def test_an_edit_ends_in_the_words_of_an_edit() -> None:
    request = EditRequest(prompt="green", model="fake-1", images=(PNG,))
    assert read(finished(PNG), request)["data"]["message"] == "Edited image(s) successfully."


def test_of_several_pictures_all_are_there_and_the_first_is_the_final_one() -> None:
    data = read(finished(PNG, PLUM))["data"]
    assert [b64decode(text) for text in data["images"]] == [PNG.data, PLUM.data]
    assert data["finalImage"] == data["images"][0]


def test_who_asked_for_another_form_gets_that_one() -> None:
    jpeg = small_image("teal", form="JPEG")
    made = ResultImage(image=PNG, rendition=Rendition(image=jpeg, description="photo as jpeg"))
    data = read(finished(made))["data"]
    assert b64decode(data["finalImage"]) == jpeg.data
    assert data["result"]["images"][0]["id"] == PNG.id
    assert data["result"]["images"][0]["rendition"]["format"] == ImageFormat.JPEG


@pytest.mark.parametrize(
    ("error", "charged"),
    [
        (ContentRefused("No.", stage="input", categories=["violence"]), "no"),
        (OutcomeUnknown("The line\n\nbroke."), "maybe"),
    ],
)
def test_an_error_has_its_code_and_what_to_do_and_whether_it_cost_money(
    error: ContentRefused | OutcomeUnknown, charged: str
) -> None:
    told = read(Failed.of(JOB.id, error))
    assert told["type"] == "error"
    assert told["error"] == told["message"] == error.message
    assert (told["code"], told["charged"]) == (error.code, charged)
    assert (told["hint"], told["jobId"]) == (error.hint, "job_1")
    assert told["retryable"] is error.retryable


def pictures_in(frame: JsonText) -> list[bytes]:
    """The pieces that are longer than words are."""
    return [piece for piece in frame if len(piece) > 1000]


def large(seed: int, size: int = 3000) -> Image:
    """A picture with so many bytes behind it."""
    return Image(PNG.data + bytes([seed]) * size)


def test_all_who_are_told_the_same_share_one_text() -> None:
    frames = EventJson()
    first, second = (frames.message(partial(large(1)), REQUEST, URLS) for _ in range(2))
    (mine,), (yours,) = pictures_in(first), pictures_in(second)
    assert mine is yours


def test_the_final_picture_is_encoded_once_though_it_is_told_twice() -> None:
    final, same, _ = pictures_in(EventJson().message(finished(large(1), large(2)), REQUEST, URLS))
    assert final is same


def test_only_so_many_texts_are_kept() -> None:
    frames, size = EventJson(), MAX_CACHED_BASE64 // 4
    texts = [
        pictures_in(frames.message(partial(large(n, size)), REQUEST, URLS))[0] for n in range(4)
    ]
    again = [pictures_in(frames.message(partial(large(n, size)), REQUEST, URLS))[0] for n in (3, 0)]
    assert again[0] is texts[3]
    assert again[1] is not texts[0]
    assert again[1] == texts[0]


def test_a_picture_too_large_to_be_kept_is_told_all_the_same() -> None:
    image = large(1, MAX_CACHED_BASE64)
    (text,) = pictures_in(EventJson().message(partial(image), REQUEST, URLS))
    assert b64decode(text) == image.data


class BrokenEventJson(EventJson):
    """Cannot tell of partials."""

    def message(self, event: JobEvent, *more: Any, **named: Any) -> JsonText:  # noqa: ANN401 - handed on
        if isinstance(event, PartialReady):
            raise ZeroDivisionError("secret")
        return super().message(event, *more, **named)


@pytest.mark.anyio
async def test_what_nobody_foresaw_ends_the_stream_with_an_error_and_an_incident() -> None:
    running = RunningJob(JOB, MemoryJobEvents().open(JOB.id))
    ticket = JobHandle(running, REQUEST, renditions(), requested_model="fake-1", notes=())
    for event in (JobStarted.of(JOB), partial(), finished(PNG)):
        running.append(event)
    async with aclosing(BrokenEventJson().messages(ticket, URLS)) as frames:
        first, last = [value_of(frame) async for frame in frames]
    assert first["type"] == "progress"
    assert (last["type"], last["code"]) == ("error", "internal")
    assert last["incident"] in last["error"]
    assert "secret" not in json.dumps(last)
