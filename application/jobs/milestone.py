"""An event of a job that is kept for readers that come later."""

from dataclasses import dataclass
from datetime import datetime

from domain.events import JobEvent


@dataclass(frozen=True, slots=True)
class Milestone:
    """An event that is no preview, its number in the job's log, and when it happened."""

    number: int
    event: JobEvent
    at: datetime
