"""Builds what inspects, normalizes and changes images."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from application.ports.image_inspector import ImageInspector
from application.ports.image_normalizer import ImageNormalizer
from application.ports.image_optimizer import ImageOptimizer
from application.ports.image_processor import ImageProcessor
from entrypoints.bootstrap.plugin_kinds import OPTIMIZERS, PROCESSORS
from entrypoints.bootstrap.plugins import Plugins
from entrypoints.config.settings import Settings

if TYPE_CHECKING:  # it is loaded when the first image comes
    from adapters.pillow.worker_pool import WorkerPool


def image_workers() -> "WorkerPool":
    """The few worker processes in which images are inspected and normalized."""
    from adapters.pillow.inspector import MAX_CONCURRENT
    from adapters.pillow.worker_pool import WorkerPool

    return WorkerPool(MAX_CONCURRENT)


def pillow_inspector(workers: "WorkerPool") -> ImageInspector:
    """Inspects images."""
    from adapters.pillow.inspector import PillowInspector

    return PillowInspector(workers)


def pillow_normalizer(workers: "WorkerPool") -> ImageNormalizer:
    """Normalizes input images."""
    from adapters.pillow.normalizer import PillowNormalizer

    return PillowNormalizer(workers)


def image_optimizer(settings: Settings, plugins: Plugins) -> ImageOptimizer:
    """Makes renditions."""
    name = settings.image_optimizer
    if name != "pillow" and (plugin := plugins.named(OPTIMIZERS, name)) is not None:
        return plugin
    from adapters.pillow.optimizer import PillowOptimizer

    return PillowOptimizer()


def image_processors(settings: Settings, plugins: Plugins) -> Sequence[ImageProcessor]:
    """The steps on renditions that IMAGE_PROCESSORS names, in its order."""
    found = (plugins.named(PROCESSORS, name) for name in settings.processor_names)
    return [processor for processor in found if processor is not None]
