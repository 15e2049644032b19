"""The SDK's clients for other vendors than OpenAI."""

from typing import TypeVar

import httpx2
from openai import AsyncOpenAI

from adapters.openai.network.bounded_http_client import HttpClient

C = TypeVar("C", bound=AsyncOpenAI)


def without_environment(client: C) -> C:
    """The client without the headers of OPENAI_CUSTOM_HEADERS, which the SDK sends to any address.

    They are for OpenAI or for a gateway to it, and may have a password.
    """
    client._custom_headers = {}  # noqa: SLF001 - there is no argument for it
    return client


def replace_authorization(client: HttpClient, headers: dict[str, str]) -> None:
    """From now on, send these headers in place of `Authorization`, with the requests that have it.

    The SDK refuses a default of its own that leaves `Authorization` out.
    """

    async def replace(request: httpx2.Request) -> None:
        if request.headers.pop("Authorization", None) is not None:
            request.headers.update(headers)

    client.event_hooks["request"].append(replace)
