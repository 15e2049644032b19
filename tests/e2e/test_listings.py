"""Stored images and past jobs, over HTTP and on the command line."""

import asyncio
import json
import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.provider_errors import OutcomeUnknown
from tests.e2e.asgi_client import asgi_client
from tests.e2e.host import SERVER
from tests.e2e.loopback_server import wait_until
from tests.testkit.fakes import PNG, FakeProvider, FrozenClock, settings_in, small_image

pytestmark = pytest.mark.anyio
BODY = {"prompt": "a red bridge"}


async def test_images_are_listed_newest_first_with_urls(tmp_path: Path) -> None:
    red = small_image("red")
    provider = FakeProvider(PNG, red)
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        created = (await client.post("/images", {**BODY, "n": 2})).json
        listed = (await client.request("GET", "/images")).json
        one = (await client.request("GET", "/images?limit=1")).json
        job = (await client.request("GET", f"/jobs/{created['jobId']}")).json
    assert [image["id"] for image in listed["images"]] == [PNG.id, red.id]
    assert listed["jobs"] == []
    assert one["images"] == listed["images"][:1]
    first = listed["images"][0]
    assert (first["jobId"], first["prompt"]) == (created["jobId"], "a red bridge")
    assert first["url"] == created["images"][0]["url"]
    assert (job["state"], job["images"]) == ("stored", listed["images"])


async def test_running_and_unknown_jobs_are_listed(
    tmp_path: Path,
) -> None:
    gate = asyncio.Event()
    provider = FakeProvider(meanwhile=gate.wait)
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        request = asyncio.create_task(client.post("/images", BODY))
        await wait_until(lambda: provider.seen)
        (open_job,) = (await client.request("GET", "/images")).json["jobs"]
        assert open_job["state"] == "dispatched"
        job_id = open_job["jobId"]
        assert (await client.request("GET", f"/jobs/{job_id}")).json == open_job
        provider.fails.append(OutcomeUnknown("The connection broke."))
        unknown = await client.post("/images", {"prompt": "a blue bridge"})
        listed = (await client.request("GET", "/images")).json["jobs"]
        gate.set()
        await request
    assert unknown.status == 502
    assert [job["state"] for job in listed] == ["unknown", "dispatched"]
    assert (listed[0]["code"], listed[0]["charged"]) == ("outcome_unknown", "maybe")


async def test_the_job_of_a_cached_result_can_be_looked_up(tmp_path: Path) -> None:
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        await client.post("/images", BODY)
        hit = await client.post("/mcp/stream", BODY)
        job = (await client.request("GET", f"/jobs/{hit.headers['x-job-id']}")).json
    assert (job["state"], [image["id"] for image in job["images"]]) == ("stored", [PNG.id])


@pytest.mark.parametrize("path", ["/jobs/job_x", f"/jobs/job_{'0' * 32}", "/images/img_x"])
async def test_an_unknown_id_is_not_found(path: str, tmp_path: Path) -> None:
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        assert (await client.request("GET", path)).code == "not_found"


async def test_an_image_is_deleted_with_its_renditions(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, trash_days=0)
    async with asgi_client(settings, provider=FakeProvider()) as client:
        await client.post("/images", {**BODY, "format": "webp"})
        names = {file.suffix for file in (tmp_path / "images").iterdir() if file.is_file()}
        assert names == {".png", ".webp"}
        deleted = await client.request("DELETE", f"/images/{PNG.id}")
        again = await client.request("DELETE", f"/images/{PNG.id}")
        job = (await client.request("GET", "/images")).json
    assert (deleted.status, deleted.json["id"]) == (200, PNG.id)
    assert deleted.json["bytes"] > len(PNG.data)
    assert (again.status, again.code) == (404, "not_found")
    assert job["images"] == []
    assert [*(tmp_path / "images").iterdir()] == []


async def test_images_and_jobs_of_another_owner_are_not_found(tmp_path: Path) -> None:
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        created = (await client.post("/images", BODY)).json
    token = "a-token-of-some-length"
    bearer = {"Authorization": f"Bearer {token}"}
    settings = settings_in(tmp_path, auth_token=token)
    async with asgi_client(settings, provider=FakeProvider()) as client:
        assert (await client.request("GET", "/images", bearer)).json == {"images": [], "jobs": []}
        for method, path in [("GET", f"/jobs/{created['jobId']}"), ("DELETE", f"/images/{PNG.id}")]:
            assert (await client.request(method, path, bearer)).code == "not_found"
    assert image_file(tmp_path).exists()


