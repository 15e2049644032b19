"""One kind of reference at every entry point; local files for callers of this machine only."""

import os
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.session import ClientRequestContext
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError
from mcp_types import ListRootsResult, Root
from pydantic import FileUrl

from domain.errors import InvalidRequest, UnreadableImage
from domain.image import Image
from domain.requests import GenerateRequest
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.cli.input_files import open_image
from entrypoints.config.settings import Settings
from entrypoints.jobs.image_references import open_reference
from tests.e2e.asgi_client import asgi_client
from tests.e2e.host import SERVER
from tests.e2e.transports import ERAS, connect_in_memory, connect_over, settings_for
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
            recipe = await client.request("GET", f"/images/{name}/recipe")
            assert recipe.json["id"] == id_, name
        assert "immutable" in (await client.request("GET", whole)).headers["cache-control"]
        for path in ("/images/last/preview", "/images/last/thumb"):
            assert (await client.request("GET", path)).status == 200
        absent = ("last:3", "last:101", "fox", "img_00000000", f"img_{'0' * 32}", f"job_{'0' * 32}")
        for name in absent:
            for view in ("", "/preview", "/thumb", "/recipe"):
                reply = await client.request("GET", f"/images/{name}{view}")
                assert reply.status == 404
                assert f"The latest images: {bear} (bear), {fox} (fox)." in reply.problem["hint"]
        unknown = f"/images/img_{'0' * 32}"
        assert bear in (await client.request("DELETE", unknown)).problem["hint"]
        assert (await client.request("DELETE", "/images/last")).status == 404
        assert (await client.request("DELETE", f"/images/{bear[:12]}")).status == 200
        lost = await client.request("POST", f"{unknown}/restore")
        assert f"In the trash: {bear} (bear)." in lost.problem["hint"]
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


@pytest.mark.parametrize("tool", ["get_image", "delete_image"])
@pytest.mark.parametrize("name", [f"img_{'0' * 32}", f"job_{'0' * 32}", "img_00000000", "last:9"])
async def test_a_tool_that_does_not_find_an_image_lists_the_latest(
    tool: str, name: str, tmp_path: Path
) -> None:
    async with connect_in_memory(settings_in(tmp_path, provider="sketch")) as client:
        for prompt in ("a fox", "a bear", "a cat", "an owl"):
            await client.call_tool("generate_image", {"prompt": prompt})
        told = text_of(await client.call_tool(tool, {"id": name}))
        with pytest.raises(MCPError, match="The latest images"):
            await client.read_resource(f"image://{name}")
    assert told.count("The latest images: ") == 1
    assert [word in told for word in ("(an owl)", "(a cat)", "(a bear)", "(a fox)")] == [
        *(True, True, True, False)
    ]


REASONS = {
    "last:9": "images[0]: last:9 is too far back.\nThere is only 1 image. The latest images: img_",
    "blob:https://chat.example/1": "images[0] is a URL that only another program can open.",
    "./photo": "images[0]: './photo' is no image here.",
    "https://chat.example/1": "images[0] is a URL. For security, URLs are not accepted here.",
}


@pytest.mark.parametrize("name", REASONS)
async def test_a_refusal_does_not_say_that_no_file_is_taken_where_files_are(
    name: str, desktop: Desktop, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path, provider="sketch", input_roots=(desktop.downloads,))
    async with run_application(settings, door="stdio") as container:
        await made(container, "a fox")
        with pytest.raises(UnreadableImage) as refused:
            await open_reference(name, "images[0]", container, "local")
    assert f"{refused.value.message}\n{refused.value.hint}".startswith(REASONS[name])


async def test_last_before_the_first_image_says_that_there_is_none(tmp_path: Path) -> None:
    async with run_application(settings_in(tmp_path, provider="sketch"), door="http") as container:
        with pytest.raises(UnreadableImage, match="images: There is no image yet"):
            await open_reference("last", "images", container, "local")


async def test_a_command_takes_base64_unless_there_is_such_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    jpeg = small_image("teal", (8, 8), "JPEG")
    texts = {b64encode(image.data).decode(): image for image in (BEAR, jpeg)}
    name = "A" * 24
    (tmp_path / name).write_bytes(FOX.data)
    async with run_application(settings_in(tmp_path, provider="sketch"), door="cli") as container:
        for text, image in texts.items():
            assert await open_image(text, "mask", container) == image
        assert await open_image(name, "mask", container) == FOX


async def test_last_is_what_the_caller_got_last_also_if_it_came_from_the_cache(
    openai_api: StandIn, tmp_path: Path
) -> None:
    settings = settings_for(openai_api, tmp_path)
    async with run_application(settings, door="stdio") as container:
        fox, bear, again = [await made(container, each) for each in ("a fox", "a bear", "a fox")]
        assert await container.find_image()("last") == fox == again
    async with run_application(settings, door="cli") as container:
        find = container.find_image()
        assert [await find(name) for name in ("last", "last:2")] == [fox, bear]
        with pytest.raises(InvalidRequest, match="last:3 is too far back"):
            await find("last:3")
        assert await made(container, "a bear") == bear
    async with run_application(settings, door="cli") as container:
        assert await container.find_image()("last") == bear
    assert len(openai_api.posts) == 2


async def made(container: Container, prompt: str) -> str:
    """The ID of the image that a call with this prompt gets."""
    job = await container.generate_image()(GenerateRequest(prompt=prompt))
    return (await job.result()).images[0].id
