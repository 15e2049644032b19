"""Fakes of what surrounds a job: an inspector, a normalizer, a sink, a clock, retries."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Self

from application.conversations import Conversations
from application.day_budget import DayBudget
from application.delivery_times import DeliveryTimes
from application.image_library import ImageLibrary
from application.jobs.job_service import JobService
from application.ports.job_repository import JobRepository
from application.styling import Styling
from application.use_cases.edit_image import EditImage
from application.use_cases.find_image import FindImage
from application.use_cases.generate_image import GenerateImage
from domain.errors import UnreadableImage
from domain.events import ServiceEvent
from domain.image import Image
from domain.input_images import NormalizedImage, NormalizedMask
from domain.money.budgets import BudgetLimits

from .conversation_repository import MemoryConversationRepository
from .job_repository import MemoryJobRepository
from .preset_library import MemoryPresetLibrary
from .usage_ledger import MemoryUsageLedger


class HeaderInspector:
    """An ImageInspector that accepts every image whose header can be read."""

    async def inspect(self, image: Image, /) -> None:
        if not image.data:
            raise UnreadableImage("The image is empty.")
        _ = image.header


class HeaderNormalizer:
    """An ImageNormalizer that changes nothing, and accepts every image whose header can be read."""

    async def normalize(self, image: Image, /) -> NormalizedImage:
        await HeaderInspector().inspect(image)
        return NormalizedImage(image=image)

    async def normalize_mask(self, mask: Image, _image: NormalizedImage, /) -> NormalizedMask:
        await HeaderInspector().inspect(mask)
        return NormalizedMask(mask=mask)


class RecordingSink:
    """An EventSink that records what is published."""

    def __init__(self) -> None:
        self.events: list[ServiceEvent] = []

    def publish(self, event: ServiceEvent, /) -> None:
        self.events.append(event)


def no_day_budget() -> DayBudget:
    """The DayBudget of a service without a limit for a day."""
    return DayBudget(MemoryUsageLedger(), BudgetLimits(), FrozenClock())


def generate_image(service: JobService, library: ImageLibrary) -> GenerateImage:
    """The use case of an installation without styles, whose images are in the library."""
    styling = Styling(MemoryPresetLibrary(), find_image(library.records), library)
    conversations = memory_conversations(library)
    edit_image = EditImage(service, HeaderNormalizer(), styling, conversations)
    return GenerateImage(service, styling, edit_image, conversations)


def find_image(records: JobRepository) -> FindImage:
    """The use case of a process that has served nothing from a cache, and has no masks."""
    return FindImage(records, DeliveryTimes(lambda: records, FrozenClock()), NoMasks())


class NoMasks:
    """The MaskRecords of a service without masks."""

    async def mask(self, _mask_id: str, /, *, owner: str) -> None:
        return None


def memory_conversations(library: ImageLibrary) -> Conversations:
    """Conversations beside records of jobs in memory."""
    records = library.records
    assert isinstance(records, MemoryJobRepository)
    return Conversations(MemoryConversationRepository(records), library, FrozenClock())


class FrozenClock:
    """A Clock that stands still until it is set."""

    def __init__(self, now: datetime = datetime(2026, 11, 22, 12, tzinfo=UTC)) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time


class InstantRetries:
    """A RetryLoop that never waits; `waits` has the decision on each error."""

    def __init__(self, most: int = 3) -> None:
        self.most = most
        self.waits: list[bool | float] = []

    async def __call__(
        self, on: Callable[[Exception], bool | float], /
    ) -> AsyncIterator[AbstractContextManager[object]]:
        for number in range(1, self.most + 1):
            attempt = _Attempt(on, self.waits, last=number == self.most)
            yield attempt
            if not attempt.failed:
                return


class _Attempt:
    def __init__(
        self, on: Callable[[Exception], bool | float], waits: list[bool | float], *, last: bool
    ) -> None:
        self.on, self.waits, self.last = on, waits, last
        self.failed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, Exception):
            return False
        wait = self.on(error)
        self.waits.append(wait)
        self.failed = wait is not False and not self.last
        return self.failed
