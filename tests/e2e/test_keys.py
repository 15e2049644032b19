"""Asking again under one Idempotency-Key is asking once."""

import asyncio
from pathlib import Path

import pytest

from domain.provider_errors import ContentRefused, OutcomeUnknown, RateLimited
from tests.e2e.asgi_client import AsgiClient, Reply, asgi_client
from tests.e2e.loopback_server import wait_until
from tests.testkit.fakes import FakeProvider, RecordingSink, settings_in

pytestmark = pytest.mark.anyio
ASK = {"prompt": "a red bridge"}
AS_IT_COMES = {**ASK, "size": "auto"}
"""Of no size, so that small pictures are as asked, and kept in the cache."""


async def post(client: AsgiClient, body: object = ASK, key: str = "k-1") -> Reply:
    return await client.post("/images", body, Idempotency_Key=key)


async def test_the_same_key_is_the_same_job_also_where_fresh_is_asked_and_nothing_is_cached(
    tmp_path: Path,
) -> None:
    provider, settings = FakeProvider(), settings_in(tmp_path, cache_ttl=0)
    async with asgi_client(settings, provider=provider) as client:
        first = await post(client, {**ASK, "fresh": True})
        second = await post(client, {**ASK, "fresh": True})
    async with asgi_client(settings, provider=provider) as client:  # after a restart
        third = await post(client, {**ASK, "fresh": True})
        stream = await client.post("/mcp/stream", ASK, Idempotency_Key="k-1")
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


async def test_two_at_once_under_one_key_are_one_job(tmp_path: Path) -> None:
    gate = asyncio.Event()
    provider = FakeProvider(meanwhile=gate.wait)
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        body = {**ASK, "fresh": True}
        both = [asyncio.create_task(post(client, body)) for _ in range(2)]
        await asyncio.sleep(0.1)
        gate.set()
        first, second = [await each for each in both]
    assert first.json["jobId"] == second.json["jobId"]
    assert len(provider.seen) == 1


async def test_a_key_that_joined_a_job_means_it_from_then_on(tmp_path: Path) -> None:
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


async def test_a_key_for_something_else_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        await post(client)
        other = await post(client, {"prompt": "a blue bridge"})
    assert (other.status, other.code) == (422, "key_reused")
    assert other.problem["field"] == "Idempotency-Key"
    assert len(provider.seen) == 1


async def test_a_call_whose_end_is_unknown_is_not_made_again(tmp_path: Path) -> None:
    provider = FakeProvider(fails=[OutcomeUnknown("The line broke.")])
    settings = settings_in(tmp_path)
    async with asgi_client(settings, provider=provider) as client:
        first, second = await post(client), await post(client)
    async with asgi_client(settings, provider=provider) as client:
        third = await post(client)
    for answer in (first, second, third):
        assert (answer.status, answer.code) == (502, "outcome_unknown")
        assert answer.problem["charged"] == "maybe"
    assert len(provider.seen) == 1


async def test_a_call_that_was_refused_for_good_is_told_again(tmp_path: Path) -> None:
    provider = FakeProvider(fails=[ContentRefused("No such thing.")])
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        first, second = await post(client), await post(client)
    assert (first.status, second.status) == (422, 422)
    assert first.problem["message"] == second.problem["message"]
    assert len(provider.seen) == 1


async def test_a_call_that_was_refused_for_now_and_free_is_made_when_it_is_asked_again(
    tmp_path: Path,
) -> None:
    provider = FakeProvider(fails=[RateLimited("Not now.", retry_after=99)])
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        first, second, third = await post(client), await post(client), await post(client)
    assert [answer.status for answer in (first, second, third)] == [429, 201, 201]
    assert second.json["jobId"] == third.json["jobId"]
    assert len(provider.seen) == 2


@pytest.mark.parametrize("key", ["", "two words", "ü", "x" * 256])
async def test_what_is_no_key_is_refused(key: str, tmp_path: Path) -> None:
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        headers = [("Content-Type", "application/json"), ("Idempotency-Key", key)]
        answer = await client.request("POST", "/images", headers, b'{"prompt": "a red bridge"}')
    assert (answer.status, answer.problem.get("field")) == (400, "Idempotency-Key")


async def test_what_is_told_again_is_counted_logged_and_followed_once(tmp_path: Path) -> None:
    sink = RecordingSink()
    settings, provider = settings_in(tmp_path), FakeProvider()
    async with asgi_client(settings, provider=provider, extra_sinks=[sink]) as client:
        first = await post(client)
        told = list(sink.events)
        followed = await client.request("GET", f"/jobs/{first.json['jobId']}/events")
        second = await post(client)
        again = await client.request("GET", f"/jobs/{first.json['jobId']}/events")
    assert second.json["servedFrom"] == "archive"
    assert sink.events == told
    assert again.body == followed.body


async def test_a_key_that_the_cache_answered_means_the_job_that_was_paid(tmp_path: Path) -> None:
    provider, settings = FakeProvider(), settings_in(tmp_path)
    async with asgi_client(settings, provider=provider) as client:
        paid = await post(client, AS_IT_COMES)
        await wait_until(lambda: not client.container.job_runner()._tasks)
        cached = await post(client, AS_IT_COMES, key="k-2")
        assert cached.json["servedFrom"] == "memory"
        other = await post(client, {"prompt": "a blue bridge"}, key="k-2")
        await client.container.clear_cache()()
    async with asgi_client(settings, provider=provider) as client:
        again = await post(client, AS_IT_COMES, key="k-2")
    assert (other.status, other.code) == (422, "key_reused")
    assert (again.json["jobId"], again.json["servedFrom"]) == (paid.json["jobId"], "archive")
    assert len(provider.seen) == 1


async def test_a_key_means_the_same_request_also_when_a_setting_changed(tmp_path: Path) -> None:
    first, second = FakeProvider(), FakeProvider()
    second.endpoint = "elsewhere"
    async with asgi_client(settings_in(tmp_path), provider=first) as client:
        paid = await post(client)
    async with asgi_client(settings_in(tmp_path), provider=second) as client:
        again = await post(client)
    assert (again.status, again.json["jobId"]) == (201, paid.json["jobId"])
    assert second.seen == []
