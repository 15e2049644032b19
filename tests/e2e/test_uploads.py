"""Uploads at every entry point: stored, listed, and taken by their IDs."""

import json
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
from mcp import Client

from entrypoints.bootstrap.container import Container
from entrypoints.mcp.server import build_server
from tests.e2e.test_commands import run
from tests.e2e.upload_shop import BEAR, FOX, Shop, opened
from tests.field_reports.photo_files import PLACE, SIZE, photo
from tests.standin import StandIn
from tests.testkit.fakes import small_image

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Shop]:
    async with opened(tmp_path) as shop:
        yield shop


async def test_an_image_as_a_body_is_stored_and_has_a_link(shop: Shop) -> None:
    reply = await shop.upload(FOX.data)
    assert reply.status_code == 201, reply.text
    (image,) = reply.json()["images"]
    facts = {name: image[name] for name in ("id", "width", "height", "format", "bytes", "source")}
    assert facts == {
        "id": FOX.id,
        "width": 64,
        "height": 48,
        "format": "png",
        "bytes": len(FOX.data),
        "source": "upload",
    }
    assert reply.headers["location"] == image["url"]
    assert (await shop.client.get(image["url"])).content == FOX.data
    for view in ("previewUrl", "thumbUrl"):
        assert (await shop.client.get(image[view])).status_code == 200


async def test_a_form_with_several_files_is_stored_in_its_order(shop: Shop) -> None:
    reply = await shop.send(("a fox.png", FOX.data), ("C:\\Bear.png", BEAR.data))
    assert [image["id"] for image in reply.json()["images"]] == [FOX.id, BEAR.id]
    assert [image["name"] for image in reply.json()["images"]] == ["a fox.png", "Bear.png"]
    assert "location" not in reply.headers
    assert shop.files() == [f"bear-{BEAR.digest[:8]}.png", f"fox-{FOX.digest[:8]}.png"]


async def test_a_photo_is_stored_upright_and_without_the_place_where_it_was_taken(
    shop: Shop,
) -> None:
    taken = photo(6)
    assert PLACE in taken
    reply = await shop.send(("photo.jpg", taken))
    (image,) = reply.json()["images"]
    assert (image["width"], image["height"]) == SIZE
    assert image["notes"] == ["The image was turned upright, as its EXIF says."]
    stored = await shop.client.get(image["url"])
    assert (stored.status_code, PLACE in stored.content) == (200, False)
    again = await shop.upload(taken, "image/jpeg")
    assert again.json()["images"][0]["id"] == image["id"]
    assert again.json()["images"][0]["url"] == image["url"]
    assert len(shop.files()) == 1


async def test_an_avif_is_stored_as_what_is_sent(shop: Shop) -> None:
    out = BytesIO()
    PIL.Image.new("RGB", (64, 48), "teal").save(out, "AVIF")
    reply = await shop.upload(out.getvalue(), "image/avif")
    assert reply.json()["images"][0]["format"] == "jpeg"


async def test_an_upload_is_edited_by_its_id_and_shown_at_every_route(shop: Shop) -> None:
    (image,) = (await shop.upload(FOX.data)).json()["images"]
    edit = {"prompt": "make it winter", "images": [image["id"]]}
    edited = await shop.client.post("/images", json=edit)
    assert edited.status_code == 201, edited.text
    by_openai = await shop.client.post(
        "/v1/images/edits", json={"prompt": "winter", "images": [{"file_id": image["id"]}]}
    )
    assert by_openai.status_code == 200, by_openai.text
    (made,) = edited.json()["images"]
    recipe = (await shop.client.get(f"/images/{made['id']}/recipe")).json()
    listed = (await shop.client.get("/images")).json()["images"]
    (own,) = [each for each in listed if each.get("source") == "upload"]
    none = await shop.client.get(f"/images/{image['id']}/recipe")
    last = await shop.client.get("/images/last")
    await shop.client.delete(f"/images/{image['id']}")
    gone = await shop.client.get(f"/images/{image['id']}/recipe")
    back = await shop.client.post(f"/images/{image['id']}/restore")
    assert (recipe["arguments"]["images"], recipe["complete"]) == ([image["id"]], True)
    assert (own["id"], own.keys() & {"jobId", "model", "prompt"}) == (image["id"], set())
    assert (none.status_code, "was uploaded" in none.text) == (404, True)
    assert "in the trash" in gone.text
    assert back.json() == {"restored": [image["id"]]}
    assert last.content == small_image().data  # the last result, not the last upload


