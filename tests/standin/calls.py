"""Records of the stand-in: calls as received, and charges as on a bill."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Upload:
    """One file part of a multipart request, byte for byte as received."""

    field: str
    filename: str
    content_type: str
    data: bytes


@dataclass(slots=True, kw_only=True)
class Call:
    """One HTTP request. `status` and `hung_up` are set while it is answered.

    `fields` holds native types for JSON and strings for multipart. `status` stays None when no
    reply line was sent (hang, reset). `hung_up` is true if the client disconnected before
    the reply was complete, and false if the stand-in itself cut the connection or was closed.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)
    fields: dict[str, object] = field(default_factory=dict)
    files: list[Upload] = field(default_factory=list)
    status: int | None = None
    hung_up: bool = False
    at: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Images that were charged, whether or not the reply arrived.

    `call` is the index into `StandIn.calls`; `digests` are SHA-256 hex digests of the encoded
    images, equal to those of the bytes that a client decodes from an intact reply. `mainline` is
    the usage of the model that called the image tool; empty for the Images API.
    """

    call: int
    digests: tuple[str, ...]
    formats: tuple[str, ...]
    usage: Mapping[str, object]
    mainline: Mapping[str, object] = field(default_factory=dict)
