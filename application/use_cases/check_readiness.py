"""Use case: whether the service takes new work."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from application.jobs.job_runner import JobRunner
from application.ports.image_cache import HasCacheStats, ImageCache
from application.ports.image_store import ImageStore
from application.ports.job_repository import JobRepository
from application.use_cases.list_models import ListModels
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
    """One check per part. A part that is not required, such as the cache, may fail.

    `warnings` are about what works today and will not, or not as requested, before long.
    """

    checks: Sequence[Check]
    warnings: Sequence[str] = ()

    @property
    def is_ready(self) -> bool:
        """Whether every required part is ok."""
        return all(check.state == "ok" for check in self.checks if check.required)


class CheckReadiness:
    """Checks the image store, the records, the cache, and whether jobs are being drained.

    It warns from 30 days before the default model retires.
    """

    def __init__(
        self,
        runner: JobRunner,
        images: ImageStore,
        records: JobRepository,
        cache: ImageCache,
        list_models: ListModels,
    ) -> None:
        self.runner = runner
        self.images = images
        self.records = records
        self.cache = cache
        self.list_models = list_models

    async def __call__(self) -> Readiness:
        """Return all checks. A part that fails is reported, not raised."""
        checks = [
            await _check("archive", self.images.check_writable),
            await _check("records", self.records.check_writable),
            await _check("cache", self._probe_cache, required=False),
        ]
        if self.runner.draining:
            checks.append(Check(name="jobs", state="draining"))
        # The default model alone: the models that clients request are no other client's business.
        return Readiness(checks=checks, warnings=self.list_models().default.notes)

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
