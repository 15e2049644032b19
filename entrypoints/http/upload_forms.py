"""Reads the images of an upload into files while they arrive, and never holds one in memory."""

from collections.abc import AsyncIterator

from litestar.types import Receive
from multipart import (  # type: ignore[import-untyped] # it has no type hints
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from application.use_cases.add_images import MAX_FILES, IncomingImages
from domain.counts import count
from domain.errors import InvalidRequest
from domain.image_layouts import MAX_BYTES
from entrypoints.http.problem_documents import RequestRejected
from entrypoints.http.security.request_checks import FORM
from entrypoints.http.security.upload_limits import IMAGE_TOO_LARGE, NOT_AN_UPLOAD

HOW = "Send each image as a file, for example with curl -F image=@photo.jpg."


class Disconnected(Exception):
    """The client disconnected before the whole body had arrived."""


class UploadReader:
    """Reads the body of one request, which may have `most` images."""

    def __init__(self, images: IncomingImages, receive: Receive, *, most: int = MAX_FILES) -> None:
        self._images = images
        self._receive = receive
        self._most = most

    async def read(self, content_type: str) -> None:
        """Read the files of the body, which is a form or one image, in the order of the form.

        Raises RequestRejected for another type and for a body beyond the limits, InvalidRequest for
        a form that is cut, broken, or has no files, ArchiveUnavailable, and Disconnected.
        """
        media_type, options = parse_options_header(content_type)
        if media_type.startswith("image/"):
            await self._read_image()
        elif media_type == FORM:
            await self._read_form(options.get("boundary", ""))
        else:
            raise RequestRejected(NOT_AN_UPLOAD)

    async def _read_image(self) -> None:
        await self._images.add("")
        async for chunk in self._chunks():
            await self._write(chunk)

    async def _read_form(self, boundary: str) -> None:
        try:
            with PushMultipartParser(boundary) as parser:
                async for chunk in self._chunks():
                    await self._take(parser, chunk)
        except (MultipartError, UnicodeError) as error:
            raise _not_a_form(str(error)) from error
        if not self._images.files:
            raise InvalidRequest("The form has no file.", field="body", hint=HOW)

    async def _take(self, parser: PushMultipartParser, chunk: bytes) -> None:
        for event in parser.parse(chunk) if not parser.closed else ():
            if isinstance(event, MultipartSegment):
                await self._begin(event)
            elif event:
                await self._write(event)

    async def _begin(self, part: MultipartSegment) -> None:
        field = str(part.name)[:80]
        if part.filename is None and not str(part.content_type or "").startswith("image/"):
            raise InvalidRequest(
                f"The field {field!r} of the form is not a file.", field=field, hint=HOW
            )
        if len(self._images.files) == self._most:
            raise InvalidRequest(
                f"The form has more than {count(self._most, 'file')}.",
                field=field,
                hint="Send them in several requests.",
            )
        await self._images.add(part.filename or "")

    async def _write(self, data: bytes) -> None:
        if self._images.size + len(data) > MAX_BYTES:
            raise RequestRejected(IMAGE_TOO_LARGE)
        await self._images.write(data)

    async def _chunks(self) -> AsyncIterator[bytes]:
        """The pieces of the body that are not empty: an empty one would end the form."""
        more = True
        while more:
            message = await self._receive()
            if message["type"] != "http.request":
                raise Disconnected
            if chunk := message.get("body", b""):
                yield chunk
            more = message.get("more_body", False)


def _not_a_form(reason: str) -> InvalidRequest:
    return InvalidRequest(
        f"The body is not a complete form: {reason.rstrip('.')[:200]}.", field="body", hint=HOW
    )
