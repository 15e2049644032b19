"""Stand-ins for every port: small classes to build tests from, and to swap providers with."""

from tests.fakes.journal import MemoryJournal
from tests.fakes.ledger import MemoryLedger
from tests.fakes.optimizer import ScriptedOptimizer, renditions
from tests.fakes.provider import FakeProvider
from tests.fakes.samples import PNG, job_for, mask, picture, settings_in
from tests.fakes.storage import DictCache, MemoryArchive
from tests.fakes.surroundings import FrozenClock, HeaderInspector, PatientAttempts, RecordingSink

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
