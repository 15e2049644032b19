"""A failing provider gets no calls for a while."""

import asyncio
from collections.abc import Callable

import pytest

from application.safeguards.circuit_breaker import MAX_FAILURES, OPEN_SECONDS, CircuitBreaker
from domain.errors import Busy, ImageServiceError
from domain.provider_errors import (
    CircuitOpen,
    ContentRefused,
    OutcomeUnknown,
    ProviderFailed,
    ProviderTimedOut,
    ProviderUnreachable,
)
from tests.testkit.fakes import FakeProvider
from tests.unit.results import delivered, events

pytestmark = pytest.mark.anyio


class Scene:
    """A provider behind its circuit breaker, and a clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.provider = FakeProvider()
        self.safeguard = CircuitBreaker(self.provider, clock=lambda: self.now)

    async def fail(self, *faults: ImageServiceError) -> None:
        for fault in faults:
            self.provider.fails.append(fault)  # type: ignore[arg-type] # Busy is a safeguard's
            with pytest.raises(type(fault)):
                await events(self.safeguard)

    async def open_circuit(self) -> None:
        await self.fail(*(OutcomeUnknown("Cut.") for _ in range(MAX_FAILURES)))


async def test_the_circuit_opens_after_consecutive_failures() -> None:
    scene = Scene()
    await scene.fail(
        ProviderUnreachable("?"),
        ProviderTimedOut("?"),
        ProviderFailed("?", status=500),
        OutcomeUnknown("?"),
        OutcomeUnknown("?"),
    )
    scene.now = 12.0
    with pytest.raises(CircuitOpen) as raised:
        await events(scene.safeguard)
    assert raised.value.retry_after == pytest.approx(OPEN_SECONDS - 12)
    assert len(scene.provider.seen) == MAX_FAILURES


@pytest.mark.parametrize("outcome", [lambda: None, lambda: ContentRefused("No.")])
async def test_a_reply_in_between_resets_the_count(
    outcome: Callable[[], ImageServiceError | None],
) -> None:
    scene = Scene()
    await scene.fail(*(OutcomeUnknown("Cut.") for _ in range(MAX_FAILURES - 1)))
    refusal = outcome()
    await scene.fail(refusal) if refusal else await delivered(scene.safeguard)
    await scene.fail(*(OutcomeUnknown("Cut.") for _ in range(MAX_FAILURES - 1)))
    await delivered(scene.safeguard)


async def test_own_refusals_and_disconnecting_callers_do_not_count() -> None:
    scene = Scene()
    await scene.fail(*(Busy("Full.", retry_after=1) for _ in range(2 * MAX_FAILURES)))
    await delivered(scene.safeguard)
    scene.provider.meanwhile = asyncio.Event().wait
    for _ in range(2 * MAX_FAILURES):
        caller = asyncio.create_task(events(scene.safeguard))
        await asyncio.sleep(0)
        caller.cancel()
        await asyncio.wait({caller})
    scene.provider.meanwhile = None
    await delivered(scene.safeguard)


async def test_after_a_while_exactly_one_trial_call_is_sent() -> None:
    scene, gate = Scene(), asyncio.Event()
    await scene.open_circuit()
    scene.now, scene.provider.meanwhile = OPEN_SECONDS, gate.wait
    trial = asyncio.create_task(delivered(scene.safeguard))
    await asyncio.sleep(0)
    with pytest.raises(CircuitOpen):
        await events(scene.safeguard)
    gate.set()
    assert (await trial).images
    await delivered(scene.safeguard)
    assert len(scene.provider.seen) == MAX_FAILURES + 2


async def test_a_failed_trial_opens_the_circuit_again() -> None:
    scene = Scene()
    await scene.open_circuit()
    scene.now = OPEN_SECONDS
    await scene.fail(OutcomeUnknown("Cut."))
    scene.now += OPEN_SECONDS - 1
    with pytest.raises(CircuitOpen):
        await events(scene.safeguard)
    scene.now += 1
    await delivered(scene.safeguard)


async def test_a_canceled_trial_allows_another() -> None:
    scene = Scene()
    await scene.open_circuit()
    scene.now, scene.provider.meanwhile = OPEN_SECONDS, asyncio.Event().wait
    trial = asyncio.create_task(events(scene.safeguard))
    await asyncio.sleep(0)
    trial.cancel()
    await asyncio.wait({trial})
    scene.provider.meanwhile = None
    await delivered(scene.safeguard)


async def test_calls_in_flight_when_the_circuit_opens_run_to_completion() -> None:
    scene, gate = Scene(), asyncio.Event()
    scene.provider.meanwhile = gate.wait
    early = asyncio.create_task(delivered(scene.safeguard))
    await asyncio.sleep(0)
    scene.provider.meanwhile = None
    await scene.open_circuit()
    gate.set()
    assert (await early).images
    with pytest.raises(CircuitOpen):
        await events(scene.safeguard)


async def start_failing_calls(
    scene: Scene, gate: asyncio.Event, number: int
) -> list[asyncio.Task[None]]:
    """Start calls that fail once the gate is open."""

    async def fail() -> None:
        await gate.wait()
        raise OutcomeUnknown("Cut.")

    async def one() -> None:
        with pytest.raises(OutcomeUnknown):
            await events(scene.safeguard)

    scene.provider.meanwhile = fail
    calls = [asyncio.create_task(one()) for _ in range(number)]
    await asyncio.sleep(0)
    scene.provider.meanwhile = None
    return calls


async def test_an_earlier_call_that_fails_does_not_affect_the_trial() -> None:
    scene, gate, late = Scene(), asyncio.Event(), asyncio.Event()
    early = await start_failing_calls(scene, late, 1)
    await scene.open_circuit()
    scene.now, scene.provider.meanwhile = OPEN_SECONDS, gate.wait
    trial = asyncio.create_task(delivered(scene.safeguard))
    await asyncio.sleep(0)
    late.set()
    await asyncio.gather(*early)
    gate.set()
    assert (await trial).images
    await delivered(scene.safeguard)


async def test_earlier_calls_that_fail_do_not_open_the_circuit_again() -> None:
    scene, late = Scene(), asyncio.Event()
    early = await start_failing_calls(scene, late, 2 * MAX_FAILURES)
    await scene.open_circuit()
    scene.now = OPEN_SECONDS
    await delivered(scene.safeguard)
    late.set()
    await asyncio.gather(*early)
    await delivered(scene.safeguard)


async def test_an_earlier_call_that_fails_does_not_extend_the_open_time() -> None:
    scene, late = Scene(), asyncio.Event()
    early = await start_failing_calls(scene, late, 1)
    await scene.open_circuit()
    scene.now = OPEN_SECONDS
    late.set()
    await asyncio.gather(*early)
    await delivered(scene.safeguard)
