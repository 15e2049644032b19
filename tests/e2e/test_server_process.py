"""The web server as a process: signals, exit codes, and what is on disk afterwards."""

import asyncio
import re
import signal
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

pytestmark = pytest.mark.anyio
Environment = dict[str, str]


@asynccontextmanager
async def started(environment: Environment) -> AsyncIterator[tuple[Process, str]]:
    """The server on a free port; yield its process and its address."""
    process = await asyncio.create_subprocess_exec(
        SERVER, "http", "--port", "0", stderr=PIPE, stdout=PIPE, env=environment
    )
    assert process.stderr
    assert process.stdout
    try:
        welcome = (await asyncio.wait_for(process.stderr.readline(), TIMEOUT)).decode()
        address = re.search(r"http://\S+", welcome)
        assert address, welcome
        rest = asyncio.create_task(process.stderr.read())
        yield process, address[0]
        assert await process.stdout.read() == b""
        await rest
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def streamed(url: str, prompt: str) -> bytes:
    async with httpx2.AsyncClient(timeout=None) as client:
        answer = await client.post(f"{url}/mcp/stream", json={"prompt": prompt, "partialImages": 1})
        return answer.content


async def painted(url: str, prompt: str) -> int:
    async with httpx2.AsyncClient(timeout=None) as client:
        return (await client.post(f"{url}/images", json={"prompt": prompt})).status_code


async def asked(url: str) -> int:
    async with httpx2.AsyncClient() as client:
        return (await client.get(url)).status_code


async def called(url: str, prompt: str) -> bool:
    """Whether a call over MCP failed. The official client would ask for more behind its answer."""
    async with httpx2.AsyncClient(timeout=None) as client:
        session = await RawSession.open(client, url)
        call = {"name": "generate_image", "arguments": {"prompt": prompt}}
        return bool(result_of(await session.post("tools/call", call)).get("isError"))


async def test_sigterm_ends_it_with_code_0_and_every_picture_is_kept_and_delivered(
    openai_api: StandIn, environment: Environment
) -> None:
    openai_api.default = faults.slow(1.0)
    async with started(environment) as (process, url):
        streams = [asyncio.create_task(streamed(url, f"stream {n}")) for n in range(4)]
        answers = [asyncio.create_task(painted(url, f"answer {n}")) for n in range(3)]
        calls = [asyncio.create_task(called(url, f"call {n}")) for n in range(3)]
        await asyncio.to_thread(openai_api.wait_for_calls, 10, TIMEOUT)
        process.terminate()
        told, readiness, listened = monotonic(), 200, 0.0
        while not streams[0].done():
            with suppress(httpx2.TransportError):  # once all is answered it listens no more
                readiness, listened = await asked(f"{url}/readyz"), monotonic() - told
        assert readiness == 503
        assert listened > 0.3
        assert await asyncio.wait_for(process.wait(), TIMEOUT) == 0
        for stream in streams:
            assert b'data: {"type":"complete"' in await stream
        assert [await answer for answer in answers] == [201] * 3
        assert [await call for call in calls] == [False] * 3
    kept = Path(environment["OUTPUT_DIR"]).iterdir()
    digests = {sha256(file.read_bytes()).hexdigest() for file in kept}
    assert len(openai_api.ledger) == 10
    assert all(set(charge.digests) <= digests for charge in openai_api.ledger)


async def test_a_second_signal_leaves_at_once(
    openai_api: StandIn, environment: Environment
) -> None:
    openai_api.default = faults.hang()
    async with started(environment) as (process, url):
        hanging = asyncio.create_task(streamed(url, "a red bridge"))
        await asyncio.to_thread(openai_api.wait_for_calls, 1, TIMEOUT)
        process.send_signal(signal.SIGINT)
        while await painted(url, "has it heard?") != 503:
            pass
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 5) == 1
        with pytest.raises(httpx2.RemoteProtocolError):
            await hanging
