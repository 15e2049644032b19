"""Port: whoever paints."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from domain.image import Image
from domain.jobs import Job
from domain.models import Catalog
from domain.requests import EditRequest, GenerateRequest
from domain.results import ResultImage, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """The job waits for a place, with `ahead` others before it. Only a safeguard says this."""

    ahead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """The request leaves now. Only a safeguard says this; an adapter need not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialImage:
    """Preview `index` (from 0) on the way to picture `picture` (from 0), as it came."""

    image: Image
    image_index: int = 0
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """All that the provider sent in the end, as it came.

    `rubbish` is what came where a picture should have been. `request_id` is the provider's own
    name for the call. An adapter checks nothing: the `Inspected` safeguard does.
    """

    images: tuple[ResultImage, ...]
    undecodable: tuple[bytes, ...] = ()
    revised_prompt: str | None = None
    usage: Usage | None = None
    request_id: str | None = None
    notes: tuple[str, ...] = ()


ProviderEvent = Queued | Dispatched | PartialImage | Delivered
ProviderStream = AsyncGenerator[ProviderEvent, None]


class ImageProvider(Protocol):
    """Paints one job a call, with one upstream request at most.

    Both methods are asynchronous generators, read under `contextlib.aclosing`. They yield any
    number of PartialImage, then exactly one Delivered, last. They raise ProviderError and nothing
    else on purpose; ProviderUnreachable and RateLimited promise that nothing was painted. They
    send a request once: repeating it is a safeguard's decision. Closing one early gives up the
    connection.
    """

    @property
    def name(self) -> str:
        """Who it is, such as `openai`: a part of every fingerprint and record."""

    @property
    def endpoint(self) -> str:
        """Where it is, such as a base URL: the other part. Empty if there is only one."""

    @property
    def catalog(self) -> Catalog:
        """The models that it offers."""

    def generate(self, job: Job[GenerateRequest], /) -> ProviderStream:
        """Paint `job.request.n` new pictures of `job.request.prompt`."""

    def edit(self, job: Job[EditRequest], /) -> ProviderStream:
        """Paint `job.request.n` changed versions of `job.request.images`."""
