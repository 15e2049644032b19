"""The SDK's HTTP client, which reads no more of a refusal than a refusal has."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any

import httpx2
from openai import DefaultAsyncHttpxClient

MAX_REFUSAL_BYTES = 1_000_000
"""Bytes. OpenAI's have a few hundred, a gateway's page some ten thousand."""
BODY_HEADERS = ("content-encoding", "content-length", "transfer-encoding")
"""Headers that are true of a body as it came, and not of what was read of it."""

YIELD_THRESHOLD = 500_000
"""Bytes of a piece; what comes from the line is smaller, so this one was unpacked."""


class HttpClient(DefaultAsyncHttpxClient):
    """What is no success comes with its body, LONGEST_REFUSAL bytes of it at most.

    The SDK would read all of it, however large it is once unpacked. A body that breaks off, or
    does not go on, takes nothing from its status, which says whether money is at stake.
    """

    async def send(self, *args: Any, **options: Any) -> httpx2.Response:  # noqa: ANN401 - httpx's own
        response: httpx2.Response = await super().send(*args, **options)
        return response if response.is_success else await _read(response)


async def _read(response: httpx2.Response) -> httpx2.Response:
    said = bytearray()
    with suppress(httpx2.HTTPError):
        async with aclosing(response), aclosing(read_chunks(response)) as chunks:
            async for chunk in chunks:
                said += chunk
                if len(said) > MAX_REFUSAL_BYTES:
                    break
    headers = [(k, v) for k, v in response.headers.multi_items() if k not in BODY_HEADERS]
    return httpx2.Response(
        response.status_code,
        headers=headers,
        content=bytes(said[:MAX_REFUSAL_BYTES]),
        request=response.request,
        extensions=response.extensions,
    )


async def read_chunks(response: httpx2.Response) -> AsyncGenerator[bytes, None]:
    """The body, unpacked. A few bytes can become 60 MB at once: others have turns meanwhile."""
    async with aclosing(response.aiter_bytes()) as chunks:
        async for chunk in chunks:
            yield chunk
            if len(chunk) > YIELD_THRESHOLD:
                await asyncio.sleep(0)
