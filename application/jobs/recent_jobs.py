"""Jobs that ended recently, kept so that clients that reconnect can replay their events."""

from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from time import monotonic

from application.jobs.milestone import Milestone
from domain.conversations import ConversationId
from domain.events import Finished, JobEvent
from domain.jobs import Job
from domain.requests import EditRequest, ImageRequest

MAX_JOBS = 64
MAX_BYTES = 48_000_000
"""Limit for the bytes of all jobs' input and result images. A job that has more is not kept."""
RETENTION_SECONDS = 300.0
"""Seconds that a job is kept after its end."""


@dataclass(frozen=True, slots=True)
class RecentJob:
    """A job and its events without previews, because the result has better images."""

    job: Job[ImageRequest]
    milestones: tuple[Milestone, ...]

    @property
    def bytes(self) -> int:
        """Bytes of the images that the job refers to."""
        request, last = self.job.request, self.milestones[-1].event
        images = list(request.images) if isinstance(request, EditRequest) else []
        if isinstance(request, EditRequest) and request.mask is not None:
            images.append(request.mask)
        if isinstance(last, Finished):
            images += [image.image for image in last.result.images]
        return sum(len(image.data) for image in images)

    def has_event(self, number: int) -> bool:
        """Whether there is an event with this number or a later one."""
        return self.milestones[-1].number >= number

    async def follow(self, cursor: int = 0) -> AsyncGenerator[tuple[int, JobEvent], None]:
        """The kept events from number `cursor` on."""
        for milestone in self.milestones:
            if milestone.number >= cursor:
                yield milestone.number, milestone.event


class RecentJobs:
    """Keeps the newest jobs within MAX_JOBS, MAX_BYTES and RETENTION_SECONDS of `clock`."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._jobs: OrderedDict[str, tuple[float, int, RecentJob]] = OrderedDict()
        self._bytes = 0

    def add(self, job: RecentJob) -> None:
        """Add a job, and evict the oldest ones beyond the limits."""
        self._evict(job.job.id)
        size = job.bytes
        self._jobs[job.job.id] = (self._clock() + RETENTION_SECONDS, size, job)
        self._bytes += size
        self.evict_expired()

    def get(self, job_id: str) -> RecentJob | None:
        """The job, if it is still kept."""
        self.evict_expired()
        _, _, job = self._jobs.get(job_id, (0.0, 0, None))
        return job

    def discard(self, conversation: ConversationId, *, owner: str) -> None:
        """Keep no job of this conversation any longer."""
        for _, _, recent in [*self._jobs.values()]:
            options = recent.job.request.conversation
            if options and (options.id, recent.job.owner) == (conversation, owner):
                self._evict(recent.job.id)

    def evict_expired(self) -> None:
        """Evict the oldest jobs while one is too old or they exceed MAX_JOBS or MAX_BYTES."""
        while self._jobs and self._over_limits():
            self._evict(next(iter(self._jobs)))

    def _evict(self, job_id: str) -> None:
        _, size, _ = self._jobs.pop(job_id, (0.0, 0, None))
        self._bytes -= size

    def _over_limits(self) -> bool:
        expires_at, _, _ = next(iter(self._jobs.values()))
        too_many = len(self._jobs) > MAX_JOBS or self._bytes > MAX_BYTES
        return too_many or expires_at <= self._clock()
