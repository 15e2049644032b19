"""Port: the events of jobs, for every caller that follows a job."""

from collections.abc import AsyncGenerator
from typing import Protocol

from domain.events import JobEvent


class JobLog(Protocol):
    """The events of one job, in their order and numbered from 0.

    Finished or Failed closes the log: it is the last event. Any number of readers read at the same
    time, each at its own pace; a slow one delays no other.
    """

    def append(self, event: JobEvent, /) -> None:
        """Add the next event, and return at once; a remote store writes later, in the same order.

        The log must not be closed. Never raises otherwise.
        """

    @property
    def closed(self) -> bool:
        """Whether the log has its last event."""

    def read(
        self, cursor: int = 0, /, *, drop_superseded: bool = False
    ) -> AsyncGenerator[tuple[int, JobEvent], None]:
        """Yield event number `cursor` and all later ones, each with its number, up to the last.

        Waits for events that are still to come. With `drop_superseded` it leaves out, of the events
        that were appended while the reader was busy with an earlier one, each preview that a later
        preview of the same image supersedes. Read it under `contextlib.aclosing`.
        """


class JobEvents(Protocol):
    """One log for each job."""

    def open(self, job_id: str, /) -> JobLog:
        """Return the job's log, which is empty at first.

        While the log is in use, every call with this ID returns the same events.
        """