async def test_an_upload_costs_nothing_and_is_no_job(shop: Shop) -> None:
    await shop.upload(FOX.data)
    usage = (await shop.client.get("/usage")).json()
    jobs = (await shop.client.get("/jobs?recent=true")).json()
    assert jobs == {"jobs": []}
    assert usage["total"]["calls"] == 0


async def test_mcp_takes_an_upload_at_every_tool_and_resource(shop: Shop) -> None:
    await shop.send(("My Fox.png", FOX.data))

    async def container() -> Container:
        return shop.container

    server = build_server(container, shop.container.settings())
    async with Client(server) as host:
        shown = await host.call_tool("get_image", {"id": FOX.id[:12]})
        smaller = await host.call_tool("get_image", {"id": FOX.id, "deliver": "32x24"})
        listed = await host.call_tool("list_images", {"search": "fox"})
        recipe = await host.call_tool("get_image", {"id": FOX.id, "recipe": True})
        edited = await host.call_tool("edit_image", {"prompt": "blue", "images": [FOX.id]})
        metadata: Any = (await host.read_resource(f"image://{FOX.id}/metadata")).contents[0]
        resources = (await host.list_resources()).resources
        deleted = await host.call_tool("delete_image", {"id": FOX.id})
        restored = await host.call_tool("delete_image", {"id": FOX.id, "undo": True})
    text: Any = shown.content[0]
    assert text.text.startswith("1 image, uploaded ")
    assert "An input image: no call generated it." in text.text
    assert "Model" not in text.text
    assert shown.structured_content is not None
    assert shown.structured_content["source"] == "upload"
    assert smaller.structured_content is not None
    assert smaller.structured_content["images"][0]["rendition"]["width"] == 32
    assert listed.structured_content is not None
    assert [each["name"] for each in listed.structured_content["images"]] == ["My Fox.png"]
    assert recipe.is_error
    assert not edited.is_error
    assert json.loads(metadata.text)["source"] == "upload"
    (named,) = [each for each in resources if each.name == "My Fox.png"]
    assert named.description == "64x48 png, uploaded"
    assert "cost" not in str(deleted.content[0])
    assert not restored.is_error


def test_the_command_prints_ids_that_other_commands_take(
    openai_api: StandIn, environment: dict[str, str], tmp_path: Path
) -> None:
    fox, bear = tmp_path / "fox.png", tmp_path / "bear.png"
    fox.write_bytes(FOX.data)
    bear.write_bytes(BEAR.data)
    added = run(environment, "images", "add", str(fox), str(bear))
    assert (added.returncode, added.stdout) == (0, f"{FOX.id}\n{BEAR.id}\n"), added.stderr
    edited = run(environment, "edit", "make it winter", "-i", FOX.id)
    assert edited.returncode == 0, edited.stderr
    assert openai_api.posts[0].files[0].data == FOX.data
    again = json.loads(run(environment, "images", "add", str(fox), "--json").stdout)
    assert (again["images"][0]["id"], again["images"][0]["name"]) == (FOX.id, "fox.png")
    shown = run(environment, "images", "show", FOX.id[:12])
    assert "uploaded at" in shown.stdout
    bear.write_bytes(b"no image")
    refused = run(environment, "images", "add", str(fox), str(bear))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "bear.png: The data is not" in refused.stderr
    missing = run(environment, "images", "add", str(tmp_path / "none.png"))
    assert (missing.returncode, "none.png cannot be read" in missing.stderr) == (2, True)
