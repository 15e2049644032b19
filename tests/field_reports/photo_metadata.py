"""Files whose metadata is damaged, or stands where few programs look."""

from tests.field_reports.photo_files import FINE, PLACE, saved, scene
from tests.unit.image_files import chunk, segment

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6" place="' + PLACE + b'"/>'
    b"</rdf:RDF></x:xmpmeta>"
)


def damaged_exif(form: str = "JPEG") -> bytes:
    """The scene with EXIF that no reader understands."""
    garbage = b"Exif\0\0" * (form == "JPEG") + b"garbage" + PLACE
    if form != "PNG":
        return saved(scene(), form, exif=garbage, **FINE[form])
    data = saved(scene(), "PNG")
    at = data.index(b"IDAT") - 4
    return data[:at] + chunk(b"eXIf", garbage) + data[at:]


def xmp_orientation(form: str = "JPEG") -> bytes:
    """The scene with an orientation in XMP, which viewers pass over."""
    return saved(scene(), form, xmp=XMP, **FINE[form])


def jfif_thumbnail() -> bytes:
    """A JPEG with a thumbnail in its first segment, as old cameras and editors write it."""
    base = saved(scene(), "JPEG", **FINE["JPEG"])
    assert base[2:4] == b"\xff\xe0"
    rest = base[4 + int.from_bytes(base[4:6], "big") :]
    thumbnail = bytes([2, 2]) + PLACE[:12]
    return base[:2] + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1" + thumbnail) + rest
