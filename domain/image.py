"""An image: its bytes, and the facts in its header."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

from domain.image_formats import Dimensions, ImageFormat, ImageHeader
from domain.image_headers import read_header


@dataclass(frozen=True)
class Image:
    """Bytes that should be an image. Equal bytes are equal images.

    The properties read the header on first use, and raise UnreadableImage unless the bytes are a
    PNG, JPEG, WebP or plain AVIF image. (No slots, because the header and the digest are cached.)
    """

    data: bytes

    def __repr__(self) -> str:
        return f"Image(<{len(self.data)} bytes>)"

    @cached_property
    def header(self) -> ImageHeader:
        return read_header(self.data)

    @property
    def format(self) -> ImageFormat:
        return self.header.format

    @property
    def dimensions(self) -> Dimensions:
        return self.header.dimensions

    @property
    def has_alpha(self) -> bool:
        return self.header.has_alpha

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the bytes, 64 hex digits."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def id(self) -> str:
        """`img_` and the first 32 hex digits of the digest: 128 bits that identify the bytes."""
        return f"img_{self.digest[:32]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRef:
    """Where a store has an image.

    `ref` is the store's own name for it. `local_path` is the absolute path of its file, None if it
    is not a file on this machine; only such a file has an absolute path as its `ref`. `size` is the
    image's size in bytes, None if it is not known here.
    """

    ref: str
    local_path: str | None = None
    size: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        """The text for callers: the path, or else the ref."""
        return self.local_path or self.ref
