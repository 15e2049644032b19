"""Calls through the real SDK to endpoints of any name: a forward proxy on loopback answers them."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self

import pytest

from adapters.openai.connection import Connection
from adapters.openai.provider import OpenAIImages
from application.ports.image_provider import StreamEvent
from application.safeguards.redaction import Redaction
from domain.models import ModelCard
from domain.provider_errors import ProviderError
from domain.requests import GenerateRequest
from tests.conftest import KEY
from tests.standin import Fault, StandIn
from tests.standin.raw_faults import Raw
from tests.testkit.fakes import job_for
from tests.unit.openai_help import MODEL

OPENAI = "http://api.openai.com/v1"
GATEWAY = "http://gateway.example/v1"


class Upstream:
    """A stand-in that answers for every host, and one provider per base URL that calls it.

    One event loop and one provider serve all calls: creating a client takes most of a second.
    """

    def __init__(self, standin: StandIn) -> None:
        self.standin = standin
        self._runner = asyncio.Runner()
        self._providers: dict[str, OpenAIImages] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._runner:
            for provider in self._providers.values():
                self._runner.run(provider.close())

    def events(
        self,
        fault: Fault,
        base_url: str,
        *,
        files: Mapping[str, Raw] | None = None,
        **fields: Any,  # noqa: ANN401 - fields of GenerateRequest
    ) -> list[StreamEvent]:
        """All events of one call, which is sent once, whatever comes of it.

        `card` is the card of the model. `files` are what the stand-in has for GET requests, by
        their paths.
        """
        self.standin.reset()
        for path, file in (files or {}).items():
            self.standin.serve(path, file)
        self.standin.script(fault)
        try:
            return self._runner.run(self._events(base_url, fields))
        finally:
            assert len(self.standin.posts) == 1

    def refusal(self, fault: Fault, base_url: str, **fields: Any) -> ProviderError:  # noqa: ANN401 - fields of GenerateRequest
        """The error of one call."""
        with pytest.raises(ProviderError) as raised:
            self.events(fault, base_url, **fields)
        return raised.value

    async def _events(self, base_url: str, fields: dict[str, Any]) -> list[StreamEvent]:
        if base_url not in self._providers:
            self._providers[base_url] = OpenAIImages(
                Connection(api_key=KEY, base_url=base_url, timeout=20, deadline=30)
            )
        guarded = Redaction(self._providers[base_url], [KEY])
        card = fields.pop("card", None)
        request = GenerateRequest(**{"prompt": "a red bridge", "model": MODEL, **fields})
        job = job_for(request, card=card or ModelCard(name=MODEL))
        async with aclosing(guarded.generate(job)) as events:
            return [event async for event in events]


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """One upstream for all tests of a module. It is the proxy of all plain HTTP."""
    with StandIn() as standin, pytest.MonkeyPatch.context() as patch, Upstream(standin) as upstream:
        patch.setenv("HTTP_PROXY", standin.base_url.removesuffix("/v1"))
        yield upstream
