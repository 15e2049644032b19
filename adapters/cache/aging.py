"""How an entry keeps its age on its way from a slower tier to a faster one."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from application.ports.image_cache import Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class AgedHit(Hit):
    """A hit that knows for how many seconds its entry has been kept."""

    age: float


@runtime_checkable
class KeepsAge(Protocol):
    """A tier that can take over an entry without making it young again."""

    async def take_over(self, key: str, hit: AgedHit, /) -> None:
        """Keep the entry for as long as it would still be kept where it was found."""
