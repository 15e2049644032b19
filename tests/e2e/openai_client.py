"""OpenAI's own Python client, and a server of ours that it calls."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI

from domain.image import Image
from tests.conftest import KEY
from tests.e2e.loopback_server import serve
from tests.standin import StandIn
from tests.testkit.fakes import settings_in

PROMPT = "a lighthouse above a quiet sea"


@asynccontextmanager
async def openai_client(
    folder: Path,
    api: StandIn,
    *,
    options: dict[str, Any] | None = None,
    **settings: Any,  # noqa: ANN401 - any setting
) -> AsyncIterator[AsyncOpenAI]:
    """OpenAI's client, unmodified but for its base URL, and with its default retries."""
    ours = settings_in(folder, openai_api_key=KEY, openai_base_url=api.base_url, **settings)
    async with serve(ours) as url:
        defaults: dict[str, Any] = {"api_key": "any", "base_url": f"{url}/v1"}
        async with AsyncOpenAI(**defaults | (options or {})) as client:
            yield client


def decoded(text: str | None) -> Image:
    assert text is not None
    return Image(base64.b64decode(text, validate=True))
