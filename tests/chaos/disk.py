"""What a server left on the disk, read without the server."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from PIL import Image

DIGEST = re.compile(r"(?:^img_|-|_)([0-9a-f]{32}|[0-9a-f]{8})(?:-\d+)?$")
"""The beginning of a file's digest, at the end of its name."""


@dataclass(frozen=True, kw_only=True)
class JobRow:
    """A recorded job."""

    id: str
    prompt: str
    state: str
    failure: str | None
    handle: str | None


class Disk:
    """The three folders of a server: `images`, `data` and `cache` below `folder`."""

    def __init__(self, folder: Path) -> None:
        self.images = folder / "images"
        self.data = folder / "data"
        self.cache = folder / "cache"
        self._read: dict[tuple[Path, int, int], str] = {}

    def files(self) -> Iterator[Path]:
        """Every file below the three folders."""
        for folder in (self.images, self.data, self.cache):
            yield from (path for path in sorted(folder.rglob("*")) if path.is_file())

    def stored_digests(self) -> set[str]:
        """SHA-256 of everything that was charged and is on the disk: images and quarantine."""
        folders = (self.images, self.data / "rescued", self.data / "quarantine")
        found = (path for folder in folders for path in _visible(folder))
        return {self._digest(path) for path in found}

    def quarantined(self) -> list[Path]:
        """Replies that were not images."""
        return list(_visible(self.data / "quarantine"))

    def partial_files(self) -> list[Path]:
        """Files that are being written, or were when their writer ended."""
        return [path for path in self.files() if path.suffix == ".part"]

    def truncated_images(self) -> list[Path]:
        """Images whose bytes do not match their name, except intact renditions."""
        files = [*_visible(self.images), *_visible(self.data / "rescued")]
        return [file for file in files if not (self._matches_its_name(file) or _is_rendition(file))]

    def jobs(self) -> list[JobRow]:
        """All recorded jobs, in the order of their creation."""
        records = self.data / "records.sqlite3"
        if not records.exists():
            return []
        with closing(sqlite3.connect(f"file:{records}?mode=ro", uri=True, timeout=10)) as database:
            rows = database.execute(
                "SELECT id, prompt, state, failure, handle FROM jobs ORDER BY created_at"
            ).fetchall()
        names = ("id", "prompt", "state", "failure", "handle")
        return [JobRow(**dict(zip(names, row, strict=True))) for row in rows]

    def _matches_its_name(self, file: Path) -> bool:
        digest = DIGEST.search(file.stem)
        return digest is not None and self._digest(file).startswith(digest[1])

    def _digest(self, path: Path) -> str:
        """The digest, computed once for each version of a file."""
        try:
            status = path.stat()
            key = (path, status.st_mtime_ns, status.st_size)
            if key not in self._read:
                self._read[key] = sha256(path.read_bytes()).hexdigest()
        except FileNotFoundError:
            return ""
        return self._read[key]


def _visible(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.is_file() and not path.name.startswith("."):
                yield path


def _is_rendition(file: Path) -> bool:
    """Whether it can be decoded, and its original is in the same folder."""
    original = any(other != file for other in file.parent.glob(f"{file.stem}.*"))
    try:
        with Image.open(file) as image:
            image.load()
    except OSError:
        return False
    return original
