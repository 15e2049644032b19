"""Stand-ins for every port: small classes to build tests from, and to swap providers with."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Self

import PIL.Image

from application.ports.image_cache import Cleared, Entry, Hit, TierStats
from application.ports.image_provider import Delivered, Painting, PartialImage
from domain.errors import CacheUnavailable, NotFound, UnreadableImage
from domain.events import JobEvent
from domain.images import Image
from domain.jobs import Job
from domain.models import Catalog, ModelCard
from domain.provider_errors import ProviderError
from domain.requests import EditRequest, GenerateRequest, PictureRequest
from domain.results import Picture, Usage
from entrypoints.settings import Settings


def picture(
    color: str = "teal", size: tuple[int, int] = (8, 8), form: str = "PNG", mode: str = "RGB"
) -> Image:
    """A small real picture of one color."""
    out = BytesIO()
    PIL.Image.new(mode, size, color).save(out, form)
    return Image(out.getvalue())


def mask(size: tuple[int, int] = (8, 8)) -> Image:
    """A mask whose left half may be changed."""
    out = BytesIO()
    whole = PIL.Image.new("RGBA", size, (0, 0, 0, 255))
    whole.paste((0, 0, 0, 0), (0, 0, size[0] // 2, size[1]))
    whole.save(out, "PNG")
    return Image(out.getvalue())


PNG = picture()


class FakeProvider:
    """An ImageProvider that delivers the pictures it was given, or raises what it was given.

    `seen` has every job it was asked to paint. `meanwhile` is awaited before it delivers, so a
    test decides how long painting takes.
    """

    name = "fake"
    endpoint = "nowhere"
    catalog = Catalog(cards=(ModelCard(name="fake-1", streams_several=True),), default="fake-1")

    def __init__(
        self,
        *pictures: Image,
        fails: Sequence[ProviderError] = (),
        meanwhile: Callable[[], Any] | None = None,
        usage: Usage | None = None,
        rubbish: tuple[bytes, ...] = (),
    ) -> None:
        self.pictures = pictures or (PNG,)
        self.fails = list(fails)
        self.meanwhile = meanwhile
        self.usage = usage
        self.rubbish = rubbish
        self.seen: list[Job[PictureRequest]] = []

    def generate(self, job: Job[GenerateRequest], /) -> Painting:
        return self._paint(job)

    def edit(self, job: Job[EditRequest], /) -> Painting:
        return self._paint(job)

    async def _paint(self, job: Job[PictureRequest]) -> Painting:
        self.seen.append(job)
        if self.fails:
            raise self.fails.pop(0)
        for index in range(job.request.partial_images):
            yield PartialImage(image=picture("gray", size=(index + 1, 1)), index=index)
        if self.meanwhile is not None:
            await self.meanwhile()
        yield Delivered(
            pictures=tuple(Picture(image=image) for image in self.pictures),
            usage=self.usage,
            rubbish=self.rubbish,
        )


class MemoryArchive:
    """An Archive that forgets everything when the process ends.

    `history` has every state that was recorded, in order.
    """

    def __init__(self) -> None:
        self.history: list[Job[PictureRequest]] = []
        self.kept: dict[str, Image] = {}
        self.quarantined: list[bytes] = []
        self._owners: dict[tuple[str, str], Image] = {}

    async def ready(self) -> None:
        return

    async def record(self, job: Job[PictureRequest], /) -> None:
        self.history.append(job)
        for entry in job.pictures:
            self._owners[job.owner, entry.id] = entry.image

    async def keep(self, image: Image, /) -> str:
        place = f"/kept/{image.id}.{image.format.extension}"
        self.kept[place] = image
        return place

    async def quarantine(self, data: bytes, /, *, job_id: str) -> str:
        self.quarantined.append(data)
        return f"/quarantine/{job_id}-{len(self.quarantined)}.bin"

    async def find(self, picture_id: str, /, *, owner: str) -> Image:
        with suppress(KeyError):
            return self._owners[owner, picture_id]
        raise NotFound(f"{picture_id} cannot be had: no such picture is known.")

    async def close(self) -> None:
        return


class DictCache:
    """An ImageCache without bounds; `fails` makes every method raise CacheUnavailable."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.entries: dict[str, Entry] = {}
        self.hits = self.misses = 0

    async def get(self, key: str, /) -> Hit | None:
        self._answer()
        entry = self.entries.get(key)
        self.hits += entry is not None
        self.misses += entry is None
        return None if entry is None else Hit(entry=entry, tier="memory")

    async def put(self, key: str, entry: Entry, /) -> None:
        self._answer()
        self.entries[key] = entry

    async def clear(self) -> Cleared:
        self._answer()
        sizes = [entry.size for entry in self.entries.values()]
        self.entries.clear()
        return Cleared(entries=len(sizes), bytes=sum(sizes))

    async def sweep(self) -> int:
        self._answer()
        return 0

    async def stats(self) -> tuple[TierStats, ...]:
        self._answer()
        held = sum(entry.size for entry in self.entries.values())
        return (
            TierStats(
                tier="memory",
                entries=len(self.entries),
                bytes=held,
                max_bytes=held,
                ttl=0.0,
                hits=self.hits,
                misses=self.misses,
                evictions=0,
            ),
        )

    async def close(self) -> None:
        return

    def _answer(self) -> None:
        if self.fails:
            raise CacheUnavailable("The cache is broken.")


class HeaderInspector:
    """An ImageInspector that believes every picture whose header can be read."""

    async def inspect(self, image: Image, /) -> None:
        if not image.data:
            raise UnreadableImage("There are no bytes where a picture should be.")
        _ = image.header


class RecordingSink:
    """An EventSink that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[JobEvent] = []

    def publish(self, event: JobEvent, /) -> None:
        self.events.append(event)


class FrozenClock:
    """A Clock that stands still until it is set."""

    def __init__(self, now: datetime = datetime(2026, 11, 22, 12, tzinfo=UTC)) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time


class PatientAttempts:
    """Attempts without waiting; `waits` has what each refusal was answered with."""

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


def settings_in(folder: Path, **values: Any) -> Settings:  # noqa: ANN401 - fields of Settings
    """Settings that read no environment and keep everything below `folder`."""
    return Settings.model_validate(
        {
            "output_dir": folder / "pictures",
            "data_dir": folder / "data",
            "cache_dir": folder / "cache",
            **values,
        }
    )


def job_for(request: PictureRequest | None = None, **facts: Any) -> Job[Any]:  # noqa: ANN401 - fields of Job
    """A job as the pipeline would make it."""
    return Job(
        **{
            "id": "job_1",
            "owner": "local",
            "provider": "fake",
            "request": request or GenerateRequest(prompt="a red bridge", model="fake-1"),
            "card": ModelCard(name="fake-1"),
            "asked_model": "fake-1",
            "fingerprint": "0" * 64,
            "created_at": datetime(2026, 11, 22, 12, tzinfo=UTC),
            **facts,
        }
    )
