"""Images are fetched from public HTTPS hosts only, at the address that was checked, and bounded."""

import asyncio
import ssl

import pytest

from adapters.web_images.web_images import MAX_REDIRECTS, WebImages
from tests.contracts.hostile_urls import ANSWERS, HOSTILE_URLS, SHAPES
from tests.contracts.web_host import (
    DEAD,
    PUBLIC,
    URL,
    USUAL,
    Names,
    Routes,
    redirect,
    refusal,
    reply,
    web_images,
)
from tests.testkit.contracts.image_source import ImageSourceContract
from tests.unit.openai_help import TEAL

pytestmark = pytest.mark.anyio


class TestWebImages(ImageSourceContract):
    @pytest.fixture
    def source(self, routes: Routes) -> WebImages:
        return web_images(routes, Names(USUAL))

    @pytest.fixture
    def images(self) -> dict[str, bytes]:
        return {URL: TEAL.data}

    @pytest.fixture
    def refused(self) -> list[str]:
        return ["https://127.0.0.1/", "http://images.example/teal.png", f"{URL}/other", "https://"]


@pytest.mark.parametrize(
    "url",
    [
        URL,
        f"  {URL}\n",
        "HTTPS://IMAGES.EXAMPLE/teal.png",
        "https://images.example:443/teal.png",
        "https://images.example./teal.png",
        "https://images.example/teal.png#top",
        "https://images.example/a/../teal.png",
    ],
)
async def test_an_image_is_fetched(routes: Routes, url: str) -> None:
    names = Names(USUAL)
    assert await web_images(routes, names).open(url) == TEAL
    assert names.looked_up == ["images.example"]
    assert routes.asked == [f"https://{PUBLIC}/teal.png"]
    (get,) = routes.host.gets
    assert (get.server_name, get.path) == ("images.example", "/teal.png")
    assert get.headers == {
        "host": "images.example",
        "user-agent": "mcp-server-gpt-image",
        "accept": "image/png, image/jpeg, image/webp, image/*;q=0.5",
        "accept-encoding": "identity",
        "connection": "close",
    }


async def test_a_name_in_another_script_is_its_ascii_form(routes: Routes) -> None:
    names = Names({"xn--bcher-kva.example": [[PUBLIC]]})
    assert await web_images(routes, names).open("https://bücher.example/teal.png") == TEAL
    assert routes.host.gets[0].server_name == "xn--bcher-kva.example"


async def test_the_query_of_a_signed_url_is_kept(routes: Routes) -> None:
    routes.host.pages["/x?sig=a%2Bb&u=http://127.0.0.1:80/"] = reply(TEAL.data)
    url = "https://images.example/x?sig=a%2Bb&u=http://127.0.0.1:80/"
    assert await web_images(routes, Names(USUAL)).open(url) == TEAL


def test_there_are_at_least_80_hostile_urls() -> None:
    assert len({*HOSTILE_URLS}) == len(HOSTILE_URLS) >= 80


@pytest.mark.parametrize("url", HOSTILE_URLS, ids=ascii)
async def test_a_hostile_url_leads_to_no_connection(routes: Routes, url: str) -> None:
    names = Names({name: [answer] for name, answer in ANSWERS.items()} | USUAL)
    images = web_images(routes, names)
    if url.lower().startswith("http"):
        message = await refusal(images, url)
        assert message.startswith("The URL was not fetched: ")
    else:
        assert await images.open(url) is None
    assert (routes.asked, routes.trap.connections, routes.host.connections) == ([], 0, 0)


@pytest.mark.parametrize(
    "target",
    [
        *("https://127.0.0.1/", "https://[::1]/", "https://0x7f.1/", "//10.0.0.1/", "//localhost/"),
        *("https://169.254.169.254/latest", "https://mixed.example/", "file:///etc/passwd"),
        *("http://images.example/teal.png", "https://images.example:8443/", "https://a@b.example/"),
        *("gopher://127.0.0.1:70/_x", "\\\\127.0.0.1\\x", "", "https://", "ht\ttps://127.0.0.1/"),
    ],
    ids=ascii,
)
async def test_a_redirect_is_checked_like_a_url(routes: Routes, target: str) -> None:
    routes.host.pages["/go"] = redirect(target)
    names = Names({name: [answer] for name, answer in ANSWERS.items()} | USUAL)
    await refusal(web_images(routes, names), "https://images.example/go")
    assert routes.trap.connections == 0
    assert {get.server_name for get in routes.host.gets} == {"images.example"}


