"""Our JPEG against that of the older server's optimizer, mozjpeg through sharp, at equal score."""

from collections.abc import Iterator
from importlib.util import find_spec
from statistics import geometric_mean

from benchmarks.jpeg_encoders import KIB, MOZJPEG, Compared, Sharp, compare
from benchmarks.measure import Line
from benchmarks.rig import Rig
from benchmarks.samples import SQUARE, samples
from domain.image_formats import Dimensions

MAX_CPU, MAX_BYTES = 0.33, 1.05


def jpeg_at_equal_score_lines(rig: Rig, rounds: int) -> Iterator[Line]:
    """The CPU time and the bytes of each of our encoders: geometric means of the samples.

    There are no lines without the older server, whose sharp is measured, and without scores. A
    sample with a score that no quality of theirs comes near is left out.
    """
    if rig.older is None or find_spec("ssimulacra2") is None:
        return
    sharp, rows = Sharp(rig.older.folder, rig.folder), list[Compared]()
    try:
        for sample in samples():
            for_jpeg = not sample.image.has_alpha and sample.kind != "drawing"
            if for_jpeg and sample.image.dimensions == Dimensions(*SQUARE):
                rows.extend(compare(sample, sharp, rig.folder, rounds))
    finally:
        sharp.close()
    yield from lines_of(rows)


def lines_of(rows: list[Compared]) -> Iterator[Line]:
    """Two lines for each encoder. Its goals are those of jpegli, which is the faster one."""
    for encoder in dict.fromkeys(row.encoder for row in rows):
        pairs = [(row.ours, row.theirs) for row in rows if row.encoder == encoder and row.theirs]
        judged = encoder == "jpegli"
        if pairs:
            cpu = _means([(ours.cpu, theirs.cpu) for ours, theirs in pairs])
            size = _means([(ours.size / KIB, theirs.size / KIB) for ours, theirs in pairs])
            yield _line(f"JPEG by {encoder}, equal score, CPU", cpu, MAX_CPU if judged else None)
            yield _line(f"JPEG by {encoder}, equal score, KiB", size, MAX_BYTES if judged else None)


def _line(name: str, means: tuple[float, float], goal: float | None) -> Line:
    return Line(name=name, ours=[means[0]], against=MOZJPEG, base=[means[1]], goal=goal)


def _means(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    ours, theirs = zip(*pairs, strict=True)
    return geometric_mean(ours), geometric_mean(theirs)
