"""A call is answered before its client gives up, and the picture is had later."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp_types import TextContent

from application.jobs.job_handle import JobHandle
from domain.errors import ShuttingDown
from domain.image_formats import ImageFormat
from domain.jobs import JobState
from domain.provider_errors import OutcomeUnknown
from domain.requests import GenerateRequest
from domain.results import ImageResult
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.config.settings import Settings
from entrypoints.mcp.reply_deadline import reply_deadline
from entrypoints.mcp.tool_server import build_server
from tests.e2e.loopback_server import wait_until
from tests.testkit.fakes import PNG, FakeProvider, settings_in, small_image

pytestmark = pytest.mark.anyio
CALL = {"prompt": "a red bridge"}
REQUEST = GenerateRequest(prompt="a red bridge")


def words(result: Any) -> str:  # noqa: ANN401 - the SDK's result
    text = result.content[0]
    assert isinstance(text, TextContent)
    return text.text


def client_of(container: Container) -> Client:
    async def opened() -> Container:
        return container

    return Client(build_server(opened, container.settings()))


async def test_a_call_that_takes_too_long_is_answered_with_its_job_and_goes_on(
    tmp_path: Path,
) -> None:
    gate = asyncio.Event()
    provider = FakeProvider(meanwhile=gate.wait)
    settings = settings_in(tmp_path, reply_deadline=0.1)
    async with run_application(settings, provider=provider) as container:
        async with client_of(container) as client:
            early = await client.call_tool("generate_image", CALL)
            assert not early.is_error
            assert early.structured_content is not None
            job_id = early.structured_content["jobId"]
            assert early.structured_content["state"] == "painting"
            assert f'get_image with {{"id": "{job_id}"}}' in words(early)
            again = await client.call_tool("get_image", {"id": job_id})
            assert again.structured_content == early.structured_content
            listed = await client.call_tool("list_images", {})
            assert listed.structured_content is not None
            (job,) = listed.structured_content["jobs"]
            assert (job["jobId"], job["state"]) == (job_id, "dispatched")
            gate.set()
            await wait_until(lambda: container.job_runner().by_id(job_id, owner="local") is None)
            late = await client.call_tool("get_image", {"id": job_id})
        assert late.structured_content is not None
        assert [image["id"] for image in late.structured_content["images"]] == [PNG.id]
        assert late.structured_content["servedFrom"] == "archive"
        assert late.content[1].type == "image"
    assert len(provider.seen) == 1
    async with (  # after a restart
        run_application(settings, provider=provider) as container,
        client_of(container) as client,
    ):
        later = await client.call_tool("get_image", {"id": job_id})
        picture = await client.call_tool("get_image", {"id": PNG.id})
    for had in (later, picture):
        assert had.structured_content == late.structured_content
    assert len(provider.seen) == 1


async def test_a_job_that_waits_its_turn_goes_on_too(tmp_path: Path) -> None:
    gate = asyncio.Event()
    provider = FakeProvider(meanwhile=gate.wait)
    settings = settings_in(tmp_path, reply_deadline=0.1, max_concurrent_calls=1)
    async with run_application(settings, provider=provider) as container:
        async with client_of(container) as client:
            await client.call_tool("generate_image", CALL)
            await wait_until(lambda: provider.seen)
            queued = await client.call_tool("generate_image", {"prompt": "a blue bridge"})
            assert queued.structured_content is not None
            job_id = queued.structured_content["jobId"]
            listed = await client.call_tool("list_images", {})
            assert listed.structured_content is not None
            assert {job["state"] for job in listed.structured_content["jobs"]} == {
                "dispatched",
                "reserved",
            }
        gate.set()
        await wait_until(lambda: container.job_runner().by_id(job_id, owner="local") is None)
        assert (await container.get_job()(job_id)).state is JobState.STORED


async def test_what_a_job_failed_with_is_told_later(tmp_path: Path) -> None:
    provider = FakeProvider(fails=[OutcomeUnknown("The line broke.")])
    async with run_application(settings_in(tmp_path), provider=provider) as container:
        ticket = await container.generate_image()(REQUEST)
        with pytest.raises(OutcomeUnknown):
            await ticket.result()
        async with client_of(container) as client:
            had = await client.call_tool("get_image", {"id": ticket.job.id})
            assert had.is_error
            assert "The line broke." in words(had)
            assert "A charge is possible." in words(had)
            assert "outcome_unknown" in words(had)
            listed = await client.call_tool("list_images", {})
            assert "outcome unknown; may have been billed" in words(listed)


async def test_a_picture_is_had_in_another_form(tmp_path: Path) -> None:
    async with run_application(settings_in(tmp_path), provider=FakeProvider()) as container:
        await (await container.generate_image()(REQUEST)).result()
        async with client_of(container) as client:
            had = await client.call_tool("get_image", {"id": PNG.id, "format": "webp"})
    assert had.structured_content is not None
    (image,) = had.structured_content["images"]
    assert image["rendition"]["format"] == "webp"


async def test_a_deleted_picture_is_gone_and_painted_anew(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with (
        run_application(settings_in(tmp_path), provider=provider) as container,
        client_of(container) as client,
    ):
        made = await client.call_tool("generate_image", CALL)
        assert made.structured_content is not None
        place = Path(made.structured_content["images"][0]["path"])
        gone = await client.call_tool("delete_image", {"id": PNG.id})
        assert f"Deleted {PNG.id}: {len(PNG.data)} bytes." in words(gone)
        assert not place.exists()
        for tool in ("get_image", "delete_image"):
            missing = await client.call_tool(tool, {"id": PNG.id})
            assert missing.is_error
            assert "not_found" in words(missing)
        listed = await client.call_tool("list_images", {})
        assert listed.structured_content == {"images": [], "jobs": []}
        await client.call_tool("generate_image", CALL)
    assert len(provider.seen) == 2


@pytest.mark.parametrize(
    ("client", "meta", "seconds"),
    [
        ("claude-code", {"progress_token": 1}, 200.0),
        ("claude-code", {}, 45.0),
        ("claude-ai", {"progress_token": 1}, 45.0),
        ("", {}, 45.0),
    ],
)
def test_only_clients_known_to_wait_on_at_progress_are_let_wait_longer(
    client: str, meta: dict[str, Any], seconds: float, tmp_path: Path
) -> None:
    settings: Settings = settings_in(tmp_path)
    assert reply_deadline(settings, client, meta) == seconds


async def test_a_server_that_drains_finishes_what_was_sent_and_sends_nothing_more(
    tmp_path: Path,
) -> None:
    gate = asyncio.Event()
    provider = FakeProvider(meanwhile=gate.wait)
    settings = settings_in(tmp_path, max_concurrent_calls=1)
    async with run_application(settings, provider=provider) as container:
        tickets = [
            await container.generate_image()(GenerateRequest(prompt=f"bridge {number}"))
            for number in range(4)
        ]
        results = [asyncio.create_task(ticket.result()) for ticket in tickets]
        await wait_until(lambda: provider.seen)
        draining = asyncio.create_task(container.job_runner().drain(20))
        await wait_until(lambda: all(result.done() for result in results[1:]))
        gate.set()
        await draining
        assert (await results[0]).images[0].stored
        for result in results[1:]:
            with pytest.raises(ShuttingDown):
                await result
    assert len(provider.seen) == 1


async def test_where_jobs_are_not_finished_for_nobody_answers_are_kept_all_the_same(
    tmp_path: Path,
) -> None:
    provider, settings = FakeProvider(), settings_in(tmp_path, on_disconnect="cancel")
    async with run_application(settings, provider=provider) as container:
        for _ in range(2):
            await (await container.generate_image()(replace(REQUEST, size=None))).result()
            await wait_until(lambda: not container.job_runner()._tasks)
    assert len(provider.seen) == 1


async def test_a_picture_had_while_it_is_painted_is_as_it_was_asked_for(tmp_path: Path) -> None:
    gate = asyncio.Event()
    provider = FakeProvider(small_image(form="JPEG"), meanwhile=gate.wait)
    async with run_application(settings_in(tmp_path), provider=provider) as container:
        request = GenerateRequest(prompt="a red bridge", format=ImageFormat.JPEG)
        ticket = await container.generate_image()(request)
        had = await container.get_image()(ticket.job.id)
        assert isinstance(had, JobHandle)
        gate.set()
        later = await had.result()
        await wait_until(lambda: not container.job_runner()._tasks)
        past = await container.get_image()(ticket.job.id)
    assert isinstance(past, ImageResult)
    for images in (later, past):
        (served,) = images.images
        assert (served.delivered.format, served.rendition) == (ImageFormat.JPEG, None)
        assert not any("asked for" in note and "png" in note for note in served.notes)
