"""The call that made an image, and what comes of sending it again."""

import json
import sqlite3
from base64 import b64encode
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from domain.recipes import OMITTED
from domain.requests import EditRequest, GenerateRequest
from entrypoints.bootstrap.container import Container
from entrypoints.mcp.server import build_server
from entrypoints.wire.recipes import ARGUMENTS, IN_WORDS
from tests.e2e.asgi_client import AsgiClient, asgi_client
from tests.e2e.conversing import CountingProvider
from tests.testkit.fakes import PNG, FakeProvider, mask, settings_in, small_image

pytestmark = pytest.mark.anyio

PHOTO = small_image("red")
GENERATED: dict[str, dict[str, Any]] = {
    "only a prompt": {"prompt": "a fox"},
    "every option": {
        "prompt": "a \u201cfox\u201d\n--and a bear",
        "size": "1536x1024",
        "quality": "high",
        "format": "webp",
        "background": "transparent",
        "output_compression": 0,
        "moderation": "low",
        "n": 2,
        "partialImages": 1,
    },
    "a size in words": {"prompt": "a fox", "size": "16:9"},
    "auto": {"prompt": "a fox", "size": "auto", "format": "auto"},
}


async def recipe_of(client: AsgiClient, image_id: str) -> dict[str, Any]:
    reply = await client.request("GET", f"/images/{image_id}/recipe")
    assert reply.status == 200, reply.body
    recipe: dict[str, Any] = reply.json
    return recipe


async def make_again(client: AsgiClient, provider: FakeProvider, arguments: dict[str, Any]) -> None:
    """Send these arguments, which must ask for the same as those of the last job."""
    before = provider.seen[-1]
    again = await client.post("/images", {**arguments, "fresh": True})
    assert again.status == 201, again.body
    assert provider.seen[-1].id != before.id
    assert provider.seen[-1].fingerprint == before.fingerprint


@pytest.mark.parametrize("name", GENERATED)
async def test_a_recipe_asks_for_exactly_the_same(name: str, tmp_path: Path) -> None:
    arguments, provider = GENERATED[name], FakeProvider()
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        made = (await client.post("/images", arguments)).json
        recipe = await recipe_of(client, made["images"][0]["id"])
        await make_again(client, provider, recipe["arguments"])
    assert (recipe["tool"], recipe["complete"], recipe["notes"]) == ("generate_image", True, [])
    assert recipe["arguments"] == {**arguments, "model": made["model"]}


async def test_a_recipe_that_is_sent_again_is_served_from_the_cache(tmp_path: Path) -> None:
    sketch = {"prompt": "a fox", "quality": "low", "format": "auto", "size": "256x256"}
    async with asgi_client(settings_in(tmp_path, provider="sketch")) as client:
        made = (await client.post("/images", sketch)).json
        recipe = await recipe_of(client, made["images"][0]["id"])
        again = await client.post("/images", recipe["arguments"])
    assert again.json["servedFrom"] in ("joined", "memory")  # the first may still be cached
    assert again.json["images"][0]["id"] == made["images"][0]["id"]


@pytest.mark.parametrize(
    "more", [{}, {"size": "1024x1024"}, {"size": "landscape"}, {"size": "auto", "quality": "low"}]
)
async def test_the_recipe_of_an_edit_names_its_input_images(
    more: dict[str, str], tmp_path: Path
) -> None:
    provider = FakeProvider(small_image("red"), small_image("blue"))
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        made = (await client.post("/images", {"prompt": "two", "n": 2})).json
        ids = [image["id"] for image in made["images"]]
        provider.images = (PNG,)
        edit = {"prompt": "make it green", "images": ids, **more}
        edited = (await client.post("/images", edit)).json
        recipe = await recipe_of(client, edited["images"][0]["id"])
        await make_again(client, provider, recipe["arguments"])
        await client.request("DELETE", f"/images/{ids[1]}")
        without = await recipe_of(client, edited["images"][0]["id"])
    assert (recipe["tool"], recipe["complete"]) == ("edit_image", True)
    assert recipe["arguments"] == {**edit, "model": edited["model"]}
    assert not without["complete"]
    assert f"images[1]: {ids[1]}" in without["notes"][0]


async def test_input_images_that_were_sent_as_data_are_missing_in_the_recipe(
    tmp_path: Path,
) -> None:
    data = [b64encode(each.data).decode() for each in (small_image("red"), mask())]
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        edit = {"prompt": "make it green", "images": [data[0], data[0]], "mask": data[1]}
        edited = await client.post("/images", edit)
        assert edited.status == 201, edited.body
        recipe = await recipe_of(client, edited.json["images"][0]["id"])
    assert not recipe["complete"]
    first, second = recipe["notes"]
    assert first.startswith(f"images[0] and images[1]: {PHOTO.id} is not stored here")
    assert second.startswith("mask: img_")


