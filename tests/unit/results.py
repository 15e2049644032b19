"""The events that a provider yields for one small request."""

from contextlib import aclosing

from application.ports.image_provider import Delivered, ImageProvider, StreamEvent
from domain.image_formats import Dimensions
from domain.requests import GenerateRequest
from tests.testkit.fakes import job_for

SMALL = GenerateRequest(prompt="a red bridge", size=Dimensions(8, 8))


async def events(provider: ImageProvider, request: GenerateRequest = SMALL) -> list[StreamEvent]:
    async with aclosing(provider.generate(job_for(request))) as stream:
        return [event async for event in stream]


async def delivered(provider: ImageProvider, request: GenerateRequest = SMALL) -> Delivered:
    last = (await events(provider, request))[-1]
    assert isinstance(last, Delivered)
    return last
