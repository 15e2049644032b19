"""Requests that are polled instead of waited for, and proxies that cut those that wait."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from application.rendition_service import RenditionService
from domain.image_formats import ImageFormat
from tests.e2e.cutting_proxy import cutting_proxy, nginx, nginx_program
from tests.e2e.openai_client import PROMPT, decoded, openai_client
from tests.standin import StandIn
from tests.standin.faults import moderation_blocked, reply_cut, slow

pytestmark = pytest.mark.anyio
BODY = {"prompt": PROMPT, "size": "1024x1024"}


async def poll(client: httpx2.AsyncClient, task: dict[str, Any], pause: float = 0.05) -> Any:  # noqa: ANN401 - any JSON value
    """Poll until the task has ended; the last answer."""
    async with asyncio.timeout(20):
        while True:
            reply = await client.get(task["poll_url"])
            assert reply.status_code == 200, reply.text
            assert reply.headers["cache-control"] == "no-store"
            if reply.json()["status"] != "processing":
                return reply.json()
            assert reply.headers["retry-after"] == "3"
            await asyncio.sleep(pause)


def plain(client: openai.AsyncOpenAI, **headers: str) -> httpx2.AsyncClient:
    """A client without an SDK, for the same server."""
    base = str(client.base_url).removesuffix("/v1/")
    return httpx2.AsyncClient(base_url=base, headers=headers, timeout=20)


@pytest.mark.parametrize("path", ["/v1/images/generations/async", "/images/generations/async"])
async def test_a_request_becomes_a_task_that_is_polled(
    path: str, tmp_path: Path, openai_api: StandIn
) -> None:
    openai_api.default = slow(0.5)
    async with openai_client(tmp_path, openai_api) as sdk, plain(sdk) as client:
        reply = await client.post(path, json=BODY | {"stream": True})
        task = reply.json()
        assert (reply.status_code, task["status"]) == (202, "processing")
        assert reply.headers["location"] == task["poll_url"] == f"/v1/images/tasks/{task['id']}"
        assert reply.headers["x-job-id"] == task["task_id"] == task["id"]
        assert reply.headers["retry-after"] == "3"
        assert "x-cost-usd" not in reply.headers
        ended = await poll(client, task)
        whole = await sdk.images.generate(prompt=PROMPT, size="1024x1024")
        unprefixed = await client.get(f"/images/tasks/{task['id']}")
    assert (ended["status"], ended["http_status"]) == ("completed", 200)
    assert whole.data is not None
    assert ended["result"]["data"][0]["b64_json"] == whole.data[0].b64_json
    assert ended["result"]["usage"]["total_tokens"] > 0
    assert ended["completed_at"] >= ended["created_at"] == task["created_at"]
    assert unprefixed.json() == ended
    assert len(openai_api.posts) == 1


async def test_a_task_has_links_and_the_format_that_were_requested(
    tmp_path: Path, openai_api: StandIn
) -> None:
    async with openai_client(tmp_path, openai_api) as sdk, plain(sdk) as client:
        options = {"response_format": "url", "output_format": "avif"}
        reply = await client.post("/v1/images/generations/async", json=BODY | options)
        ended = await poll(client, reply.json())
        link = ended["result"]["data"][0]["url"]
        shown = await client.get(link)
    assert ended["image_url"] == link
    assert ended["result"]["output_format"] == "avif"
    assert shown.headers["content-type"] == "image/avif"


async def test_a_preference_makes_a_task_and_a_cached_image_is_completed_at_once(
    tmp_path: Path, openai_api: StandIn
) -> None:
    prefer = "respond-async, wait=10"
    async with openai_client(tmp_path, openai_api) as sdk, plain(sdk, prefer=prefer) as client:
        first = await client.post("/v1/images/generations", json=BODY)
        await poll(client, first.json())
        again = await client.post("/v1/images/generations", json=BODY)
        cached = await poll(client, again.json())
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.headers["preference-applied"] == "respond-async"
    assert again.json()["status"] == "completed"
    assert "retry-after" not in again.headers
    assert cached["task_id"] == first.json()["task_id"]
    assert len(openai_api.posts) == 1


async def test_preferences_may_come_in_several_headers(tmp_path: Path, openai_api: StandIn) -> None:
    preferences = [("Prefer", "respond-async"), ("Prefer", "wait=10")]
    async with openai_client(tmp_path, openai_api) as sdk, plain(sdk) as client:
        for headers in (preferences, preferences[::-1]):
            reply = await client.post("/v1/images/generations", json=BODY, headers=headers)
            assert reply.status_code == 202


async def test_an_edit_becomes_a_task_too(tmp_path: Path, openai_api: StandIn) -> None:
    async with openai_client(tmp_path, openai_api) as sdk, plain(sdk) as client:
        made = await sdk.images.generate(prompt=PROMPT)
        assert made.data is not None
        data = decoded(made.data[0].b64_json).data
        reply = await client.post(
            "/v1/images/edits/async",
            data={"prompt": "at night", "n": "2"},
            files={"image": ("a.png", data, "image/png")},
        )
        ended = await poll(client, reply.json())
    images = [decoded(each["b64_json"]) for each in ended["result"]["data"]]
    assert [image.format for image in images] == [ImageFormat.PNG] * 2


async def test_a_task_that_fails_says_why(tmp_path: Path, openai_api: StandIn) -> None:
    openai_api.script(moderation_blocked(), reply_cut())
    async with openai_client(tmp_path, openai_api) as sdk, plain(sdk) as client:
        blocked = await client.post("/v1/images/generations/async", json=BODY)
        refused = await poll(client, blocked.json())
        cut = await client.post("/v1/images/generations/async", json=BODY | {"prompt": "b"})
        lost = await poll(client, cut.json())
        invalid = await client.post("/v1/images/generations/async", json={"n": 0})
    assert (refused["status"], refused["http_status"]) == ("failed", 400)
    assert refused["error"]["code"] == "moderation_blocked"
    assert (lost["http_status"], lost["error"]["code"]) == (424, "outcome_unknown")
    assert (invalid.status_code, invalid.json()["error"]["param"]) == (400, "n")


async def test_a_task_pays_for_no_previews(tmp_path: Path, openai_api: StandIn) -> None:
    previews = {"stream": True, "partial_images": 3}
    async with openai_client(tmp_path, openai_api) as sdk, plain(sdk) as client:
        task = await client.post("/v1/images/generations/async", json=BODY | previews)
        await poll(client, task.json())
    (call,) = openai_api.posts
    assert "partial_images" not in call.fields


async def test_a_task_whose_image_was_deleted_says_so_and_what_it_cost(
    tmp_path: Path, openai_api: StandIn
) -> None:
    async with openai_client(tmp_path, openai_api) as sdk, plain(sdk) as client:
        task = (await client.post("/v1/images/generations/async", json=BODY)).json()
        await poll(client, task)
        (job,) = (await client.get("/jobs?recent=true")).json()["jobs"]
        deleted = await client.delete(f"/images/{job['images'][0]['id']}")
        gone = await client.get(task["poll_url"])
    assert (deleted.status_code, gone.status_code) == (200, 404)
    message = gone.json()["error"]["message"]
    assert "was deleted" in message
    assert "The provider charged for this." in message
    assert "Nothing was charged" not in message


async def test_a_cached_image_whose_conversion_exceeds_the_deadline_is_the_earlier_task(
    tmp_path: Path, openai_api: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert, may_convert = RenditionService.apply_requested_format, asyncio.Event()

    async def convert_late(*given: Any) -> Any:  # noqa: ANN401 - as the original
        await may_convert.wait()
        return await convert(*given)

    async with openai_client(tmp_path, openai_api) as sdk, plain(sdk) as client:
        first = await client.post("/v1/images/generations", json=BODY)
    monkeypatch.setattr(RenditionService, "apply_requested_format", convert_late)
    serving = openai_client(tmp_path, openai_api, sync_deadline=0.5)
    async with serving as sdk, plain(sdk) as client:
        late = await client.post("/v1/images/generations", json=BODY | {"output_format": "avif"})
        may_convert.set()
        ended = await poll(client, late.json())
    assert (late.status_code, late.json()["task_id"]) == (202, first.headers["x-job-id"])
    assert decoded(ended["result"]["data"][0]["b64_json"]).format is ImageFormat.AVIF
    assert len(openai_api.posts) == 1


async def test_an_unknown_task_is_not_found(tmp_path: Path, openai_api: StandIn) -> None:
    async with openai_client(tmp_path, openai_api) as sdk, plain(sdk) as client:
        missing = await client.get(f"/v1/images/tasks/job_{'0' * 32}")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")
    assert "was never sent" in missing.json()["error"]["message"]
    assert missing.headers["cache-control"] == "no-store"


async def test_a_task_survives_a_client_that_leaves_and_a_restart(
    tmp_path: Path, openai_api: StandIn
) -> None:
    openai_api.default = slow(1.0)
    async with openai_client(tmp_path, openai_api) as sdk, plain(sdk) as client:
        task = (await client.post("/v1/images/generations/async", json=BODY)).json()
    async with openai_client(tmp_path, openai_api) as sdk, plain(sdk) as client:
        ended = await poll(client, task)
    assert decoded(ended["result"]["data"][0]["b64_json"]).format is ImageFormat.PNG
    assert len(openai_api.posts) == 1


async def test_a_call_beyond_the_deadline_is_a_task_and_a_shorter_one_is_not(
    tmp_path: Path, openai_api: StandIn
) -> None:
    openai_api.default = slow(1.5)
    serving = openai_client(tmp_path, openai_api, sync_deadline=0.5)
    async with serving as sdk, plain(sdk) as client:
        reply = await client.post("/v1/images/generations", json=BODY)
        ended = await poll(client, reply.json())
        cached = await client.post("/v1/images/generations", json=BODY)
    assert (reply.status_code, ended["status"]) == (202, "completed")
    assert "preference-applied" not in reply.headers
    assert cached.status_code == 200
    assert cached.headers["x-cache"] in ("hit", "joined")  # the first one may still be stored
    assert len(openai_api.posts) == 1


@pytest.mark.parametrize("proxy", ["cutting", "nginx"])
@pytest.mark.parametrize("way", ["async", "deadline", "stream", "retry"])
async def test_a_proxy_that_ends_long_requests_costs_no_second_call(
    way: str, proxy: str, tmp_path: Path, openai_api: StandIn
) -> None:
    if proxy == "nginx" and nginx_program() is None:
        pytest.skip("nginx is not installed")
    deadline: dict[str, Any] = {"sync_deadline": 0.5} if way == "deadline" else {}
    async with openai_client(tmp_path, openai_api, **deadline) as sdk:
        await sdk.images.generate(prompt="the first call, which loads what all calls need")
        openai_api.default = slow(3.0)
        direct = str(sdk.base_url).removesuffix("/v1/")
        cut = nginx(direct, 1.5, tmp_path / "nginx")
        async with cut if proxy == "nginx" else cutting_proxy(direct, seconds=1.5) as url:
            proxied = sdk.with_options(base_url=f"{url}/v1", max_retries=5)
            base64 = await image_through(proxied, url, way)
    assert decoded(base64).format is ImageFormat.PNG
    assert len(openai_api.posts) == 2


async def image_through(sdk: openai.AsyncOpenAI, url: str, way: str) -> str | None:
    """The base64 of an image by one of the ways in which clients get it through a proxy."""
    if way == "retry":
        reply = await sdk.images.generate(prompt=PROMPT)
        return reply.data[0].b64_json if reply.data else None
    if way == "stream":
        while True:
            try:
                stream = await sdk.images.generate(prompt=PROMPT, stream=True)
                return [event async for event in stream][-1].b64_json
            except (openai.APIError, httpx2.HTTPError):  # cut: the client asks again
                continue
    path = "/v1/images/generations" + ("/async" if way == "async" else "")
    limits = httpx2.Limits(max_keepalive_connections=0)
    async with httpx2.AsyncClient(base_url=url, limits=limits, timeout=20) as client:
        task = (await client.post(path, json=BODY)).json()
        ended = await poll(client, task)
    text: str = ended["result"]["data"][0]["b64_json"]
    return text
