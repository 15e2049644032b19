"""Requests with one Idempotency-Key are one request."""

import asyncio
from pathlib import Path

import pytest

from domain.provider_errors import ContentRefused, OutcomeUnknown, RateLimited
from tests.e2e.asgi_client import AsgiClient, Reply, asgi_client
from tests.e2e.loopback_server import wait_until
from tests.testkit.fakes import FakeProvider, RecordingSink, settings_in

pytestmark = pytest.mark.anyio
BODY = {"prompt": "a red bridge"}
ANY_SIZE = {**BODY, "size": "auto"}
"""Without a fixed size, so that small images match the request and are cached."""


async def post(client: AsgiClient, body: object = BODY, key: str = "k-1") -> Reply:
    return await client.post("/images", body, Idempotency_Key=key)


async def test_the_same_key_is_the_same_job_even_if_fresh_and_uncached(
    tmp_path: Path,
) -> None:
    provider, settings = FakeProvider(), settings_in(tmp_path, cache_ttl=0)
    async with asgi_client(settings, provider=provider) as client:
        first = await post(client, {**BODY, "fresh": True})
        second = await post(client, {**BODY, "fresh": True})
    async with asgi_client(settings, provider=provider) as client:  # after a restart
        third = await post(client, {**BODY, "fresh": True})
        stream = await client.post("/mcp/stream", BODY, Idempotency_Key="k-1")
    assert [each.status for each in (first, second, third, stream)] == [201, 201, 201, 200]
    assert first.json["jobId"] == second.json["jobId"] == third.json["jobId"]
    assert first.json["images"] == second.json["images"] == third.json["images"]
    assert (first.json["servedFrom"], second.json["servedFrom"]) == ("provider", "archive")
    assert b'"type":"complete"' in stream.body
    assert len(provider.seen) == 1


