"""A job as the page shows it, while it runs and after it has ended."""

from dataclasses import dataclass

from domain.errors import ChargeStatus, NotFound
from domain.events import Finished
from domain.job_records import JobRecord
from domain.money.amounts import dollars
from domain.results import ImageResult, ServedFrom
from entrypoints.bootstrap.container import Container
from entrypoints.wire.cost_text import cost_line
from entrypoints.wire.listings import STATE_TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The record of a job and, for a few minutes after it delivered, its `result`.

    `is_live`: this process has the job's events.
    """

    record: JobRecord
    result: ImageResult | None = None
    is_live: bool = False

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
    last = followed.milestones[-1][1] if followed.milestones else None
    result = last.result if isinstance(last, Finished) else None
    return Run(record=record, result=result, is_live=True)
