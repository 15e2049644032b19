"""A folder with images, and the official client of a server on it, over every transport."""

import json
import random
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import PIL.Image
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import BlobResourceContents, TextResourceContents

from domain.image import Image
from domain.requests import GenerateRequest
from domain.results import Usage
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.config.settings import Settings
from tests.conftest import environment_in
from tests.e2e.host import SERVER
from tests.e2e.transports import ERAS, connect_over, settings_for
from tests.standin import StandIn
from tests.testkit.fakes import FakeProvider, small_image

STDIO = {"stdio": "auto", "stdio, handshake": "legacy"}
EVERY_TRANSPORT = ["memory", *ERAS, *STDIO]
Contents = TextResourceContents | BlobResourceContents


def noise(size: tuple[int, int]) -> Image:
    """A PNG of as many bytes as it has channels: noise, not compressed."""
    data = random.Random(size[0]).randbytes(size[0] * size[1] * 3)  # noqa: S311 - no secret
    out = BytesIO()
    PIL.Image.frombytes("RGB", size, data).save(out, "PNG", compress_level=0)
    return Image(out.getvalue())


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """What the folder has. `many` are the images of one job, which ended before all others."""

    folder: Path
    huge: Image
    small: Image
    deleted: Image
    foreign: Image
    many: tuple[Image, ...]
    job_of_small: str


async def fill(folder: Path, api: StandIn) -> Library:
    """Store the images as a server does, and close it."""
    many = tuple(small_image("teal", (8 + number, 9)) for number in range(60))
    huge, small = noise((3840, 2160)), small_image("red", (20, 10))
    deleted, foreign = small_image("gray"), small_image("navy")
    provider = FakeProvider(usage=Usage(text_tokens_in=3, image_tokens_in=0, tokens_out=7))
    async with run_application(settings_for(api, folder), provider=provider) as container:

        async def store(prompt: str, *images: Image, owner: str = "local") -> str:
            provider.images = images
            job = await container.generate_image()(GenerateRequest(prompt=prompt), owner=owner)
            return (await job.result()).job_id

        await store("a tile", *many)
        await store("a secret", foreign, owner="another")
        await store("a mistake", deleted)
        await container.delete_image()(deleted.id, owner="local")
        job_of_small = await store("a red Bridge\nover water", small)
        await store("a harbor at dawn", huge)
    return Library(
        folder=folder,
        huge=huge,
        small=small,
        deleted=deleted,
        foreign=foreign,
        many=many,
        job_of_small=job_of_small,
    )


@asynccontextmanager
async def connect_everywhere(
    transport: str,
    api: StandIn,
    folder: Path,
    **values: Any,  # noqa: ANN401 - fields of Settings
) -> AsyncIterator[Client]:
    """Connect the official client to a server on this folder over one of EVERY_TRANSPORT."""
    if transport not in STDIO:
        async with connect_over(transport, settings_for(api, folder, **values)) as client:
            yield client
        return
    given = {name.upper(): str(value) for name, value in values.items()}
    server = StdioServerParameters(command=SERVER, env=environment_in(folder, api) | given, cwd="/")
    async with Client(stdio_client(server), mode=STDIO[transport]) as client:
        yield client


async def read(client: Client, uri: str) -> list[Contents]:
    """The contents of a resource, in a message that every client takes."""
    result = await client.read_resource(uri)
    size = len(result.model_dump_json(by_alias=True, exclude_none=True))
    assert size < Settings.model_fields["result_max_bytes"].default, f"{uri} has {size} bytes"
    return [*result.contents]


async def read_json(client: Client, uri: str) -> Any:  # noqa: ANN401 - any JSON
    """The only contents, which are JSON."""
    (contents,) = await read(client, uri)
    assert isinstance(contents, TextResourceContents)
    assert (contents.uri, contents.mime_type) == (uri, "application/json")
    return json.loads(contents.text)


def image_in(contents: Contents) -> Image:
    """The image, whose media type must be its own."""
    assert isinstance(contents, BlobResourceContents)
    image = Image(b64decode(contents.blob, validate=True))
    assert contents.mime_type == image.format.media_type
    return image


async def read_chunks(client: Client, image_id: str) -> bytes:
    """All chunks joined: their number, order and digest are those that each of them states."""
    data, number, chunks = b"", 0, 1
    while number < chunks:
        number += 1
        (contents,) = await read(client, f"image://{image_id}/chunk/{number}")
        assert isinstance(contents, BlobResourceContents)
        facts = contents.meta or {}
        assert (facts["chunk"], facts["offset"]) == (number, len(data))
        chunks = facts["chunks"]
        assert contents.mime_type == "application/octet-stream", "no program may show a part"
        data += b64decode(contents.blob, validate=True)
    assert (facts["bytes"], facts["sha256"]) == (len(data), sha256(data).hexdigest())
    return data
