"""Jobs that ended lately: whoever lost the line can still read how it went."""

from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from time import monotonic

from domain.events import Finished, JobEvent, PartialReady
from domain.jobs import Job
from domain.requests import EditRequest, PictureRequest

MOST_JOBS = 64
MOST_BYTES = 64_000_000
"""Bytes of pictures, given and made. A job that has more is not kept after its end."""
KEPT_FOR = 300.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class EndedJob:
    """A job and its numbered events, without the partials: its last event has better pictures."""

    job: Job[PictureRequest]
    events: tuple[tuple[int, JobEvent], ...]

    @classmethod
    def of(cls, job: Job[PictureRequest], events: tuple[JobEvent, ...]) -> "EndedJob":
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
            images += [picture.image for picture in last.images.pictures]
        return sum(len(image.data) for image in images)

    def told(self) -> tuple[JobEvent, ...]:
        """The kept events."""
        return tuple(event for _, event in self.events)

    def has(self, number: int) -> bool:
        """Whether there is an event of this number, or a later one."""
        return self.events[-1][0] >= number

    async def watched(self, cursor: int = 0) -> AsyncGenerator[tuple[int, JobEvent], None]:
        """The kept events from number `cursor` on."""
        for number, event in self.events:
            if number >= cursor:
                yield number, event


class EndedJobs:
    """Keeps the newest within MOST_JOBS, MOST_BYTES and KEPT_FOR; times are those of `clock`."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._jobs: OrderedDict[str, tuple[float, int, EndedJob]] = OrderedDict()
        self._held = 0

    def keep(self, ended: EndedJob) -> None:
        """Add a job, and let go of the oldest where there are too many."""
        self._let_go(ended.job.id)
        size = ended.bytes
        self._jobs[ended.job.id] = (self._clock() + KEPT_FOR, size, ended)
        self._held += size
        self.tidy()

    def get(self, job_id: str) -> EndedJob | None:
        """The job, if it is still kept."""
        self.tidy()
        _, _, ended = self._jobs.get(job_id, (0.0, 0, None))
        return ended

    def tidy(self) -> None:
        """Let go of what is too old or too much."""
        while self._jobs and self._too_much():
            self._let_go(next(iter(self._jobs)))

    def _let_go(self, job_id: str) -> None:
        _, size, _ = self._jobs.pop(job_id, (0.0, 0, None))
        self._held -= size

    def _too_much(self) -> bool:
        end, _, _ = next(iter(self._jobs.values()))
        return end <= self._clock() or len(self._jobs) > MOST_JOBS or self._held > MOST_BYTES
