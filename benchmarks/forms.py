"""What each form of a picture costs and saves: a table of its own beside the lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from rich.box import SIMPLE
from rich.table import Table

from adapters.pillow.optimizer import PillowOptimizer
from application.rendition_service import PREVIEW_MAX_SIDE
from benchmarks.measure import Watch, interleaved
from benchmarks.pictures import PREVIEW_BYTES
from benchmarks.rig import Rig
from benchmarks.samples import Sample, samples
from benchmarks.score import score
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.renditions import Rendition, RenditionSpec

FORMS = {
    "png": RenditionSpec(format=ImageFormat.PNG),
    "jpeg": RenditionSpec(format=ImageFormat.JPEG),
    "webp": RenditionSpec(format=ImageFormat.WEBP),
    "preview": RenditionSpec(max_side=PREVIEW_MAX_SIDE, max_bytes=PREVIEW_BYTES),
}
KIB = 1024


@dataclass(frozen=True, kw_only=True)
class Row:
    """One picture in one form: how it was made, CPU ms (median), bytes, and the score if any."""

    picture: str
    sort: str
    size: str
    asked: str
    made: str
    cpu_ms: float
    before: int
    after: int
    score: float | None

    @property
    def saved(self) -> float:
        """The share of the bytes that is gone, in percent."""
        return 100 * (1 - self.after / self.before)


def form_rows(rig: Rig, rounds: int) -> Iterator[Row]:
    """Every sample in every form that can hold it."""
    for sample in samples():
        renderings = [
            Rendering(rig, sample.image, spec, asked)
            for asked, spec in FORMS.items()
            if not (sample.image.has_alpha and asked == "jpeg")
        ]
        taken = interleaved(rounds, *renderings)
        for rendering in renderings:
            yield _row(sample, rendering, taken[rendering.asked])


class Rendering:
    """A side that makes one rendition; the last one is kept."""

    made: Rendition

    def __init__(self, rig: Rig, image: Image, spec: RenditionSpec, asked: str) -> None:
        self.run = rig.runner.run
        self.image = image
        self.spec = spec
        self.asked = asked

    def __call__(self) -> dict[str, float]:
        return {self.asked: self.run(self._made())}

    async def _made(self) -> float:
        image = Image(self.image.data)  # nobody has looked at it yet
        with Watch() as watch:
            self.made = await PillowOptimizer().render(image, self.spec)
        return watch.cpu


def _row(sample: Sample, rendering: Rendering, taken: Sequence[float]) -> Row:
    before, after = sample.image, rendering.made.image
    return Row(
        picture=sample.name,
        sort=sample.sort,
        size=str(before.dimensions),
        asked=rendering.asked,
        made=rendering.made.description,
        cpu_ms=median(taken),
        before=len(before.data),
        after=len(after.data),
        score=None if after == before else score(before, after),
    )


def forms_table(rows: Sequence[Row]) -> Table:
    """One row a form; `=` stands where the bytes are the same, and `-` where nobody compared."""
    drawn = Table("picture", "size", "asked", "made", box=SIMPLE)
    for name in ("CPU ms", "KiB before", "KiB after", "saved", "score"):
        drawn.add_column(name, justify="right", no_wrap=True)
    for (name, size), forms in groupby(rows, key=lambda row: (row.picture, row.size)):
        for row in forms:
            drawn.add_row(
                name,
                size,
                row.asked,
                row.made,
                f"{row.cpu_ms:.1f}",
                f"{row.before / KIB:.0f}",
                f"{row.after / KIB:.0f}",
                f"{row.saved:.0f} %",
                _scored(row),
            )
            name = size = ""
        drawn.add_section()
    return drawn


def summary_table(rows: Sequence[Row]) -> Table:
    """One row for all pictures of a sort and a size in one form, where there are several."""
    drawn = Table("sort", "size", "asked", box=SIMPLE, caption="least … median … most")
    for name in ("pictures", "CPU ms", "saved, %", "score"):
        drawn.add_column(name, justify="right", no_wrap=True)
    together: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        together.setdefault((row.sort, row.size, row.asked), []).append(row)
    for kind, alike in together.items():
        if len(alike) > 1 and any(row.after != row.before for row in alike):
            drawn.add_row(
                *kind,
                str(len(alike)),
                _spread([row.cpu_ms for row in alike], 0),
                _spread([row.saved for row in alike], 0),
                _spread([row.score for row in alike if row.score is not None], 1),
            )
    return drawn


def _spread(values: Sequence[float], digits: int) -> str:
    if not values:
        return "-"
    three = (min(values), median(values), max(values))
    return " … ".join(f"{value:.{digits}f}" for value in three)


def _scored(row: Row) -> str:
    if row.before == row.after:
        return "="
    return "-" if row.score is None else f"{row.score:.1f}"
