"""The six oracles that must hold after every case. Each one reports a line for each violation."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.canaries import secrets_in
from tests.chaos.disk import Disk
from tests.chaos.documented_codes import documented_codes
from tests.chaos.health_probe import MAX_LATENCY, HealthProbe
from tests.chaos.processes import descriptors, resident
from tests.chaos.waiting import wait_for
from tests.standin import Call, Charge, StandIn

SETTLE_SECONDS = 10.0
"""Seconds within which images are on the disk, and memory and descriptors are released."""
MEMORY_FACTOR, MEMORY_SLACK = 1.10, 30_000_000
"""A tenth more, or what the heap retains of one large image and the library that encoded it."""
DESCRIPTOR_SLACK = 5 + 11
"""Five, and idle connections to the provider: their pool closes expired ones only when it is used
again. 16 remained after ten concurrent calls, 5 after the next call."""
STABLE_SAMPLES = 10
"""After this many samples with the same number of descriptors a process is at rest."""
MIN_PROBES = 20
"""With fewer probes a percentile has no meaning."""


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """Exceptions from the oracles for one case.

    `unknown`: a charge whose image never arrived, if its job is listed as unknown.
    `invalid_reply`: a charge for a reply without an image, if its job failed and the reply is in
    quarantine. `empty`: the same for an empty reply, which cannot be quarantined. `unstored`: an
    image that was delivered as "not stored". `slow_health`: /health may be late. `posts`: how
    many POSTs a logical request may take.
    """

    unknown: bool = False
    invalid_reply: bool = False
    empty: bool = False
    unstored: bool = False
    slow_health: bool = False
    posts: int = 1


def nothing_is_lost(api: StandIn, disk: Disk, allowed: Allowed, unstored: set[str]) -> list[str]:
    """O1: every charged image is on the disk, or its job is listed as unknown."""
    found: list[str] = []

    def is_settled() -> bool:
        found[:] = _lost(api, disk, allowed, unstored)
        return not found

    wait_for(is_settled, SETTLE_SECONDS)
    found += [f"O1: {file.name} is truncated" for file in disk.truncated_images()]
    return found


def _lost(api: StandIn, disk: Disk, allowed: Allowed, unstored: set[str]) -> list[str]:
    stored = disk.stored_digests() | (unstored if allowed.unstored else set())
    missing = [charge for charge in api.ledger if not stored.issuperset(charge.digests)]
    if not missing:
        return []
    excused = {job.prompt for job in disk.jobs() if _excused(job.state, job.id, disk, allowed)}
    prompts = [(prompt_of(api, charge), charge) for charge in missing]
    return [
        f"O1: of {prompt!r} {charge.digests} is missing"
        for prompt, charge in prompts
        if prompt not in excused
    ]


def _excused(state: str, job_id: str, disk: Disk, allowed: Allowed) -> bool:
    if state == "unknown":
        return allowed.unknown
    quarantined = any(file.name.startswith(job_id) for file in disk.quarantined())
    return state == "failed" and (allowed.empty or (allowed.invalid_reply and quarantined))


def prompt_of(api: StandIn, charge: Charge) -> str:
    """The prompt of the charge; each logical request of a case has its own prompt."""
    return requested_prompt(api.calls[charge.call])


def requested_prompt(call: Call) -> str:
    """The prompt of a call to the Images API, or the first text of one to the Responses API."""
    inputs = call.fields.get("input")
    if not isinstance(inputs, list):
        return str(call.fields.get("prompt"))
    return next(
        str(part["text"])
        for message in inputs
        for part in message["content"]
        if part["type"] == "input_text"
    )


def nothing_is_charged_twice(api: StandIn, allowed: Allowed) -> list[str]:
    """O2: a logical request is at most one POST, unless it was provably not dispatched."""
    # A POST without fields was cut off before its body arrived.
    read = [call for call in api.posts if call.fields]
    posts = Counter(map(requested_prompt, read))
    return [
        f"O2: {prompt!r} took {number} POSTs"
        for prompt, number in posts.items()
        if number > allowed.posts
    ]


def no_secret_leaks(files: Iterable[Path]) -> Iterator[str]:
    """O3 for files; replies are checked as they arrive."""
    for file in files:
        try:
            found = secrets_in(file.read_bytes())
        except FileNotFoundError:
            continue  # a database's log is removed with its last reader
        if found:
            yield f"O3: {file.name} has {found}"


@dataclass(frozen=True)
class Baseline:
    """Memory in bytes and descriptors of a warm, idle process."""

    memory: int
    descriptors: int

    @classmethod
    def of(cls, pid: int) -> "Baseline":
        """The current values."""
        return cls(resident(pid), descriptors(pid))

    @classmethod
    def at_rest(cls, pid: int) -> "Baseline":
        """The values once the last clients have disconnected."""
        samples: deque[int] = deque(maxlen=STABLE_SAMPLES)

        def is_stable() -> bool:
            samples.append(descriptors(pid))
            return len(samples) == STABLE_SAMPLES and len({*samples}) == 1

        wait_for(is_stable, SETTLE_SECONDS)
        return cls.of(pid)

    def allows(self, now: "Baseline") -> bool:
        """Whether `now` is within the slack."""
        most = max(self.memory * MEMORY_FACTOR, self.memory + MEMORY_SLACK)
        return now.memory <= most and now.descriptors <= self.descriptors + DESCRIPTOR_SLACK


def no_resource_leaks(pid: int, before: Baseline) -> list[str]:
    """O4: memory and descriptors return to their values before the case."""
    now = Baseline.of(pid)

    def is_released() -> bool:
        nonlocal now
        now = Baseline.of(pid)
        return before.allows(now)

    return [] if wait_for(is_released, SETTLE_SECONDS) else [f"O4: {now} exceeds {before}"]


def health_stays_responsive(probe: HealthProbe) -> Iterator[str]:
    """O5: /health replies in time. A single slow reply on a shared machine is noise."""
    if probe.failures:
        yield f"O5: /health failed {probe.failures} times"
    late = probe.percentile(0.99)
    if len(probe.latencies) >= MIN_PROBES and late >= MAX_LATENCY:
        yield f"O5: one in 100 replies of /health took {late:.3f} s or more"


def failures_are_documented(codes: Iterable[str], output: Callable[[], bytes]) -> Iterator[str]:
    """O6: a failure has a documented code, and no output has a traceback."""
    for code in sorted(set(codes) - documented_codes()):
        yield f"O6: {code!r} is not a documented code"
    text = output()
    at = text.find(b"Traceback")
    if at >= 0:
        yield f"O6: a traceback: {text[max(0, at - 300) : at + 3000].decode(errors='replace')}"
