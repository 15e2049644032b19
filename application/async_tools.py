"""Carrying short, paid-for work to its end although somebody says stop."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def run_to_completion(work: Coroutine[Any, Any, T]) -> T:
    """Await `work` to its end; a cancellation that comes meanwhile is taken back.

    For what must not stop halfway and takes milliseconds, such as writing a picture that has
    arrived. Whoever asked for the stop sees the task end by itself a moment later.
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
