"""Port: a service that generates and edits images."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from domain.events import JobDispatched, JobQueued
from domain.image import Image
from domain.jobs import Job
from domain.model_comparison import ListedModel
from domain.models import Catalog
from domain.probes import Finding
from domain.requests import EditRequest, GenerateRequest, ImageRequest
from domain.results import ResultFacts, ResultImage


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The provider works on the request; `handle` is its own name for that work.

    For providers whose work outlives a connection: `ResumableProvider.resume` reads the rest. The
    handle is recorded before anything else happens, so that a job survives its process. A later
    one of the same job replaces it: an adapter yields one, a safeguard that makes several calls
    yields one for each, and of those only the last one `is_whole`. Callers do not see it.
    """

    handle: str
    is_whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialImage:
    """Preview `index` (from 0) of image `image_index` (from 0), byte for byte as received."""

    image: Image
    image_index: int = 0
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered(ResultFacts):
    """The provider's final answer, as received.

    `undecodable` is data received in place of an image. An adapter neither
    checks nor redacts it: the safeguards Inspection and Redaction do.
    """

    images: tuple[ResultImage, ...]
    undecodable: tuple[bytes, ...] = ()


ProviderEvent = Accepted | PartialImage | Delivered
"""The events that an adapter yields."""
StreamEvent = ProviderEvent | JobQueued | JobDispatched
"""The events that a reader gets: an adapter's, and the job events that safeguards add."""
ProviderStream = AsyncGenerator[StreamEvent, None]


class ImageProvider(Protocol):
    """Serves one job per call, with one upstream request at most.

    Both methods are asynchronous generators, read under `contextlib.aclosing`. They yield at most
    one Accepted, first, then any number of PartialImage, then exactly one Delivered, last. The only
    exception they raise on purpose is ProviderError; ProviderUnreachable and RateLimited promise
    that nothing was generated, so neither follows Accepted. They send a request once: repeating it
    is a safeguard's decision. One exception: if a refusal names a field that the service does not
    know, and it provably preceded all work, the request may follow once more without that field.
    Closing one early closes the connection.
    """

    @property
    def name(self) -> str:
        """The provider's name, such as `openai`: a part of every fingerprint and record."""

    @property
    def endpoint(self) -> str:
        """The provider's address, such as a base URL: another part. Empty if there is only one.

        Contains no password.
        """

    @property
    def catalog(self) -> Catalog:
        """The models that the provider offers."""

    def generate(self, job: Job[GenerateRequest], /) -> ProviderStream:
        """Generate `job.request.n` new images from `job.request.prompt`."""

    def edit(self, job: Job[EditRequest], /) -> ProviderStream:
        """Generate `job.request.n` edited versions of `job.request.images`."""


@runtime_checkable
class ResumableProvider(ImageProvider, Protocol):
    """A provider that can return the results of work that it accepted earlier from any process.

    Optional: callers find it with `isinstance`. A provider that is resumable yields Accepted.
    """

    def resume(self, job: Job[ImageRequest], handle: str, /) -> ProviderStream:
        """Read the rest of the work that the provider accepted for `job` under `handle`.

        Sends no new work and adds no cost, so it may be repeated. Yields and raises what `generate`
        does, except Accepted. The request of the job may be an AcceptedRequest, which has no input
        images. Raises WorkLost for a handle that the provider does not know, and another
        OutcomeUnknown while the outcome cannot be read, which may be asked for again.
        """


@runtime_checkable
class ListsModels(ImageProvider, Protocol):
    """A provider whose endpoint can be asked which models it has.

    Optional: callers find it with `isinstance`, before any safeguard, because safeguards have only
    the methods of ImageProvider.
    """

    async def list_models(self) -> Sequence[ListedModel]:
        """Read all models that the endpoint lists for this key, image models or not.

        Sends one request, which generates nothing and costs nothing. Raises ProviderError only. Its
        texts and the names are the endpoint's own: callers redact them, and set a time limit.
        """


@runtime_checkable
class Probes(ImageProvider, Protocol):
    """A provider whose endpoint can be asked what it can do.

    Optional: callers find it with `isinstance`, before any safeguard.
    """

    @property
    def sent_links(self) -> bool | None:
        """Whether the last reply had a link in place of its image; None before the first one."""

    async def probe(self) -> Sequence[Finding]:
        """Find out which routes the endpoint has.

        Sends at most three requests. None asks for an image: those to the routes for images are
        empty, so that a service refuses them. Raises ProviderError only, if no request got an
        answer. Texts are the endpoint's own: callers redact them, and set a time limit.
        """
