"""A failing provider is left alone for a while."""

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
    """A provider behind its safeguard, and a clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.provider = FakeProvider()
        self.guarded = CircuitBreaker(self.provider, clock=lambda: self.now)

    async def fails(self, *faults: ImageServiceError) -> None:
        for fault in faults:
            self.provider.fails.append(fault)  # type: ignore[arg-type] # Busy is a safeguard's
            with pytest.raises(type(fault)):
                await events(self.guarded)

    async def broken(self) -> None:
        await self.fails(*(OutcomeUnknown("Cut.") for _ in range(MAX_FAILURES)))


async def test_after_failures_in_a_row_nothing_is_sent_for_a_while() -> None:
    scene = Scene()
    await scene.fails(
        ProviderUnreachable("?"),
        ProviderTimedOut("?"),
        ProviderFailed("?", status=500),
        OutcomeUnknown("?"),
        OutcomeUnknown("?"),
    )
    scene.now = 12.0
    with pytest.raises(CircuitOpen) as resting:
        await events(scene.guarded)
    assert resting.value.retry_after == pytest.approx(OPEN_SECONDS - 12)
    assert len(scene.provider.seen) == MAX_FAILURES


@pytest.mark.parametrize("answer", [lambda: None, lambda: ContentRefused("No.")])
async def test_an_answer_in_between_begins_the_count_anew(
    answer: Callable[[], ImageServiceError | None],
) -> None:
    scene = Scene()
    await scene.fails(*(OutcomeUnknown("Cut.") for _ in range(MAX_FAILURES - 1)))
    refusal = answer()
    await scene.fails(refusal) if refusal else await delivered(scene.guarded)
    await scene.fails(*(OutcomeUnknown("Cut.") for _ in range(MAX_FAILURES - 1)))
    await delivered(scene.guarded)


async def test_our_own_refusals_and_callers_who_leave_do_not_count() -> None:
    scene = Scene()
    await scene.fails(*(Busy("Full.", retry_after=1) for _ in range(2 * MAX_FAILURES)))
    await delivered(scene.guarded)
    scene.provider.meanwhile = asyncio.Event().wait
    for _ in range(2 * MAX_FAILURES):
        leaving = asyncio.create_task(events(scene.guarded))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.wait({leaving})
    scene.provider.meanwhile = None
    await delivered(scene.guarded)


async def test_then_one_call_alone_tries_whether_it_is_back() -> None:
    scene, gate = Scene(), asyncio.Event()
    await scene.broken()
    scene.now, scene.provider.meanwhile = OPEN_SECONDS, gate.wait
    trial = asyncio.create_task(delivered(scene.guarded))
    await asyncio.sleep(0)
    with pytest.raises(CircuitOpen):
        await events(scene.guarded)
    gate.set()
    assert (await trial).images
    await delivered(scene.guarded)
    assert len(scene.provider.seen) == MAX_FAILURES + 2


async def test_a_trial_that_fails_begins_another_rest() -> None:
    scene = Scene()
    await scene.broken()
    scene.now = OPEN_SECONDS
    await scene.fails(OutcomeUnknown("Cut."))
    scene.now += OPEN_SECONDS - 1
    with pytest.raises(CircuitOpen):
        await events(scene.guarded)
    scene.now += 1
    await delivered(scene.guarded)


async def test_a_trial_that_is_given_up_leaves_room_for_another() -> None:
    scene = Scene()
    await scene.broken()
    scene.now, scene.provider.meanwhile = OPEN_SECONDS, asyncio.Event().wait
    trial = asyncio.create_task(events(scene.guarded))
    await asyncio.sleep(0)
    trial.cancel()
    await asyncio.wait({trial})
    scene.provider.meanwhile = None
    await delivered(scene.guarded)


async def test_calls_that_began_before_the_rest_end_as_they_like() -> None:
    scene, gate = Scene(), asyncio.Event()
    scene.provider.meanwhile = gate.wait
    early = asyncio.create_task(delivered(scene.guarded))
    await asyncio.sleep(0)
    scene.provider.meanwhile = None
    await scene.broken()
    gate.set()
    assert (await early).images
    with pytest.raises(CircuitOpen):
        await events(scene.guarded)


async def fails_later(scene: Scene, gate: asyncio.Event, number: int) -> list[asyncio.Task[None]]:
    """Calls that have been sent, and break once the gate is open."""

    async def breaks() -> None:
        await gate.wait()
        raise OutcomeUnknown("Cut.")

    async def one() -> None:
        with pytest.raises(OutcomeUnknown):
            await events(scene.guarded)

    scene.provider.meanwhile = breaks
    calls = [asyncio.create_task(one()) for _ in range(number)]
    await asyncio.sleep(0)
    scene.provider.meanwhile = None
    return calls


async def test_a_call_of_before_the_rest_that_fails_spoils_no_trial() -> None:
    scene, gate, late = Scene(), asyncio.Event(), asyncio.Event()
    early = await fails_later(scene, late, 1)
    await scene.broken()
    scene.now, scene.provider.meanwhile = OPEN_SECONDS, gate.wait
    trial = asyncio.create_task(delivered(scene.guarded))
    await asyncio.sleep(0)
    late.set()
    await asyncio.gather(*early)
    gate.set()
    assert (await trial).images
    await delivered(scene.guarded)


async def test_calls_of_before_the_rest_begin_no_other_one() -> None:
    scene, late = Scene(), asyncio.Event()
    early = await fails_later(scene, late, 2 * MAX_FAILURES)
    await scene.broken()
    scene.now = OPEN_SECONDS
    await delivered(scene.guarded)
    late.set()
    await asyncio.gather(*early)
    await delivered(scene.guarded)


async def test_a_call_of_before_the_rest_does_not_make_it_longer() -> None:
    scene, late = Scene(), asyncio.Event()
    early = await fails_later(scene, late, 1)
    await scene.broken()
    scene.now = OPEN_SECONDS
    late.set()
    await asyncio.gather(*early)
    await delivered(scene.guarded)
