"""Use case: whether the service takes new work."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from application.jobs.job_runner import JobRunner
from application.ports.image_cache import HasCacheStats, ImageCache
from application.ports.image_store import ImageStore
from application.ports.job_repository import JobRepository
from domain.errors import ImageServiceError

NO_KEY = "0" * 64
"""The cache key that readiness probes look up; no result has it."""
State = Literal["ok", "unavailable", "draining"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The state of one part. `reason` is for the log only, because any client may send a probe."""

    name: str
    state: State = "ok"
    required: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """One check per part. A part that is not required, such as the cache, may fail."""

    checks: Sequence[Check]

    @property
    def is_ready(self) -> bool:
        """Whether every required part is ok."""
        return all(check.state == "ok" for check in self.checks if check.required)


class CheckReadiness:
    """Checks the image store, the records, the cache, and whether jobs are being drained."""

    def __init__(
        self, runner: JobRunner, images: ImageStore, records: JobRepository, cache: ImageCache
    ) -> None:
        self.runner = runner
        self.images = images
        self.records = records
        self.cache = cache

    async def __call__(self) -> Readiness:
        """Return all checks. A part that fails is reported, not raised."""
        checks = [
            await _check("archive", self.images.check_writable),
            await _check("records", self.records.check_writable),
            await _check("cache", self._probe_cache, required=False),
        ]
        if self.runner.draining:
            checks.append(Check(name="jobs", state="draining"))
        return Readiness(checks=checks)

    async def _probe_cache(self) -> None:
        if isinstance(self.cache, HasCacheStats):  # looking up a key would count as a miss
            await self.cache.stats()
        else:
            await self.cache.get(NO_KEY)


async def _check(
    name: str, probe: Callable[[], Awaitable[object]], *, required: bool = True
) -> Check:
    try:
        await probe()
    except ImageServiceError as error:
        reason = f"{error.message} {error.hint}"
        return Check(name=name, state="unavailable", required=required, reason=reason)
    return Check(name=name, required=required)
