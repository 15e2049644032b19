"""No answer about resources is larger than the client takes, whatever is stored."""

import json
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    BlobResourceContents,
    Implementation,
    ResourceTemplateReference,
    TextResourceContents,
)

from domain.image import Image
from domain.requests import GenerateRequest
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lazy_application import LazyApplication
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.config.settings import Settings
from entrypoints.mcp.completions import MAX_VALUES
from entrypoints.mcp.server import build_server
from tests.e2e.loopback_server import serve_container
from tests.e2e.mcp_http import RawSession, events
from tests.e2e.resource_clients import noise
from tests.testkit.fakes import FakeProvider, settings_in, small_image

pytestmark = pytest.mark.anyio
SMALLEST = 100_000
EMOJI = "\N{GRINNING FACE}"


@asynccontextmanager
async def stored(
    folder: Path,
    *images: Image,
    prompt: str = "a tile",
    **values: Any,  # noqa: ANN401 - fields of Settings
) -> AsyncIterator[Container]:
    """An application with these images of one job."""
    provider = FakeProvider(*images)
    async with run_application(settings_in(folder, **values), provider=provider) as container:
        job = await container.generate_image()(GenerateRequest(prompt=prompt))
        await job.result()
        yield container


def client_of(container: Container, name: str = "test") -> Client:
    """The client with this name, of a server that takes it for one over stdio."""

    async def opened() -> Container:
        return container

    server = build_server(opened, container.settings(), over_stdio=True)
    return Client(server, client_info=Implementation(name=name, version="1"))


async def read_one(client: Client, uri: str) -> TextResourceContents | BlobResourceContents:
    return (await client.read_resource(uri)).contents[0]


async def test_a_client_that_takes_large_messages_gets_large_images_as_a_whole(
    tmp_path: Path,
) -> None:
    image = noise((1000, 1000))
    async with stored(tmp_path, image) as container:
        async with client_of(container, "claude-code") as client:
            whole = await read_one(client, f"image://{image.id}")
        async with client_of(container, "another") as client:
            preview = await read_one(client, f"image://{image.id}")
    assert isinstance(whole, BlobResourceContents)
    assert b64decode(whole.blob) == image.data
    assert preview.uri == f"image://{image.id}/preview"


async def test_the_base64_of_chunks_can_be_joined_as_text(tmp_path: Path) -> None:
    image = noise((200, 200))
    async with (
        stored(tmp_path, image, result_max_bytes=SMALLEST) as container,
        client_of(container) as client,
    ):
        parts = [await read_one(client, f"image://{image.id}/chunk/{n}") for n in (1, 2)]
        last = await client.complete(
            ResourceTemplateReference(uri="image://{id}/chunk/{n}"),
            {"name": "n", "value": ""},
            {"id": image.id},
        )
    assert last.completion.values == ["1", "2"]
    joined = "".join(part.blob for part in parts if isinstance(part, BlobResourceContents))
    assert b64decode(joined, validate=True) == image.data


async def test_no_event_over_http_is_larger_than_the_limit(tmp_path: Path) -> None:
    image = noise((400, 400))
    async with (
        stored(tmp_path, image, result_max_bytes=SMALLEST) as container,
        serve_container(container) as url,
        httpx2.AsyncClient() as http,
    ):
        session = await RawSession.open(http, url)
        sizes = []
        for view in ("", "/chunk/1", "/preview", "/thumb", "/metadata"):
            response = await session.post("resources/read", {"uri": f"image://{image.id}{view}"})
            sizes += [len(event) for event in events(response)]
        listed = await session.post("resources/list")
    assert max(sizes) <= SMALLEST
    assert max(sizes) > SMALLEST * 0.9, "a chunk makes use of the limit"
    assert max(len(event) for event in events(listed)) <= SMALLEST


