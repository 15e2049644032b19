"""What holds after every case: the six oracles. Each yields a line for each fault that it finds."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.canaries import secrets_in
from tests.chaos.disk import Disk
from tests.chaos.documented import documented
from tests.chaos.processes import descriptors, resident
from tests.chaos.pulse import WITHIN, Pulse
from tests.chaos.waiting import reached
from tests.standin import Charge, StandIn

SETTLES_IN = 10.0
"""Seconds in which what arrives is on the disk, and memory and descriptors are back."""
MORE_MEMORY, LEAST_MEMORY = 1.10, 30_000_000
"""A tenth more, or what the heap keeps of one large picture and the library that encoded it."""
MORE_DESCRIPTORS = 5 + 11
"""Five, and connections to the provider that wait for a next call: their pool lets go of those that
are too old only when it is used again. 16 stayed after ten calls at once, 5 after the next call."""
QUIET_LOOKS = 10
"""After so many looks with the same number of descriptors a process is at rest."""
ENOUGH_BEATS = 20
"""Below that a percentile says nothing."""


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """What a case may do that others may not.

    `unknown`: a charge whose picture never arrived, if its job is listed as unknown. `rubbish`:
    one that was no picture, if its job failed and what came is in quarantine; `empty`: the same
    of a reply of no bytes, of which nothing can be kept. `unstored`: one that was delivered with
    the words "not stored". `drowsy`: /health may be late. `posts`: how many a logical request may
    have.
    """

    unknown: bool = False
    rubbish: bool = False
    empty: bool = False
    unstored: bool = False
    drowsy: bool = False
    posts: int = 1


def nothing_is_lost(api: StandIn, disk: Disk, allowed: Allowed, unstored: set[str]) -> list[str]:
    """O1: every picture that was charged is on the disk, or its job is listed as unknown."""
    found: list[str] = []

    def settled() -> bool:
        found[:] = _lost(api, disk, allowed, unstored)
        return not found

    reached(settled, SETTLES_IN)
    found += [f"O1: {file.name} is cut" for file in disk.cut()]
    return found


def _lost(api: StandIn, disk: Disk, allowed: Allowed, unstored: set[str]) -> list[str]:
    kept = disk.kept() | (unstored if allowed.unstored else set())
    gone = [charge for charge in api.ledger if not kept.issuperset(charge.digests)]
    if not gone:
        return []
    excused = {job.prompt for job in disk.jobs() if _excused(job.state, job.id, disk, allowed)}
    prompts = [(prompt_of(api, charge), charge) for charge in gone]
    return [
        f"O1: of {prompt!r} {charge.digests} is nowhere"
        for prompt, charge in prompts
        if prompt not in excused
    ]


def _excused(state: str, job_id: str, disk: Disk, allowed: Allowed) -> bool:
    if state == "unknown":
        return allowed.unknown
    isolated = any(file.name.startswith(job_id) for file in disk.quarantined())
    return state == "failed" and (allowed.empty or (allowed.rubbish and isolated))


def prompt_of(api: StandIn, charge: Charge) -> str:
    """The prompt that was charged; each logical request of a case has one of its own."""
    return str(api.calls[charge.call].fields.get("prompt"))


def nothing_is_paid_twice(api: StandIn, allowed: Allowed) -> list[str]:
    """O2: a logical request is at most one POST, unless it was provably not dispatched."""
    read = [call for call in api.posts if call.fields]  # the others were cut off on their way
    posts = Counter(str(call.fields.get("prompt")) for call in read)
    return [
        f"O2: {prompt!r} took {number} POSTs"
        for prompt, number in posts.items()
        if number > allowed.posts
    ]


def no_secret_is_told(files: Iterable[Path]) -> Iterator[str]:
    """O3, of files; answers are looked at as they come."""
    for file in files:
        try:
            found = secrets_in(file.read_bytes())
        except FileNotFoundError:
            continue  # a database's log goes when the last who reads it goes
        if found:
            yield f"O3: {file.name} has {found}"


@dataclass(frozen=True)
class Baseline:
    """Memory in bytes and descriptors of a process that is warm and idle."""

    memory: int
    descriptors: int

    @classmethod
    def of(cls, pid: int) -> "Baseline":
        """What it has now."""
        return cls(resident(pid), descriptors(pid))

    @classmethod
    def at_rest(cls, pid: int) -> "Baseline":
        """What it has once its last clients are gone."""
        looks: deque[int] = deque(maxlen=QUIET_LOOKS)

        def rests() -> bool:
            looks.append(descriptors(pid))
            return len(looks) == QUIET_LOOKS and len({*looks}) == 1

        reached(rests, SETTLES_IN)
        return cls.of(pid)

    def is_back(self, now: "Baseline") -> bool:
        """Whether `now` is no more than a little above."""
        most = max(self.memory * MORE_MEMORY, self.memory + LEAST_MEMORY)
        return now.memory <= most and now.descriptors <= self.descriptors + MORE_DESCRIPTORS


def nothing_leaks(pid: int, before: Baseline) -> list[str]:
    """O4: memory and descriptors are back at what they were."""
    now = Baseline.of(pid)

    def is_back() -> bool:
        nonlocal now
        now = Baseline.of(pid)
        return before.is_back(now)

    return [] if reached(is_back, SETTLES_IN) else [f"O4: {now} is not back at {before}"]


def it_stays_awake(pulse: Pulse) -> Iterator[str]:
    """O5: /health answers in time. A lone slow answer on a shared machine is noise."""
    if pulse.refused:
        yield f"O5: /health failed {pulse.refused} times"
    late = pulse.percentile(0.99)
    if len(pulse.waits) >= ENOUGH_BEATS and late >= WITHIN:
        yield f"O5: one in 100 answers of /health took {late:.3f} s or more"


def failures_have_names(codes: Iterable[str], said: Callable[[], bytes]) -> Iterator[str]:
    """O6: a failure has a code that the documentation tells of; nobody sees a traceback."""
    for code in sorted(set(codes) - documented()):
        yield f"O6: {code!r} is no documented failure"
    text = said()
    at = text.find(b"Traceback")
    if at >= 0:
        yield f"O6: a traceback: {text[max(0, at - 300) : at + 3000].decode(errors='replace')}"
