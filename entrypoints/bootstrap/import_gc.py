"""Imports many modules without garbage collections in between."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the collector inside the block, and exempt the loaded objects from later collections.

    Modules are hardly ever garbage, but their 175,000 objects trigger full collections: about a
    seventh of the server's start-up time (`make bench`).
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
