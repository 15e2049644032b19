"""The HTTP server as a process: signals, exit codes, and the files it leaves."""

import asyncio
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from pathlib import Path
from time import monotonic

import httpx2
import pytest

from tests.e2e.host import SERVER
from tests.e2e.mcp_http import RawSession, result_of
from tests.e2e.raw_connections import TIMEOUT
from tests.standin import StandIn, faults
from tests.unit.test_worker_pool import has_ended

pytestmark = pytest.mark.anyio
Environment = dict[str, str]


@asynccontextmanager
async def start_server(environment: Environment) -> AsyncIterator[tuple[Process, str]]:
    """Start the server on a free port; yield its process and its URL."""
    process = await asyncio.create_subprocess_exec(
        SERVER, "http", "--port", "0", stderr=PIPE, stdout=PIPE, env=environment
    )
    assert process.stderr
    assert process.stdout
    try:
        banner = (await asyncio.wait_for(process.stderr.readline(), TIMEOUT)).decode()
        address = re.search(r"http://\S+", banner)
        assert address, banner
        rest = asyncio.create_task(process.stderr.read())
        yield process, address[0]
        assert await process.stdout.read() == b""
        await rest
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def read_stream(url: str, prompt: str) -> bytes:
    async with httpx2.AsyncClient(timeout=None) as client:
        reply = await client.post(f"{url}/mcp/stream", json={"prompt": prompt, "partialImages": 1})
        return reply.content


async def generate(url: str, prompt: str, **options: str) -> int:
    async with httpx2.AsyncClient(timeout=None) as client:
        return (await client.post(f"{url}/images", json={"prompt": prompt, **options})).status_code


async def get_status(url: str) -> int:
    async with httpx2.AsyncClient() as client:
        return (await client.get(url)).status_code


async def tool_call_fails(url: str, prompt: str) -> bool:
    """Whether a tool call fails. The official client would send further requests after it."""
    async with httpx2.AsyncClient(timeout=None) as client:
        session = await RawSession.open(client, url)
        call = {"name": "generate_image", "arguments": {"prompt": prompt}}
        return bool(result_of(await session.post("tools/call", call)).get("isError"))


async def test_after_sigterm_every_image_is_stored_and_delivered_and_the_code_is_0(
    openai_api: StandIn, environment: Environment
) -> None:
    openai_api.default = faults.slow(1.0)
    async with start_server(environment) as (process, url):
        streams = [asyncio.create_task(read_stream(url, f"stream {n}")) for n in range(4)]
        replies = [asyncio.create_task(generate(url, f"answer {n}")) for n in range(3)]
        calls = [asyncio.create_task(tool_call_fails(url, f"call {n}")) for n in range(3)]
        await asyncio.to_thread(openai_api.wait_for_calls, 10, TIMEOUT)
        process.terminate()
        signaled, readiness, listened = monotonic(), 200, 0.0
        while not streams[0].done():
            with suppress(httpx2.TransportError):  # it stops listening after the last reply
                readiness, listened = await get_status(f"{url}/readyz"), monotonic() - signaled
        assert readiness == 503
        assert listened > 0.3
        assert await asyncio.wait_for(process.wait(), TIMEOUT) == 0
        for stream in streams:
            assert b'data: {"type":"complete"' in await stream
        assert [await reply for reply in replies] == [201] * 3
        assert [await call for call in calls] == [False] * 3
    files = Path(environment["OUTPUT_DIR"]).iterdir()
    digests = {sha256(file.read_bytes()).hexdigest() for file in files}
    assert len(openai_api.ledger) == 10
    assert all(set(charge.digests) <= digests for charge in openai_api.ledger)


async def test_a_second_signal_exits_at_once(openai_api: StandIn, environment: Environment) -> None:
    openai_api.default = faults.hang()
    async with start_server(environment) as (process, url):
        hanging = asyncio.create_task(read_stream(url, "a red bridge"))
        await asyncio.to_thread(openai_api.wait_for_calls, 1, TIMEOUT)
        process.send_signal(signal.SIGINT)
        while await generate(url, "after the signal") != 503:
            pass
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 5) == 1
        with pytest.raises(httpx2.RemoteProtocolError):
            await hanging


@pytest.mark.skipif(sys.platform != "linux", reason="the children of a process are in /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_workers_end_with_their_server(
    number: signal.Signals, environment: Environment
) -> None:
    async with start_server(environment) as (process, url):
        assert await generate(url, "a red bridge", format="auto") == 201
        tasks = Path(f"/proc/{process.pid}/task").iterdir()
        workers = [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
        assert workers
        process.send_signal(number)
        await process.wait()
        assert all([await asyncio.to_thread(has_ended, worker) for worker in workers])
