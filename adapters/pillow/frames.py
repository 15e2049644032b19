"""The messages between the server and its worker processes: a JSON object and some bytes.

Nothing is unpickled, so a worker that an image has taken over cannot run code in the server.
"""

import json
from collections.abc import Mapping
from struct import Struct
from typing import IO

LENGTHS = Struct(">IQ")
MAX_BYTES = 1 << 30
Facts = Mapping[str, object]
Message = tuple[Facts, bytes]


def write_message(file: IO[bytes], facts: Facts, data: bytes) -> None:
    """Write a message; raises OSError if the other side has ended."""
    head = json.dumps(dict(facts)).encode()
    file.write(LENGTHS.pack(len(head), len(data)) + head)
    file.write(data)
    file.flush()


def read_message(file: IO[bytes]) -> Message:
    """Wait for a message; raises EOFError if the other side has ended, ValueError if invalid."""
    head, data = LENGTHS.unpack(_read(file, LENGTHS.size))
    if max(head, data) > MAX_BYTES:
        raise ValueError("a message is too long")
    return json.loads(_read(file, head)), _read(file, data)


def _read(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise EOFError
    return data
