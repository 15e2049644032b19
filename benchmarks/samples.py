"""Sample images: photographs if they are installed, sketches, a drawing, a cut-out.

All are PNGs that Pillow wrote at level 6, so that savings can be compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import PIL.ImageOps

from adapters.sketch.translate import generate_files
from domain.image import Image
from domain.image_formats import Dimensions
from domain.requests import Background, GenerateRequest

FOLDER = Path("/usr/share/backgrounds/mate")
NO_PHOTOGRAPHS = (
    f"No photographs: there is no {FOLDER}. On Debian and Ubuntu `apt-get install "
    "mate-backgrounds` installs them."
)
Size = tuple[int, int]
SQUARE, WIDE, LARGE = (1024, 1024), (1536, 1024), (2048, 2048)
PHOTOGRAPHS: tuple[tuple[str, str, tuple[Size, ...]], ...] = (
    ("oil painting", "abstract/Elephants_5640x3172.jpg", (SQUARE, LARGE)),
    ("butterfly", "nature/TwoWings.jpg", (SQUARE, WIDE)),
    ("dune", "nature/Dune.jpg", (SQUARE,)),
    ("rain drops", "nature/RainDrops.jpg", (SQUARE,)),
    ("ladybird", "nature/LadyBird.jpg", (SQUARE, WIDE)),
)
"""All are larger than the samples: scaling down removes the artifacts of their JPEG."""
SKETCHES: tuple[tuple[str, str, tuple[Size, ...]], ...] = (
    ("sketch, lighthouse", "a lighthouse above a quiet sea at dusk", (SQUARE, WIDE, LARGE)),
    ("sketch, city", "a city skyline at night in the rain", (SQUARE,)),
)
INK = ("#cc3333", "#3366cc", "#339966", "#ee9900")


@dataclass(frozen=True, kw_only=True)
class Sample:
    """An image and its kind; images of one kind are summarized together."""

    name: str
    kind: str
    image: Image


def samples() -> Iterator[Sample]:
    """Yield one at a time, because together they take 200 MB."""
    if FOLDER.is_dir():
        for name, file, sizes in PHOTOGRAPHS:
            for size in sizes:
                yield Sample(name=name, kind="photograph", image=_photograph(file, size))
    for name, text, sizes in SKETCHES:
        for size in sizes:
            yield Sample(name=name, kind="sketch", image=_sketch(text, size))
    cut_out = _sketch("a red fox", SQUARE, Background.TRANSPARENT)
    yield Sample(name="cut-out", kind="cut-out", image=cut_out)
    yield Sample(name="drawing", kind="drawing", image=_drawing())


def _photograph(file: str, size: Size) -> Image:
    with PIL.Image.open(FOLDER / file) as opened:
        fitted = PIL.ImageOps.fit(opened, size, PIL.Image.Resampling.LANCZOS)
    return _png(fitted)


def _sketch(text: str, size: Size, background: Background = Background.OPAQUE) -> Image:
    request = GenerateRequest(prompt=text, size=Dimensions(*size), background=background)
    with PIL.Image.open(BytesIO(generate_files(request, 0).final)) as opened:
        return _png(opened)


def _drawing() -> Image:
    """Bars, as in a chart, with hard edges and few colors."""
    image = PIL.Image.new("RGB", SQUARE, "#f4efe6")
    draw = PIL.ImageDraw.Draw(image)
    draw.fontmode = "1"
    for number in range(12):
        left, height = 40 + 80 * number, 100 + 60 * number
        draw.rectangle((left, 960 - height, left + 50, 960), fill=INK[number % len(INK)])
        draw.text((left, 970), f"week {number + 1}", fill="black")
    draw.ellipse((120, 80, 420, 380), fill="#222255", outline="black", width=8)
    return _png(image)


def _png(image: PIL.Image.Image) -> Image:
    out = BytesIO()
    image.save(out, "PNG", compress_level=6)
    return Image(out.getvalue())
