"""A broken connection of the WebSocket for images: what was missed comes once, after a cursor."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random

import httpx2
import PIL.Image
import pytest
from websockets.exceptions import ConnectionClosed, InvalidMessage

from domain.image import Image
from tests.e2e.cutting_proxy import cutting_proxy
from tests.e2e.image_socket import ImageSocket, Received, open_socket
from tests.e2e.loopback_server import serve
from tests.testkit.fakes import FakeProvider, settings_in

pytestmark = pytest.mark.anyio
CUTS = 40
SIDE = 150
"""Pixels of an image of noise, which has 68 kB."""


def noise(random: Random, folder: Path, side: int = SIDE) -> Image:
    """An image that cannot be compressed."""
    file = folder / "noise.png"
    PIL.Image.frombytes("RGB", (side, side), random.randbytes(3 * side * side)).save(file)
    return Image(file.read_bytes())


@asynccontextmanager
async def job_with_noise(seed: int, folder: Path) -> AsyncIterator[tuple[str, str, list[Image]]]:
    """A server with a finished job of four images of noise: URL, ID of the job, and images."""
    random = Random(seed)  # noqa: S311 - no secret
    images = [noise(random, folder) for _ in range(4)]
    settings = settings_in(folder, public_url="http://localhost:3000")  # in every link
    async with serve(settings, provider=FakeProvider(*images)) as url:
        async with open_socket(url) as socket:
            made = await socket.ask("generate", arguments={"prompt": "x", "n": 4})
        yield url, made[-1]["jobId"], images


async def read_until_cut(url: str, cut: int, job_id: str, cursor: str = "") -> list[Received]:
    """The whole messages about a job that arrive before the connection breaks."""
    received: list[Received] = []
    async with cutting_proxy(url, size=cut) as proxy:
        with suppress(ConnectionClosed, InvalidMessage, ConnectionError, EOFError):
            async with open_socket(proxy) as socket:
                await socket.send("watch", "w", jobId=job_id, cursor=cursor)
                while not received or received[-1]["type"] != "complete":
                    received.append(await socket.receive())
    return received


async def watch(url: str, job_id: str, cursor: str = "") -> list[Received]:
    async with open_socket(url) as socket:
        return await socket.ask("watch", "w", jobId=job_id, cursor=cursor)


def cursor_of(received: list[Received]) -> str:
    cursor: str = received[-1]["cursor"] if received else ""
    return cursor


async def test_cut_anywhere_and_resumed_every_message_comes_once(tmp_path: Path) -> None:
    random = Random(14)  # noqa: S311 - no secret
    async with job_with_noise(14, tmp_path) as (url, job_id, images):
        whole = await watch(url, job_id)
        assert [Image(each.image) for each in whole if each.image] == images
        size = sum(len(each.image) + len(json.dumps(each.header)) for each in whole)
        resumed = 0
        for cut in random.sample(range(size), CUTS):
            first = await read_until_cut(url, cut, job_id)
            if first and first[-1]["type"] == "complete":
                assert first == whole
                continue
            assert first + await watch(url, job_id, cursor_of(first)) == whole, cut
            resumed += 1
        assert resumed > CUTS * 0.9


async def test_one_reading_that_is_cut_again_and_again_is_complete(tmp_path: Path) -> None:
    random = Random(15)  # noqa: S311 - no secret
    async with job_with_noise(15, tmp_path) as (url, job_id, _):
        received: list[Received] = []
        for _ in range(CUTS):
            cut = random.randrange(100, 120_000)
            received += await read_until_cut(url, cut, job_id, cursor_of(received))
            if received and received[-1]["type"] == "complete":
                break
        assert received == await watch(url, job_id)


async def test_a_running_job_is_followed_from_the_last_cursor(tmp_path: Path) -> None:
    go_on = asyncio.Event()
    provider = FakeProvider(meanwhile=go_on.wait)
    async with serve(settings_in(tmp_path), provider=provider) as url:
        async with open_socket(url) as socket:
            await socket.send("generate", "a", arguments={"prompt": "x", "partialImages": 2})
            before = [await socket.receive()]
            while before[-1].header.get("partialImageIndex") != 1:
                before.append(await socket.receive())
        assert [each["type"] for each in before][:3] == ["progress", "progress", "partial"]
        async with open_socket(url) as socket:
            job_id, cursor = before[-1]["jobId"], before[-1]["cursor"]
            await socket.send("watch", "b", jobId=job_id, cursor=cursor)
            assert (await socket.ask("ping", "p"))[-1]["type"] == "pong"
            go_on.set()
            after = await socket.until_end("b")
    assert [each["type"] for each in after] == ["image", "complete"]
    assert after[-1]["id"] == "b"


async def test_watching_neither_starts_nor_cancels_anything(tmp_path: Path) -> None:
    go_on = asyncio.Event()
    provider = FakeProvider(meanwhile=go_on.wait)
    async with (
        serve(settings_in(tmp_path), provider=provider) as url,
        open_socket(url) as first,
        open_socket(url) as second,
    ):
        await first.send("generate", "a", arguments={"prompt": "x"})
        job_id = (await first.receive())["jobId"]
        await second.send("watch", "b", jobId=job_id)
        assert (await second.receive())["jobId"] == job_id
        await second.send("cancel", "b")
        assert (await second.until_end("b"))[-1]["code"] == "canceled"
        go_on.set()
        assert (await first.until_end("a"))[-1]["type"] == "complete"
    assert len(provider.seen) == 1


async def test_an_unknown_job_and_a_cursor_at_the_end_are_errors(tmp_path: Path) -> None:
    async with (
        serve(settings_in(tmp_path), provider=FakeProvider()) as url,
        open_socket(url) as socket,
    ):
        made = await socket.ask("generate", arguments={"prompt": "x"})
        unknown = await socket.ask("watch", "b", jobId="job_" + "0" * 32)
        at_end = await socket.ask("watch", "c", jobId=made[-1]["jobId"], cursor=made[-1]["cursor"])
    assert unknown[-1]["code"] == "not_found"
    assert (at_end[-1]["code"], at_end[-1]["field"]) == ("invalid_request", "cursor")


async def test_a_client_that_leaves_after_the_job_was_sent_finds_its_result(
    tmp_path: Path,
) -> None:
    go_on = asyncio.Event()
    provider = FakeProvider(meanwhile=go_on.wait)
    async with serve(settings_in(tmp_path), provider=provider) as url:
        async with open_socket(url) as socket:
            await socket.send("generate", "a", arguments={"prompt": "x"})
            job_id = (await start_of(socket))["jobId"]
        go_on.set()
        answers = await watch(url, job_id)
        async with httpx2.AsyncClient(base_url=url) as http:
            assert (await http.get(f"/jobs/{job_id}")).json()["state"] == "stored"
    assert answers[-1]["type"] == "complete"


async def start_of(socket: ImageSocket) -> Received:
    """The message that the job was sent."""
    await socket.receive()
    return await socket.receive()
