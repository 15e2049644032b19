"""HTTP clients that share a job, cancel it, or disconnect during it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client
from mcp_types import CallToolResult

from domain.errors import Canceled
from domain.events import Failed, Finished, JobDispatched, JobQueued
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.mcp.server import build_server
from tests.e2e.host import Host
from tests.e2e.loopback_server import serve, serve_container, wait_until
from tests.e2e.mcp_http import ERAS, RawSession, connect_over_http, message
from tests.e2e.transports import settings_for
from tests.standin import StandIn, faults
from tests.testkit.fakes import FakeProvider, RecordingSink, settings_in, small_image

pytestmark = pytest.mark.anyio
in_both_eras = pytest.mark.parametrize("era", ERAS)
CALL = {"prompt": "a red bridge"}


class GatedServer:
    """A whole server whose provider waits for `gate`; the sink records all events."""

    def __init__(
        self, container: Container, url: str, provider: FakeProvider, sink: RecordingSink
    ) -> None:
        self.container, self.url = container, url
        self.provider, self.sink = provider, sink
        self.gate = anyio.Event()
        provider.meanwhile = self.gate.wait

    def has(self, kind: type) -> bool:
        return any(isinstance(event, kind) for event in self.sink.events)

    async def wait_for(self, kind: type) -> None:
        await wait_until(lambda: self.has(kind))

    async def wait_for_disconnects(self) -> None:
        """Wait until the server has noticed that all clients disconnected."""
        jobs = self.container.job_runner()._by_id
        await wait_until(lambda: not any(job.waiting for job in jobs.values()))


@asynccontextmanager
async def serve_gated(folder: Path, **values: int) -> AsyncIterator[GatedServer]:
    provider, sink = FakeProvider(small_image(size=(1024, 1024))), RecordingSink()
    async with (
        run_application(
            settings_in(folder, **values), provider=provider, extra_sinks=[sink]
        ) as container,
        serve_container(container) as url,
    ):
        yield GatedServer(container, url, provider, sink)


async def generate(client: Client, prompt: str = CALL["prompt"]) -> CallToolResult:
    return await client.call_tool("generate_image", {"prompt": prompt})


def source(result: CallToolResult) -> str:
    assert result.structured_content, result.content
    served_from: str = result.structured_content["servedFrom"]
    return served_from


@in_both_eras
async def test_the_image_of_a_call_canceled_after_dispatch_is_generated_and_cached(
    era: str, tmp_path: Path
) -> None:
    async with serve_gated(tmp_path) as server, connect_over_http(server.url, era) as client:
        async with anyio.create_task_group() as calling:
            calling.start_soon(generate, client)
            await server.wait_for(JobDispatched)
            calling.cancel_scope.cancel()
        await server.wait_for_disconnects()
        server.gate.set()
        await server.wait_for(Finished)
        assert source(await generate(client)) in ("joined", "memory")
    assert len(server.provider.seen) == 1


@in_both_eras
async def test_a_call_canceled_in_the_queue_is_never_sent(era: str, tmp_path: Path) -> None:
    async with (
        serve_gated(tmp_path, max_concurrent_calls=1) as server,
        connect_over_http(server.url, era) as client,
        anyio.create_task_group() as others,
    ):
        others.start_soon(generate, client)
        await server.wait_for(JobDispatched)
        async with anyio.create_task_group() as calling:
            calling.start_soon(generate, client, "a blue bridge")
            await server.wait_for(JobQueued)
            calling.cancel_scope.cancel()
        await server.wait_for(Failed)
        server.gate.set()
    (failed,) = [event for event in server.sink.events if isinstance(event, Failed)]
    assert failed.failure.code == Canceled.code
    assert [job.request.prompt for job in server.provider.seen] == [CALL["prompt"]]


async def test_a_call_whose_http_client_disconnects_in_the_queue_is_never_sent(
    tmp_path: Path,
) -> None:
    async with (
        serve_gated(tmp_path, max_concurrent_calls=1) as server,
        httpx2.AsyncClient() as http,
        anyio.create_task_group() as others,
    ):
        address = f"{server.url}/images"
        others.start_soon(lambda: http.post(address, json=CALL))
        await server.wait_for(JobDispatched)
        async with anyio.create_task_group() as calling:
            calling.start_soon(lambda: http.post(address, json={"prompt": "a blue bridge"}))
            await server.wait_for(JobQueued)
            calling.cancel_scope.cancel()
        await server.wait_for(Failed)
        server.gate.set()
    assert [job.request.prompt for job in server.provider.seen] == [CALL["prompt"]]


@in_both_eras
async def test_the_image_of_a_disconnected_client_is_served_later(era: str, tmp_path: Path) -> None:
    call = message("tools/call", {"name": "generate_image", "arguments": CALL})
    async with serve_gated(tmp_path) as server:
        async with httpx2.AsyncClient() as http:
            session = await RawSession.open(http, server.url)
            async with http.stream("POST", session.url, headers=session.headers, json=call):
                await server.wait_for(JobDispatched)
        server.gate.set()
        await server.wait_for(Finished)
        async with connect_over_http(server.url, era) as client:
            assert source(await generate(client)) in ("joined", "memory")
    assert len(server.provider.seen) == 1


async def test_the_image_of_an_ended_session_is_generated(tmp_path: Path) -> None:
    call = {"name": "generate_image", "arguments": CALL}
    async with (
        serve_gated(tmp_path) as server,
        httpx2.AsyncClient() as http,
        anyio.create_task_group() as calling,
    ):
        session = await RawSession.open(http, server.url)
        calling.start_soon(session.post, "tools/call", call)
        await server.wait_for(JobDispatched)
        assert (await session.delete()).status_code == 200
        await server.wait_for_disconnects()
        server.gate.set()
        await server.wait_for(Finished)
    assert len(server.provider.seen) == 1


async def test_two_concurrent_clients_get_their_own_images_and_share_equal_ones(
    openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.default = faults.slow(0.3)
    results: dict[tuple[str, str], CallToolResult] = {}

    async def call(client: Client, era: str, prompt: str) -> None:
        results[era, prompt] = await generate(client, prompt)

    async with (
        serve(settings_for(openai_api, tmp_path)) as url,
        connect_over_http(url, "auto") as one,
        connect_over_http(url, "legacy") as other,
        anyio.create_task_group() as calling,
    ):
        for client, era in ((one, "auto"), (other, "legacy")):
            calling.start_soon(call, client, era, f"a bridge for {era}")
            calling.start_soon(call, client, era, "a bridge for both")
    assert len(openai_api.posts) == 3
    images = {
        key: (result.structured_content or {})["images"][0]["id"] for key, result in results.items()
    }
    assert images["auto", "a bridge for both"] == images["legacy", "a bridge for both"]
    assert len({*images.values()}) == 3
    shared = [source(results[era, "a bridge for both"]) for era in ("auto", "legacy")]
    assert shared.count("provider") == 1


async def test_equal_calls_over_http_in_memory_and_stdio_cost_one_call(
    openai_api: StandIn, tmp_path: Path, environment: dict[str, str]
) -> None:
    openai_api.default = faults.slow(0.3)
    sources: list[str] = []

    async def call(client: Client) -> None:
        sources.append(source(await generate(client)))

    settings = settings_for(openai_api, tmp_path)
    async with run_application(settings) as container:

        async def open_container() -> Any:  # noqa: ANN401 - the container
            return container

        async with (
            serve_container(container) as url,
            connect_over_http(url) as over_http,
            Client(build_server(open_container, settings)) as in_memory,
            anyio.create_task_group() as calling,
        ):
            calling.start_soon(call, over_http)
            calling.start_soon(call, in_memory)
    with Host(environment) as host:
        host.initialize()
        later = host.response(host.call("generate_image", CALL))["result"]["structuredContent"]
    assert sources.count("provider") == 1
    assert later["servedFrom"] == "disk"
    assert len(openai_api.posts) == 1
