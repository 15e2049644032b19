"""The provider's previews of unfinished images: drawn as they come, and saved with the image."""

import asyncio
import sys
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

from application.use_cases.preview_images import PreviewImages
from application.use_cases.save_previews import SavePreviews
from domain.errors import ArchiveUnavailable, UnreadableImage
from domain.events import PartialReady
from domain.image import Image
from domain.results import ImageResult
from entrypoints.cli.terminal_images import MAX_SIDE, TerminalImages


class Previews:
    """Keeps the previews of a job until its images are there."""

    def __init__(self) -> None:
        self._of_image: defaultdict[int, list[Image]] = defaultdict(list)

    def add(self, preview: PartialReady) -> None:
        """Keep a preview."""
        self._of_image[preview.image_index].append(preview.image)

    async def save(self, images: ImageResult, saved: list[Path], store: SavePreviews) -> list[str]:
        """Save each preview beside its image: beside `saved`, or in the archive; return where.

        A preview that cannot be saved is left out, and standard error says so.
        """
        places: list[str] = []
        for at, image in enumerate(images.images):
            try:
                if saved:
                    places += _beside(saved[at], self._of_image[at]) if at < len(saved) else []
                elif image.stored:
                    stored = await store(self._of_image[at], of=image.stored)
                    places += [str(each) for each in stored]
            except (OSError, ArchiveUnavailable) as error:
                print(f"A preview could not be saved: {error}", file=sys.stderr)
        return places


async def draw(image: Image, terminal: TerminalImages, previews: PreviewImages) -> None:
    """Draw the image, if the terminal can and the image can be decoded."""
    if await asyncio.to_thread(lambda: terminal.can_draw):
        small = await previews.small(image, max_side=MAX_SIDE)
        if small is not None:
            size = small.dimensions
            terminal.draw(small.data, width=size.width, height=size.height)


def _beside(path: Path, previews: list[Image]) -> list[str]:
    """Write `fox-preview-1.png` and so on beside `fox.png`, in place of earlier ones."""
    written = []
    for number, preview in enumerate(previews, 1):
        with suppress(UnreadableImage):
            name = f"{path.stem}-preview-{number}.{preview.format.extension}"
            path.with_name(name).write_bytes(preview.data)
            written.append(str(path.with_name(name)))
    return written
