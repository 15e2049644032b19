"""Who asks: whose pictures they get to see, and how often they may ask for new ones."""

from collections.abc import Callable
from dataclasses import dataclass

from domain.jobs import LOCAL


def _always() -> None:
    return


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody at a door. `admit` raises TooManyRequests when they ask too often."""

    owner: str = LOCAL
    admit: Callable[[], None] = _always
