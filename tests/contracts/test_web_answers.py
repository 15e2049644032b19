"""What a host of the web may send in place of an image is refused, in bounds of time and bytes."""

import select
import socket
from contextlib import suppress

import pytest

from domain.image import Image
from tests.contracts.web_host import (
    SECRET,
    URL,
    USUAL,
    Names,
    Page,
    Routes,
    refusal,
    reply,
    web_images,
)
from tests.unit.openai_help import TEAL

pytestmark = pytest.mark.anyio


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
