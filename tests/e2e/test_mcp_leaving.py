"""Callers over HTTP that share a job, cancel it, or hang up in the middle of it."""

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
from entrypoints.mcp.tool_server import build_server
from tests.e2e.host import Host
from tests.e2e.loopback_server import serve, serve_container, wait_until
from tests.e2e.mcp_http import ERAS, RawSession, connect_over_http, message
from tests.e2e.transports import settings_for
from tests.standin import StandIn, faults
from tests.testkit.fakes import FakeProvider, RecordingSink, settings_in, small_image

pytestmark = pytest.mark.anyio
in_both_eras = pytest.mark.parametrize("era", ERAS)
CALL = {"prompt": "a red bridge"}


class Gated:
    """A whole server whose provider paints when it is let; everything that happens is kept."""

    def __init__(
        self, container: Container, url: str, provider: FakeProvider, sink: RecordingSink
    ) -> None:
        self.container, self.url = container, url
        self.provider, self.sink = provider, sink
        self.let = anyio.Event()
        provider.meanwhile = self.let.wait

    def has(self, kind: type) -> bool:
        return any(isinstance(event, kind) for event in self.sink.events)

    async def heard(self, kind: type) -> None:
        await wait_until(lambda: self.has(kind))

    async def nobody_waits(self) -> None:
        """Wait until the server has noticed that all its callers left."""
        jobs = self.container.job_runner()._by_id
        await wait_until(lambda: not any(job.waiting for job in jobs.values()))


@asynccontextmanager
async def gated(folder: Path, **values: int) -> AsyncIterator[Gated]:
    provider, sink = FakeProvider(small_image(size=(1024, 1024))), RecordingSink()
    async with (
        run_application(
            settings_in(folder, **values), provider=provider, extra_sinks=[sink]
        ) as container,
        serve_container(container) as url,
    ):
        yield Gated(container, url, provider, sink)


async def generated(client: Client, prompt: str = CALL["prompt"]) -> CallToolResult:
    return await client.call_tool("generate_image", {"prompt": prompt})


def source(result: CallToolResult) -> str:
    assert result.structured_content, result.content
    told: str = result.structured_content["servedFrom"]
    return told


@in_both_eras
async def test_a_call_that_is_canceled_after_it_was_sent_is_painted_and_kept(
    era: str, tmp_path: Path
) -> None:
    async with gated(tmp_path) as server, connect_over_http(server.url, era) as client:
        async with anyio.create_task_group() as calling:
            calling.start_soon(generated, client)
            await server.heard(JobDispatched)
            calling.cancel_scope.cancel()
        await server.nobody_waits()
        server.let.set()
        await server.heard(Finished)
        assert source(await generated(client)) in ("joined", "memory")
    assert len(server.provider.seen) == 1


@in_both_eras
async def test_a_call_that_is_canceled_while_it_waits_its_turn_is_never_sent(
    era: str, tmp_path: Path
) -> None:
    async with (
        gated(tmp_path, max_concurrent_calls=1) as server,
        connect_over_http(server.url, era) as client,
        anyio.create_task_group() as others,
    ):
        others.start_soon(generated, client)
        await server.heard(JobDispatched)
        async with anyio.create_task_group() as calling:
            calling.start_soon(generated, client, "a blue bridge")
            await server.heard(JobQueued)
            calling.cancel_scope.cancel()
        await server.heard(Failed)
        server.let.set()
    (failed,) = [event for event in server.sink.events if isinstance(event, Failed)]
    assert failed.failure.code == Canceled.code
    assert [job.request.prompt for job in server.provider.seen] == [CALL["prompt"]]


