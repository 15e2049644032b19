"""Takes over standard input and output, and reads lines. Imports nothing that takes time."""

import os
from collections.abc import Iterator

CHUNK = 1 << 16


def ensure_std_fds_open() -> None:
    """Open closed standard streams on the null device, so that no other file takes their numbers.

    Call it before anything else is opened, such as an event loop.
    """
    while (spare := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(spare)


def take_over_fds() -> tuple[int, int]:
    """The descriptors of the input and the output, under other numbers.

    From now on any other output to descriptor 1 goes to standard error, and 0 is empty.
    """
    ensure_std_fds_open()
    wire = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return wire


def read_lines(descriptor: int) -> Iterator[bytes]:
    """Every line without its line feed, until the input ends or fails."""
    rest = bytearray()
    while chunk := _read(descriptor):
        *lines, tail = chunk.split(b"\n")
        for line in lines:
            yield bytes(rest + line)
            rest.clear()
        rest += tail
    if rest:
        yield bytes(rest)


def write_all(descriptor: int, data: bytes) -> None:
    """Write everything; raise OSError if the output is closed."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, CHUNK)
    except OSError:
        return b""
