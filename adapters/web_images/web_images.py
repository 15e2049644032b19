"""Fetches images from public HTTPS hosts, without reaching into the server's own network."""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import cached_property

import httpx2

from adapters.web_images.host_lookups import HostLookups
from adapters.web_images.web_addresses import NotFetched, WebAddress
from application.ports.image_source import ImageSource
from domain.errors import UnreadableImage
from domain.image import Image
from domain.image_headers import check_signature
from domain.public_addresses import is_public
from domain.requests import MAX_INPUT_BYTES

SECONDS = 20.0
"""For one image in all: looking up, connecting, redirects, the body and the wait for a turn."""
STEP_SECONDS = 10.0
"""For one wait: for the connection, or for the next bytes."""
MAX_REDIRECTS = 5
MAX_ADDRESSES = 4
"""Addresses of one host that are tried, where a connection fails."""
MAX_FETCHES = 4
"""Images that are fetched at once: they take up to MAX_INPUT_BYTES of memory each."""
SIGNATURE_BYTES = 1_024
"""After so many bytes, what is no image is read no further."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
TIMEOUTS = {"connect": STEP_SECONDS, "read": STEP_SECONDS, "write": STEP_SECONDS, "pool": 1.0}

NOT_PUBLIC = "its host has no address, or one that is not public"
UNREACHABLE = "the connection failed"
TOO_SLOW = "it took too long"
TOO_MANY_REDIRECTS = f"it is redirected more than {MAX_REDIRECTS} times"
REFUSED = "its server did not send it"
ENCODED = "its server sent it compressed, although it was not asked to"
WEB = re.compile(r"\s*https?:", re.IGNORECASE)
HINT = (
    "Use the direct https:// URL of a PNG, JPEG or WebP on a public host, without credentials and "
    "without a port; or send the image itself."
)
LookUp = Callable[[str], Awaitable[Sequence[str]]]
"""Returns a host's IP addresses; raises OSError if there are none."""
OpenTransport = Callable[[], httpx2.AsyncBaseTransport]
"""Makes the transport of one request."""


class WebImages(ImageSource):
    """Fetches bytes that begin like an image from URLs that anyone may have written.

    Each host is looked up once for each request. All of its addresses must be public, and the
    connection goes to one that was checked; the certificate must be the host's. A redirect is
    checked like a new URL. No proxy is used, and no cookie or credential is sent.
    """

    def __init__(
        self,
        *,
        look_up: LookUp | None = None,
        open_transport: OpenTransport | None = None,
        seconds: float = SECONDS,
        max_bytes: int = MAX_INPUT_BYTES,
    ) -> None:
        self._look_up = look_up or HostLookups()
        self._open_transport = open_transport or self._direct_transport
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._turns = asyncio.Semaphore(MAX_FETCHES)

    @property
    def offer(self) -> str:
        return "the https:// URL of an image"

    async def open(self, name: str, /) -> Image | None:
        """Fetch the image within `seconds`, of at most `max_bytes`."""
        if not WEB.match(name):
            return None
        try:
            return Image(await self._fetch(name.strip()))
        except NotFetched as error:
            raise UnreadableImage(f"The URL was not fetched: {error}.", hint=HINT) from None

    async def _fetch(self, url: str) -> bytes:
        try:
            async with asyncio.timeout(self._seconds), self._turns:
                return await self._follow(WebAddress.parse(url))
        except TimeoutError:
            raise NotFetched(TOO_SLOW) from None
        except (httpx2.HTTPError, OSError, ValueError):
            # Without its cause: the library's texts can have parts of the answer.
            raise NotFetched(UNREACHABLE) from None

    async def _follow(self, target: WebAddress) -> bytes:
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._get(target)
            if isinstance(answer, bytes):
                return answer
            target = answer
        raise NotFetched(TOO_MANY_REDIRECTS)

    async def _get(self, target: WebAddress) -> bytes | WebAddress:
        """The body, or where the answer redirects to."""
        *others, last = await self._public_addresses(target.host)
        for address in others:
            try:
                return await self._get_from(address, target)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return await self._get_from(last, target)

    async def _public_addresses(self, host: str) -> Sequence[str]:
        """One message for all reasons: a client must not learn which private names exist."""
        try:
            addresses = await self._look_up(host)
        except OSError:
            raise NotFetched(NOT_PUBLIC) from None
        if not addresses or not all(map(is_public, addresses)):
            raise NotFetched(NOT_PUBLIC)
        return addresses[:MAX_ADDRESSES]

    async def _get_from(self, address: str, target: WebAddress) -> bytes | WebAddress:
        request = target.request(address)
        request.extensions["timeout"] = TIMEOUTS
        async with self._open_transport() as transport:
            response = await transport.handle_async_request(request)
            async with aclosing(response):
                if response.status_code in REDIRECTS:
                    return target.redirected(response.headers.get("location", ""))
                if response.status_code != httpx2.codes.OK:
                    raise NotFetched(REFUSED)
                return await self._body(response)

    async def _body(self, response: httpx2.Response) -> bytes:
        """The body as it was sent, so that no compression can inflate it."""
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise NotFetched(ENCODED)
        announced = response.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self._max_bytes:
            raise NotFetched(self._too_large)
        body, is_checked = bytearray(), False
        async with aclosing(response.aiter_raw()) as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) > self._max_bytes:
                    raise NotFetched(self._too_large)
                if not is_checked and len(body) >= SIGNATURE_BYTES:
                    check_signature(bytes(body[:SIGNATURE_BYTES]))
                    is_checked = True
        check_signature(bytes(body[:SIGNATURE_BYTES]))
        return bytes(body)

    @property
    def _too_large(self) -> str:
        return f"it has more than {self._max_bytes:,} bytes"

    def _direct_transport(self) -> httpx2.AsyncBaseTransport:
        """A transport without the environment's proxies; its connections are used once."""
        return httpx2.AsyncHTTPTransport(
            verify=self._certificates,
            trust_env=False,
            limits=httpx2.Limits(max_connections=1, max_keepalive_connections=0),
        )

    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        return httpx2.create_ssl_context()
