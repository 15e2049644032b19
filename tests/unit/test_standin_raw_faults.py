"""The stand-in sends raw replies byte for byte."""

import socket
from urllib.parse import urlsplit

from tests.standin import StandIn
from tests.standin.raw_faults import Raw, body, head, raw, redirect, stream

REQUEST = (
    b"POST /v1/images/generations HTTP/1.1\r\nhost: x\r\nauthorization: Bearer a/b+c\r\n"
    b"content-length: 0\r\n\r\n"
)


def reply(api: StandIn, fault: Raw, *, until: bytes = b"") -> bytes:
    """All bytes of the reply, or those until these bytes have arrived."""
    api.script(fault)
    address = urlsplit(api.base_url)
    received = b""
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        connection.sendall(REQUEST)
        while (chunk := connection.recv(9999)) and not (until and until in received):
            received += chunk
    return received


def test_a_whole_reply_ends_with_the_connection(openai_api: StandIn) -> None:
    assert reply(openai_api, raw(b"anything\n")) == b"anything\n"
    assert reply(openai_api, redirect(307, "/x")) == (
        b"HTTP/1.1 307 Odd\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n"
    )
    assert openai_api.ledger == []


def test_marks_become_the_received_key(openai_api: StandIn) -> None:
    text = reply(openai_api, body(b"{key} {key64} {key%}"))
    assert text.endswith(b"\r\n\r\na/b+c YS9iK2M= a%2Fb%2Bc")


def test_an_endless_reply_ends_when_the_client_hangs_up(openai_api: StandIn) -> None:
    assert reply(openai_api, stream(endless=b":\n"), until=b":\n:\n:\n").count(b":\n") >= 3
    openai_api.wait_for_hang_ups(1)


def test_a_header_can_have_any_bytes() -> None:
    assert head(200, "a: \udcff") == b"HTTP/1.1 200 Odd\r\na: \xff\r\n\r\n"
