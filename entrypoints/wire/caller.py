"""Who asks: whose pictures they get to see, and how often they may ask for new ones."""

from collections.abc import Callable
from dataclasses import dataclass

from application.jobs.job_handle import JobHandle
from domain.errors import ImageServiceError
from domain.jobs import LOCAL
from entrypoints.wire.image_results import Link


def _always() -> None:
    return


def _unheard(_: object) -> None:
    return


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody at a door.

    `admit` raises TooManyRequests when they ask too often. `took` hears of each ticket that they
    are given, `refused` why they are given none. Asking again under a `key` is asking once. `link`
    is how they reach pictures, if not as files.
    """

    owner: str = LOCAL
    key: str | None = None
    link: Link | None = None
    check_rate: Callable[[], None] = _always
    on_job: Callable[[JobHandle], None] = _unheard
    on_error: Callable[[ImageServiceError], None] = _unheard
