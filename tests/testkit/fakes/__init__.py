"""Fakes for ports: small classes for tests, to pass to `run_application` or to use alone."""

from .conversation_repository import MemoryConversationRepository
from .image_cache import DictCache
from .image_source import MemoryImageSource
from .image_store import MemoryImageStore
from .job_repository import MemoryJobRepository
from .optimizer import ScriptedOptimizer, renditions
from .preset_library import MemoryPresetLibrary
from .processor import Turned
from .provider import FakeProvider, FakeResumableProvider
from .samples import PNG, job_for, mask, settings_in, small_image
from .secret_store import MemorySecretStore
from .surroundings import (
    FrozenClock,
    HeaderInspector,
    HeaderNormalizer,
    InstantRetries,
    RecordingSink,
    find_image,
    generate_image,
    no_day_budget,
)
from .usage_ledger import MemoryUsageLedger

__all__ = [
    "PNG",
    "DictCache",
    "FakeProvider",
    "FakeResumableProvider",
    "FrozenClock",
    "HeaderInspector",
    "HeaderNormalizer",
    "InstantRetries",
    "MemoryConversationRepository",
    "MemoryImageSource",
    "MemoryImageStore",
    "MemoryJobRepository",
    "MemoryPresetLibrary",
    "MemorySecretStore",
    "MemoryUsageLedger",
    "RecordingSink",
    "ScriptedOptimizer",
    "Turned",
    "find_image",
    "generate_image",
    "job_for",
    "mask",
    "no_day_budget",
    "renditions",
    "settings_in",
    "small_image",
]
