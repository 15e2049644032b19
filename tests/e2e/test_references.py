"""One kind of reference at every entry point; local files for callers of this machine only."""

import os
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.session import ClientRequestContext
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import ListRootsResult, Root
from pydantic import FileUrl

from domain.errors import UnreadableImage
from domain.image import Image
from domain.requests import GenerateRequest
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.cli.input_files import open_image
from entrypoints.config.settings import Settings
from entrypoints.jobs.image_references import open_reference
from tests.e2e.asgi_client import asgi_client
from tests.e2e.host import SERVER
from tests.e2e.transports import ERAS, connect_over, settings_for
from tests.standin import StandIn
from tests.testkit.fakes import settings_in, small_image

pytestmark = pytest.mark.anyio
FOX, BEAR = small_image("orange", (64, 64)), small_image("brown", (64, 64))
Environment = dict[str, str]


class Desktop:
    """A home with a folder for downloads, and a project that the client has as its root."""

    def __init__(self, folder: Path) -> None:
        self.downloads, self.project = folder / "home" / "Downloads", folder / "my project"
        self.outside = folder / "outside"
        for each in (self.downloads, self.project, self.outside):
            each.mkdir(parents=True)
        self.fox, self.bear = self.downloads / "fox.png", self.project / "bear.png"
        self.secret = self.outside / "secret.png"
        self.fox.write_bytes(FOX.data)
        self.bear.write_bytes(BEAR.data)
        self.secret.write_bytes(FOX.data)


@pytest.fixture
def desktop(tmp_path: Path) -> Desktop:
    return Desktop(tmp_path)


def text_of(result: Any) -> str:  # noqa: ANN401 - a result of the SDK
    return str(result.content[0].text)


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_a_photo_is_edited_by_its_path_over_stdio_in_both_eras(
    mode: Any,  # noqa: ANN401 - the SDK's own literal
    openai_api: StandIn,
    environment: Environment,
    desktop: Desktop,
) -> None:
    asked: list[str] = []

    async def roots(context: ClientRequestContext) -> ListRootsResult:
        asked.append("roots")
        return ListRootsResult(roots=[Root(uri=FileUrl(desktop.project.as_uri()))])

    async def edit(client: Client, path: str) -> Any:  # noqa: ANN401 - a result of the SDK
        return await client.call_tool("edit_image", {"prompt": "winter", "images": [path]})

    server = StdioServerParameters(command=SERVER, env=environment, cwd="/")
    async with Client(stdio_client(server), mode=mode, list_roots_callback=roots) as client:
        edited = await edit(client, "~/Downloads/fox.png")
        assert not edited.is_error, edited.content
        assert asked == []
        edited = await edit(client, str(desktop.bear))
        assert not edited.is_error, edited.content
        by_url = await edit(client, desktop.bear.as_uri())
        assert "cache" in text_of(by_url)
        (made,) = edited.structured_content["images"]
        refused = await edit(client, str(desktop.secret))
        masked = await client.call_tool(
            "edit_image", {"prompt": "x", "images": ["last"], "mask": str(desktop.secret)}
        )
    assert asked == ["roots"]
    assert [post.files[0].data for post in openai_api.posts] == [FOX.data, BEAR.data]
    for result, field in ((refused, "images[0]"), (masked, "mask")):
        assert result.is_error
        told = text_of(result)
        assert f"{field}: {desktop.secret} is not opened. It is outside the folders" in told
        assert f"a file in {desktop.project} or {desktop.downloads}." in told
        assert f"The latest images: {made['id']} (winter)" in told


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_a_client_without_roots_is_not_asked(
    mode: Any,  # noqa: ANN401 - the SDK's own literal
    openai_api: StandIn,
    environment: Environment,
    desktop: Desktop,
) -> None:
    server = StdioServerParameters(command=SERVER, env=environment, cwd=desktop.project)
    async with Client(stdio_client(server), mode=mode) as client:
        arguments = {"prompt": "winter", "images": ["bear.png", str(desktop.secret)]}
        refused = await client.call_tool("edit_image", arguments)
        edited = await client.call_tool("edit_image", {"prompt": "winter", "images": "bear.png"})
    assert "images[1]" in text_of(refused)
    assert "images[0]" not in text_of(refused)
    assert not edited.is_error, edited.content
    assert len(openai_api.posts) == 1


