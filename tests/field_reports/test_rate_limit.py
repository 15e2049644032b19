"""A script of one's own meets no rate limit, and what costs nothing counts against none."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from domain.errors import CacheUnavailable
from tests.e2e.asgi_client import AsgiClient, Reply, asgi_client
from tests.testkit.fakes import DictCache, FakeProvider, settings_in, small_image

pytestmark = pytest.mark.anyio
MANY = 100
TOKEN = "a-token-of-the-tests-5f1c"
OPEN = {"host": "0.0.0.0", "allow_unauthenticated": True}  # noqa: S104 - nothing is bound


async def post_all(client: AsgiClient, bodies: list[dict[str, Any]], path: str) -> list[Reply]:
    return await asyncio.gather(*(client.post(path, body) for body in bodies))


def different(number: int = MANY, **more: object) -> list[dict[str, Any]]:
    return [{"prompt": f"fox {at}", **more} for at in range(number)]


def statuses(replies: list[Reply]) -> set[int]:
    return {reply.status for reply in replies}


@pytest.mark.parametrize("path", ["/images", "/mcp/stream"])
async def test_equal_calls_at_once_count_as_one(path: str, tmp_path: Path) -> None:
    provider, settings = FakeProvider(), settings_in(tmp_path, rate_limit="1/hour")
    async with asgi_client(settings, provider=provider) as client:
        replies = await post_all(client, [{"prompt": "a fox"}] * MANY, path)
        refused = await client.post(path, {"prompt": "another fox"})
    assert statuses(replies) <= {200, 201}
    assert len(provider.seen) == 1
    assert (refused.status, refused.code) == (429, "too_many_requests")


async def test_calls_that_the_cache_serves_do_not_count(tmp_path: Path) -> None:
    provider = FakeProvider(small_image(size=(1024, 1024)))
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        assert statuses(await post_all(client, different(20), "/images")) == {201}
    limited = settings_in(tmp_path, rate_limit="1/hour")
    async with asgi_client(limited, provider=provider) as client:
        replies = await post_all(client, different(20), "/images")
        new = await post_all(client, [{"prompt": "a fox"}, {"prompt": "a hare"}], "/images")
    assert statuses(replies) == {201}
    assert {reply.json["servedFrom"] for reply in replies} == {"disk"}
    assert sorted(reply.status for reply in new) == [201, 429]
    assert len(provider.seen) == 21


async def test_calls_on_loopback_without_a_token_have_no_limit(tmp_path: Path) -> None:
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        assert statuses(await post_all(client, different(), "/images")) == {201}


async def test_a_repeated_key_does_not_count_and_fresh_does(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, rate_limit="1/hour")
    body = {"prompt": "a fox", "fresh": True}
    async with asgi_client(settings, provider=FakeProvider()) as client:
        replies = [await client.post("/images", body, Idempotency_Key="k") for _ in range(3)]
        refused = await client.post("/images", body)
    assert statuses(replies) == {201}
    assert refused.status == 429


class BrokenCache(DictCache):
    async def get(self, key: str, /) -> None:
        raise CacheUnavailable("It is broken.")


async def test_without_a_cache_each_call_counts(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, rate_limit="2/hour")
    async with asgi_client(settings, provider=FakeProvider(), cache=BrokenCache()) as client:
        replies = [await client.post("/images", {"prompt": "a fox"}) for _ in range(3)]
    assert [reply.status for reply in replies] == [201, 201, 429]


@pytest.mark.parametrize("path", ["/images", "/mcp/stream"])
async def test_a_refusal_names_the_limit_and_when_to_retry(path: str, tmp_path: Path) -> None:
    settings = settings_in(tmp_path, rate_limit="1/hour")
    async with asgi_client(settings, provider=FakeProvider()) as client:
        _, refused = [await client.post(path, body) for body in different(2)]
    assert "1 new image requests per hour" in refused.problem["message"]
    assert "RATE_LIMIT" in refused.problem["message"]
    assert 3500 < int(refused.headers["retry-after"]) <= 3600
    assert (refused.problem["charged"], refused.problem["retryable"]) == ("no", True)


LIMITS: dict[str, tuple[dict[str, Any], str]] = {
    "loopback": ({}, "0"),
    "loopback, set": ({"rate_limit": "5/minute"}, "5/minute"),
    "loopback, set to none": ({"rate_limit": "0", "auth_token": TOKEN}, "0"),
    "loopback with a token": ({"auth_token": TOKEN}, "60/minute"),
    "sibling: ::1": ({"host": "::1"}, "0"),
    "sibling: every address": (OPEN, "60/minute"),
    "sibling: behind a proxy": ({"trusted_proxies": "127.0.0.1"}, "60/minute"),
    "sibling: a public URL": ({"public_url": "https://pics.example"}, "60/minute"),
    "sibling: another host name": ({"allowed_hosts": "pics.example"}, "60/minute"),
}


@pytest.mark.parametrize(("values", "limit"), LIMITS.values(), ids=LIMITS)
def test_the_limit_holds_where_strangers_may_call(
    values: dict[str, Any], limit: str, tmp_path: Path
) -> None:
    assert settings_in(tmp_path, **values).effective_rate_limit == limit
