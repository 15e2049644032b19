"""Real files as cameras, scanners and editors make them, each built when it is asked for.

The scene is 64x48 as people see it: red on the left, blue on the right, a green band at the top. So
a test can tell whether an image lies on its side or is mirrored, and which colors it has.
"""

from collections.abc import Mapping
from io import BytesIO
from struct import pack
from typing import Any

import PIL.Image
import PIL.ImageCms
import PIL.ImageDraw
from PIL.Image import Transpose

from tests.unit.image_files import (
    GRAY,
    GRAY_ALPHA,
    RGB,
    RGBA,
    chunk,
    header,
    png,
    segment,
    webp,
    webp_chunks,
)

SIZE = WIDTH, HEIGHT = (64, 48)
RED, GREEN, BLUE = (220, 30, 30), (30, 180, 60), (30, 50, 200)
LEFT, TOP, RIGHT = (8, 36), (32, 4), (56, 36)
"""Points in the three areas."""
STORED_AS = {
    1: None,
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_90,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_270,
}
"""How a camera that writes this EXIF orientation stores what is seen."""
ORIENTATION, GPS, DESCRIPTION = 0x0112, 0x8825, 0x010E
PLACE = b"52 31 12 N"
"""Text that stands in the metadata of the files below, and must never be sent."""


