"""Proxies in the shell: what never uses them, what works through them, and who is named."""

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from adapters.openai.network.proxies import is_this_machine, network_for
from domain.errors import ChargeStatus
from domain.provider_errors import (
    InvalidSettings,
    ProviderError,
    ProviderFailed,
    ProviderUnreachable,
)
from tests.standin import StandIn
from tests.unit.openai_help import generate

pytestmark = pytest.mark.anyio

ENDPOINT = "http://images.example/v1"
SECURE = "https://images.example/v1"
PASSWORD = "pass-3f9c"


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a shell without any."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


class Proxy:
    """Sends the same bytes to every client, or speaks SOCKS 5 and passes everything on."""

    def __init__(self, reply: bytes | None, target: tuple[str, int]) -> None:
        self.reply, self.target = reply, target
        self.received = b""
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.reply is None:
                await self._pass_on(reader, writer)
            else:
                self.received += await reader.read(65_536)
                writer.write(self.reply)
                await writer.drain()
        finally:
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        version, methods = await reader.readexactly(2)
        self.received += bytes([version]) + await reader.readexactly(methods)
        writer.write(b"\x05\x00")
        head = await reader.readexactly(5)
        self.received += await reader.readexactly(head[4] + 2)
        writer.write(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        upstream, to_upstream = await asyncio.open_connection(*self.target)
        await asyncio.gather(_copy(reader, to_upstream), _copy(upstream, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def proxy(
    reply: bytes | None = None, target: tuple[str, int] = ("127.0.0.1", 1)
) -> AsyncIterator[Proxy]:
    """A proxy that answers with these bytes; without any it speaks SOCKS and reaches `target`."""
    served = Proxy(reply, target)
    async with await asyncio.start_server(served.serve, "127.0.0.1", 0) as server:
        served.url = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield served


def answer(status: str, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, "Content-Length: 4", "Connection: close", "", "page"]
    return "\r\n".join(lines).encode()


LOOPBACK = [
    pytest.param("127.0.0.1", "HTTP_PROXY", id="F24-HTTP_PROXY"),
    pytest.param("localhost", "http_proxy", id="F24-localhost"),
    pytest.param("127.0.0.1", "ALL_PROXY", id="F11-ALL_PROXY"),
    pytest.param("127.1.2.3", "HTTP_PROXY", id="sibling-another-loopback-address"),
    pytest.param("api.localhost", "HTTP_PROXY", id="sibling-a-name-below-localhost"),
]


@pytest.mark.parametrize(("host", "variable"), LOOPBACK)
async def test_a_gateway_on_this_machine_is_called_directly(
    host: str, variable: str, openai_api: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with proxy(answer("502 Bad Gateway")) as clash:
        monkeypatch.setenv(variable, f"http://{clash.url}")
        base_url = openai_api.base_url.replace("127.0.0.1", host)
        assert network_for(base_url).proxy is None
        if host in ("127.0.0.1", "localhost"):  # where the stand-in listens
            assert (await generate(base_url)).images
        assert clash.received == b""


@pytest.mark.parametrize("text", ["gopher://127.0.0.1:1", "socks5://127.0.0.1:1", "http://["])
async def test_no_proxy_stops_a_gateway_on_this_machine(
    text: str, openai_api: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", text)
    monkeypatch.setenv("SSL_CERT_FILE", "/missing/ca.pem")
    assert (await generate(openai_api.base_url)).images


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("LOCALHOST", True),
        ("localhost.", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", True),  # noqa: S104 - nothing listens here
        ("localhost.example", False),
        ("notlocalhost", False),
        ("10.0.0.1", False),
        ("host.docker.internal", False),
    ],
)
def test_what_is_this_machine(host: str, expected: bool) -> None:
    assert is_this_machine(host) is expected


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks", "SOCKS5"])
async def test_a_socks_proxy_works(
    scheme: str, openai_api: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(openai_api.base_url.rpartition(":")[2].partition("/")[0])
    async with proxy(target=("127.0.0.1", port)) as socks:
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://{socks.url}/")
        assert (await generate(ENDPOINT)).images
    assert b"images.example" in socks.received


EXEMPT = [
    "images.example",
    ".example",
    "*.example",
    "*",
    "localhost,127.0.0.1, images.example",
]


@pytest.mark.parametrize("text", EXEMPT)
def test_no_proxy_exempts_the_endpoint(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://192.0.2.1:3128")
    assert network_for(SECURE).variable == "HTTPS_PROXY"
    monkeypatch.setenv("NO_PROXY", text)
    assert network_for(SECURE).proxy is None


@pytest.mark.parametrize(
    ("host", "is_exempt"),
    [("10.1.2.3", True), ("11.1.2.3", False), ("[fd00::1]", True), ("notimages.example", False)],
)
def test_no_proxy_may_have_networks(
    host: str, is_exempt: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://192.0.2.1:3128")
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1,::1,10.0.0.0/8,fd00::/8,images.example")
    assert (network_for(f"https://{host}/v1").proxy is None) is is_exempt


UNUSABLE = [
    "gopher://192.0.2.1",
    "socks4://192.0.2.1",
    "http://",
    "http://h:port",
    "${PROXY}",
    "a b",
]


@pytest.mark.parametrize("text", UNUSABLE)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "all_proxy"])
def test_a_proxy_that_cannot_be_used_is_named(
    text: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, text)
    with pytest.raises(InvalidSettings) as refused:
        network_for(SECURE)
    assert refused.value.message.startswith(f"{variable} ")
    assert refused.value.charged is ChargeStatus.NO


@pytest.mark.parametrize(
    "text", ["192.0.2.1:3128", '"http://192.0.2.1:3128"', " http://192.0.2.1:3128\n"]
)
def test_a_proxy_as_people_write_it_is_used(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", text)
    found = network_for(SECURE).proxy
    assert found
    assert str(found.url).rstrip("/") == "http://192.0.2.1:3128"


SQUID = "X-Squid-Error: ERR_CONNECT_FAIL 111"
STANDARD = 'Proxy-Status: proxy.example; error=connection_refused; details="a"'
UNREACHABLE = [
    pytest.param(ENDPOINT, answer("407 Proxy Authentication Required"), "407", id="F24-407"),
    pytest.param(SECURE, answer("407 Proxy Authentication Required"), "407", id="F24-407-tunnel"),
    pytest.param(SECURE, answer("502 Bad Gateway"), "502", id="F24-502-tunnel"),
    pytest.param(SECURE, answer("403 Forbidden"), "403", id="sibling-403-tunnel"),
    pytest.param(ENDPOINT, answer("503 Service Unavailable", SQUID), "503", id="sibling-squid"),
    pytest.param(ENDPOINT, answer("502 Bad Gateway", STANDARD), "502", id="sibling-proxy-status"),
]


async def failure(base_url: str) -> ProviderError:
    with pytest.raises(ProviderError) as failed:
        await generate(base_url)
    return failed.value


@pytest.mark.parametrize(("base_url", "reply", "words"), UNREACHABLE)
async def test_a_proxy_that_passes_nothing_on_is_named_and_nothing_was_charged(
    base_url: str, reply: bytes, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with proxy(reply) as refusing:
        monkeypatch.setenv("ALL_PROXY", f"http://user:{PASSWORD}@{refusing.url}")
        error = await failure(base_url)
    assert isinstance(error, ProviderUnreachable)
    assert error.charged is ChargeStatus.NO
    assert f"the proxy of ALL_PROXY (http://{refusing.url})" in error.message
    assert words in error.message
    assert "ALL_PROXY" in error.hint
    assert PASSWORD not in error.message + error.hint


@pytest.mark.parametrize("scheme", ["http", "socks5"])
@pytest.mark.parametrize("base_url", [ENDPOINT, SECURE])
async def test_a_proxy_where_no_program_listens_is_named(
    base_url: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with proxy() as gone:
        pass
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://{gone.url}")
    error = await failure(base_url)
    assert isinstance(error, ProviderUnreachable)
    assert f"the proxy of ALL_PROXY ({scheme}://{gone.url})" in error.message


SOCKS_REPLIES = [
    pytest.param(answer("400 Bad Request"), id="F11-an-HTTP-proxy"),
    pytest.param(b"", id="sibling-it-hangs-up"),
    pytest.param(b"\x05", id="sibling-half-an-answer"),
    pytest.param(b"\x05\xff", id="sibling-it-wants-a-password"),
]


@pytest.mark.parametrize("reply", SOCKS_REPLIES)
def test_a_socks_proxy_that_is_none_is_named_and_nothing_was_charged(
    reply: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def message() -> str:
        async with proxy(reply) as other:
            monkeypatch.setenv("ALL_PROXY", f"socks5://{other.url}")
            error = await failure(SECURE)
            assert isinstance(error, ProviderUnreachable)
            return error.message

    with warnings.catch_warnings():  # the client's library leaves that connection to the collector
        warnings.simplefilter("ignore", ResourceWarning)
        assert "the proxy of ALL_PROXY" in asyncio.run(message())
        gc.collect()


async def test_an_error_that_may_be_the_endpoints_own_keeps_its_charge_and_names_the_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with proxy(answer("502 Bad Gateway")) as clash:
        monkeypatch.setenv("HTTP_PROXY", f"http://{clash.url}")
        error = await failure(ENDPOINT)
    assert isinstance(error, ProviderFailed)
    assert error.charged is ChargeStatus.MAYBE
    assert f"the proxy of HTTP_PROXY (http://{clash.url})" in error.message


def test_a_certificate_that_is_not_trusted_has_its_own_advice() -> None:
    failure = httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate")
    unreachable = ProviderUnreachable("The endpoint could not be reached; nothing was sent.")
    explained = network_for(SECURE).explain(unreachable, failure)
    assert "set SSL_CERT_FILE" in explained.hint
