"""Calls of a compatible server, and the stand-in as one."""

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from typing import Any

import pytest

from adapters.openai.vendors.compatible import (
    CompatibleImages,
    compatible_connection,
)
from adapters.pillow.inspector import PillowInspector
from application.ports.image_provider import Delivered, StreamEvent
from application.safeguards.inspection import Inspection
from application.safeguards.redaction import Redaction
from domain.image_formats import Dimensions
from domain.provider_errors import (
    ProviderError,
)
from domain.requests import EditRequest, GenerateRequest
from tests.conftest import KEY
from tests.standin import Quirks, StandIn
from tests.testkit.fakes import job_for, small_image

LOCAL = Quirks(keyless=True)
TEAL, PLUM = small_image("teal", (64, 64)), small_image("plum", (64, 64))


@pytest.fixture
def server() -> Iterator[StandIn]:
    with StandIn(quirks=LOCAL) as server:
        yield server


@contextmanager
def quirky(**quirks: Any) -> Iterator[StandIn]:  # noqa: ANN401 - fields of Quirks
    with StandIn(quirks=Quirks(keyless=True, **quirks)) as server:
        yield server


@asynccontextmanager
async def local(
    base_url: str,
    *,
    key: str | None = None,
    **options: Any,  # noqa: ANN401 - of CompatibleImages
) -> AsyncIterator[CompatibleImages]:
    connection = compatible_connection(base_url=base_url, api_key=key, timeout=20, deadline=30)
    provider = CompatibleImages(connection, name="local", **options)
    try:
        yield provider
    finally:
        await provider.close()


async def events_of(provider: CompatibleImages, **fields: Any) -> list[StreamEvent]:  # noqa: ANN401 - of the request
    kind = EditRequest if "images" in fields else GenerateRequest
    model = provider.catalog.default
    request = kind(**{"prompt": "a hill", "model": model, "size": Dimensions(1024, 1024), **fields})
    card = provider.catalog.choose(request.model, job_for().created_at.date()).card
    guarded = Redaction(Inspection(provider, PillowInspector()), [KEY])
    job = job_for(request, card=card)
    stream = guarded.edit(job) if isinstance(request, EditRequest) else guarded.generate(job)
    async with aclosing(stream) as events:
        return [event async for event in events]


async def deliver(server: StandIn, **fields: Any) -> Delivered:  # noqa: ANN401 - of the request
    async with local(server.base_url) as provider:
        *_, last = await events_of(provider, **fields)
    assert isinstance(last, Delivered)
    return last


async def refusal(server: StandIn, **fields: Any) -> ProviderError:  # noqa: ANN401 - of the request
    with pytest.raises(ProviderError) as raised:
        await deliver(server, **fields)
    return raised.value


def charged(server: StandIn) -> set[str]:
    return {digest for charge in server.ledger for digest in charge.digests}