@pytest.mark.parametrize("transport", ["memory", *ERAS])
async def test_over_http_a_path_is_refused_before_anything_is_opened(
    transport: str, openai_api: StandIn, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)  # opening it would wait forever
    settings = settings_for(openai_api, tmp_path, input_roots=(tmp_path,))
    async with connect_over(transport, settings) as client:
        for name in (str(pipe), pipe.as_uri(), "pipe.png", "~/pipe.png", "C:\\pipe.png"):
            refused = await client.call_tool("edit_image", {"prompt": "x", "images": [name]})
            assert refused.is_error
            told = text_of(refused)
            assert "are not accepted here." in told or "is not an image ID" in told, told
            assert "Use an img_… ID from an earlier result, last, the file's base64" in told
            assert "a file in" not in told
    assert openai_api.posts == []


async def test_every_route_of_an_image_takes_its_other_names(tmp_path: Path) -> None:
    async with asgi_client(settings_in(tmp_path, provider="sketch")) as client:
        made = [await client.post("/images", {"prompt": prompt}) for prompt in ("fox", "bear")]
        fox, bear = (reply.json["images"][0]["id"] for reply in made)
        whole = f"/images/{bear}"
        for name, id_ in {
            "last": bear,
            "last:2": fox,
            bear[:12]: bear,
            f"{fox}.png": fox,
        }.items():
            reply = await client.request("GET", f"/images/{name}")
            assert Image(reply.body).id == id_, name
            assert reply.headers["cache-control"].endswith("no-cache"), name
            assert id_ in reply.headers["content-disposition"]
        assert "immutable" in (await client.request("GET", whole)).headers["cache-control"]
        for path in ("/images/last/preview", "/images/last/thumb"):
            assert (await client.request("GET", path)).status == 200
        for name in ("last:3", "fox", "img_00000000"):
            reply = await client.request("GET", f"/images/{name}")
            assert reply.status == 404
            assert bear in reply.body.decode()
        assert (await client.request("DELETE", "/images/last")).status == 404
        assert (await client.request("DELETE", f"/images/{bear[:12]}")).status == 200
        assert (await client.request("POST", f"/images/{bear[:12]}/restore")).status == 200
        assert (await client.request("GET", whole)).status == 200


@pytest.mark.parametrize(
    ("roots", "opens"),
    [(None, True), ((), False), (("project",), False), (("outside", "project"), True)],
    ids=["by default", "empty", "elsewhere", "above it"],
)
async def test_a_command_opens_what_input_roots_allows(
    tmp_path: Path, desktop: Desktop, roots: tuple[str, ...] | None, opens: bool
) -> None:
    folders = None if roots is None else tuple(desktop.outside.parent / each for each in roots)
    settings: Settings = settings_in(tmp_path, provider="sketch", input_roots=folders)
    async with run_application(settings, door="cli") as container:
        if opens:
            assert await open_image(str(desktop.secret), "mask", container) == FOX
        else:
            with pytest.raises(UnreadableImage):
                await open_image(str(desktop.secret), "mask", container)
        data = f"data:image/png;base64,{b64encode(BEAR.data).decode()}"
        assert await open_image(data, "mask", container) == BEAR


async def test_a_path_without_dots_is_no_base64_and_base64_is_no_path(tmp_path: Path) -> None:
    jpeg = small_image("teal", (8, 8), "JPEG")
    text = b64encode(jpeg.data).decode()
    assert text.startswith("/9j/")
    settings = settings_in(tmp_path, provider="sketch")
    async with run_application(settings, door="stdio") as container:
        assert await open_reference(text, "mask", container, "local") == jpeg
        with pytest.raises(UnreadableImage, match="outside the folders"):
            await open_reference("/mnt/photographs/fox", "mask", container, "local")


async def test_last_is_what_the_caller_got_last_also_if_it_came_from_the_cache(
    openai_api: StandIn, tmp_path: Path
) -> None:
    settings = settings_for(openai_api, tmp_path)
    async with run_application(settings, door="stdio") as container:
        fox, bear, again = [await made(container, each) for each in ("a fox", "a bear", "a fox")]
        assert await container.find_image()("last") == fox == again
    async with run_application(settings, door="cli") as container:
        find = container.find_image()
        assert [await find(name) for name in ("last", "last:2", "last:3")] == [fox, bear, None]
        assert await made(container, "a bear") == bear
    async with run_application(settings, door="cli") as container:
        assert await container.find_image()("last") == bear
    assert len(openai_api.posts) == 2


async def made(container: Container, prompt: str) -> str:
    """The ID of the image that a call with this prompt gets."""
    job = await container.generate_image()(GenerateRequest(prompt=prompt))
    return (await job.result()).images[0].id
