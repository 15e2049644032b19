"""Loading many modules at once, without the garbage collector looking at each of them."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Collect no garbage meanwhile, and never look again at what was loaded.

    Modules are hardly ever garbage, but their 175,000 objects set off full collections: about a
    seventh of the server's start (`make bench`).
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
