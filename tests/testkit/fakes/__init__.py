"""Stand-ins for every port: small classes to build tests from, and to swap providers with."""

from tests.testkit.fakes.image_cache import DictCache
from tests.testkit.fakes.job_repository import MemoryJobRepository
from tests.testkit.fakes.optimizer import ScriptedOptimizer, renditions
from tests.testkit.fakes.provider import FakeProvider
from tests.testkit.fakes.samples import PNG, job_for, mask, picture, settings_in
from tests.testkit.fakes.storage import MemoryImageStore
from tests.testkit.fakes.surroundings import (
    FrozenClock,
    HeaderInspector,
    InstantRetries,
    RecordingSink,
)
from tests.testkit.fakes.usage_ledger import MemoryUsageLedger

__all__ = [
    "PNG",
    "DictCache",
    "FakeProvider",
    "FrozenClock",
    "HeaderInspector",
    "InstantRetries",
    "MemoryImageStore",
    "MemoryJobRepository",
    "MemoryUsageLedger",
    "RecordingSink",
    "ScriptedOptimizer",
    "job_for",
    "mask",
    "picture",
    "renditions",
    "settings_in",
]