def scene(size: tuple[int, int] = SIZE) -> PIL.Image.Image:
    """What people see."""
    image = PIL.Image.new("RGB", size, RED)
    draw, (width, height) = PIL.ImageDraw.Draw(image), size
    draw.rectangle((width // 2, 0, width, height), fill=BLUE)
    draw.rectangle((0, 0, width, height // 5), fill=GREEN)
    return image


def saved(image: PIL.Image.Image, form: str, **options: Any) -> bytes:  # noqa: ANN401 - of Pillow
    """The image in a format of Pillow."""
    out = BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def exif(orientation: int = 1) -> bytes:
    """EXIF with an orientation and a place."""
    made = PIL.Image.Exif()
    made[ORIENTATION] = orientation
    made[DESCRIPTION] = PLACE.decode()
    made.get_ifd(GPS).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return made.tobytes()


def lying(orientation: int, size: tuple[int, int] = SIZE) -> PIL.Image.Image:
    """The scene as it is stored with this orientation."""
    method = STORED_AS[orientation]
    return scene(size) if method is None else scene(size).transpose(method)


def photo(orientation: int = 1, form: str = "JPEG", size: tuple[int, int] = SIZE) -> bytes:
    """A photo with EXIF that says how to turn it and where it was taken."""
    return saved(lying(orientation, size), form, exif=exif(orientation), **FINE.get(form, {}))


FINE: Mapping[str, Mapping[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True},
}


def iphone_portrait() -> bytes:
    """An MPO: a second image, here a depth map, behind the first one."""
    return saved(
        lying(6), "MPO", save_all=True, append_images=[PIL.Image.new("L", (16, 12))], exif=exif(6)
    )


def ultra_hdr() -> bytes:
    """A JPEG with a gain map behind it, which XMP and an MPF segment announce."""
    xmp = b'http://ns.adobe.com/xap/1.0/\0<x hdrgm:Version="1.0" place="' + PLACE + b'"/>'
    base = saved(scene(), "JPEG", **FINE["JPEG"])
    gain = saved(PIL.Image.new("L", (16, 12), 90), "JPEG")
    head, rest = base[:2], base[2:]
    return head + segment(0xE1, xmp) + segment(0xE2, b"MPF\0MM\0*" + bytes(40)) + rest + gain


def motion_photo() -> bytes:
    """A JPEG with a video behind it."""
    return photo(6) + pack(">I", 24) + b"ftypmp42\0\0\0\0isommp42" + PLACE * 500


def samsung_photo() -> bytes:
    """A JPEG with a maker's trailer of its own behind it."""
    return photo() + b"\0\0\x01\x0aImage_UTC_Data" + PLACE + b"SEFHSEFT"


def scanned() -> bytes:
    """A JPEG with a comment and Photoshop's IPTC, as scanners and editors write them."""
    base = saved(scene(), "JPEG", comment=PLACE, **FINE["JPEG"])
    return base[:2] + segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04" + PLACE) + base[2:]


def cmyk(*, adobe: bool = True) -> bytes:
    """A CMYK JPEG; Adobe's have inverted colors and say so."""
    data = saved(scene().convert("CMYK"), "JPEG", **FINE["JPEG"])
    if adobe:
        return data
    at = data.index(b"\xff\xeeAdobe"[:2])
    length = int.from_bytes(data[at + 2 : at + 4], "big")
    return data[:at] + data[at + 2 + length :]


def deep(color: int) -> bytes:
    """A PNG of 16 bits per channel: gray, RGB, gray with alpha or RGBA."""
    image = scene()
    rows = bytearray()
    for y in range(HEIGHT):
        rows.append(0)
        for x in range(WIDTH):
            for value in _samples(image, x, y, color):
                rows += bytes((value, 0x5A))
    return png(header(WIDTH, HEIGHT, color, depth=16), pixels=_deflated(bytes(rows)))


def _samples(image: PIL.Image.Image, x: int, y: int, color: int) -> tuple[int, ...]:
    pixel = image.getpixel((x, y))
    assert isinstance(pixel, tuple)
    r, g, b = (int(value) for value in pixel)
    gray = (r * 299 + g * 587 + b * 114) // 1000
    alpha = 0 if y < HEIGHT // 5 else 255
    return {GRAY: (gray,), RGB: (r, g, b), GRAY_ALPHA: (gray, alpha), RGBA: (r, g, b, alpha)}[color]


def _deflated(rows: bytes) -> bytes:
    from zlib import compress

    return compress(rows)


def gray_alpha() -> bytes:
    """A PNG in gray with a transparent band at the top."""
    return saved(cutout().convert("LA"), "PNG")


def cutout() -> PIL.Image.Image:
    """The scene with a transparent band at the top."""
    image = scene().convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, WIDTH, HEIGHT // 5))
    return image


def palette(*, transparent: bool = False) -> bytes:
    """A PNG with a palette; its green is transparent, if asked for."""
    image = scene().quantize(8)
    if not transparent:
        return saved(image, "PNG")
    return saved(image, "PNG", transparency=image.getpixel(TOP))


def with_transparent_color() -> bytes:
    """A PNG in RGB whose green counts as transparent."""
    return saved(scene(), "PNG", transparency=GREEN)


def one_bit() -> bytes:
    """A PNG of one bit per pixel, as fax machines and scanners make them."""
    return saved(scene().convert("L").point(lambda level: 255 if level > 70 else 0, "1"), "PNG")


def two_bits() -> bytes:
    """A PNG of four gray levels."""
    rows = b"".join(b"\0" + bytes([0b00011011] * 16) for _ in range(HEIGHT))
    return png(header(WIDTH, HEIGHT, GRAY, depth=2), pixels=_deflated(rows))


def interlaced() -> bytes:
    """An interlaced PNG in RGB, of one color: all seven passes have the same pixels."""
    passes = ((8, 8, 0, 0), (8, 8, 4, 0), (4, 8, 0, 4), (4, 4, 2, 0), (2, 4, 0, 2))
    rows = bytearray()
    for dx, dy, x, y in (*passes, (2, 2, 1, 0), (1, 2, 0, 1)):
        for _ in range(y, HEIGHT, dy):
            rows += b"\0" + bytes(RED) * len(range(x, WIDTH, dx))
    return png(header(WIDTH, HEIGHT, RGB, interlaced=True), pixels=_deflated(bytes(rows)))


def texted_png() -> bytes:
    """A PNG in RGB with texts, a time and EXIF that does not turn it."""
    data = saved(scene(), "PNG")
    at = data.index(b"IDAT") - 4
    chunks = chunk(b"tEXt", b"Location\0" + PLACE) + chunk(b"iTXt", b"XML:com.adobe.xmp\0" + PLACE)
    more = chunk(b"eXIf", exif()[6:]) + chunk(b"tIME", bytes(7))
    return data[:at] + chunks + more + data[at:]


def texted_webp() -> bytes:
    """A lossless WebP with EXIF that does not turn it, and XMP."""
    return saved(scene(), "WEBP", lossless=True, exif=exif(), xmp=PLACE)


def wide_gamut(form: str = "JPEG") -> bytes:
    """The scene in a color space whose primaries are far from sRGB's: red and blue exchanged."""
    profile = bytearray(PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes())
    red, blue = _tag(profile, b"rXYZ"), _tag(profile, b"bXYZ")
    profile[red : red + 20], profile[blue : blue + 20] = (
        profile[blue : blue + 20],
        profile[red : red + 20],
    )
    r, g, b = scene().split()
    swapped = PIL.Image.merge("RGB", (b, g, r))
    return saved(swapped, form, icc_profile=bytes(profile), **FINE.get(form, {}))


def _tag(profile: bytearray, name: bytes) -> int:
    at = profile.index(name, 128)
    return int.from_bytes(profile[at + 4 : at + 8], "big")


def srgb_profiled(form: str = "JPEG") -> bytes:
    """The scene with an sRGB profile, as most editors write it."""
    profile = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()
    return saved(scene(), form, icc_profile=profile, **FINE.get(form, {}))


def heic(orientation: int = 1) -> bytes:
    """A HEIC photo; needs the extra `heic`."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    return saved(lying(orientation), "HEIF", quality=95, exif=exif(orientation))


def avif(orientation: int = 1) -> bytes:
    """An AVIF photo."""
    return saved(lying(orientation), "AVIF", quality=95, exif=exif(orientation))


def apng() -> bytes:
    """An animated PNG."""
    return saved(scene(), "PNG", save_all=True, append_images=[lying(3)])


def animated_webp() -> bytes:
    """An animated WebP."""
    return saved(scene(), "WEBP", save_all=True, append_images=[lying(3)])


def animated_avif() -> bytes:
    """An animated AVIF."""
    return saved(scene(), "AVIF", save_all=True, append_images=[lying(3)])


def one_frame_webp() -> bytes:
    """An animated WebP of one frame."""
    kind, pixels = webp_chunks(saved(scene(), "WEBP", lossless=True))[0]
    frame = bytes(6) + pack("<I", WIDTH - 1)[:3] + pack("<I", HEIGHT - 1)[:3] + bytes(4)
    body = frame + kind + pack("<I", len(pixels)) + pixels + bytes(len(pixels) & 1)
    canvas = bytes([2, 0, 0, 0]) + pack("<I", WIDTH - 1)[:3] + pack("<I", HEIGHT - 1)[:3]
    return webp((b"VP8X", canvas), (b"ANIM", bytes(6)), (b"ANMF", body))
