"""A call gets its reply before its client times out, and the image can be fetched later."""

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
from entrypoints.mcp.server import build_server
from entrypoints.wire.client_profiles import profile_of
from tests.e2e.loopback_server import wait_until
from tests.testkit.fakes import PNG, FakeProvider, settings_in, small_image

pytestmark = pytest.mark.anyio
CALL = {"prompt": "a red bridge"}
REQUEST = GenerateRequest(prompt="a red bridge")


def text_of(result: Any) -> str:  # noqa: ANN401 - the SDK's result
    text = result.content[0]
    assert isinstance(text, TextContent)
    return text.text


def client_of(container: Container) -> Client:
    async def open_container() -> Container:
        return container

    return Client(build_server(open_container, container.settings()))


async def test_a_long_call_gets_its_job_id_as_the_reply_and_continues(
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
            assert f'get_image with {{"id": "{job_id}"}}' in text_of(early)
            await wait_until(lambda: provider.seen)
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
        by_image_id = await client.call_tool("get_image", {"id": PNG.id})
    for result in (later, by_image_id):
        assert result.structured_content == late.structured_content
    assert len(provider.seen) == 1


async def test_a_queued_job_continues_too(tmp_path: Path) -> None:
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


async def test_the_error_of_a_failed_job_can_be_fetched_later(tmp_path: Path) -> None:
    provider = FakeProvider(fails=[OutcomeUnknown("The connection broke.")])
    async with run_application(settings_in(tmp_path), provider=provider) as container:
        handle = await container.generate_image()(REQUEST)
        with pytest.raises(OutcomeUnknown):
            await handle.result()
        async with client_of(container) as client:
            fetched = await client.call_tool("get_image", {"id": handle.job.id})
            assert fetched.is_error
            assert "The connection broke." in text_of(fetched)
            assert "A charge is possible." in text_of(fetched)
            assert "outcome_unknown" in text_of(fetched)
            listed = await client.call_tool("list_images", {})
            assert "outcome unknown; may have been billed" in text_of(listed)


async def test_an_image_can_be_fetched_in_another_format(tmp_path: Path) -> None:
    async with run_application(settings_in(tmp_path), provider=FakeProvider()) as container:
        await (await container.generate_image()(REQUEST)).result()
        async with client_of(container) as client:
            fetched = await client.call_tool("get_image", {"id": PNG.id, "format": "webp"})
    assert fetched.structured_content is not None
    (image,) = fetched.structured_content["images"]
    assert image["rendition"]["format"] == "webp"


async def test_a_deleted_image_is_not_found_and_generated_again(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with (
        run_application(settings_in(tmp_path), provider=provider) as container,
        client_of(container) as client,
    ):
        created = await client.call_tool("generate_image", CALL)
        assert created.structured_content is not None
        file = Path(created.structured_content["images"][0]["path"])
        deleted = await client.call_tool("delete_image", {"id": PNG.id})
        assert f"Moved {PNG.id} to the trash: {len(PNG.data)} bytes." in text_of(deleted)
        assert not file.exists()
        for tool in ("get_image", "delete_image"):
            missing = await client.call_tool(tool, {"id": PNG.id})
            assert missing.is_error
            assert "not_found" in text_of(missing)
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
def test_only_clients_that_extend_their_timeout_on_progress_get_the_longer_deadline(
    client: str, meta: dict[str, Any], seconds: float, tmp_path: Path
) -> None:
    settings: Settings = settings_in(tmp_path)
    assert reply_deadline(settings, profile_of(client), meta) == seconds


async def test_draining_finishes_sent_jobs_and_sends_no_more(
    tmp_path: Path,
) -> None:
    gate = asyncio.Event()
    provider = FakeProvider(meanwhile=gate.wait)
    settings = settings_in(tmp_path, max_concurrent_calls=1)
    async with run_application(settings, provider=provider) as container:
        handles = [
            await container.generate_image()(GenerateRequest(prompt=f"bridge {number}"))
            for number in range(4)
        ]
        results = [asyncio.create_task(handle.result()) for handle in handles]
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


async def test_results_are_cached_even_if_abandoned_jobs_are_canceled(
    tmp_path: Path,
) -> None:
    provider, settings = FakeProvider(), settings_in(tmp_path, on_disconnect="cancel")
    async with run_application(settings, provider=provider) as container:
        for _ in range(2):
            await (await container.generate_image()(replace(REQUEST, size=None))).result()
            await wait_until(lambda: not container.job_runner()._tasks)
    assert len(provider.seen) == 1


async def test_an_image_fetched_during_its_generation_has_the_requested_format(
    tmp_path: Path,
) -> None:
    gate = asyncio.Event()
    provider = FakeProvider(small_image(form="JPEG"), meanwhile=gate.wait)
    async with run_application(settings_in(tmp_path), provider=provider) as container:
        request = GenerateRequest(prompt="a red bridge", format=ImageFormat.JPEG)
        handle = await container.generate_image()(request)
        fetched = await container.get_image()(handle.job.id)
        assert isinstance(fetched, JobHandle)
        gate.set()
        later = await fetched.result()
        await wait_until(lambda: not container.job_runner()._tasks)
        past = await container.get_image()(handle.job.id)
    assert isinstance(past, ImageResult)
    for images in (later, past):
        (served,) = images.images
        assert (served.delivered.format, served.rendition) == (ImageFormat.JPEG, None)
        assert not any("requested png" in note for note in served.notes)
