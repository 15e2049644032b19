"""One address, one deadline: a request is sent once, and ends in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.openai.network import bounded_http_client
from adapters.openai.network.proxies import network_for
from domain.errors import ChargeStatus
from domain.provider_errors import (
    OutcomeUnknown,
    ProviderFailed,
    ProviderTimedOut,
    ProviderUnreachable,
    RateLimited,
    RequestRefused,
)
from tests.standin import Fault, StandIn
from tests.standin.raw_faults import body, event, head, raw, redirect, stream
from tests.unit.openai_help import completed, generate, generate_events

pytestmark = pytest.mark.anyio
SOON = 0.3
"""A deadline in seconds."""


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
@pytest.mark.parametrize("location", [None, "/v1/other", "//localhost/x", "http://[", "\udcff"])
async def test_a_redirect_is_a_refusal_free_of_charge(
    openai_api: StandIn, status: int, location: str | None
) -> None:
    openai_api.script(redirect(status, location))
    with pytest.raises(RequestRefused, match=f"status {status}") as refused:
        await generate_events(openai_api.base_url)
    assert refused.value.charged is ChargeStatus.NO
    assert f"OPENAI_BASE_URL points to {openai_api.base_url.removesuffix('/v1')}," in str(
        refused.value
    )
    assert "redirects" in refused.value.hint
    assert len(openai_api.calls) == 1


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("http://127.0.0.1:1/x", "redirects to http://127.0.0.1:1/x."),
        (
            "https://me:secret@images.example/v1?token=1#2",
            "redirects to https://images.example/v1.",
        ),
        ("http://images.example/{key}", "redirects to http://images.example/[hidden]."),
        ("file:///etc/passwd", "instead of an image."),
        ("http://images.example/" + "x" * 999, "instead of an image."),
        ("http://images.example/\u202egnp", "instead of an image."),
    ],
)
async def test_a_redirect_names_where_it_points_if_that_can_be_read(
    openai_api: StandIn, location: str, shown: str
) -> None:
    openai_api.script(redirect(307, location))
    with pytest.raises(RequestRefused) as refused:
        await generate_events(openai_api.base_url)
    assert str(refused.value).endswith(shown)


async def test_credentials_in_the_base_url_are_not_named(openai_api: StandIn) -> None:
    openai_api.script(redirect(308, "/"))
    with pytest.raises(RequestRefused) as refused:
        await generate_events(openai_api.base_url.replace("//", "//me:password@"))
    assert "password" not in str(refused.value)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(raw(b"", endless=b""), id="silence"),
        pytest.param(raw(b"", endless=b"HTTP/1.1 102 X\r\n\r\n"), id="interim answers"),
        pytest.param(raw(head(200, "content-length: 9999"), endless=b" "), id="a body"),
        pytest.param(stream(endless=b": keep\n\n"), id="comments"),
    ],
)
async def test_bytes_do_not_extend_the_deadline(openai_api: StandIn, fault: Fault) -> None:
    openai_api.script(fault)
    started = asyncio.get_running_loop().time()
    with pytest.raises(ProviderTimedOut):
        await generate_events(openai_api.base_url, deadline=SOON, partial_images=1)
    assert SOON <= asyncio.get_running_loop().time() - started < SOON + 2
    await asyncio.to_thread(openai_api.wait_for_hang_ups, 1)


async def test_what_arrived_before_the_deadline_is_kept(openai_api: StandIn) -> None:
    openai_api.script(raw(head(200, "content-length: 9999") + b'{"data": ', endless=b" "))
    with pytest.raises(ProviderTimedOut) as late:
        await generate_events(openai_api.base_url, deadline=SOON)
    (kept,) = late.value.raw_remainder
    assert kept.startswith(b'{"data": ')


async def test_an_image_that_arrived_before_the_deadline_is_delivered(openai_api: StandIn) -> None:
    openai_api.script(stream(completed(), endless=b": keep\n\n"))
    delivered = await generate(openai_api.base_url, deadline=SOON, partial_images=1, n=2)
    assert len(delivered.images) == 1
    assert delivered.notes == ("The stream broke off after 1 of 2 images.",)


async def test_a_refusal_without_an_end_is_judged_by_its_status(
    openai_api: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_http_client, "REFUSAL_SECONDS", SOON)
    openai_api.script(raw(head(429, "retry-after: 700", "content-length: 9"), endless=b""))
    with pytest.raises(RateLimited) as refused:
        await generate_events(openai_api.base_url)
    assert refused.value.retry_after == 700


@pytest.mark.parametrize("charset", ["zlib", "rot13", "base64", "unicode_escape", "no such"])
async def test_a_refusal_is_read_without_its_character_set(
    openai_api: StandIn, charset: str
) -> None:
    openai_api.script(body(b'{"message": "x"}', code=400, kind=f"text/html; charset={charset}"))
    with pytest.raises(RequestRefused, match="x"):
        await generate_events(openai_api.base_url)


async def test_an_interim_status_at_the_end_leaves_the_outcome_unknown(openai_api: StandIn) -> None:
    openai_api.script(raw(head(101, "upgrade: x", "connection: upgrade")))
    with pytest.raises(OutcomeUnknown):
        await generate_events(openai_api.base_url)


async def test_headers_that_are_not_ascii_change_no_outcome(openai_api: StandIn) -> None:
    header = "x-request-id: \udce9"
    openai_api.script(
        body(b"{}", header, code=500),
        body(completed(), header),
        body(completed(), header, kind="text/event-stream"),
    )
    with pytest.raises(ProviderFailed) as failed:
        await generate_events(openai_api.base_url)
    assert failed.value.request_id == "é"
    for _ in range(2):
        delivered = await generate(openai_api.base_url, partial_images=1)
        assert (len(delivered.images), delivered.request_id) == (1, "é")


async def test_no_cookie_is_sent_back(openai_api: StandIn) -> None:
    page = event({})
    openai_api.script(body(page, "set-cookie: a=b; path=/"), body(page, "set-cookie: a=\udce9"))
    async with raw_client(openai_api) as client:
        for _ in range(3):
            await client.post("/images/generations", json={})
        assert len(client.cookies) == 0
    assert not any("cookie" in call.headers for call in openai_api.posts)


@asynccontextmanager
async def raw_client(api: StandIn) -> AsyncIterator[bounded_http_client.HttpClient]:
    client = bounded_http_client.HttpClient(deadline=5, network=network_for("http://127.0.0.1"))
    client.base_url = api.base_url
    async with client:
        yield client


@pytest.mark.parametrize("reply", [b"HTTP/1.1 407 X\r\n\r\n", b"HTTP/1.1 200 X\r\n\r\nno TLS"])
async def test_a_proxy_that_opens_no_tunnel_means_that_nothing_was_sent(
    monkeypatch: pytest.MonkeyPatch, reply: bytes
) -> None:
    received = bytearray()

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.extend(await reader.readuntil(b"\r\n\r\n"))
        writer.write(reply)
        received.extend(await reader.read(9999))
        writer.close()

    async with await asyncio.start_server(respond, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        with pytest.raises(ProviderUnreachable) as refused:
            await generate_events("https://images.example/v1")
    assert refused.value.charged is ChargeStatus.NO
    assert received.startswith(b"CONNECT images.example:443")
    assert b"POST" not in received
