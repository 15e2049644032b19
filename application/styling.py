"""Puts the style that a request names into the request."""

from dataclasses import dataclass

from application.image_library import ImageLibrary
from application.ports.preset_library import PresetLibrary
from application.use_cases.find_image import FindImage
from domain.errors import InvalidRequest, NotFound, UnreadableImage
from domain.image import Image
from domain.jobs import LOCAL
from domain.requests import ImageRequest
from domain.styles import STORED_IMAGE, Style, find_style


@dataclass(frozen=True, slots=True, kw_only=True)
class StyledRequest:
    """A request without the name of a style.

    Its last `references` images are those of the style. `notes` are for the caller.
    """

    request: ImageRequest
    references: int = 0
    notes: tuple[str, ...] = ()


class Styling:
    """Finds styles and their reference images.

    The stored images that a style names are the operator's, who wrote its file: those of the owner
    LOCAL. If that owner does not have one, it is the caller's own.
    """

    def __init__(self, library: PresetLibrary, find_image: FindImage, images: ImageLibrary) -> None:
        self.library = library
        self.find_image = find_image
        self.images = images

    async def apply(self, request: ImageRequest, /, *, owner: str) -> StyledRequest:
        """Return the request as it is sent, see `Style.apply`; one without a style as it is.

        Raises InvalidRequest for an unknown style or one that does not fit the request,
        UnreadableImage for a reference image that is missing, and ArchiveUnavailable.
        """
        if request.style is None:
            return StyledRequest(request=request)
        style = find_style(await self.library.styles(), request.style)
        references = tuple([await self._reference(style, name, owner) for name in style.references])
        return StyledRequest(
            request=style.apply(request, references),
            references=len(references),
            notes=(style.note,),
        )

    async def _reference(self, style: Style, name: str, owner: str) -> Image:
        if STORED_IMAGE.fullmatch(name) is None:
            return await self.library.reference(style, name)
        reason = "it is not stored"
        for each in dict.fromkeys((LOCAL, owner)):
            try:
                return await self.images.find(
                    await self.find_image(name, owner=each, newest=False) or name, owner=each
                )
            except (InvalidRequest, NotFound) as error:
                reason = error.message.removesuffix(".")
        raise UnreadableImage(
            f"{name}, a reference image of the style {style.name}, cannot be used: {reason}.",
            field="style",
            hint="Correct the style, or leave it out.",
        )
