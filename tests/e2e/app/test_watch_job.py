"""The tool watch_job: the viewer follows a job by the cursor of its event log."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pybase64
import pytest
from mcp import Client

from domain.image import Image
from domain.provider_errors import OutcomeUnknown
from entrypoints.bootstrap.lifecycle import run_application
from tests.e2e.app.app_clients import app_client
from tests.e2e.every_tool import facts_of, text_of
from tests.testkit.fakes import PNG, FakeProvider, settings_in

pytestmark = pytest.mark.anyio


async def test_a_running_job_is_found_by_its_prompt_and_followed_by_a_cursor(
    tmp_path: Path,
) -> None:
    release = asyncio.Event()
    provider = FakeProvider(meanwhile=release.wait)
    async with (
        run_application(settings_in(tmp_path), provider=provider) as container,
        app_client(container) as client,
    ):
        nothing = facts_of(await client.call_tool("watch_job", {"prompt": "a boat"}))
        assert nothing == {"state": "none", "ended": False, "cursor": 0, "events": []}
        call = {"prompt": "a boat", "partialImages": 2}
        running = asyncio.create_task(client.call_tool("generate_image", call))
        seen = await watch(client, prompt="a boat")
        newest = seen["events"][-1]
        assert (newest["type"], newest["image"], newest["index"]) == ("PartialReady", 0, 1)
        assert Image(pybase64.b64decode(newest["data"])).dimensions.width == 2
        with_pixels = [each for each in seen["events"] if "data" in each]
        assert with_pixels == [newest], "it replaces the earlier ones of its image"
        later = facts_of(
            await client.call_tool(
                "watch_job", {"job": seen["jobId"], "cursor": seen["cursor"], "wait": 0}
            )
        )
        assert (later["events"], later["ended"]) == ([], False)
        release.set()
        facts = facts_of(await running)
        end = {"job": seen["jobId"], "cursor": seen["cursor"]}
        ended = facts_of(await client.call_tool("watch_job", end))
    assert seen["jobId"] == facts["jobId"]
    assert ended["ended"]
    assert ended["state"] == "stored"


async def watch(client: Client, **arguments: str) -> Mapping[str, Any]:
    """The first answer with the last partial image."""
    async with asyncio.timeout(10):
        while True:
            found = facts_of(await client.call_tool("watch_job", {**arguments, "wait": 2}))
            if any(each.get("index") == 1 for each in found["events"]):
                return found


async def test_a_failed_job_has_ended_and_get_image_has_its_error(tmp_path: Path) -> None:
    release = asyncio.Event()

    async def fail() -> None:
        await release.wait()
        raise OutcomeUnknown("The connection broke.")

    async with (
        run_application(settings_in(tmp_path), provider=FakeProvider(meanwhile=fail)) as container,
        app_client(container) as client,
    ):
        running = asyncio.create_task(client.call_tool("generate_image", {"prompt": "a boat"}))
        async with asyncio.timeout(10):
            while not (
                seen := facts_of(await client.call_tool("watch_job", {"prompt": "boat"}))
            ).get("jobId"):
                pass
        release.set()
        failed = await running
        ended = facts_of(await client.call_tool("watch_job", {"job": seen["jobId"]}))
        again = await client.call_tool("get_image", {"id": seen["jobId"]})
    assert failed.is_error
    assert (ended["ended"], ended["state"]) == (True, "unknown")
    assert again.is_error
    assert "The connection broke." in text_of(again)


async def test_of_two_jobs_that_run_the_one_with_the_very_prompt_is_found(tmp_path: Path) -> None:
    release = asyncio.Event()
    provider = FakeProvider(meanwhile=release.wait)
    async with (
        run_application(settings_in(tmp_path), provider=provider) as container,
        app_client(container) as client,
    ):
        calls = []
        for prompt in ("a boat", "a boat at night"):
            call = {"prompt": prompt, "partialImages": 2}
            calls.append(asyncio.create_task(client.call_tool("generate_image", call)))
            assert (await watch(client, prompt=prompt))["prompt"] == prompt
        assert (await watch(client, prompt="a boat"))["prompt"] == "a boat"
        assert (await watch(client, prompt="at night"))["prompt"] == "a boat at night"
        release.set()
        await asyncio.gather(*calls)


async def test_another_owner_sees_neither_job_nor_image(tmp_path: Path) -> None:
    release = asyncio.Event()
    provider = FakeProvider(meanwhile=release.wait)
    async with (
        run_application(settings_in(tmp_path), provider=provider) as container,
        app_client(container) as client,
        app_client(container, owner="another") as other,
    ):
        call = {"prompt": "a boat", "partialImages": 2}
        running = asyncio.create_task(client.call_tool("generate_image", call))
        job = (await watch(client, prompt="a boat"))["jobId"]
        nothing = facts_of(await other.call_tool("watch_job", {"prompt": "a boat", "wait": 0}))
        assert nothing["state"] == "none"
        assert (await other.call_tool("watch_job", {"job": job})).is_error
        release.set()
        image = facts_of(await running)["images"][0]["id"]
        assert not (await client.call_tool("read_image", {"id": image})).is_error
        assert (await other.call_tool("read_image", {"id": image})).is_error
        mask = {"image": image, "data": pybase64.b64encode_as_string(PNG.data)}
        refused = await other.call_tool("save_mask", mask)
    assert refused.is_error
    assert "not_found" in text_of(refused)
