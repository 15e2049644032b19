"""A log that many follow: each at a pace of their own, and nobody holds up anybody."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

import pytest

from application.jobs.event_log import EventLog

pytestmark = pytest.mark.anyio


def log_of(*events: str) -> EventLog[str]:
    """A log that is closed."""
    log = EventLog[str]()
    for event in events:
        log.append(event)
    log.close()
    return log


def same_letter(event: str, later: Sequence[str]) -> bool:
    """Whether a later event makes it outdated: `a2` does so to `a1`."""
    return any(other[0] == event[0] for other in later)


async def all_of(log: EventLog[str], cursor: int = 0) -> list[str]:
    async with aclosing(log.read(cursor)) as events:
        return [event async for event in events]


async def test_who_comes_late_reads_what_who_came_early_did() -> None:
    log = EventLog[str]()
    early = asyncio.create_task(all_of(log))
    for event in ("a", "b", "c"):
        log.append(event)
        await asyncio.sleep(0)
    log.close()
    assert await early == await all_of(log) == ["a", "b", "c"]


async def test_a_reader_goes_on_behind_what_it_knows() -> None:
    assert await all_of(log_of("a", "b", "c"), cursor=2) == ["c"]
    assert await all_of(log_of("a", "b", "c"), cursor=3) == []


async def test_who_waits_is_told_at_once_and_all_of_a_burst_from_its_first_event() -> None:
    log = EventLog[str]()
    async with aclosing(log.read(outdated=same_letter)) as events:
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        log.append("a1")
        log.append("a2")
        log.close()
        assert await waiting == "a1"
        assert [event async for event in events] == ["a2"]


async def test_who_was_busy_is_spared_what_is_outdated_meanwhile_and_never_the_last() -> None:
    log = EventLog[str]()
    log.append("start")
    async with aclosing(log.numbered(outdated=same_letter)) as events:
        assert await anext(events) == (0, "start")
        for event in ("a1", "b1", "a2", "b2", "end"):  # while it is busy with the first
            log.append(event)
        log.close()
        assert [event async for event in events] == [(3, "a2"), (4, "b2"), (5, "end")]


async def test_nothing_is_left_out_for_who_does_not_ask_for_it() -> None:
    log = log_of("start", "a1", "a2", "end")
    assert await all_of(log) == ["start", "a1", "a2", "end"]


async def test_a_reader_that_stands_still_holds_up_nobody() -> None:
    log = log_of("a", "b")
    async with aclosing(log.read()) as slow:
        assert await anext(slow) == "a"
        assert await all_of(log) == ["a", "b"]
        assert await anext(slow) == "b"
