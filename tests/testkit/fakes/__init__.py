"""Stand-ins for every port: small classes to build tests from, and to swap providers with."""

from tests.testkit.fakes.job_repository import MemoryJournal
from tests.testkit.fakes.optimizer import ScriptedOptimizer, renditions
from tests.testkit.fakes.provider import FakeProvider
from tests.testkit.fakes.samples import PNG, job_for, mask, picture, settings_in
from tests.testkit.fakes.storage import DictCache, MemoryArchive
from tests.testkit.fakes.surroundings import (
    FrozenClock,
    HeaderInspector,
    PatientAttempts,
    RecordingSink,
)
from tests.testkit.fakes.usage_ledger import MemoryLedger

__all__ = [
    "PNG",
    "DictCache",
    "FakeProvider",
    "FrozenClock",
    "HeaderInspector",
    "MemoryArchive",
    "MemoryJournal",
    "MemoryLedger",
    "PatientAttempts",
    "RecordingSink",
    "ScriptedOptimizer",
    "job_for",
    "mask",
    "picture",
    "renditions",
    "settings_in",
]