@pytest.mark.parametrize("status", ["301 M", "302 F", "303 S", "307 T", "308 P"])
async def test_every_kind_of_redirect_is_followed(routes: Routes, status: str) -> None:
    routes.host.pages["/go"] = redirect("/teal.png", status)
    images = web_images(routes, Names(USUAL))
    assert await images.open("https://images.example/go") == TEAL


async def test_a_redirect_to_another_public_host_is_followed_without_cookies(
    routes: Routes,
) -> None:
    routes.host.pages["/go"] = redirect("//www.images.example/teal.png")
    names = Names(USUAL)
    assert await web_images(routes, names).open("https://images.example/go") == TEAL
    assert names.looked_up == ["images.example", "www.images.example"]
    assert [get.server_name for get in routes.host.gets] == names.looked_up
    assert not any("cookie" in get.headers or "referer" in get.headers for get in routes.host.gets)


async def test_redirects_end(routes: Routes) -> None:
    routes.host.pages["/go"] = redirect("/go")
    assert "redirected more than" in await refusal(
        web_images(routes, Names(USUAL)), "https://images.example/go"
    )
    assert len(routes.host.gets) == MAX_REDIRECTS + 1


async def test_the_connection_goes_to_the_address_that_was_checked(routes: Routes) -> None:
    names = Names({"images.example": [[PUBLIC], ["127.0.0.1"]]})
    assert await web_images(routes, names).open(URL) == TEAL
    assert (names.looked_up, routes.asked) == (["images.example"], [f"https://{PUBLIC}/teal.png"])


async def test_a_name_that_becomes_private_before_a_redirect_is_refused(routes: Routes) -> None:
    routes.host.pages["/go"] = redirect("/teal.png")
    names = Names({"images.example": [[PUBLIC], ["127.0.0.1"]]})
    assert "not public" in await refusal(web_images(routes, names), "https://images.example/go")
    assert (len(routes.asked), routes.trap.connections) == (1, 0)


async def test_the_next_address_is_tried_where_a_connection_fails(routes: Routes) -> None:
    names = Names({"images.example": [[DEAD, PUBLIC]]})
    assert await web_images(routes, names).open(URL) == TEAL
    assert [url.split("/")[2] for url in routes.asked] == [DEAD, PUBLIC]


async def test_private_names_look_like_names_that_do_not_exist(routes: Routes) -> None:
    images = web_images(routes, Names({"inside.example": [["10.0.0.7"]]}))
    private = await refusal(images, "https://inside.example/")
    assert private == await refusal(images, "https://outside.example/")
    assert "10.0.0.7" not in private


async def test_the_certificate_must_be_the_hosts(routes: Routes) -> None:
    images = web_images(routes, Names({"other.example": [[PUBLIC]]}))
    assert "connection failed" in await refusal(images, "https://other.example/teal.png")
    routes.certificates = ssl.create_default_context()
    images = web_images(routes, Names(USUAL))
    assert "connection failed" in await refusal(images)
    assert routes.host.gets == []


async def test_the_connection_is_direct_although_the_environment_has_a_proxy(
    routes: Routes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{routes.trap.port}")
    connected: list[tuple[str, int]] = []

    async def connect(_loop: object, _protocol: object, host: str, port: int, **_: object) -> None:
        connected.append((host, port))
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", connect)
    assert "connection failed" in await refusal(WebImages(look_up=Names(USUAL)))
    assert connected == [(PUBLIC, 443)]


def test_every_shape_is_refused_by_its_text_alone() -> None:
    assert all(url.lower().startswith("http") for url in SHAPES)
