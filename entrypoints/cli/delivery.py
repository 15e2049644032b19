"""What happens to the images of a command: where they are saved, reported and shown."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TextIO

import rich_click as click

from domain.errors import ArchiveUnavailable
from domain.results import ImageResult
from entrypoints.cli.output_target import OutputTarget
from entrypoints.wire.error_codes import EXIT_CODE_BY_CODE

NOT_WRITTEN = EXIT_CODE_BY_CODE[ArchiveUnavailable.code]
"""The exit code if an image was made and could not be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The options of a command that are not about the image itself."""

    target: OutputTarget | None
    opens: bool
    quiet: bool
    as_json: bool

    @classmethod
    def of(
        cls, output: str | None, *, force: bool, opens: bool, quiet: bool, as_json: bool
    ) -> Self:
        """The delivery for these options; `output` is the value of -o."""
        target = None if output is None else OutputTarget(given=output, force=force)
        return cls(target=target, opens=opens, quiet=quiet, as_json=as_json)

    @property
    def report_file(self) -> TextIO:
        """Where the report goes: standard error if standard output gets the image."""
        return sys.stderr if self.target and self.target.is_stdout else sys.stdout

    def prepare(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options with the format that -o implies.

        Raises InvalidRequest for an -o that cannot be used, before anything is spent.
        """
        prepared = dict(options)
        if self.target is not None:
            prepared["format"] = self.target.format_for(options.get("format"))
            self.target.check(options.get("n") or 1)
        return prepared

    def save(self, images: ImageResult) -> tuple[list[Path], int]:
        """Write the images where -o says; return their paths and the exit code.

        An image that cannot be written stays in the archive, and standard error says where.
        """
        saved: list[Path] = []
        if self.target is None:
            return saved, 0
        try:
            saved.extend(self.target.write(images))
        except OSError as error:
            lost = images.images[len(saved)]
            where = f"It is stored at {lost.stored}." if lost.stored else "It is not stored."
            reason = error.strerror or error
            print(
                f"{self.target.given}: the image could not be written: {reason}. {where}",
                file=sys.stderr,
            )
            return saved, NOT_WRITTEN
        return saved, 0

    def open(self, images: ImageResult, saved: list[Path]) -> None:
        """Open the first image in the viewer of this desktop, or say why not."""
        if not self.opens:
            return
        first = images.images[0]
        stored = (first.rendition and first.rendition.stored) or first.stored
        path = str(saved[0]) if saved else str(stored.local_path or "") if stored else ""
        if not path:
            print("The image is not in a file, so it cannot be opened.", file=sys.stderr)
        elif not _has_display():
            print(f"There is no display to open the image on: {path}", file=sys.stderr)
        elif click.launch(path) != 0:
            print(f"No program could be started to open {path}", file=sys.stderr)


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin", "cygwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
