"""From a request to the bytes of one of its pictures, with all stages on the way."""

from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from adapters.sketch.cutout import letter_patch, paint_cutout
from adapters.sketch.edits import editable, fitted, opened, reinterpreted, repainted
from adapters.sketch.encoding import encoded
from adapters.sketch.finish import letter_corner
from adapters.sketch.painting import paint
from adapters.sketch.seeds import seeded
from adapters.sketch.stages import stages
from domain.image_formats import ImageFormat
from domain.requests import SQUARE, Background, EditRequest, GenerateRequest, ImageRequest


@dataclass(frozen=True, slots=True)
class Files:
    """The partial images of one picture, the coarsest first, and the picture: bytes of files."""

    partials: tuple[bytes, ...]
    final: bytes


def new_picture(request: GenerateRequest, number: int) -> Files:
    """Paint picture `number` (from 0). Takes a second of a processor; touches no shared thing."""
    rng, wanted = seeded(request, number), request.size or SQUARE
    size = (wanted.width, wanted.height)
    if request.background is Background.TRANSPARENT:
        picture = paint_cutout(request.prompt, size, rng)
    else:
        picture = paint(request.prompt, size, rng).picture
    shown = stages(picture, request.partial_images, rng)
    write = letter_patch if picture.mode == "RGBA" else letter_corner
    for image in (picture, *shown):
        write(image)
    return _files(request, picture, shown)


def changed_picture(request: EditRequest, number: int) -> Files:
    """Paint changed picture `number` (from 0); raise RequestRefused for an unreadable input."""
    rng = seeded(request, number)
    inputs = [opened(image, f"images[{at}]") for at, image in enumerate(request.images)]
    wanted = request.size
    size = (wanted.width, wanted.height) if wanted else inputs[0].size
    first = fitted(inputs[0], size)
    base = first.convert("RGB")
    if request.mask is None:
        region = Image.new("L", size, 255)
        picture = reinterpreted(base, request.prompt, inputs[1:], rng)
    else:
        region = editable(opened(request.mask, "mask"), size)
        picture = repainted(base, region, request.prompt, inputs[1:], rng)
    shown = [
        Image.composite(stage, base, region)
        for stage in stages(picture, request.partial_images, rng)
    ]
    if request.mask is None:
        for image in (picture, *shown):
            letter_corner(image)
    alpha = _alpha(request, first, region)
    if alpha is not None:
        for image in (picture, *shown):
            image.putalpha(alpha)
    return _files(request, picture, shown)


def _alpha(request: EditRequest, first: Image.Image, region: Image.Image) -> Image.Image | None:
    """The first input's alpha, full where it was repainted; None for an opaque picture."""
    if request.background is Background.OPAQUE or request.provider_format is ImageFormat.JPEG:
        return None
    if first.mode == "RGBA":
        kept = first.getchannel("A")
        return kept if request.mask is None else ImageChops.lighter(kept, region)
    if request.background is not Background.TRANSPARENT:
        return None
    if request.mask is not None:
        return Image.new("L", first.size, 255)
    oval = Image.new("L", first.size, 0)
    room = min(first.size) / 16
    box = (room, room, first.width - room, first.height - room)
    ImageDraw.Draw(oval).ellipse(box, fill=255)
    return oval.filter(ImageFilter.GaussianBlur(room / 3))


def _files(request: ImageRequest, final: Image.Image, shown: list[Image.Image]) -> Files:
    def file(picture: Image.Image) -> bytes:
        return encoded(picture, request.provider_format, request.compression)

    return Files(tuple(file(picture) for picture in shown), file(final))
