"""Helpers for asyncio."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


async def run_to_completion(work: Coroutine[Any, Any, T]) -> T:
    """Await `work` to its end, even if the current task is canceled meanwhile.

    For work that takes milliseconds and must not stop halfway, such as storing an image that has
    arrived. The cancellation is withdrawn: the canceled task continues normally.
    """
    task = asyncio.ensure_future(work)
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise
            current = asyncio.current_task()
            if current is not None:
                current.uncancel()
    return task.result()


async def gather_all(works: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """Await all `works` concurrently; return their results in the same order.

    A single one is awaited without a task, because a task costs turns of the event loop and most
    results have one image.
    """
    if len(works) == 1:
        return [await works[0]]
    return await asyncio.gather(*works)
