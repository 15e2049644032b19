"""Resources over every transport, in both protocol eras: one test body for all."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from mcp import Client, MCPError
from mcp_types import INVALID_PARAMS, ResourceTemplateReference, TextResourceContents

from domain.image_formats import ImageFormat
from entrypoints.mcp.resources import RESOURCES
from tests.conftest import KEY
from tests.e2e.resource_clients import (
    EVERY_TRANSPORT,
    Library,
    connect_everywhere,
    fill,
    image_in,
    read,
    read_chunks,
    read_json,
)
from tests.standin import StandIn

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Of this scope, so that one connection serves all tests of a transport."""
    return "asyncio"


@pytest.fixture(scope="module")
def api() -> Iterator[StandIn]:
    with StandIn() as api:
        yield api


@pytest.fixture(scope="module")
def library(api: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Library:
    return asyncio.run(fill(tmp_path_factory.mktemp("library"), api))


@pytest.fixture(scope="module", params=EVERY_TRANSPORT)
async def client(
    request: pytest.FixtureRequest, api: StandIn, library: Library
) -> AsyncIterator[Client]:
    async with connect_everywhere(request.param, api, library.folder) as client:
        yield client


async def refusal(client: Client, uri: str) -> dict[str, Any]:
    """The data of the error that a read fails with; its text is in there too."""
    with pytest.raises(MCPError) as caught:
        await client.read_resource(uri)
    assert caught.value.error.code == INVALID_PARAMS
    data: dict[str, Any] = caught.value.error.data
    assert data["code"] == "not_found"
    assert data["hint"]
    assert caught.value.error.message == f"{data['message']} {data['hint']}"
    return data


async def complete(client: Client, value: str, uri: str = "image://{id}") -> list[str]:
    argument = {"name": "id", "value": value}
    result = await client.complete(ResourceTemplateReference(uri=uri), argument)
    return result.completion.values


async def test_the_templates_are_listed_and_changes_are_not_announced(client: Client) -> None:
    listed = (await client.list_resource_templates()).resource_templates
    assert [each.uri_template for each in listed] == [
        each.uri for each in RESOURCES if each.is_template
    ]
    assert all(each.title and each.description for each in listed)
    capabilities = client.server_capabilities
    assert capabilities.completions is not None
    assert capabilities.resources is not None
    assert not capabilities.resources.list_changed
    assert not capabilities.resources.subscribe


async def test_pages_have_every_image_once_the_newest_first(
    client: Client, library: Library
) -> None:
    first = await client.list_resources()
    assert first.next_cursor
    second = await client.list_resources(cursor=first.next_cursor)
    assert second.next_cursor is None
    uris = [each.uri for each in (*first.resources, *second.resources)]
    images = [library.huge, library.small, *library.many]
    fixed = ["image://models", "image://usage"]
    assert uris == [*fixed, *(f"image://{image.id}" for image in images)]
    huge, small = first.resources[2:4]
    assert (huge.name, huge.mime_type, huge.size) == (
        "a harbor at dawn",
        "image/png",
        len(library.huge.data),
    )
    assert small.name == "a red Bridge over water"
    assert small.annotations is not None
    assert small.annotations.last_modified


async def test_a_wrong_cursor_is_refused_with_what_to_send(client: Client) -> None:
    with pytest.raises(MCPError, match="Send the nextCursor of the last page") as caught:
        await client.list_resources(cursor="nonsense")
    assert caught.value.error.code == INVALID_PARAMS


async def test_an_image_that_fits_is_read_as_a_whole(client: Client, library: Library) -> None:
    for uri in (f"image://{library.small.id}", f"image://{library.small.id}/chunk/1"):
        (contents,) = await read(client, uri)
        assert image_in(contents) == library.small
        assert contents.uri == uri


async def test_a_4k_image_is_read_in_chunks_and_joined_byte_for_byte(
    client: Client, library: Library
) -> None:
    size = len(library.huge.data)
    assert size > 24_000_000, "more than two messages of the largest client"
    assert await read_chunks(client, library.huge.id) == library.huge.data
    metadata = await read_json(client, f"image://{library.huge.id}/metadata")
    assert metadata["chunks"] == -(-size // 669_696)
    assert (metadata["bytes"], metadata["sha256"]) == (size, library.huge.digest)
    missing = f"image://{library.huge.id}/chunk/{metadata['chunks'] + 1}"
    assert f"1 to {metadata['chunks']}" in (await refusal(client, missing))["hint"]


async def test_an_image_that_does_not_fit_is_a_preview_and_says_how_to_read_it(
    client: Client, library: Library
) -> None:
    uri = f"image://{library.huge.id}"
    shown, note = await read(client, uri)
    assert max(image_in(shown).dimensions.width, image_in(shown).dimensions.height) == 1024
    assert shown.uri == f"{uri}/preview"
    assert isinstance(note, TextResourceContents)
    assert f"{uri}/chunk/1 to {uri}/chunk/{(note.meta or {})['chunks']}" in note.text
    assert library.huge.digest in note.text


@pytest.mark.parametrize(("view", "side"), [("preview", 1024), ("thumb", 256)])
async def test_smaller_forms_are_png_or_jpeg_of_their_size(
    view: str, side: int, client: Client, library: Library
) -> None:
    (contents,) = await read(client, f"image://{library.huge.id}/{view}")
    smaller = image_in(contents)
    assert smaller.format in (ImageFormat.PNG, ImageFormat.JPEG)
    assert (smaller.dimensions.width, smaller.dimensions.height) == (side, side * 9 // 16)
    (unchanged,) = await read(client, f"image://{library.small.id}/{view}")
    assert image_in(unchanged) == library.small


async def test_the_metadata_of_an_image_are_those_of_its_job(
    client: Client, library: Library
) -> None:
    metadata = await read_json(client, f"image://{library.small.id}/metadata")
    assert metadata["prompt"] == "a red Bridge\nover water"
    assert metadata["jobId"] == library.job_of_small
    assert metadata["jobImages"] == [metadata["id"]] == [library.small.id]
    assert (metadata["width"], metadata["height"], metadata["format"]) == (20, 10, "png")
    assert metadata["action"] == "generate"
    assert metadata["model"]
    assert metadata["createdAt"]
    assert metadata["sha256"] == library.small.digest


async def test_the_models_and_the_usage_are_json(client: Client) -> None:
    models = (await read_json(client, "image://models"))["models"]
    assert sum(model["default"] for model in models) == 1
    usage = await read_json(client, "image://usage")
    assert usage["total"]["calls"] == 5, "of all owners, and of deleted images, too"
    assert usage["budgets"] == []


async def test_what_is_deleted_or_of_another_owner_is_not_found(
    client: Client, library: Library
) -> None:
    none = f"img_{'0' * 32}"
    for view in ("", "/preview", "/thumb", "/metadata", "/chunk/1"):
        deleted = await refusal(client, f"image://{library.deleted.id}{view}")
        assert "Restore it with" in deleted["hint"]
        foreign = await refusal(client, f"image://{library.foreign.id}{view}")
        unknown = await refusal(client, f"image://{none}{view}")
        assert foreign["message"].replace(library.foreign.id, none) == unknown["message"]
        assert foreign["hint"] == unknown["hint"]


async def test_other_names_of_an_image_mean_it_too(client: Client, library: Library) -> None:
    small, huge = library.small.id, library.huge.id
    for name, meant in {
        small.upper(): small,
        small[:14]: small,
        library.job_of_small: small,
        "last": huge,
        "last/": huge,
    }.items():
        metadata = await client.read_resource(f"Image://{name.rstrip('/')}/metadata")
        assert metadata.contents[0].uri == f"image://{meant}/metadata"


HOSTILE = [
    "image://../",
    "image://../../etc/passwd",
    "image:///etc/passwd",
    "image://%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "image://..%5c..%5cwindows",
    "image://{id}",
    "image://",
    "image:",
    "",
    "file:///etc/passwd",
    "https://example.com/a.png",
    "data:image/png;base64,AAAA",
    "image://models/extra",
    "image://img_\u0430bc",
    "image://im\u200bg_" + "0" * 32,
    "image://img_" + "0" * 32 + "/chunk/\u0661",
    "image://img_" + "0" * 32 + "/chunk/0",
    "image://img_" + "0" * 32 + "/chunk/-1",
    "image://img_" + "0" * 32 + "/chunk/" + "9" * 60,
    "image://img_" + "0" * 32 + "/chunk/1/../../preview",
    "image://img_" + "0" * 32 + "?offset=1",
    "image://img_" + "0" * 32 + "#preview",
    "image://img_" + "0" * 32 + "\x00",
    "image://user:password@models",
    "image://" + "x" * 6_000,
    "image://" + "%41" * 60,
]


async def test_hostile_uris_are_not_found_and_tell_no_path(
    client: Client, library: Library, tmp_path: Path
) -> None:
    for uri in HOSTILE:
        shown = repr(await refusal(client, uri))
        assert len(shown) < 4_000, uri[:40]
        for secret in (KEY, str(library.folder), str(tmp_path.parent), "Traceback", "root:"):
            assert secret not in shown, uri[:40]


async def test_no_path_is_the_name_of_a_resource(client: Client, library: Library) -> None:
    (stored,) = (library.folder / "images").rglob("*red-bridge*.png")
    for name in (str(stored), quote(str(stored), safe=""), stored.name):
        assert (await refusal(client, f"image://{name}"))["code"] == "not_found"


async def test_ids_are_completed_by_their_beginning_or_by_words_of_the_prompt(
    client: Client, library: Library
) -> None:
    small, huge = library.small.id, library.huge.id
    assert await complete(client, small[:12]) == [small]
    assert await complete(client, small.upper()) == [small]
    assert await complete(client, "WATER bridge") == [small]
    assert await complete(client, "dawn", "image://{id}/chunk/{n}") == [huge]
    newest = await complete(client, "")
    assert newest == await complete(client, "img_")
    assert newest[:2] == [huge, small]
    assert len(newest) == 62
    hidden = {library.deleted.id, library.foreign.id}
    assert hidden.isdisjoint(newest)
    for value in (library.foreign.id, library.deleted.id, "secret", "mistake", "x" * 5_000, "%_"):
        assert await complete(client, value) == []


async def test_the_numbers_of_chunks_are_completed_for_a_known_image(
    client: Client, library: Library
) -> None:
    async def numbers(value: str, image_id: str) -> list[str]:
        result = await client.complete(
            ResourceTemplateReference(uri="image://{id}/chunk/{n}"),
            {"name": "n", "value": value},
            {"id": image_id},
        )
        return result.completion.values

    assert await numbers("", library.small.id) == ["1"]
    assert await numbers("3", library.huge.id) == ["3", *(str(each) for each in range(30, 39))]
    assert await numbers("", library.foreign.id) == []
    assert await numbers("", "../..") == []


async def test_an_unknown_template_or_variable_is_told_apart(client: Client) -> None:
    with pytest.raises(MCPError, match="Known URIs: image://models") as caught:
        await complete(client, "a", "image://{nothing}")
    assert caught.value.error.code == INVALID_PARAMS
    template = ResourceTemplateReference(uri="image://{id}")
    other = await client.complete(template, {"name": "other", "value": "a"})
    assert other.completion.values == []