async def test_the_recipe_of_an_edit_in_a_conversation_has_the_image_that_was_edited(
    tmp_path: Path,
) -> None:
    logo = {"conversationId": "logo"}
    provider = CountingProvider()
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        first = (await client.post("/images", {"prompt": "a fox", "size": "512x512", **logo})).json
        made = (await client.post("/images", {"prompt": "a hat", "images": [], **logo})).json
        recipe = await recipe_of(client, made["images"][0]["id"])
        await make_again(client, provider, recipe["arguments"])
        context = {"prompt": "a scarf", "images": [], **logo, "useContext": True}
        built = (await client.post("/images", context)).json
        of_context = await recipe_of(client, built["images"][0]["id"])
    assert (recipe["tool"], recipe["complete"], recipe["notes"]) == ("edit_image", True, [])
    assert recipe["arguments"]["images"] == [first["images"][0]["id"]]
    assert of_context["arguments"]["images"] == [made["images"][0]["id"]]
    assert not of_context["complete"]
    assert "earlier turns of a conversation" in of_context["notes"][0]


async def test_the_recipe_of_a_cleared_image_says_that_its_prompt_is_gone(tmp_path: Path) -> None:
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        made = await client.post("/images", {"prompt": "a fox", "conversationId": "logo"})
        await client.request("DELETE", "/conversations/logo")
        recipe = await recipe_of(client, made.json["images"][0]["id"])
    assert "prompt" not in recipe["arguments"]
    assert not recipe["complete"]
    assert "was cleared" in recipe["notes"][0]


async def test_a_record_of_an_earlier_version_says_what_it_lacks(tmp_path: Path) -> None:
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        await client.post("/images", {"prompt": "a fox", "quality": "high"})
        (file,) = tmp_path.rglob("records.sqlite3")
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("UPDATE jobs SET recipe = NULL")
        old = await recipe_of(client, PNG.id)
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute('UPDATE jobs SET recipe = \'{"options": {}, "later": 1}\'')
        assert await recipe_of(client, PNG.id) == old
    assert not old["complete"]
    assert old["arguments"].keys() == {"prompt", "model"}
    assert "earlier version" in old["notes"][0]


async def test_the_recipe_of_an_edit_without_its_images_is_refused_as_it_is(tmp_path: Path) -> None:
    data = b64encode(PHOTO.data).decode()
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        await client.post("/images", {"prompt": "a hat", "images": [data]})
        (file,) = tmp_path.rglob("records.sqlite3")
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("UPDATE jobs SET recipe = NULL")
        old = await recipe_of(client, PNG.id)
        again = await client.post("/images", old["arguments"])
    assert (old["tool"], old["complete"]) == ("edit_image", False)
    assert (again.status, again.json["field"]) == (400, "images")


async def test_the_tool_and_the_commands_answer_has_the_same_call(tmp_path: Path) -> None:
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        await client.post("/images", {"prompt": "a fox", "quality": "low"})
        expected = await recipe_of(client, PNG.id)

        async def opened() -> Container:
            container: Container = client.container
            return container

        async with Client(build_server(opened, client.container.settings())) as host:
            found = await host.call_tool("get_image", {"id": "last", "recipe": True})
            missing = await host.call_tool("get_image", {"id": f"img_{0:032}", "recipe": "yes"})
            tool, arguments = expected["tool"], expected["arguments"]
    assert found.structured_content == expected
    assert [part.type for part in found.content] == ["text"]
    assert f"{tool} {json.dumps(arguments, separators=(',', ':'))}" in str(found.content[0])
    assert missing.is_error


async def test_another_owners_recipe_is_not_found(tmp_path: Path) -> None:
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        generate, request = client.container.generate_image(), GenerateRequest(prompt="a fox")
        await (await generate(request, owner="other")).result()
        found = await client.container.get_recipe()(PNG.id, owner="other")
        reply = await client.request("GET", f"/images/{PNG.id}/recipe")
    assert (reply.status, found.record.prompt) == (404, "a fox")


def test_every_field_of_a_request_is_in_its_recipe() -> None:
    every = {each.name for kind in (GenerateRequest, EditRequest) for each in fields(kind)}
    assert every - OMITTED == {*ARGUMENTS, "keep_shape", IN_WORDS}
