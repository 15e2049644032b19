"""A table of renditions: the cost and savings of each format for each sample image."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from rich.box import SIMPLE
from rich.table import Table

from application.rendition_service import PREVIEW_MAX_SIDE
from benchmarks.in_process import InProcessOptimizer
from benchmarks.measure import Stopwatch, interleave
from benchmarks.previews_and_sketches import PREVIEW_BYTES
from benchmarks.rig import Rig
from benchmarks.samples import Sample, samples
from benchmarks.score import score
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.renditions import Rendition, RenditionSpec

SPECS = {
    "png": RenditionSpec(format=ImageFormat.PNG),
    "jpeg": RenditionSpec(format=ImageFormat.JPEG),
    "webp": RenditionSpec(format=ImageFormat.WEBP),
    "avif": RenditionSpec(format=ImageFormat.AVIF),
    "preview": RenditionSpec(max_side=PREVIEW_MAX_SIDE, max_bytes=PREVIEW_BYTES),
}
KIB = 1024


@dataclass(frozen=True, kw_only=True)
class Row:
    """One image in one requested form: the result, CPU ms (median), bytes, and the score if any."""

    image: str
    kind: str
    size: str
    requested: str
    made: str
    cpu_ms: float
    before: int
    after: int
    score: float | None

    @property
    def saved(self) -> float:
        """The share of the bytes that is saved, in percent."""
        return 100 * (1 - self.after / self.before)


def rendition_rows(rig: Rig, rounds: int) -> Iterator[Row]:
    """Every sample in every form that supports it."""
    for sample in samples():
        renderings = [
            Rendering(rig, sample.image, spec, requested)
            for requested, spec in SPECS.items()
            if not (sample.image.has_alpha and requested == "jpeg")
        ]
        times = interleave(rounds, *renderings)
        for rendering in renderings:
            yield _row(sample, rendering, times[rendering.requested])


class Rendering:
    """A side that makes one rendition; `made` is the last one."""

    made: Rendition

    def __init__(self, rig: Rig, image: Image, spec: RenditionSpec, requested: str) -> None:
        self.run = rig.runner.run
        self.image = image
        self.spec = spec
        self.requested = requested

    def __call__(self) -> dict[str, float]:
        return {self.requested: self.run(self._render())}

    async def _render(self) -> float:
        image = Image(self.image.data)  # without a header that is read already
        with Stopwatch() as watch:
            self.made = await InProcessOptimizer().render(image, self.spec)
        return watch.cpu


def _row(sample: Sample, rendering: Rendering, times: Sequence[float]) -> Row:
    before, after = sample.image, rendering.made.image
    return Row(
        image=sample.name,
        kind=sample.kind,
        size=str(before.dimensions),
        requested=rendering.requested,
        made=rendering.made.description,
        cpu_ms=median(times),
        before=len(before.data),
        after=len(after.data),
        score=None if after == before else score(before, after),
    )


def rendition_table(rows: Sequence[Row]) -> Table:
    """One row for each form; `=` marks identical bytes, `-` images that were not compared."""
    table = Table("image", "size", "requested", "made", box=SIMPLE)
    for name in ("CPU ms", "KiB before", "KiB after", "saved", "score"):
        table.add_column(name, justify="right", no_wrap=True)
    for (name, size), forms in groupby(rows, key=lambda row: (row.image, row.size)):
        for row in forms:
            table.add_row(
                name,
                size,
                row.requested,
                row.made,
                f"{row.cpu_ms:.1f}",
                f"{row.before / KIB:.0f}",
                f"{row.after / KIB:.0f}",
                f"{row.saved:.0f} %",
                _score_text(row),
            )
            name = size = ""
        table.add_section()
    return table


def summary_table(rows: Sequence[Row]) -> Table:
    """One row for all images of a kind and a size in one form, where there are several."""
    table = Table("kind", "size", "requested", box=SIMPLE, caption="minimum … median … maximum")
    for name in ("images", "CPU ms", "saved, %", "score"):
        table.add_column(name, justify="right", no_wrap=True)
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.kind, row.size, row.requested), []).append(row)
    for group, alike in groups.items():
        if len(alike) > 1 and any(row.after != row.before for row in alike):
            table.add_row(
                *group,
                str(len(alike)),
                _spread_text([row.cpu_ms for row in alike], 0),
                _spread_text([row.saved for row in alike], 0),
                _spread_text([row.score for row in alike if row.score is not None], 1),
            )
    return table


def _spread_text(values: Sequence[float], digits: int) -> str:
    if not values:
        return "-"
    three = (min(values), median(values), max(values))
    return " … ".join(f"{value:.{digits}f}" for value in three)


def _score_text(row: Row) -> str:
    if row.before == row.after:
        return "="
    return "-" if row.score is None else f"{row.score:.1f}"
