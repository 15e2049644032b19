"""Images are fetched from public HTTPS hosts only, at the address that was checked, and bounded."""

import asyncio
import select
import socket
import ssl
import traceback
from collections.abc import Iterator
from contextlib import suppress

import pytest

from adapters.web_images.web_images import MAX_REDIRECTS, WebImages
from domain.errors import UnreadableImage
from domain.image import Image
from tests.contracts.hostile_urls import ANSWERS, HOSTILE_URLS, SHAPES
from tests.contracts.web_host import (
    DEAD,
    PUBLIC,
    Listener,
    Names,
    Page,
    Routes,
    WebHost,
    redirect,
    reply,
    web_images,
)
from tests.unit.openai_help import TEAL

pytestmark = pytest.mark.anyio
URL = "https://images.example/teal.png"
SECRET = "canary-5e0c"
USUAL = {"images.example": [[PUBLIC]], "www.images.example": [[PUBLIC]]}


@pytest.fixture(scope="module")
def host() -> Iterator[WebHost]:
    with WebHost({}) as host:
        yield host


@pytest.fixture(scope="module")
def trap() -> Iterator[Listener]:
    with Listener() as trap:
        yield trap


@pytest.fixture
def routes(host: WebHost, trap: Listener) -> Routes:
    host.pages = {"/teal.png": reply(TEAL.data)}
    host.gets.clear()
    host.connections = trap.connections = 0
    return Routes(host, trap, host.client_side)


async def refusal(images: WebImages, url: str = URL) -> str:
    """Why the URL is refused; the error that the caller gets has nothing of an answer."""
    with pytest.raises(UnreadableImage) as raised:
        await images.open(url)
    shown = "".join(traceback.format_exception(raised.value))
    assert SECRET not in f"{shown} {raised.value.hint}"
    return raised.value.message


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


@pytest.mark.parametrize("name", ["img_0123", "last", "/home/a.png", "data:image/png;base64,AA"])
async def test_what_is_no_url_belongs_to_other_sources(routes: Routes, name: str) -> None:
    assert await web_images(routes, Names({})).open(name) is None


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


def endless(sent: list[int]) -> Page:
    """A body without an end; `sent` gets the number of its bytes."""

    def send(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + TEAL.data)
        with suppress(OSError):
            while len(sent) < 5_000:
                sent.append(peer.send(bytes(1_000_000)))

    return send


def drip(peer: socket.socket) -> None:
    """A byte every 20 ms, until the client leaves."""
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for byte in TEAL.data * 1000:
        peer.sendall(bytes([byte]))
        if select.select([peer], [], [], 0.02)[0]:
            return


def bad_header(peer: socket.socket) -> None:
    peer.sendall(f"HTTP/1.1 200 OK\r\n{SECRET} {SECRET}\r\n\r\n".encode())


ANSWERED = {
    "an announced body of 5 GB": (
        reply(TEAL.data, Content_Length="5000000000"),
        "more than 100,000 bytes",
    ),
    "an error": (reply(SECRET.encode(), f"500 {SECRET}", X_Secret=SECRET), "did not send it"),
    "an image in an error": (reply(TEAL.data, "403 Forbidden"), "did not send it"),
    "a part": (reply(TEAL.data, "206 Partial Content"), "did not send it"),
    "a page that says it is an image": (
        reply(b"<html>" + SECRET.encode() * 200, Content_Type="image/png"),
        "markup",
    ),
    "a PDF": (reply(b"%PDF-1.7 " + SECRET.encode()), "PDF"),
    "nothing": (reply(b""), "empty"),
    "text": (reply(SECRET.encode()), "not a PNG"),
    "a compressed image": (reply(TEAL.data, Content_Encoding="gzip"), "compressed"),
    "a header that is none": (bad_header, "connection failed"),
    "no answer": (lambda _peer: None, "connection failed"),
    "a cut body": (reply(TEAL.data, Content_Length="99999"), "connection failed"),
    "a slow body": (drip, "too long"),
    "a redirect to nowhere": (reply(b"", "302 Found", Location=f"https://{SECRET}/"), "a name"),
}


@pytest.mark.parametrize("name", ANSWERED)
async def test_an_answer_without_an_image_is_refused_in_bounds(routes: Routes, name: str) -> None:
    routes.host.pages["/teal.png"], reason = ANSWERED[name]
    seconds = 0.3 if name == "a slow body" else 20.0
    images = web_images(routes, Names(USUAL), seconds=seconds, max_bytes=100_000)
    assert reason in await refusal(images)


async def test_a_body_without_an_end_is_left(routes: Routes) -> None:
    sent: list[int] = []
    routes.host.pages["/teal.png"] = endless(sent)
    images = web_images(routes, Names(USUAL), max_bytes=1_000_000)
    assert "more than 1,000,000 bytes" in await refusal(images)
    assert sum(sent) < 50_000_000, "buffers on the way hold some; 5 GB would have followed"


async def test_what_is_no_image_is_read_no_further(routes: Routes) -> None:
    page = b"<html>" + bytes(2_000_000)
    routes.host.pages["/teal.png"] = reply(page, Content_Length="", Content_Type="image/png")
    images = web_images(routes, Names(USUAL), max_bytes=1_500_000)
    assert "markup" in await refusal(images), "by its size it would be too large"


async def test_the_type_is_read_from_the_bytes(routes: Routes) -> None:
    routes.host.pages["/teal.png"] = reply(TEAL.data, Content_Type="text/html; charset=utf-8")
    assert await web_images(routes, Names(USUAL)).open(URL) == TEAL


async def test_an_image_of_the_largest_size_is_taken(routes: Routes) -> None:
    data = TEAL.data + bytes(1_000_000 - len(TEAL.data))
    routes.host.pages["/teal.png"] = reply(data, Content_Length="", Connection="close")
    images = web_images(routes, Names(USUAL), max_bytes=1_000_000)
    assert await images.open(URL) == Image(data)


def test_every_shape_is_refused_by_its_text_alone() -> None:
    assert all(url.lower().startswith("http") for url in SHAPES)
