"""The SDK's HTTP client, with a limit on how much of an error reply it reads."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any

import httpx2
from openai import DefaultAsyncHttpxClient

MAX_REFUSAL_BYTES = 1_000_000
"""OpenAI's error replies have a few hundred bytes, a gateway's page some ten thousand."""
BODY_HEADERS = ("content-encoding", "content-length", "transfer-encoding")
"""Headers that describe the body as it was sent, not the part that was read."""

YIELD_THRESHOLD = 500_000
"""Bytes of a chunk. Chunks from the network are smaller, so a larger one was decompressed."""


class HttpClient(DefaultAsyncHttpxClient):
    """Reads at most MAX_REFUSAL_BYTES of an error reply's body.

    The SDK would read all of it, however large it is once decompressed. If the body breaks off or
    stalls, the status still counts: it says whether the call may be billed.
    """

    async def send(self, *args: Any, **options: Any) -> httpx2.Response:  # noqa: ANN401 - httpx's own
        response: httpx2.Response = await super().send(*args, **options)
        return response if response.is_success else await _read_refusal(response)


async def _read_refusal(response: httpx2.Response) -> httpx2.Response:
    body = bytearray()
    with suppress(httpx2.HTTPError):
        async with aclosing(response), aclosing(read_chunks(response)) as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) > MAX_REFUSAL_BYTES:
                    break
    headers = [(k, v) for k, v in response.headers.multi_items() if k not in BODY_HEADERS]
    return httpx2.Response(
        response.status_code,
        headers=headers,
        content=bytes(body[:MAX_REFUSAL_BYTES]),
        request=response.request,
        extensions=response.extensions,
    )


async def read_chunks(response: httpx2.Response) -> AsyncGenerator[bytes, None]:
    """The decompressed body. A few bytes can become 60 MB at once, so other tasks get turns."""
    async with aclosing(response.aiter_bytes()) as chunks:
        async for chunk in chunks:
            yield chunk
            if len(chunk) > YIELD_THRESHOLD:
                await asyncio.sleep(0)
