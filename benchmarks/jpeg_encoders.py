"""`python -m benchmarks.jpeg_encoders CHECKOUT`: our JPEG against mozjpeg through sharp.

The checkout is one of the older Node server, with its packages installed. sharp encodes each sample
at several qualities; its bytes and CPU time at the score of our rendition are interpolated.
"""

import argparse
import json
import subprocess
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import exp, log
from pathlib import Path
from shutil import which
from statistics import geometric_mean
from tempfile import TemporaryDirectory

from rich.box import SIMPLE
from rich.table import Table

from adapters.pillow import rendering
from adapters.pillow.jpegli import has_jpegli
from benchmarks.measure import Side, Stopwatch, interleave
from benchmarks.report import console
from benchmarks.samples import FOLDER, NO_PHOTOGRAPHS, Sample, samples
from benchmarks.score import score
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.renditions import RenditionSpec

QUALITIES = (58, 66, 74, 80, 86, 92, 96)
ROUNDS = 5
KIB = 1024
MOZJPEG = "sharp, mozjpeg"


@dataclass(frozen=True, slots=True)
class Encoded:
    """A JPEG of a sample: its score, its bytes, and the least CPU ms that it took."""

    score: float
    size: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Compared:
    """Our rendition, and mozjpeg's at the same score; None if no quality came near that score."""

    sample: str
    encoder: str
    ours: Encoded
    theirs: Encoded | None


class Sharp:
    """The sharp of a checkout, in a process of its own with one thread for each image."""

    def __init__(self, checkout: Path, folder: Path) -> None:
        self._out = folder / "sharp.jpg"
        self._node = subprocess.Popen(  # noqa: S603 - the checkout that the operator named
            [
                which("node") or "node",
                str(Path(__file__).with_name("sharp_jpeg.mjs")),
                str(checkout),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def encode(self, file: Path, quality: int) -> tuple[Image, float]:
        """The JPEG and the CPU ms that it took, from the bytes of the PNG to those of the JPEG."""
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        request = {"file": str(file), "quality": quality, "out": str(self._out)}
        print(json.dumps(request), file=self._node.stdin, flush=True)
        reply = self._node.stdout.readline()
        if not reply:
            raise SystemExit("sharp could not be run: see its message above")
        return Image(self._out.read_bytes()), float(json.loads(reply)["cpu"])

    def close(self) -> None:
        """End the process."""
        self._node.communicate()


def compare(sample: Sample, sharp: Sharp, folder: Path, rounds: int) -> Iterator[Compared]:
    """Encode the sample by everything in turns."""
    file = folder / "sample.png"
    file.write_bytes(sample.image.data)
    made: dict[str, Image] = {}
    ours = list(_encoders())
    sides = [_our_side(name, sample.image, options, made) for name, options in ours]
    sides += [_their_side(sharp, file, quality, made) for quality in QUALITIES]
    times = interleave(rounds, *sides)
    curve = [_encoded(sample.image, made, times, str(quality)) for quality in QUALITIES]
    for name, _ in ours:
        encoded = _encoded(sample.image, made, times, name)
        yield Compared(sample.name, name, encoded, at_score(curve, encoded.score))


def at_score(curve: Sequence[Encoded], wanted: float) -> Encoded | None:
    """The bytes (on a logarithmic scale) and the CPU time at this score, interpolated."""
    curve = sorted(curve, key=lambda encoded: encoded.score)
    scores = [encoded.score for encoded in curve]
    at = bisect_left(scores, wanted)
    if not 0 < at < len(curve):
        return None
    low, high = curve[at - 1], curve[at]
    share = (wanted - low.score) / (high.score - low.score)
    size = exp(log(low.size) + share * log(high.size / low.size))
    return Encoded(wanted, size, low.cpu + share * (high.cpu - low.cpu))


def _encoders() -> Iterator[tuple[str, dict[str, object]]]:
    jpeg = asdict(RenditionSpec(format=ImageFormat.JPEG))
    if has_jpegli():
        yield "jpegli", {**jpeg, "jpegli": True}
    yield "Pillow", jpeg


def _our_side(
    name: str, image: Image, options: Mapping[str, object], made: dict[str, Image]
) -> Side:
    def side() -> dict[str, float]:
        with Stopwatch() as watch:
            _, data = rendering.render(dict(options), image.data)
        made[name] = Image(data)
        return {name: watch.cpu}

    return side


def _their_side(sharp: Sharp, file: Path, quality: int, made: dict[str, Image]) -> Side:
    def side() -> dict[str, float]:
        made[str(quality)], cpu = sharp.encode(file, quality)
        return {str(quality): cpu}

    return side


def _encoded(
    original: Image, made: Mapping[str, Image], times: Mapping[str, Sequence[float]], name: str
) -> Encoded:
    scored = score(original, made[name])
    if scored is None:
        raise SystemExit("Scores need the package ssimulacra2: install benchmarks/constraints.txt")
    return Encoded(scored, len(made[name].data), min(times[name]))


def comparison_table(rows: Sequence[Compared]) -> Table:
    """One row for each rendition, and the geometric means of the ratios."""
    table = Table("image", "encoder", box=SIMPLE, caption=f"× is against {MOZJPEG}, equal score")
    for name in ("score", "KiB", "× bytes", "CPU ms", "× CPU"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        size, cpu = _ratios(row) or (None, None)
        ours = row.ours
        table.add_row(
            row.sample,
            row.encoder,
            f"{ours.score:.1f}",
            f"{ours.size / KIB:.0f}",
            _ratio_text(size),
            f"{ours.cpu:.1f}",
            _ratio_text(cpu),
        )
    for encoder in dict.fromkeys(row.encoder for row in rows):
        found = [ratios for row in rows if row.encoder == encoder and (ratios := _ratios(row))]
        if found:
            sizes, cpus = zip(*found, strict=True)
            mean = [_ratio_text(geometric_mean(values)) for values in (sizes, cpus)]
            table.add_row("mean of all", encoder, "", "", mean[0], "", mean[1])
    return table


def _ratios(row: Compared) -> tuple[float, float] | None:
    if row.theirs is None:
        return None
    return row.ours.size / row.theirs.size, row.ours.cpu / row.theirs.cpu


def _ratio_text(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.jpeg_encoders", description=__doc__)
    parser.add_argument("checkout", type=Path, help="its node_modules has sharp")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds (%(default)s)")
    options = parser.parse_args(arguments)
    out, rows = console(), list[Compared]()
    with TemporaryDirectory() as name, out.status("starting sharp") as status:
        sharp = Sharp(options.checkout.resolve(), Path(name))
        for sample in samples():
            if sample.image.has_alpha or sample.kind == "drawing":
                continue  # these are no images for JPEG
            status.update(f"measuring: {sample.name}, {sample.image.dimensions}")
            rows.extend(compare(sample, sharp, Path(name), options.rounds))
        sharp.close()
    out.print(comparison_table(rows))
    if not FOLDER.is_dir():
        out.print(NO_PHOTOGRAPHS)


if __name__ == "__main__":
    main()
