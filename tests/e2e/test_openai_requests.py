"""Requests of public programs get what those programs read; none is handled by its name."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from domain.image import Image
from tests.conftest import KEY
from tests.e2e.loopback_server import serve
from tests.e2e.openai_client import decoded
from tests.e2e.recorded_requests import (
    BEARER,
    DEFAULT,
    EDITS,
    GENERATIONS,
    PAGE,
    RECORDED,
    TOKEN,
    Recorded,
    asked,
)
from tests.standin import StandIn
from tests.testkit.fakes import settings_in

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def client_of(folder: Path, api: StandIn) -> AsyncIterator[httpx2.AsyncClient]:
    """A plain client of a server with a token, which a page of another origin may use too."""
    settings = settings_in(
        folder,
        openai_api_key=KEY,
        openai_base_url=api.base_url,
        auth_token=TOKEN,
        cors_origin=PAGE,
    )
    async with (
        serve(settings) as url,
        httpx2.AsyncClient(base_url=url, timeout=30) as client,
    ):
        yield client


@pytest.mark.parametrize("program", RECORDED)
async def test_a_recorded_request_is_served_as_its_program_needs_it(
    program: str, tmp_path: Path, openai_api: StandIn
) -> None:
    row = RECORDED[program]
    async with client_of(tmp_path, openai_api) as client:
        reply = await send(client, row)
        again = await send(client, row)
        images = await read_images(client, row, reply)
    assert all(image.format in ("png", "jpeg", "webp") for image in images)
    (post,) = openai_api.posts
    assert {**post.fields, **row.sent} == post.fields
    assert [file.field for file in post.files] == [*row.files]
    assert len(images) == int(str(post.fields.get("n", 1)))
    notes = reply.headers.get("x-notes", "")
    assert all(note in notes for note in row.notes), notes
    assert reply.headers["x-cache"] == "miss"
    assert again.headers["x-cache"] in ("hit", "joined")  # the first one may still be stored
    assert float(reply.headers["x-cost-usd"]) > 0 == float(again.headers["x-cost-usd"])
    assert reply.json()["usage"]["total_tokens"] > 0


async def send(client: httpx2.AsyncClient, row: Recorded) -> httpx2.Response:
    """Send the request of a row, and check what every program expects."""
    type_, content = row.encoded()
    reply = await client.post(
        row.path, content=content, headers={**row.headers, "Content-Type": type_}
    )
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "application/json"
    return reply


async def read_images(
    client: httpx2.AsyncClient, row: Recorded, reply: httpx2.Response
) -> list[Image]:
    """The images of a response, as programs read them: a link is opened with the same header."""
    images = []
    for item in reply.json()["data"]:
        assert [*item] == [row.reads]
        if row.reads == "b64_json":
            images.append(decoded(item["b64_json"]))
        else:
            assert item["url"].startswith(str(client.base_url))
            shown = await client.get(item["url"], headers=dict(row.headers))
            assert shown.headers["content-type"].startswith("image/")
            images.append(Image(shown.content))
    return images


FILTERS: dict[str, Callable[[dict[str, Any]], bool]] = {
    # customModels.js of AnythingLLM, getOpenAiImageModels
    "AnythingLLM": lambda model: "dall-e" in model["id"] or "gpt-image" in model["id"],
    # its filter for servers that tell abilities (AnythingLLM#6176)
    "by capabilities": lambda model: bool(model["capabilities"]["image_generation"]),
    # listSearch.ts of n8n, with "gpt-image" as the search text
    "n8n": lambda model: "gpt-image" in model["id"].lower(),
    # openai_image_handler.py of Newelle
    "Newelle": lambda model: any(word in model["id"] for word in ("dall", "image", "flux")),
}


@pytest.mark.parametrize("program", FILTERS)
async def test_a_programs_filter_of_models_finds_ours(
    program: str, tmp_path: Path, openai_api: StandIn
) -> None:
    async with client_of(tmp_path, openai_api) as client:
        models = (await client.get("/v1/models", headers=BEARER)).json()["data"]
    found = [model["id"] for model in models if FILTERS[program](model)]
    assert found[0] == DEFAULT
    assert len(found) >= len(models) - 1  # one has another name
    assert all(isinstance(model["created"], int) and model["object"] == "model" for model in models)


async def test_a_stored_image_is_edited_by_its_id(tmp_path: Path, openai_api: StandIn) -> None:
    """llmgateway#1756 sends `images: [{file_id}]`."""
    async with client_of(tmp_path, openai_api) as client:
        made = await client.post(GENERATIONS, json=asked(), headers=BEARER)
        ids = [{"file_id": made.headers["x-image-id"]}]
        edited = await client.post(EDITS, json=asked(images=ids), headers=BEARER)
    assert edited.status_code == 200
    assert [file.field for file in openai_api.posts[1].files] == ["image[]"]


async def test_a_page_may_send_what_openais_sdk_sends_and_read_our_headers(
    tmp_path: Path, openai_api: StandIn
) -> None:
    names = "authorization,content-type,x-stainless-arch,x-stainless-retry-count,idempotency-key"
    preflight = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": names,
    }
    async with client_of(tmp_path, openai_api) as client:
        allowed = await client.options(GENERATIONS, headers=preflight)
        reply = await client.post(GENERATIONS, json=asked(), headers={**BEARER, "Origin": PAGE})
        foreign = {**preflight, "Origin": "https://elsewhere.example"}
        refused = await client.options(GENERATIONS, headers=foreign)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-headers"] == names
    readable = reply.headers["access-control-expose-headers"].split(", ")
    sent = [name for name in reply.headers if name.startswith("x-")]
    assert {*sent} - {*readable} == {"x-content-type-options"} & {*sent}
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "foreign_page"
