"""The contract of resumable providers accepts one that keeps it, and none that breaks it."""

from dataclasses import dataclass, field
from itertools import count

import pytest

from application.ports.image_provider import (
    Accepted,
    Delivered,
    ImageProvider,
    PartialImage,
    ProviderStream,
)
from domain.jobs import Job
from domain.models import Catalog, ModelCard
from domain.provider_errors import (
    ContentRefused,
    OutcomeUnknown,
    ProviderError,
    RequestRefused,
    WorkLost,
)
from domain.requests import EditRequest, GenerateRequest, ImageRequest
from domain.results import ResultImage
from tests.testkit.contracts.image_provider import requests_for
from tests.testkit.contracts.resumable_provider import ResumableProviderContract
from tests.testkit.fakes import PNG, small_image

Outcome = Delivered | ProviderError


@dataclass
class MemoryService:
    """Finishes its work at once, and remembers it by its handle."""

    work: dict[str, Outcome] = field(default_factory=dict)
    charged: int = 0
    refusing: bool = False
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def accept(self) -> str:
        number = next(self.numbers)
        image = small_image("teal", (number, 8))
        made: Outcome = Delivered(images=(ResultImage(image=image),))
        outcome = ContentRefused("Not this.") if self.refusing else made
        self.refusing = False
        self.charged += 1
        self.work[f"work_{number}"] = outcome
        return f"work_{number}"

    def charges(self) -> int:
        return self.charged

    def refuse_next(self) -> None:
        self.refusing = True

    def forget(self) -> None:
        self.work.clear()


class Resumable:
    """A provider of MemoryService."""

    name = "resumable"
    endpoint = ""
    catalog = Catalog(cards=(ModelCard(name="plain-1", max_images=1),), default="plain-1")

    def __init__(self, service: MemoryService) -> None:
        self.service = service

    def generate(self, job: Job[GenerateRequest], /) -> ProviderStream:
        return self._work(job)

    def edit(self, job: Job[EditRequest], /) -> ProviderStream:
        return self._work(job)

    async def resume(self, job: Job[ImageRequest], handle: str, /) -> ProviderStream:
        if handle not in self.service.work:
            raise WorkLost("There is no such work.")
        outcome = self.service.work[handle]
        if isinstance(outcome, ProviderError):
            raise type(outcome)(outcome.message)
        for index in range(job.request.partial_images):
            yield PartialImage(image=PNG, index=index)
        yield outcome

    async def _work(self, job: Job[ImageRequest]) -> ProviderStream:
        handle = self.service.accept()
        yield Accepted(handle=handle)
        async for event in self.resume(job, handle):
            yield event


@pytest.fixture
def memory() -> MemoryService:
    return MemoryService()


class TestMemoryService(ResumableProviderContract):
    @pytest.fixture
    def provider(self, memory: MemoryService) -> ImageProvider:
        return Resumable(memory)

    @pytest.fixture
    def restarted(self, memory: MemoryService) -> ImageProvider:
        return Resumable(memory)

    @pytest.fixture
    def service(self, memory: MemoryService) -> MemoryService:
        return memory


class Late(Resumable):
    """Names its work only after the first preview."""

    async def _work(self, job: Job[ImageRequest]) -> ProviderStream:
        handle = self.service.accept()
        yield PartialImage(image=PNG, index=0)
        yield Accepted(handle=handle)
        async for event in self.resume(job, handle):
            yield event


class Repeating(Resumable):
    """Generates once more in place of resuming."""

    async def resume(self, job: Job[ImageRequest], handle: str, /) -> ProviderStream:
        async for event in super().resume(job, handle):
            yield event
        self.service.accept()


class Different(Resumable):
    """Delivers another image each time."""

    async def resume(self, job: Job[ImageRequest], handle: str, /) -> ProviderStream:
        async for _ in super().resume(job, handle):
            pass
        side = next(self.service.numbers)
        yield Delivered(images=(ResultImage(image=small_image(size=(side, 9))),))


class Vague(Resumable):
    """Has one error for everything."""

    async def resume(self, job: Job[ImageRequest], handle: str, /) -> ProviderStream:
        try:
            async for event in super().resume(job, handle):
                yield event
        except ProviderError as error:
            raise RequestRefused(error.message) from error


class Mild(Resumable):
    """Resumes refused work with another error than it had first."""

    async def resume(self, job: Job[ImageRequest], handle: str, /) -> ProviderStream:
        try:
            async for event in super().resume(job, handle):
                yield event
        except ContentRefused as error:
            raise OutcomeUnknown(error.message) from error

    async def _work(self, job: Job[ImageRequest]) -> ProviderStream:
        handle = self.service.accept()
        yield Accepted(handle=handle)
        async for event in super().resume(job, handle):
            yield event


BROKEN = [
    (Mild, "work_that_was_refused_is_refused_again_by_the_same_error"),
    (Late, "the_handle_comes_first_and_once"),
    (Repeating, "another_process_gets_the_same_image_for_no_further_charge"),
    (Different, "work_whose_stream_was_closed_is_delivered_all_the_same"),
    (Different, "another_process_gets_the_same_image_for_no_further_charge"),
    (Vague, "a_handle_that_the_service_does_not_know_means_that_the_work_is_lost"),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("broken", "test"), BROKEN)
async def test_a_provider_that_breaks_a_promise_fails_the_suite(
    broken: type[Resumable], test: str, memory: MemoryService
) -> None:
    card = Resumable.catalog.cards[0]
    given = {
        "provider": broken(memory),
        "restarted": broken(memory),
        "card": card,
        "requests": requests_for(card),
        "service": memory,
    }
    method = getattr(ResumableProviderContract(), f"test_{test}")
    names = method.__code__.co_varnames[1 : method.__code__.co_argcount]
    with pytest.raises((AssertionError, ProviderError)):
        await method(**{name: given[name] for name in names})
