"""A job as the page shows it, while it runs and after it has ended."""

from dataclasses import dataclass
from datetime import datetime

from domain.errors import ChargeStatus, NotFound
from domain.events import Finished, JobEvent
from domain.job_records import JobRecord
from domain.money.amounts import dollars
from domain.requests import ImageRequest
from domain.results import ImageResult, ServedFrom
from entrypoints.bootstrap.container import Container
from entrypoints.wire.cost_text import cost_line
from entrypoints.wire.listings import STATE_TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The record of a job and, until a few minutes after its end, its events in this process."""

    record: JobRecord
    request: ImageRequest | None = None
    history: tuple[tuple[datetime, JobEvent], ...] = ()
    is_live: bool = False
    """Whether this process has the job's events."""

    @property
    def result(self) -> ImageResult | None:
        """What the job delivered, if this process has its events."""
        _, last = self.history[-1] if self.history else (None, None)
        return last.result if isinstance(last, Finished) else None

    @property
    def cost(self) -> str:
        """What the request cost, in words; empty if nothing is known of it."""
        if self.result is not None:
            return cost_line(self.result).removeprefix("Cost: ").removesuffix(".")
        record = self.record
        if record.cost is not None:
            return dollars(record.cost)
        if record.estimate is None or record.charged is ChargeStatus.NO:
            return ""
        return f"≈ {dollars(record.estimate, up=True)} (estimated)"

    @property
    def origin(self) -> str:
        """Where the images come from, in one word."""
        is_cached = self.result is not None and self.result.is_cached
        joined = self.result is not None and self.result.served_from == ServedFrom.JOINED
        return "cached" if is_cached else "shared" if joined else "generated"

    @property
    def state(self) -> str:
        """The state in words."""
        return STATE_TEXT.get(self.record.state.value, self.record.state.value)

    @property
    def before(self) -> str:
        """The ID of the image that an edit changed; empty if there is none."""
        recipe = self.record.recipe
        return recipe.images[0] if recipe and recipe.images else ""


async def find_run(container: Container, job_id: str, owner: str) -> Run:
    """The owner's job of this ID; raises NotFound and ArchiveUnavailable."""
    record = await container.get_job()(job_id, owner=owner)
    try:
        followed = await container.follow_job()(job_id, owner=owner)
    except NotFound:
        return Run(record=record)
    return Run(
        record=record,
        request=followed.job.request,
        history=tuple((each.at, each.event) for each in followed.milestones),
        is_live=True,
    )
