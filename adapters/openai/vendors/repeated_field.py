"""An edit whose images are all in fields of the name `image`, which the SDK calls `image[]`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from openai import AsyncOpenAI
from openai.types import ImagesResponse

from adapters.openai.translate import Parameters

FORM_HEADERS = {"Content-Type": "multipart/form-data", "X-Stainless-Raw-Response": "stream"}
"""The SDK's own: a form, and a reply that is not read yet."""


@asynccontextmanager
async def edit_with_repeated_field(
    client: AsyncOpenAI, parameters: Parameters
) -> AsyncIterator[Any]:
    """Send these arguments of `images.edit`; the reply is read under this context manager."""
    fields = {**parameters, **parameters.get("extra_body", {})}
    files = [("image", upload) for upload in fields.pop("image")]
    files += [("mask", fields.pop("mask"))] if "mask" in fields else []
    fields.pop("extra_body", None)
    reply: Any = await client.post(
        "/images/edits",
        cast_to=ImagesResponse,
        body=fields,
        files=files,
        options={"headers": FORM_HEADERS},
    )
    try:
        yield reply
    finally:
        await reply.close()