async def test_the_longest_prompt_fits_into_the_smallest_message(tmp_path: Path) -> None:
    prompt, image = EMOJI * 32_000, small_image()
    for limit in (SMALLEST, 900_000):
        async with (
            stored(tmp_path, image, prompt=prompt, result_max_bytes=limit) as container,
            client_of(container) as client,
        ):
            contents = await read_one(client, f"image://{image.id}/metadata")
            listed = await client.list_resources()
        assert isinstance(contents, TextResourceContents)
        assert len(json.dumps(contents.text)) <= limit, "as a client gets it that reads ASCII only"
        shown = json.loads(contents.text)["prompt"]
        assert shown == prompt if limit > SMALLEST else shown.endswith(f"{EMOJI}…")
        assert len(listed.resources[-1].name) == 80


async def test_many_accounts_are_cut_but_the_total_is_of_all(tmp_path: Path) -> None:
    async with stored(tmp_path, result_max_bytes=SMALLEST) as container:
        for number in range(SMALLEST // 2_000 + 3):
            request = GenerateRequest(prompt="a tile", model=f"model-{number}")
            await (await container.generate_image()(request)).result()
        async with client_of(container) as client:
            contents = await read_one(client, "image://usage")
    assert isinstance(contents, TextResourceContents)
    usage = json.loads(contents.text)
    assert len(usage["days"]) == SMALLEST // 2_000
    assert usage["total"]["calls"] == SMALLEST // 2_000 + 4
    assert len(json.dumps(contents.text)) <= SMALLEST


async def test_at_most_100_values_complete_a_text_and_more_are_announced(tmp_path: Path) -> None:
    images = [small_image("teal", (8 + number, 8)) for number in range(MAX_VALUES + 4)]
    async with stored(tmp_path, *images) as container, client_of(container) as client:
        template = ResourceTemplateReference(uri="image://{id}")
        every = await client.complete(template, {"name": "id", "value": "img_"})
        few = await client.complete(template, {"name": "id", "value": images[0].id})
    assert len(every.completion.values) == MAX_VALUES
    assert every.completion.has_more
    assert every.completion.total is None, "the number of all is not counted"
    assert few.completion.values == [images[0].id]
    assert not few.completion.has_more
    assert few.completion.total == 1


async def test_a_uri_of_any_length_is_refused_in_few_bytes(tmp_path: Path) -> None:
    async with stored(tmp_path) as container, client_of(container) as client:
        for uri in ("image://" + "x" * 3_000_000, "x" * 3_000_000, "image://" + "%2e" * 99_999):
            with pytest.raises(MCPError) as caught:
                await client.read_resource(uri)
            assert caught.value.error.code == INVALID_PARAMS
            assert len(caught.value.error.model_dump_json()) < 3_000


async def test_an_image_whose_file_was_changed_is_not_found_and_its_path_is_not_told(
    tmp_path: Path,
) -> None:
    image = small_image()
    async with stored(tmp_path, image) as container, client_of(container) as client:
        (file,) = (each for each in (tmp_path / "images").rglob("*.png"))
        file.write_bytes(small_image("red").data)
        for view in ("", "/preview", "/chunk/1", "/metadata"):
            with pytest.raises(MCPError, match="was moved, changed or deleted") as caught:
                await client.read_resource(f"image://{image.id}{view}")
            assert str(tmp_path) not in caught.value.error.model_dump_json()


async def test_faulty_settings_leave_the_templates_and_say_what_is_wrong() -> None:
    settings = Settings.model_construct()
    application = LazyApplication(settings, fault="PORT: wrong.")
    async with Client(build_server(application.container, settings)) as client:
        assert (await client.list_resource_templates()).resource_templates
        for ask in (client.list_resources(), client.read_resource("image://usage")):
            with pytest.raises(MCPError, match=r"PORT: wrong\. Correct them") as caught:
                await ask
            assert caught.value.error.code == INTERNAL_ERROR
            assert caught.value.error.data["code"] == "invalid_settings"


async def test_an_unexpected_fault_is_an_incident_without_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stored(tmp_path) as container, client_of(container) as client:

        def broken() -> None:
            raise RuntimeError(f"a secret of {tmp_path}")

        monkeypatch.setattr(container, "list_models", broken)
        with pytest.raises(MCPError) as caught:
            await client.read_resource("image://models")
        assert caught.value.error.code == INTERNAL_ERROR
        assert "secret" not in caught.value.error.model_dump_json()
        assert caught.value.error.data["incident"]
