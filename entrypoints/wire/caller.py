"""Who asks: whose pictures they get to see, and how often they may ask for new ones."""

from collections.abc import Callable
from dataclasses import dataclass

from application.jobs.job_handle import Ticket
from domain.errors import StudioError
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
    admit: Callable[[], None] = _always
    took: Callable[[Ticket], None] = _unheard
    refused: Callable[[StudioError], None] = _unheard
