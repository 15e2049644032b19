"""Masks over HTTP and at every entry point: stored for an image, and taken by their IDs."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import PIL.Image
import pytest
from mcp import Client

from domain.uploads import MASK_ID
from entrypoints.bootstrap.container import Container
from entrypoints.mcp.server import build_server
from tests.e2e.image_socket import open_socket
from tests.e2e.test_commands import run
from tests.e2e.upload_shop import BEAR, FOX, Shop, opened
from tests.standin import StandIn
from tests.testkit.fakes import FakeProvider, mask

pytestmark = pytest.mark.anyio
MASK = mask((64, 48))


@pytest.fixture
async def shop(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Shop]:
    async with opened(tmp_path) as shop:
        for image in (FOX, BEAR):
            await shop.upload(image.data)
        yield shop


async def save(shop: Shop, data: bytes = MASK.data, **query: str) -> httpx2.Response:
    """Send a mask as the body, for the fox unless the query says otherwise."""
    parameters = {"image": FOX.id, **query}
    headers = {"Content-Type": "image/png"}
    return await shop.client.post("/masks", params=parameters, content=data, headers=headers)


def masks_sent(shop: Shop) -> list[Any]:
    """The masks of all requests that reached the provider."""
    provider = shop.container.provider()
    assert isinstance(provider, FakeProvider)
    return [getattr(job.request, "mask", None) for job in provider.seen]


async def test_a_mask_is_stored_for_an_image_and_can_be_fetched(shop: Shop) -> None:
    reply = await save(shop)
    stored = reply.json()
    fetched = await shop.client.get(stored["url"])
    cached = await shop.client.get(
        stored["url"], headers={"If-None-Match": fetched.headers["etag"]}
    )
    assert reply.status_code == 201, reply.text
    assert reply.headers["location"] == stored["url"] == f"{shop.url}/masks/{stored['id']}"
    assert stored.pop("madeAt")
    assert stored == {
        "id": stored["id"],
        "image": FOX.id,
        "width": 64,
        "height": 48,
        "bytes": len(MASK.data),
        "url": stored["url"],
    }
    assert (fetched.status_code, fetched.content) == (200, MASK.data)
    assert fetched.headers["content-type"] == "image/png"
    assert fetched.headers["x-content-type-options"] == "nosniff"
    assert cached.status_code == 304


async def test_a_form_an_id_prefix_and_a_browser_that_wants_webp_change_nothing(
    shop: Shop,
) -> None:
    first = (await save(shop)).json()
    again = await shop.client.post(
        f"/masks?image={FOX.id[:14]}", files={"mask": ("m.png", MASK.data)}
    )
    shown = await shop.client.get(first["url"], headers={"Accept": "image/webp"})
    assert again.json()["id"] == first["id"]
    assert shown.content == MASK.data


DOORS = ("/images", "/v1/images/edits")


@pytest.mark.parametrize("form", ["plain", "object", "markdown"])
@pytest.mark.parametrize("door", DOORS)
async def test_an_edit_over_http_takes_the_id_of_a_mask(shop: Shop, door: str, form: str) -> None:
    id_ = (await save(shop)).json()["id"]
    written = {"plain": id_, "object": {"file_id": id_}, "markdown": f"`{id_}`"}[form]
    images = [{"file_id": FOX.id}] if door.startswith("/v1") else [FOX.id]
    body = {"prompt": "a hat", "images": images, "mask": written}
    reply = await shop.client.post(door, json=body)
    assert reply.status_code in (200, 201), reply.text
    assert masks_sent(shop) == [MASK]


async def test_an_edit_over_mcp_takes_the_id_of_a_mask(shop: Shop) -> None:
    id_ = (await save(shop)).json()["id"]

    async def container() -> Container:
        return shop.container

    async with Client(build_server(container, shop.container.settings())) as client:
        result = await client.call_tool(
            "edit_image", {"prompt": "a hat", "images": [FOX.id], "mask": id_}
        )
    assert not result.is_error, result.content
    assert masks_sent(shop) == [MASK]


async def test_an_edit_over_the_websocket_takes_the_id_of_a_mask(shop: Shop) -> None:
    id_ = (await save(shop)).json()["id"]
    arguments = {"prompt": "a hat", "images": [FOX.id], "mask": id_}
    async with open_socket(shop.url) as socket:
        answers = await socket.ask("edit", arguments=arguments)
    assert answers[-1]["type"] == "complete"
    assert masks_sent(shop) == [MASK]


async def test_the_id_and_the_bytes_of_a_mask_are_one_request(shop: Shop) -> None:
    id_ = (await save(shop)).json()["id"]
    recipes = []
    for each in (id_, "data:image/png;base64," + b64encode(MASK.data).decode()):
        body = {"prompt": "a hat", "images": [FOX.id], "mask": each}
        made = (await shop.client.post("/images", json=body)).json()["images"][0]["id"]
        recipes.append((await shop.client.get(f"/images/{made}/recipe")).json())
    provider = shop.container.provider()
    assert isinstance(provider, FakeProvider)
    assert len({job.fingerprint for job in provider.seen}) == 1
    assert recipes[0]["complete"] is True
    assert recipes[0]["arguments"]["mask"] == MASK.id


REFUSED: dict[str, tuple[dict[str, Any], int, str, str]] = {
    "another shape": (
        {"images": [BEAR.id], "mask": "{id}"},
        400,
        "The mask is 64x48 pixels, but the first image is 48x64.",
        "Resize the mask to 48x64, the size that the image is shown in. "
        f"{{id}} was saved for {FOX.id}.",
    ),
    "as an image": (
        {"images": ["{id}"]},
        400,
        "images[0]: {id} is a mask, no image.",
        "Send it as mask, and the image that it was saved for in images.",
    ),
    "unknown": (
        {"images": [FOX.id], "mask": "mask_" + "0" * 32},
        404,
        f"No mask with ID mask_{'0' * 32}.",
        "Use an ID from an earlier result, exactly as it was returned.",
    ),
    "cut": (
        {"images": [FOX.id], "mask": "mask_0123"},
        400,
        "mask: 'mask_0123' is not a complete mask ID.",
        "",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_mask_that_cannot_serve_is_refused_before_anything_is_spent(
    shop: Shop, case: str
) -> None:
    id_ = (await save(shop)).json()["id"]
    arguments, status, message, hint = REFUSED[case]
    body = json.dumps({"prompt": "a hat", **arguments}).replace("{id}", id_)
    reply = await shop.client.post(
        "/images", content=body, headers={"Content-Type": "application/json"}
    )
    problem = reply.json()
    assert (reply.status_code, problem["detail"]) == (status, message.replace("{id}", id_))
    assert problem["hint"].startswith(hint.replace("{id}", id_))
    assert masks_sent(shop) == []


NOT_SAVED: dict[str, tuple[dict[str, Any], int, str]] = {
    "another shape": (
        {"data": mask((10, 48)).data},
        400,
        "The mask is 10x48 pixels, but the first image is 64x48.",
    ),
    "no image named": ({"image": ""}, 400, "The query parameter image is missing."),
    "unknown image": ({"image": "img_" + "0" * 32}, 404, f"No image with ID img_{'0' * 32}."),
    "no name": ({"image": "../fox.png"}, 404, "'../fox.png' is not the ID of an image."),
    "not a mask": ({"data": b"hello, this is no mask"}, 400, "mask: "),
    "nothing": ({"data": b""}, 400, "mask: "),
}


@pytest.mark.parametrize("case", NOT_SAVED)
async def test_what_cannot_be_saved_is_refused_and_stores_nothing(shop: Shop, case: str) -> None:
    arguments, status, message = NOT_SAVED[case]
    before = shop.files()
    reply = await save(shop, **arguments)
    assert (reply.status_code, reply.json()["detail"][: len(message)]) == (status, message)
    assert shop.files() == before


async def test_a_form_with_two_files_or_none_and_another_type_are_refused(shop: Shop) -> None:
    two = [("mask", ("a.png", MASK.data)), ("mask", ("b.png", MASK.data))]
    replies = [
        await shop.client.post(f"/masks?image={FOX.id}", files=two),
        await shop.client.post(f"/masks?image={FOX.id}", json={"mask": "x"}),
        await shop.client.post(f"/masks?image={FOX.id}&size=3", files=two),
    ]
    assert [reply.status_code for reply in replies] == [400, 415, 400]
    assert replies[0].json()["detail"] == "The form has more than 1 file."
    assert len(shop.files()) == 2


async def test_a_mask_is_no_image_of_the_lists_and_is_deleted_like_one(shop: Shop) -> None:
    id_ = (await save(shop)).json()["id"]
    listed = (await shop.client.get("/images")).json()["images"]
    deleted = await shop.client.delete(f"/images/{id_}")
    gone = await shop.client.get(f"/masks/{id_}")
    body = {"prompt": "a hat", "images": [FOX.id], "mask": id_}
    refused = await shop.client.post("/images", json=body)
    back = await shop.client.post(f"/images/{id_}/restore")
    again = await shop.client.get(f"/masks/{id_}")
    assert {each["id"] for each in listed} == {FOX.id, BEAR.id}
    assert (deleted.status_code, gone.status_code, refused.status_code) == (200, 404, 404)
    assert "in the trash" in refused.json()["detail"]
    assert back.json() == {"restored": [MASK.id]}
    assert again.content == MASK.data


async def test_another_owners_mask_is_not_found(tmp_path: Path) -> None:
    async with opened(tmp_path) as shop:
        await shop.upload(FOX.data)
        id_ = (await save(shop)).json()["id"]
    async with opened(tmp_path, auth_token="a-token-of-the-tests") as shop:
        shop.client.headers["Authorization"] = "Bearer a-token-of-the-tests"
        body = {"prompt": "a hat", "images": [BEAR.id], "mask": id_}
        await shop.upload(BEAR.data)
        replies = [
            await shop.client.get(f"/masks/{id_}"),
            await shop.client.get(f"/images/{id_}"),
            await shop.client.delete(f"/images/{id_}"),
            await shop.client.post("/images", json=body),
            await save(shop),
        ]
        assert [reply.status_code for reply in replies] == [404] * 5
        assert masks_sent(shop) == []
        assert replies[4].json()["detail"] == f"No image with ID {FOX.id}."


async def test_what_was_scaled_is_told(shop: Shop) -> None:
    reply = await save(shop, mask((32, 24)).data)
    stored = PIL.Image.open(BytesIO((await shop.client.get(reply.json()["url"])).content))
    assert reply.json()["notes"] == ["The mask was scaled from 32x24 to 64x48 pixels."]
    assert (stored.size, stored.mode) == ((64, 48), "RGBA")


def test_the_command_stores_a_mask_and_takes_its_id(
    openai_api: StandIn, environment: dict[str, str], tmp_path: Path
) -> None:
    fox, bear, cut = tmp_path / "fox.png", tmp_path / "bear.png", tmp_path / "cut.png"
    for file, image in ((fox, FOX), (bear, BEAR), (cut, MASK)):
        file.write_bytes(image.data)
    run(environment, "images", "add", str(fox), str(bear))
    added = run(environment, "images", "add", str(cut), "--mask-of", FOX.id[:14])
    mask_id = added.stdout.strip()
    facts = run(environment, "images", "add", str(cut), "--mask-of", FOX.id, "--json")
    edited = run(environment, "edit", "a hat", "-i", FOX.id, "--mask", mask_id)
    assert (added.returncode, MASK_ID.fullmatch(mask_id) is not None) == (0, True), added.stderr
    assert (json.loads(facts.stdout)["id"], json.loads(facts.stdout)["image"]) == (mask_id, FOX.id)
    assert edited.returncode == 0, edited.stderr
    assert [file.data for file in openai_api.posts[0].files] == [FOX.data, MASK.data]

    unfit = run(environment, "edit", "a hat", "-i", BEAR.id, "--mask", mask_id)
    several = run(environment, "images", "add", str(cut), str(cut), "--mask-of", FOX.id)
    unknown = run(environment, "images", "add", str(cut), "--mask-of", "img_" + "0" * 32)
    assert (unfit.returncode, several.returncode, unknown.returncode) == (2, 2, 3)
    assert f"{mask_id} was saved for {FOX.id}." in " ".join(unfit.stderr.split())
    assert "--mask-of takes one file, not 2." in several.stderr
    assert "No image with ID img_" in unknown.stderr
    assert len(openai_api.posts) == 1
