"""Where `-o` puts images, beside the archive: a file, a folder or standard output.

Everything that can be wrong is checked before money is spent.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from domain.errors import InvalidRequest
from domain.image_formats import ImageFormat
from domain.results import ImageResult, ResultImage

STANDARD_OUTPUT = "-"
FORMAT_BY_SUFFIX = {
    ".png": ImageFormat.PNG,
    ".jpg": ImageFormat.JPEG,
    ".jpeg": ImageFormat.JPEG,
    ".jpe": ImageFormat.JPEG,
    ".webp": ImageFormat.WEBP,
    ".avif": ImageFormat.AVIF,
}
NAMED = {suffix.removeprefix("."): form for suffix, form in FORMAT_BY_SUFFIX.items()}
"""The same by what `--format` may be called."""
SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputTarget:
    """The value of `-o`. Without `force`, no file is replaced."""

    given: str
    force: bool = False

    @property
    def is_stdout(self) -> bool:
        """Whether the bytes go to standard output, and everything else to standard error."""
        return self.given == STANDARD_OUTPUT

    @property
    def is_folder(self) -> bool:
        """Whether the images keep their own names in a folder."""
        return not self.is_stdout and (self.given.endswith(SEPARATORS) or Path(self.given).is_dir())

    def format_for(self, asked: str | None) -> str | None:
        """The format to request: `asked`, or what the file's extension says.

        Raises InvalidRequest if they differ, or if the extension is not that of an image.
        """
        if self.is_stdout or self.is_folder:
            return asked
        suffix = Path(self.given).suffix.lower()
        form = FORMAT_BY_SUFFIX.get(suffix)
        if form is None:
            raise InvalidRequest(
                f"{self.given} has no extension of an image.",
                field="output",
                hint="Use .png, .jpg, .webp or .avif, or end the name of a folder with a slash.",
            )
        if asked is not None and NAMED.get(asked.strip().lower()) is not form:
            raise InvalidRequest(
                f"{self.given} is a name for {form}, but --format is {asked}.",
                field="output",
                hint="Leave out --format, or use the extension of that format.",
            )
        return form.value

    def check(self, number: int) -> None:
        """Raise InvalidRequest if that many images could not be written now."""
        if self.is_stdout:
            self._check_stdout(number)
            return
        folder = Path(self.given) if self.is_folder else Path(self.given).parent
        existing = [] if self.is_folder else [path for path in self._files(number) if _exists(path)]
        if existing and not self.force:
            raise InvalidRequest(
                f"{existing[0]} exists already.",
                field="output",
                hint="Use another name, or add --force to replace it.",
            )
        self._check_folder(folder)

    def write(self, images: ImageResult) -> Iterator[Path]:
        """Write the images, and yield the path of each; none for standard output.

        Raises OSError at the first one that cannot be written.
        """
        if self.is_stdout:
            stream: BinaryIO = sys.stdout.buffer
            stream.write(images.images[0].delivered.data)
            stream.flush()
            return
        for image, path in zip(images.images, self._paths(images), strict=True):
            data, unused = image.delivered.data, path
            if self.is_folder and not self.force:
                unused = _unused(path, data)
            _write(unused, data, force=self.force)
            yield unused

    def _paths(self, images: ImageResult) -> list[Path]:
        if self.is_folder:
            return [Path(self.given) / _own_name(image) for image in images.images]
        return [
            _with_suffix_of(image, path)
            for image, path in zip(images.images, self._files(len(images.images)), strict=True)
        ]

    def _files(self, number: int) -> list[Path]:
        """`fox.png`, or `fox-1.png`, `fox-2.png` and so on for several images."""
        path = Path(self.given)
        if number == 1:
            return [path]
        return [path.with_stem(f"{path.stem}-{at}") for at in range(1, number + 1)]

    def _check_stdout(self, number: int) -> None:
        if sys.stdout.isatty():
            raise InvalidRequest(
                "An image cannot be shown as bytes in a terminal.",
                field="output",
                hint="Redirect the output, for example with > fox.png, or name a file.",
            )
        if number != 1:
            raise InvalidRequest(
                "Standard output takes one image.", field="output", hint="Leave out -n."
            )

    def _check_folder(self, folder: Path) -> None:
        """Create the folder if it was asked for by its name, and a file in it, for a moment."""
        try:
            if self.is_folder:
                folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise InvalidRequest(
                f"No file can be written to {folder} ({error.strerror}).",
                field="output",
                hint="Create the folder, or use another one.",
            ) from error


def _exists(path: Path) -> bool:
    return os.path.lexists(path)


def _own_name(image: ResultImage) -> str:
    """The name of the stored file that the caller gets, or the image's ID."""
    stored = image.rendition.stored if image.rendition else image.stored
    if stored is not None and stored.local_path:
        return Path(stored.local_path).name
    return f"{image.id}.{image.delivered.format.extension}"


def _with_suffix_of(image: ResultImage, path: Path) -> Path:
    """The path, with another extension if the image could not be had in the format requested."""
    form = image.delivered.format
    fits = FORMAT_BY_SUFFIX.get(path.suffix.lower()) is form
    return path if fits else path.with_suffix(f".{form.extension}")


def _unused(path: Path, data: bytes) -> Path:
    """The path, or one with a number if another image has it."""
    candidate, at = path, 1
    while _exists(candidate) and not _holds(candidate, data):
        at += 1
        candidate = path.with_stem(f"{path.stem}-{at}")
    return candidate


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data


def _write(path: Path, data: bytes, *, force: bool) -> None:
    """Write the file as a whole or not at all; raise FileExistsError without `force`."""
    if not force and _exists(path):
        if _holds(path, data):
            return
        raise FileExistsError(17, "it exists already", str(path))
    target = Path(os.path.realpath(path))
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        partial.write_bytes(data)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