async def test_another_key_is_another_job(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with asgi_client(settings_in(tmp_path, cache_ttl=0), provider=provider) as client:
        first, second = await post(client), await post(client, key="k-2")
    assert first.json["jobId"] != second.json["jobId"]
    assert len(provider.seen) == 2


async def test_two_concurrent_requests_with_one_key_are_one_job(tmp_path: Path) -> None:
    gate = asyncio.Event()
    provider = FakeProvider(meanwhile=gate.wait)
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        body = {**BODY, "fresh": True}
        both = [asyncio.create_task(post(client, body)) for _ in range(2)]
        await asyncio.sleep(0.1)
        gate.set()
        first, second = [await each for each in both]
    assert first.json["jobId"] == second.json["jobId"]
    assert len(provider.seen) == 1


async def test_a_key_that_joined_a_job_stays_bound_to_it(tmp_path: Path) -> None:
    gate = asyncio.Event()
    provider, settings = FakeProvider(meanwhile=gate.wait), settings_in(tmp_path, cache_ttl=0)
    async with asgi_client(settings, provider=provider) as client:
        both = [asyncio.create_task(post(client, key=f"k-{number}")) for number in range(2)]
        await asyncio.sleep(0.1)
        gate.set()
        first, second = [await each for each in both]
        third = await post(client, key="k-1")
    assert first.json["jobId"] == second.json["jobId"] == third.json["jobId"]
    assert len(provider.seen) == 1


async def test_a_key_of_another_request_is_rejected_before_anything_is_sent(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        await post(client)
        other = await post(client, {"prompt": "a blue bridge"})
    assert (other.status, other.code) == (422, "key_reused")
    assert other.problem["field"] == "Idempotency-Key"
    assert len(provider.seen) == 1


async def test_a_call_of_unknown_outcome_is_not_repeated(tmp_path: Path) -> None:
    provider = FakeProvider(fails=[OutcomeUnknown("The connection broke.")])
    settings = settings_in(tmp_path)
    async with asgi_client(settings, provider=provider) as client:
        first, second = await post(client), await post(client)
    async with asgi_client(settings, provider=provider) as client:
        third = await post(client)
    for reply in (first, second, third):
        assert (reply.status, reply.code) == (502, "outcome_unknown")
        assert reply.problem["charged"] == "maybe"
    assert len(provider.seen) == 1


async def test_a_final_refusal_is_replayed(tmp_path: Path) -> None:
    provider = FakeProvider(fails=[ContentRefused("Refused.")])
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        first, second = await post(client), await post(client)
    assert (first.status, second.status) == (422, 422)
    assert first.problem["message"] == second.problem["message"]
    assert len(provider.seen) == 1


async def test_a_call_that_failed_temporarily_and_free_of_charge_is_repeated(
    tmp_path: Path,
) -> None:
    provider = FakeProvider(fails=[RateLimited("Not now.", retry_after=99)])
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        first, second, third = await post(client), await post(client), await post(client)
    assert [reply.status for reply in (first, second, third)] == [429, 201, 201]
    assert second.json["jobId"] == third.json["jobId"]
    assert len(provider.seen) == 2


@pytest.mark.parametrize("key", ["", "two words", "ü", "x" * 256])
async def test_an_invalid_key_is_rejected(key: str, tmp_path: Path) -> None:
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        headers = [("Content-Type", "application/json"), ("Idempotency-Key", key)]
        reply = await client.request("POST", "/images", headers, b'{"prompt": "a red bridge"}')
    assert (reply.status, reply.problem.get("field")) == (400, "Idempotency-Key")


async def test_a_replayed_job_is_counted_and_logged_once(tmp_path: Path) -> None:
    sink = RecordingSink()
    settings, provider = settings_in(tmp_path), FakeProvider()
    async with asgi_client(settings, provider=provider, extra_sinks=[sink]) as client:
        first = await post(client)
        events = list(sink.events)
        followed = await client.request("GET", f"/jobs/{first.json['jobId']}/events")
        second = await post(client)
        again = await client.request("GET", f"/jobs/{first.json['jobId']}/events")
    assert second.json["servedFrom"] == "archive"
    assert sink.events == events
    assert again.body == followed.body


async def test_a_key_served_from_the_cache_is_bound_to_the_charged_job(tmp_path: Path) -> None:
    provider, settings = FakeProvider(), settings_in(tmp_path)
    async with asgi_client(settings, provider=provider) as client:
        charged = await post(client, ANY_SIZE)
        await wait_until(lambda: not client.container.job_runner()._tasks)
        cached = await post(client, ANY_SIZE, key="k-2")
        assert cached.json["servedFrom"] == "memory"
        other = await post(client, {"prompt": "a blue bridge"}, key="k-2")
        await client.container.clear_cache()()
    async with asgi_client(settings, provider=provider) as client:
        again = await post(client, ANY_SIZE, key="k-2")
    assert (other.status, other.code) == (422, "key_reused")
    assert (again.json["jobId"], again.json["servedFrom"]) == (charged.json["jobId"], "archive")
    assert len(provider.seen) == 1


async def test_a_key_stays_bound_to_its_job_after_a_setting_changed(tmp_path: Path) -> None:
    first, second = FakeProvider(), FakeProvider()
    second.endpoint = "elsewhere"
    async with asgi_client(settings_in(tmp_path), provider=first) as client:
        charged = await post(client)
    async with asgi_client(settings_in(tmp_path), provider=second) as client:
        again = await post(client)
    assert (again.status, again.json["jobId"]) == (201, charged.json["jobId"])
    assert second.seen == []


async def test_an_edit_of_last_that_is_repeated_is_led_to_its_own_image(tmp_path: Path) -> None:
    async with asgi_client(settings_in(tmp_path, provider="sketch")) as client:
        await client.post("/images", {"prompt": "a fox"})
        edit = {"prompt": "winter", "images": ["last"]}
        first = await client.post("/images", edit, Idempotency_Key="k-1")
        again = await client.post("/images", edit, Idempotency_Key="k-1")
    assert (first.status, again.status, again.code) == (201, 422, "key_reused")
    assert f"{first.json['jobId']} has its images" in again.problem["hint"]
