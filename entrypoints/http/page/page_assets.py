"""The page's script and style sheet, which browsers may cache forever."""

from functools import cached_property
from hashlib import sha256

from entrypoints.frontend.assets import read_asset
from entrypoints.http.images.conditional_responses import CacheableBody

NAMES = {"page.js": "text/javascript", "page.css": "text/css"}
"""The media type of each file."""


class PageAssets:
    """The files, read at the first request for one. Raises FileNotFoundError if one is missing."""

    @cached_property
    def files(self) -> dict[str, CacheableBody]:
        """What the page loads, by name."""
        return {name: _cacheable(read_asset(name), kind) for name, kind in NAMES.items()}

    @cached_property
    def folder(self) -> str:
        """A folder name that changes with the files."""
        return sha256(b"".join(file.data for file in self.files.values())).hexdigest()[:12]

    def url(self, name: str) -> str:
        """The path of a file."""
        return f"/assets/{self.folder}/{name}"


def _cacheable(data: bytes, media_type: str) -> CacheableBody:
    return CacheableBody(
        data=data,
        etag=f'"{sha256(data).hexdigest()[:32]}"',
        caching={"cache-control": "public, max-age=31536000, immutable"},
        describing={
            "content-type": f"{media_type}; charset=utf-8",
            "cross-origin-resource-policy": "same-origin",
            "x-content-type-options": "nosniff",
        },
    )
