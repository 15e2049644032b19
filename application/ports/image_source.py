"""Port: images outside the server's own storage, such as the caller's files or the web."""

from typing import Protocol

from domain.image import Image


class ImageSource(Protocol):
    """One kind of place that callers name images in.

    A source exists only for callers that may use it: the container gives each entry point its own.
    """

    @property
    def offer(self) -> str:
        """What a caller can name here, to complete the sentence "Use …"; no period at its end.

        For example "the path of a file in ~/Downloads". Empty if it is nothing at present.
        """

    async def open(self, name: str, /) -> Image | None:
        """Return the image with this name; None if such a name belongs to no place of this kind.

        Raises UnreadableImage for a name of this kind that cannot be used: not allowed, not there,
        too large, or too slow. Its message is a whole sentence, its hint says what would work, and
        neither has anything that was read. Its `field` means nothing here: the caller sets it.

        A name is checked before anything is opened, and what was opened is checked again. At most
        MAX_INPUT_BYTES are read, in bounded time, without blocking the event loop. The bytes are
        returned as they are: the caller checks that they are an image.
        """
