"""What each group of plugins promises, and how that is checked before anything relies on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast, get_args

from application.ports.event_sink import EventSink
from application.ports.image_cache import ImageCache
from application.ports.image_optimizer import ImageOptimizer
from application.ports.image_processor import ImageProcessor
from application.ports.image_provider import ImageProvider
from application.safeguards.safeguard import Safeguard
from domain.models import Catalog
from entrypoints.bootstrap.unavailable_provider import UnavailableProvider
from entrypoints.config.provider_settings import ProviderName

T = TypeVar("T")
Wrap = Callable[[ImageProvider], Safeguard]
"""What the factory of a safeguard returns: it puts the safeguard around a provider."""


class NotPromised(Exception):
    """The part is not of the kind that its group promises; the text says why, for people."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A group of plugins. `check` gets a plugin's name and part, and raises NotPromised."""

    group: str
    check: Callable[[str, Any], None]
    reserved: frozenset[str] = frozenset()

    def promised(self, name: str, part: object) -> T:
        """The part, if it is what the group promises; raise NotPromised."""
        self.check(name, part)
        return cast("T", part)


def _has_methods_of(port: type) -> Callable[[str, Any], None]:
    members = [name for name in vars(port) if not name.startswith("_")]

    def check(_: str, part: object) -> None:
        missing = [name for name in members if not hasattr(part, name)]
        if missing:
            raise NotPromised(f"it is not an {port.__name__}: it has no {', '.join(missing)}")

    return check


def _check_provider(name: str, part: Any) -> None:  # noqa: ANN401 - this finds out what it is
    _has_methods_of(ImageProvider)(name, part)
    if part.name != name:
        raise NotPromised(f"its provider is named {part.name!r}, not {name!r}")
    catalog = part.catalog
    if not isinstance(catalog, Catalog) or catalog.find(catalog.default) is None:
        raise NotPromised("its catalog has no card of its default model")


def _check_safeguard(name: str, part: Any) -> None:  # noqa: ANN401 - this finds out what it is
    if not callable(part) or not isinstance(part(UnavailableProvider(name, "")), Safeguard):
        raise NotPromised("its factory returns nothing that puts a Safeguard around a provider")


def _check_processor(name: str, part: Any) -> None:  # noqa: ANN401 - this finds out what it is
    _has_methods_of(ImageProcessor)(name, part)
    options = part.options
    if not isinstance(options, Mapping) or {*map(type, [*options, *options.values()])} - {str}:
        raise NotPromised("its options are not texts by name")


PROVIDERS: Kind[ImageProvider] = Kind(
    "providers", _check_provider, frozenset({*get_args(ProviderName), "auto", "openai-responses"})
)
SAFEGUARDS: Kind[Wrap] = Kind("safeguards", _check_safeguard)
CACHES: Kind[ImageCache] = Kind(
    "caches", _has_methods_of(ImageCache), frozenset({"disk", "memory"})
)
OPTIMIZERS: Kind[ImageOptimizer] = Kind(
    "optimizers", _has_methods_of(ImageOptimizer), frozenset({"pillow"})
)
PROCESSORS: Kind[ImageProcessor] = Kind("image_processors", _check_processor)
SINKS: Kind[EventSink] = Kind("event_sinks", _has_methods_of(EventSink))
KINDS: tuple[Kind[Any], ...] = (PROVIDERS, SAFEGUARDS, CACHES, OPTIMIZERS, PROCESSORS, SINKS)
