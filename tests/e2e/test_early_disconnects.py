"""Clients of /images and /mcp/stream that disconnect before their job has started."""

import asyncio
import json
from base64 import b64encode
from pathlib import Path

import pytest

from domain.errors import Canceled
from domain.events import Failed
from domain.image import Image
from domain.input_images import NormalizedImage
from domain.jobs import LOCAL
from domain.requests import GenerateRequest
from tests.e2e.asgi_client import asgi_client
from tests.e2e.loopback_server import serve, wait_until
from tests.e2e.raw_connections import connect
from tests.testkit.fakes import PNG, FakeProvider, HeaderNormalizer, RecordingSink, settings_in

pytestmark = pytest.mark.anyio
ROUTES = pytest.mark.parametrize("route", ["/images", "/mcp/stream"])


class EndlessNormalizer(HeaderNormalizer):
    """Works until it is canceled."""

    def __init__(self) -> None:
        self.started, self.canceled = asyncio.Event(), asyncio.Event()

    async def normalize(self, image: Image, /) -> NormalizedImage:
        self.started.set()
        try:
            await asyncio.Event().wait()
            return NormalizedImage(image=image)
        finally:
            self.canceled.set()


@ROUTES
async def test_a_disconnect_ends_the_inspection_and_nothing_is_sent(
    route: str, tmp_path: Path
) -> None:
    normalizer, provider, sink = EndlessNormalizer(), FakeProvider(), RecordingSink()
    settings = settings_in(tmp_path)
    async with serve(settings, provider=provider, normalizer=normalizer, extra_sinks=[sink]) as url:
        async with connect(int(url.rpartition(":")[2])) as client:
            await client.send(edit(route))
            await asyncio.wait_for(normalizer.started.wait(), 10)
            assert not normalizer.canceled.is_set()
        await asyncio.wait_for(normalizer.canceled.wait(), 5)
    assert provider.seen == []
    assert sink.events == []


def edit(route: str) -> bytes:
    """The bytes of a request to edit one image."""
    image = b64encode(PNG.data).decode()
    body = json.dumps({"prompt": "make it green", "images": [image]}).encode()
    head = f"POST {route} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@ROUTES
async def test_a_caller_that_joins_at_the_moment_of_its_disconnect_is_not_counted_any_more(
    route: str, tmp_path: Path
) -> None:
    go_on = asyncio.Event()
    provider = FakeProvider(meanwhile=go_on.wait)
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        first = await client.container.generate_image()(GenerateRequest(prompt="a lake"))
        (running,) = client.container.job_runner().all(owner=LOCAL)
        await client.post_and_disconnect(route, {"prompt": "a lake"})
        assert (running.joined_callers, running.waiting) == (1, 1)
        go_on.set()
        assert len((await first.result()).images) == 1


@ROUTES
async def test_a_job_that_starts_at_the_moment_of_the_disconnect_is_canceled(
    route: str, tmp_path: Path
) -> None:
    provider, sink = FakeProvider(), RecordingSink()
    settings = settings_in(tmp_path)
    async with asgi_client(settings, provider=provider, extra_sinks=[sink]) as client:
        await client.post_and_disconnect(route, {"prompt": "a lake"})
        await wait_until(lambda: any(isinstance(event, Failed) for event in sink.events))
    (failed,) = [event for event in sink.events if isinstance(event, Failed)]
    assert failed.failure.code == Canceled.code
    assert provider.seen == []
