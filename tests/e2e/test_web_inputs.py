"""With INPUT_URLS, input images come from https:// URLs in every door; without it, none does."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from mcp import Client

from adapters.web_images.web_images import WebImages
from domain.errors import UnreadableImage
from entrypoints.bootstrap.container import Container, build_container
from entrypoints.cli.input_files import open_image
from entrypoints.mcp.server import build_server
from tests.contracts.web_host import PUBLIC, Listener, Names, Routes, WebHost, reply, web_images
from tests.e2e.asgi_client import asgi_client
from tests.field_reports.argument_doors import DOORS, Answer, Doors, RecordingProvider
from tests.testkit.fakes import settings_in, small_image

URL = "https://images.example/fox.png"
FOX = small_image("orange", (1024, 1024))


@pytest.fixture(scope="module")
def host() -> Iterator[WebHost]:
    with WebHost({"/fox.png": reply(FOX.data, Content_Type="text/plain")}) as host:
        yield host


@pytest.fixture
def routes(host: WebHost) -> Iterator[Routes]:
    host.gets.clear()
    with Listener() as trap:
        yield Routes(host, trap, host.client_side)


@pytest.fixture
def source(routes: Routes) -> WebImages:
    return web_images(routes, Names({"images.example": [[PUBLIC]]}))


@pytest.fixture
async def doors(tmp_path: Path, source: WebImages, anyio_backend: str) -> AsyncIterator[Doors]:
    """An application with two new images a minute for each HTTP client."""
    provider = RecordingProvider(small_image("teal", (1024, 1024)))
    settings = settings_in(tmp_path, rate_limit="2/minute")
    async with asgi_client(settings, provider=provider, remote_images=[source]) as http:

        async def container() -> Container:
            return http.container

        async with Client(build_server(container, settings)) as client:
            yield Doors(client=client, http=http, provider=provider)


def edit(url: str = URL, **more: object) -> dict[str, object]:
    return {"prompt": "winter", "images": [url], **more}


@pytest.mark.anyio
@pytest.mark.parametrize("door", DOORS)
async def test_a_url_is_an_input_image(doors: Doors, routes: Routes, door: str) -> None:
    answer = await doors.send(door, edit(), "edit_image")
    assert answer.succeeded, answer.text
    assert doors.edited == (FOX,)
    assert [get.path for get in routes.host.gets] == ["/fox.png"]


@pytest.mark.anyio
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/fox.png", "http://images.example/fox.png", "https://[::1]/"]
)
async def test_a_url_that_leads_inside_is_refused(
    doors: Doors, routes: Routes, door: str, url: str
) -> None:
    answer = await doors.send(door, edit(url), "edit_image")
    assert (answer.succeeded, answer.fields) == (False, {"images[0]"})
    assert "The URL was not fetched" in answer.text
    assert (routes.asked, routes.trap.connections, doors.provider.requests) == ([], 0, [])


@pytest.mark.anyio
async def test_the_same_image_is_the_same_request_wherever_it_comes_from(doors: Doors) -> None:
    for images in ([URL], [f"{URL}#again"], [{"image_url": {"url": URL}}], [f"[fox]({URL})"]):
        assert (await doors.call("edit_image", {"prompt": "winter", "images": images})).succeeded
    assert len(doors.provider.requests) == 1


@pytest.mark.anyio
async def test_all_urls_of_a_request_are_told_that_cannot_be_fetched(doors: Doors) -> None:
    images = [URL, "https://images.example/none.png", "https://10.0.0.1/"]
    answer = await doors.call("edit_image", {"prompt": "winter", "images": images})
    assert answer.fields == {"images[1]", "images[2]"}


@pytest.mark.anyio
async def test_nothing_is_fetched_for_a_request_that_is_refused_anyway(
    doors: Doors, routes: Routes
) -> None:
    answer = await doors.call("edit_image", edit(quality="huge", mask=URL))
    assert answer.fields == {"quality"}
    assert routes.asked == []


@pytest.mark.anyio
async def test_a_client_over_its_rate_makes_no_connection(doors: Doors, routes: Routes) -> None:
    for number in range(2):
        answer = await doors.send("/images", edit(prompt=f"winter {number}"))
        assert answer.succeeded, answer.text
    assert len(routes.asked) == 2, "a request with a URL counts once"
    refused: Answer = await doors.send("/images", edit())
    assert refused.facts["code"] == "too_many_requests"
    assert len(routes.asked) == 2


@pytest.mark.anyio
async def test_a_stored_image_with_the_name_in_a_url_needs_no_connection(
    doors: Doors, routes: Routes
) -> None:
    image = await doors.new_image()
    url = f"https://images.example/images/{Path(image['path']).name}"
    assert (await doors.call("edit_image", edit(url))).succeeded
    assert routes.asked == []


@pytest.mark.anyio
async def test_commands_take_urls(tmp_path: Path, source: WebImages) -> None:
    container = build_container(settings_in(tmp_path), door="cli", remote_images=[source])
    assert await open_image(URL, "images[0]", container) == FOX
    with pytest.raises(UnreadableImage, match="not fetched"):
        await open_image("https://10.0.0.1/" + "x" * 300, "images[0]", container)


@pytest.mark.anyio
async def test_urls_are_refused_unless_the_operator_allows_them(tmp_path: Path) -> None:
    without = build_container(settings_in(tmp_path))
    assert without.remote_images() == ()
    assert "https" not in " ".join(without.resolve_reference().offers)
    allowed = build_container(settings_in(tmp_path, input_urls=True))
    [source] = allowed.remote_images()
    assert isinstance(source, WebImages)
    assert "the https:// URL of an image" in allowed.resolve_reference().offers
