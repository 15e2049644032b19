"""Names the format of data other than PNG, JPEG and WebP by its signature."""

import re

SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"II+\0", "a BigTIFF"),
    (b"MM\0+", "a BigTIFF"),
    (b"II\xbc", "a JPEG XR"),
    (b"\0\0\1\0", "an ICO"),
    (b"\0\0\2\0", "a CUR"),
    (b"icns", "an ICNS"),
    (b"\xff\x0a", "a JPEG XL"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000"),
    (b"%PDF", "a PDF"),
    (b"%!PS", "a PostScript file"),
    (b"8BPS", "a PSD"),
    (b"gimp xcf", "an XCF"),
    (b"DDS ", "a DDS"),
    (b"qoif", "a QOI"),
    (b"\x76\x2f\x31\x01", "an OpenEXR"),
    (b"#?RADIANCE", "a Radiance HDR"),
    (b"\x8aMNG", "an MNG"),
    (b"\x8bJNG", "a JNG"),
    (b"\x1aE\xdf\xa3", "a WebM video"),
    (b"PK\3\4", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
)
BRANDS: tuple[tuple[bytes, str], ...] = (
    (b"avi", "an AVIF"),
    (b"hei", "a HEIC"),
    (b"hev", "a HEIC"),
    (b"mif1", "a HEIF"),
    (b"msf1", "a HEIF"),
    (b"crx", "a raw photograph (CR3)"),
    (b"qt", "a QuickTime video"),
    (b"", "an MP4 video"),
)
"""Major brands of ISO base media files (ISO/IEC 14496-12), by their first letters; any other counts
as a video."""
DECODABLE = {"an AVIF": "AVIF", "a HEIC": "HEIC", "a HEIF": "HEIC"}
"""The formats that a server may be able to decode, by their names in this module."""
WAYS_OUT: tuple[tuple[str, str], ...] = (
    ("a HEIC", "export it as JPEG, or set the iPhone's camera to Most Compatible"),
    ("a HEIF", "export it as JPEG, or set the camera to JPEG"),
    ("a raw photograph", "export it as JPEG"),
    ("a PDF", "export the page as PNG"),
    ("a PostScript", "export the page as PNG"),
    ("a PSD", "export it as PNG"),
    ("an XCF", "export it as PNG"),
    ("a ZIP", "send the images in it"),
    ("a gzip", "send the images in it"),
    ("a WAVE", "send an image"),
)
"""What to do with a format, by the first letters of its name; a video gets a frame of its own."""
ONE_FRAME = "Save one frame of it as PNG."
NETPBM = re.compile(rb"P[1-7]\s")
SVG = re.compile(rb"<svg[\s>/]|<!DOCTYPE\s+svg", re.IGNORECASE)


def describe(data: bytes) -> str:
    """Describe the data, and what to do with it, in a sentence for people."""
    if not data:
        return "The image is empty."
    start = data[:1024]
    name = _name(start)
    if name:
        return f"This is {name}; {_way_out(name)}."
    text = start.lstrip(b"\xef\xbb\xbf\t\n\r ")
    if SVG.search(text):
        return "This is an SVG, which is markup; save it as PNG."
    if text.startswith(b"<"):
        return "The data is markup (HTML or XML), not a PNG, JPEG or WebP image."
    if start.startswith((b"\x89PNG", b"PNG\r\n")):
        return "The PNG was damaged on its way: its first 8 bytes were changed, as text would be."
    return "The data is not a PNG, JPEG or WebP image."


def decodable_format(data: bytes) -> str | None:
    """`AVIF` or `HEIC` if the data starts like one, which a decoder may be installed for."""
    return DECODABLE.get(_name(data[:1024]) or "")


def _way_out(name: str) -> str:
    if name.endswith("video"):
        return "save one frame of it as PNG"
    return next((way for start, way in WAYS_OUT if name.startswith(start)), "save it as PNG")


def _name(start: bytes) -> str | None:
    if start[4:8] == b"ftyp":
        return _of_brands(start)
    if start[:4] == b"RIFF":
        return {b"AVI ": "an AVI video", b"WAVE": "a WAVE sound"}.get(start[8:12])
    if NETPBM.match(start):
        return "a Netpbm image"
    return next((name for signature, name in SIGNATURES if start.startswith(signature)), None)


def _of_brands(start: bytes) -> str:
    """The name by the major brand, or for a generic one (`mif1`) by the first compatible one."""
    end = min(int.from_bytes(start[:4], "big"), 64)
    brands = [start[8:12], *(start[at : at + 4] for at in range(16, end, 4))]
    if brands[0] in (b"mif1", b"msf1"):
        brands = [*(brand for brand in brands if brand[:3] in (b"avi", b"hei", b"hev")), brands[0]]
    return next(name for letters, name in BRANDS if brands[0].startswith(letters))
