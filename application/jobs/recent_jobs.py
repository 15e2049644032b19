"""Jobs that ended lately: whoever lost the line can still read how it went."""

from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from time import monotonic

from domain.events import Finished, JobEvent, PartialReady
from domain.jobs import Job
from domain.requests import EditRequest, ImageRequest

MAX_JOBS = 64
MAX_BYTES = 64_000_000
"""Bytes of pictures, given and made. A job that has more is not kept after its end."""
RETENTION_SECONDS = 300.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class RecentJob:
    """A job and its numbered events, without the partials: its last event has better pictures."""

    job: Job[ImageRequest]
    events: tuple[tuple[int, JobEvent], ...]

    @classmethod
    def of(cls, job: Job[ImageRequest], events: tuple[JobEvent, ...]) -> "RecentJob":
        """What is kept of all `events`."""
        numbered = enumerate(events)
        return cls(job, tuple(pair for pair in numbered if not isinstance(pair[1], PartialReady)))

    @property
    def bytes(self) -> int:
        """What the pictures in it take."""
        request, last = self.job.request, self.events[-1][1]
        images = list(request.images) if isinstance(request, EditRequest) else []
        if isinstance(request, EditRequest) and request.mask is not None:
            images.append(request.mask)
        if isinstance(last, Finished):
            images += [picture.image for picture in last.result.images]
        return sum(len(image.data) for image in images)

    def all_events(self) -> tuple[JobEvent, ...]:
        """The kept events."""
        return tuple(event for _, event in self.events)

    def has_event(self, number: int) -> bool:
        """Whether there is an event of this number, or a later one."""
        return self.events[-1][0] >= number

    async def follow(self, cursor: int = 0) -> AsyncGenerator[tuple[int, JobEvent], None]:
        """The kept events from number `cursor` on."""
        for number, event in self.events:
            if number >= cursor:
                yield number, event


class RecentJobs:
    """Keeps the newest within MOST_JOBS, MOST_BYTES and KEPT_FOR; times are those of `clock`."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._jobs: OrderedDict[str, tuple[float, int, RecentJob]] = OrderedDict()
        self._held = 0

    def add(self, ended: RecentJob) -> None:
        """Add a job, and let go of the oldest where there are too many."""
        self._evict(ended.job.id)
        size = ended.bytes
        self._jobs[ended.job.id] = (self._clock() + RETENTION_SECONDS, size, ended)
        self._held += size
        self.evict_expired()

    def get(self, job_id: str) -> RecentJob | None:
        """The job, if it is still kept."""
        self.evict_expired()
        _, _, ended = self._jobs.get(job_id, (0.0, 0, None))
        return ended

    def evict_expired(self) -> None:
        """Let go of what is too old or too much."""
        while self._jobs and self._over_limits():
            self._evict(next(iter(self._jobs)))

    def _evict(self, job_id: str) -> None:
        _, size, _ = self._jobs.pop(job_id, (0.0, 0, None))
        self._held -= size

    def _over_limits(self) -> bool:
        end, _, _ = next(iter(self._jobs.values()))
        return end <= self._clock() or len(self._jobs) > MAX_JOBS or self._held > MAX_BYTES
