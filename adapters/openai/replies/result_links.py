"""Fetches images that a reply only links to, without reaching into the server's own network."""

import asyncio
import socket
from contextlib import AsyncExitStack, aclosing
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx2

from adapters.openai.network.bounded_http_client import HttpClient, read_chunks
from adapters.openai.network.endpoint import Endpoint
from domain.public_addresses import is_public

MAX_BYTES = 50_000_000
"""The largest image that the server accepts; see `domain/image_layouts.py`."""
TOO_MANY = f"there are more than {MAX_BYTES:,} bytes"
SECONDS = 60.0
"""For one image: a store delivers 50 MB in less."""
LOOPBACK = ("localhost", "127.0.0.1", "::1", "0.0.0.0", "::")  # noqa: S104 - nothing is bound
"""The names of this machine. A service that listens everywhere links to the last two."""
HEADERS = {
    "Accept": "image/png, image/jpeg, image/webp, image/*;q=0.5",
    "User-Agent": "mcp-server-gpt-image",
}


class NotFetched(Exception):
    """The link may not be followed, or led to no image data; the text says why."""


class ResultLinks:
    """Follows links of one endpoint's replies.

    Links to the endpoint's own host and port are fetched with its client, and so through its proxy.
    Other links must be HTTPS to a host of which all addresses are public. The connection goes to
    one of the addresses that were checked, directly. No redirect is followed, and neither
    the API key nor a cookie is sent.
    """

    def __init__(self, endpoint: Endpoint, client: HttpClient) -> None:
        self._endpoint = endpoint
        self._client = client

    def absolute(self, link: str) -> str:
        """The link with its host, which people can open; a link that is no URL as it came."""
        try:
            return urljoin(f"{self._endpoint.shown}/", link.strip())
        except ValueError:
            return link

    async def fetch(self, link: str, *, deadline: float) -> bytes:
        """The bytes under the link, until this time of the event loop's clock; or NotFetched."""
        latest = min(deadline, asyncio.get_running_loop().time() + SECONDS)
        try:
            async with asyncio.timeout_at(latest):
                return await self._fetch(link)
        except TimeoutError:
            raise NotFetched("it took too long") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            raise NotFetched(f"the connection failed ({type(error).__name__})") from error

    async def _fetch(self, link: str) -> bytes:
        url = urlsplit(self.absolute(link))
        own = self._own_url(url)
        if own is None and link.startswith("//"):  # such links have no scheme
            url = url._replace(scheme="https")
        async with AsyncExitStack() as stack:
            client: httpx2.AsyncClient = self._client
            if own is not None:
                request = httpx2.Request("GET", own, headers=HEADERS)
            else:
                request = await _public_request(url)
                client = await stack.enter_async_context(public_client())
            response = await client.send(request, stream=True)
            stack.push_async_callback(response.aclose)
            return await _body(response)

    def _own_url(self, url: SplitResult) -> str | None:
        """The link if it is on the endpoint's own host and port, else None.

        A gateway behind HTTPS that does not know it links to HTTP without a port: that is the
        endpoint's own too, and is fetched by the endpoint's scheme.
        """
        own = urlsplit(self._endpoint.shown)
        if _host(url) != _host(own) or url.scheme not in ("http", "https"):
            return None
        upgraded = (url.scheme, own.scheme) == ("http", "https") and url.port is None
        if not upgraded and (url.scheme, _port(url)) != (own.scheme, _port(own)):
            return None
        return url._replace(scheme=own.scheme, netloc=own.netloc, fragment="").geturl()


def _host(url: SplitResult) -> str:
    """The host's name; one name for all that this machine calls itself."""
    name = (url.hostname or "").rstrip(".")
    return "localhost" if name in LOOPBACK else name


def _port(url: SplitResult) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


async def _public_request(url: SplitResult) -> httpx2.Request:
    """A request to one of the host's addresses, which are all public; or NotFetched."""
    if url.scheme != "https" or not url.hostname:
        raise NotFetched("only HTTPS links to other hosts are followed")
    name, port = url.hostname, _port(url)
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    addresses = [str(sockaddr[0]) for *_, sockaddr in found]
    if not addresses or not all(map(is_public, addresses)):
        raise NotFetched("its host is not a public one")
    host = f"[{addresses[0]}]" if ":" in addresses[0] else addresses[0]
    pinned = url._replace(netloc=f"{host}:{port}", fragment="").geturl()
    headers = {**HEADERS, "Host": name if url.port is None else f"{name}:{port}"}
    return httpx2.Request("GET", pinned, headers=headers, extensions={"sni_hostname": name})


def public_client() -> httpx2.AsyncClient:
    """A client for one request to a public host: no proxy, no redirect, no cookie."""
    return httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=SECONDS)


async def _body(response: httpx2.Response) -> bytes:
    if not response.is_success:
        raise NotFetched(f"the answer has status {response.status_code}")
    if int(response.headers.get("content-length", 0)) > MAX_BYTES:
        raise NotFetched(TOO_MANY)
    body = bytearray()
    async with aclosing(read_chunks(response)) as chunks:
        async for chunk in chunks:
            body += chunk
            if len(body) > MAX_BYTES:
                raise NotFetched(TOO_MANY)
    return bytes(body)