def image_file(folder: Path) -> Path:
    """The file of the image that FakeProvider sends for BODY."""
    return folder / "images" / f"red-bridge-{PNG.digest[:8]}.png"


async def command(folder: Path, *arguments: str) -> tuple[int, str]:
    """The exit code and output of a command on these folders."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "OUTPUT_DIR": str(folder / "images"),
        "DATA_DIR": str(folder / "data"),
        "CACHE_DIR": str(folder / "cache"),
    }
    process = await asyncio.create_subprocess_exec(
        SERVER, *arguments, env=environment, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def test_the_commands_list_delete_and_prune(tmp_path: Path) -> None:
    red = small_image("red")
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider(PNG, red)) as client:
        await client.post("/images", {**BODY, "n": 2})
    code, out = await command(tmp_path, "images", "list", "--json")
    listed: dict[str, Any] = json.loads(out)
    assert code == 0
    assert [image["id"] for image in listed["images"]] == [PNG.id, red.id]
    code, out = await command(tmp_path, "images", "list")
    assert f"- {PNG.id} · " in out
    code, out = await command(tmp_path, "images", "prune", "--older-than", "1h")
    assert (code, out) == (0, "No image is that old.\n")
    code, out = await command(tmp_path, "images", "delete", PNG.id)
    assert out.startswith(f"Moved {PNG.id} to the trash: {len(PNG.data):,} bytes.")
    assert f": gpt-image images restore {PNG.id}\n" in out
    with closing(sqlite3.connect(tmp_path / "data" / "records.sqlite3")) as records, records:
        records.execute("UPDATE jobs SET created_at = '2020-01-01 00:00:00.000000'")
    code, out = await command(tmp_path, "images", "prune", "--older-than", "1h", "--json", "--yes")
    pruned = json.loads(out)
    assert (pruned["pictures"], pruned["bytes"]) == (1, len(red.data))
    assert pruned["undo"] == "gpt-image images restore last"
    code, _ = await command(tmp_path, "images", "prune", "--older-than", "soon")
    assert code == 2
    assert [*(tmp_path / "images").iterdir()] == [tmp_path / "images" / ".trash"]


async def test_old_images_above_the_size_limit_are_deleted_and_recent_ones_stay(
    tmp_path: Path,
) -> None:
    settings = settings_in(tmp_path, output_max_size=0)
    sweep: dict[str, Any] = {"provider": FakeProvider(), "sweep_seconds": 0.01}
    sweep["first_sweep_seconds"] = 0.0
    file = image_file(tmp_path)
    async with asgi_client(settings, **sweep, clock=FrozenClock()) as client:
        await client.post("/images", BODY)
        await asyncio.sleep(0.1)
        assert file.exists()
    later = FrozenClock(FrozenClock().now() + timedelta(hours=2))
    async with asgi_client(settings, **sweep, clock=later):
        await wait_until(lambda: not file.exists())


async def test_a_job_of_unknown_outcome_is_listed_until_its_owner_dismisses_it(
    tmp_path: Path,
) -> None:
    provider = FakeProvider(fails=[OutcomeUnknown("The connection broke.")])
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        await client.post("/images", BODY)
        created = (await client.post("/images", {"prompt": "a blue bridge"})).json
        (lost,) = (await client.request("GET", "/jobs")).json["jobs"]
        assert lost["state"] == "unknown"
        everything = (await client.request("GET", "/jobs?recent=true")).json["jobs"]
        assert {job["jobId"] for job in everything} == {lost["jobId"], created["jobId"]}
        dismissed = await client.post(f"/jobs/{lost['jobId']}/dismiss", {})
        assert (dismissed.status, dismissed.json) == (200, {**lost, "dismissed": True})
        assert (await client.request("GET", "/jobs")).json == {"jobs": []}
        assert (await client.request("GET", "/images")).json["jobs"] == []
        settled = await client.post(f"/jobs/{created['jobId']}/dismiss", {})
        assert (settled.status, settled.problem["code"]) == (400, "invalid_request")
        missing = await client.post("/jobs/job_x/dismiss", {})
        assert (missing.status, missing.problem["code"]) == (404, "not_found")
