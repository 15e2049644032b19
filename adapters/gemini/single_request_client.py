"""The HTTP client of the SDK with bounds: one address, no cookies, and short error replies."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from http.cookiejar import CookieJar
from typing import Any

import httpx2

CONNECT_SECONDS = 10.0
MAX_REFUSAL_BYTES = 1_000_000
"""Google's error replies have a few hundred bytes, a proxy's page some ten thousand."""
REFUSAL_SECONDS = 10.0
"""Seconds to read the body of an error reply. Its status has arrived by then, and decides."""
BODY_HEADERS = (b"content-encoding", b"content-length", b"content-type", b"transfer-encoding")
"""Headers that describe the body as it was sent, not the part that was read."""
MAX_CODINGS = 2
"""Nested compressions of a body; more could inflate without end while nothing arrives."""
YIELD_THRESHOLD = 500_000
"""Bytes of a chunk. Chunks from the network are smaller, so a larger one was decompressed."""


class SingleRequestClient(httpx2.AsyncClient):
    """Sends each request once, to one address; no redirect is followed and no cookie stored.

    The environment's proxies and certificates are used. At most MAX_REFUSAL_BYTES of an error
    reply's body are read, for at most REFUSAL_SECONDS: the SDK would read all of it. If the body
    breaks off or stalls, the status is still used: it shows whether the call may be billed.
    """

    def __init__(self, *, timeout: float) -> None:
        super().__init__(
            follow_redirects=False,
            timeout=httpx2.Timeout(timeout, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
            cookies=_NoCookies(),
            event_hooks={"response": [_limit_codings]},
        )

    async def send(self, *args: Any, **options: Any) -> httpx2.Response:  # noqa: ANN401 - httpx's own
        options["follow_redirects"] = False  # the SDK may ask for it
        response: httpx2.Response = await super().send(*args, **options)
        return response if response.is_success else await _read_refusal(response)


class _NoCookies(CookieJar):
    def extract_cookies(self, *_: object) -> None:
        """Store none."""


async def _limit_codings(response: httpx2.Response) -> None:
    """Leave a body with more than MAX_CODINGS compressions as it is."""
    if response.headers.get("content-encoding", "").count(",") >= MAX_CODINGS:
        del response.headers["content-encoding"]


async def _read_refusal(response: httpx2.Response) -> httpx2.Response:
    body = bytearray()
    with suppress(httpx2.HTTPError, TimeoutError):
        async with asyncio.timeout(REFUSAL_SECONDS), aclosing(read_chunks(response)) as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) > MAX_REFUSAL_BYTES:
                    break
    await response.aclose()
    # As bytes, because a header that is not ASCII cannot be encoded again.
    headers = [(k, v) for k, v in response.headers.raw if k.lower() not in BODY_HEADERS]
    # The SDK takes a refusal apart only if it is JSON.
    kind = response.headers.get("content-type", "").encode("ascii", "replace")
    return httpx2.Response(
        response.status_code,
        headers=[*headers, (b"content-type", kind.partition(b";")[0])],
        content=bytes(body[:MAX_REFUSAL_BYTES]),
        request=response.request,
    )


async def read_chunks(response: httpx2.Response) -> AsyncGenerator[bytes, None]:
    """The decompressed body. A few bytes can become 60 MB at once, so other tasks get turns."""
    async with aclosing(response.aiter_bytes()) as chunks:
        async for chunk in chunks:
            yield chunk
            if len(chunk) > YIELD_THRESHOLD:
                await asyncio.sleep(0)
