"""The SDK's HTTP client with bounds: one address, one deadline, and short error replies."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from http.cookiejar import CookieJar
from typing import Any

import httpx2
from openai import DefaultAsyncHttpxClient

from adapters.openai.network.proxies import Network

MAX_REFUSAL_BYTES = 1_000_000
"""OpenAI's error replies have a few hundred bytes, a gateway's page some ten thousand."""
REFUSAL_SECONDS = 10.0
"""Seconds to read the body of an error reply. Its status has arrived by then, and decides."""
BODY_HEADERS = (b"content-encoding", b"content-length", b"content-type", b"transfer-encoding")
"""Headers that describe the body as it was sent, not the part that was read. A content type can
name a character set that is a decompressor, such as zlib."""
REDIRECT = "redirect"
"""The response extension with a redirect's location. It replaces the header, from which the client
would build the next request, which can raise an error."""

MAX_CODINGS = 2
"""Nested compressions of a body. With three, 40 kB can inflate to gigabytes that inflate to
nothing: the event loop would be blocked, because no chunk is ever complete."""
YIELD_THRESHOLD = 500_000
"""Bytes of a chunk. Chunks from the network are smaller, so a larger one was decompressed."""


class HttpClient(DefaultAsyncHttpxClient):
    """Sends each request once, to one address, and gives it `deadline` seconds in all.

    The deadline covers connecting, sending, interim answers, headers, and the body if it is read
    with `read_chunks`; after it, ReadTimeout is raised. No redirect is followed: it would send
    prompt and images to another host. No cookie is stored: one that cannot be sent would block all
    later requests. At most MAX_REFUSAL_BYTES of an error reply's body are read, for at most
    REFUSAL_SECONDS: the SDK would read all of it, however large it is once decompressed. If the
    body breaks off or stalls, the status is still used: it shows whether the call may be billed.
    """

    def __init__(self, *, deadline: float, network: Network) -> None:
        super().__init__(
            follow_redirects=False,
            proxy=network.proxy,
            verify=network.certificates,
            trust_env=False,  # `network` has what the environment says
            cookies=_NoCookies(),
            event_hooks={"response": [_set_location_aside, _limit_codings]},
        )
        self._seconds = deadline

    async def send(self, *args: Any, **options: Any) -> httpx2.Response:  # noqa: ANN401 - httpx's own
        deadline = asyncio.get_running_loop().time() + self._seconds
        async with until(deadline), _socks_errors():
            response: httpx2.Response = await super().send(*args, **options)
        response.extensions["deadline"] = deadline
        return response if response.is_success else await _read_refusal(response)


class _NoCookies(CookieJar):
    def extract_cookies(self, *_: object) -> None:
        """Store none."""


async def _set_location_aside(response: httpx2.Response) -> None:
    if "location" in response.headers:
        response.extensions[REDIRECT] = response.headers.pop("location")


async def _limit_codings(response: httpx2.Response) -> None:
    """Leave a body with more than MAX_CODINGS compressed: it is then not recognized as an image."""
    if response.headers.get("content-encoding", "").count(",") >= MAX_CODINGS:
        del response.headers["content-encoding"]


@asynccontextmanager
async def until(deadline: float | None) -> AsyncIterator[None]:
    """Raise ReadTimeout if the block has not ended by this time of the event loop's clock."""
    try:
        async with asyncio.timeout_at(deadline):
            yield
    except TimeoutError as error:
        raise httpx2.ReadTimeout("The deadline of the call has passed.") from error


@asynccontextmanager
async def _socks_errors() -> AsyncIterator[None]:
    """Raise ProxyError if what listens at a SOCKS proxy's address does not speak SOCKS.

    The library's own errors pass through the client. The request is sent only once SOCKS is done.
    """
    try:
        yield
    except Exception as error:
        if type(error).__module__.partition(".")[0] == "socksio":
            raise httpx2.ProxyError("no SOCKS") from error
        raise


async def _read_refusal(response: httpx2.Response) -> httpx2.Response:
    body_deadline = asyncio.get_running_loop().time() + REFUSAL_SECONDS
    response.extensions["deadline"] = min(body_deadline, response.extensions["deadline"])
    body = bytearray()
    with suppress(httpx2.HTTPError):
        async with aclosing(response), aclosing(read_chunks(response)) as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) > MAX_REFUSAL_BYTES:
                    break
    # As bytes, because a header that is not ASCII cannot be encoded again.
    headers = [(k, v) for k, v in response.headers.raw if k.lower() not in BODY_HEADERS]
    return httpx2.Response(
        response.status_code,
        headers=headers,
        content=bytes(body[:MAX_REFUSAL_BYTES]),
        request=response.request,
        extensions=response.extensions,
    )


async def read_chunks(response: httpx2.Response) -> AsyncGenerator[bytes, None]:
    """The decompressed body until the deadline of the call, after which ReadTimeout is raised.

    A few bytes can become 60 MB at once, so other tasks get turns. The reader may move the
    deadline, `response.extensions["deadline"]`, forward between two chunks.
    """
    now = asyncio.get_running_loop().time
    async with aclosing(response.aiter_bytes()) as chunks:
        while True:
            deadline: float | None = response.extensions.get("deadline")
            async with until(deadline):
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            yield chunk
            if len(chunk) > YIELD_THRESHOLD:
                await asyncio.sleep(0)
            # Buffered data is read without waiting, so the timeout above cannot interrupt it.
            if deadline is not None and now() > deadline:
                raise httpx2.ReadTimeout("The deadline of the call has passed.")
