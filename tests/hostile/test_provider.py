"""A hostile provider, in front of a real server."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from application.safeguards.circuit_breaker import MAX_FAILURES
from tests.chaos.canaries import secrets_in
from tests.chaos.entry_points import HttpClient
from tests.chaos.oracles import Allowed
from tests.chaos.trial import Trial
from tests.hostile.provider_behaviors import BEHAVIORS, Behavior, redirects
from tests.standin import StandIn, body_faults
from tests.standin.raw_faults import stream

pytestmark = [pytest.mark.hostile, pytest.mark.timeout(600)]
DEADLINE = 1.0
"""Seconds of PROVIDER_DEADLINE."""
LATE = 2.0
"""Seconds after which a reply is late: the deadline, and as long again on a shared machine."""
UNSAFE = re.compile(
    "[^\n\t\x20-\x7e\xa0-\u061b\u0620-\u200d\u2010-\u2027\u2030-\u2065\u2070-\ud7ff\ue000-\U0010ffff]"
)
"""Every control character, bidirectional control and half a character."""


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    with StandIn(default=body_faults.small(), keep_uploads=False) as api:
        settings = {
            "PROVIDER_TIMEOUT": "30",
            "PROVIDER_DEADLINE": str(DEADLINE),
            "CACHE_TTL": "0",
            "RATE_LIMIT": "0",
        }
        yield Trial(api=api, folder=tmp_path, settings=settings)


@pytest.fixture
def stranger() -> Iterator[StandIn]:
    """A server to which the provider redirects."""
    with StandIn() as api:
        yield api


def test_a_hostile_provider_gets_one_post_and_ends_at_the_deadline(
    trial: Trial, stranger: StandIn, counts: Counter[str]
) -> None:
    behaviors = [*redirects(f"{stranger.base_url}/images/generations"), *BEHAVIORS]
    counts["behaviors"] = len(behaviors)
    with trial:
        server = trial.serve()
        clients = {
            name: HttpClient(name, server.port, trial.check_secrets)
            for name in ("images", "stream")
        }
        for behavior in behaviors:
            for streamed in behavior.shapes:
                trial.faults += check(
                    trial, clients["stream" if streamed else "images"], behavior, counts
                )
        trial.faults += [f"the stranger got {call.method} {call.path}" for call in stranger.calls]


def check(trial: Trial, client: HttpClient, behavior: Behavior, counts: Counter[str]) -> list[str]:
    """The violations of one call to a provider that behaves like this, and of a call after it."""
    trial.api.reset()
    trial.api.script(behavior.fault)
    more = {"partialImages": 1} if client.name == "stream" else {}
    call = client.start(trial.small(behavior.name, **more))
    outcome = call.outcome()
    counts["calls"] += 1
    counts[outcome.code or "images"] += 1
    text, where = outcome.text, f"{behavior.name} ({client.name})"
    found = {
        f"code {outcome.code}": outcome.code == behavior.code,
        f"{outcome.seconds:.1f} s": outcome.seconds < DEADLINE + LATE,
        f"{len(trial.api.posts)} POSTs": len(trial.api.posts) == 1,
        f"charged {outcome.facts.get('charged')}": outcome.code is None
        or outcome.facts["charged"] == behavior.charged,
        "a text is missing": all(each in text for each in behavior.texts),
        "an unsafe character": not any(map(UNSAFE.search, strings_in(outcome.facts))),
        "a secret": not secrets_in(bytes(call.received)),
    }
    trial.api.clear_script()
    after = client.call(trial.small("after it"))
    found["a good call fails after it"] = after.succeeded
    return [f"{where}: {fault}: {text[:600]}" for fault, right in found.items() if not right]


def strings_in(value: object) -> Iterator[str]:
    """Every string in a JSON value."""
    if isinstance(value, dict):
        yield from strings_in([*value, *value.values()])
    elif isinstance(value, list):
        for each in value:
            yield from strings_in(each)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("slots", [4, 48])
def test_endless_streams_give_their_slots_back(
    trial: Trial, counts: Counter[str], slots: int
) -> None:
    """Calls that wait for a slot get one at the deadline, or the circuit breaker's answer."""
    endless = stream(endless=b": keep\n\n")
    trial.settings["MAX_CONCURRENT_CALLS"] = str(slots)
    trial.allowed = Allowed(unknown=True)
    with trial:
        client = HttpClient("stream", trial.serve(warm=False).port, trial.check_secrets)
        trial.api.script(*[endless] * slots)
        occupying = [client.start(trial.small("endless", partialImages=1)) for _ in range(slots)]
        trial.api.wait_for_calls(slots, timeout=20)
        started = monotonic()
        waiting = [client.start(trial.small("waiting")) for _ in range(4)]
        outcomes = [call.outcome() for call in waiting]
        assert monotonic() - started < DEADLINE + LATE
        opens = {"provider_resting"} if slots >= MAX_FAILURES else set()
        assert {outcome.code for outcome in outcomes} <= {None, *opens}
        codes = {call.outcome().code for call in occupying}
        assert codes == {"provider_timed_out"}
        counts["endless streams"], counts["calls behind them"] = slots, len(outcomes)