async def test_a_client_of_images_that_hangs_up_while_it_waits_its_turn_is_never_sent_for(
    tmp_path: Path,
) -> None:
    async with (
        gated(tmp_path, max_concurrent_calls=1) as server,
        httpx2.AsyncClient() as http,
        anyio.create_task_group() as others,
    ):
        address = f"{server.url}/images"
        others.start_soon(lambda: http.post(address, json=CALL))
        await server.heard(JobDispatched)
        async with anyio.create_task_group() as calling:
            calling.start_soon(lambda: http.post(address, json={"prompt": "a blue bridge"}))
            await server.heard(JobQueued)
            calling.cancel_scope.cancel()
        await server.heard(Failed)
        server.let.set()
    assert [job.request.prompt for job in server.provider.seen] == [CALL["prompt"]]


@in_both_eras
async def test_a_client_that_hangs_up_in_the_middle_finds_its_picture_later(
    era: str, tmp_path: Path
) -> None:
    call = message("tools/call", {"name": "generate_image", "arguments": CALL})
    async with gated(tmp_path) as server:
        async with httpx2.AsyncClient() as http:
            session = await RawSession.open(http, server.url)
            async with http.stream("POST", session.url, headers=session.headers, json=call):
                await server.heard(JobDispatched)
        server.let.set()
        await server.heard(Finished)
        async with connect_over_http(server.url, era) as client:
            assert source(await generated(client)) in ("joined", "memory")
    assert len(server.provider.seen) == 1


async def test_a_session_that_ends_in_the_middle_of_a_call_costs_no_picture(tmp_path: Path) -> None:
    call = {"name": "generate_image", "arguments": CALL}
    async with (
        gated(tmp_path) as server,
        httpx2.AsyncClient() as http,
        anyio.create_task_group() as calling,
    ):
        session = await RawSession.open(http, server.url)
        calling.start_soon(session.post, "tools/call", call)
        await server.heard(JobDispatched)
        assert (await session.delete()).status_code == 200
        await server.nobody_waits()
        server.let.set()
        await server.heard(Finished)
    assert len(server.provider.seen) == 1


async def test_two_clients_at_once_get_their_own_pictures_and_share_equal_ones(
    openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.default = faults.slow(0.3)
    results: dict[tuple[str, str], CallToolResult] = {}

    async def ask(client: Client, era: str, prompt: str) -> None:
        results[era, prompt] = await generated(client, prompt)

    async with (
        serve(settings_for(openai_api, tmp_path)) as url,
        connect_over_http(url, "auto") as one,
        connect_over_http(url, "legacy") as other,
        anyio.create_task_group() as calling,
    ):
        for client, era in ((one, "auto"), (other, "legacy")):
            calling.start_soon(ask, client, era, f"a bridge for {era}")
            calling.start_soon(ask, client, era, "a bridge for both")
    assert len(openai_api.posts) == 3
    pictures = {
        key: (result.structured_content or {})["images"][0]["id"] for key, result in results.items()
    }
    assert pictures["auto", "a bridge for both"] == pictures["legacy", "a bridge for both"]
    assert len({*pictures.values()}) == 3
    shared = [source(results[era, "a bridge for both"]) for era in ("auto", "legacy")]
    assert shared.count("provider") == 1


async def test_equal_calls_over_http_in_memory_and_stdio_cost_one_call(
    openai_api: StandIn, tmp_path: Path, environment: dict[str, str]
) -> None:
    openai_api.default = faults.slow(0.3)
    sources: list[str] = []

    async def ask(client: Client) -> None:
        sources.append(source(await generated(client)))

    settings = settings_for(openai_api, tmp_path)
    async with run_application(settings) as container:

        async def opened() -> Any:  # noqa: ANN401 - the container
            return container

        async with (
            serve_container(container) as url,
            connect_over_http(url) as over_http,
            Client(build_server(opened, settings)) as in_memory,
            anyio.create_task_group() as calling,
        ):
            calling.start_soon(ask, over_http)
            calling.start_soon(ask, in_memory)
    with Host(environment) as host:
        host.initialize()
        later = host.response(host.call("generate_image", CALL))["result"]["structuredContent"]
    assert sources.count("provider") == 1
    assert later["servedFrom"] == "disk"
    assert len(openai_api.posts) == 1
