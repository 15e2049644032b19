"""How everything here is measured: in turns, as medians, on a machine that is calibrated."""

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, Literal, Self

Side = Callable[[], Mapping[str, float]]
"""Does one thing once, and says by name how many ms it took."""
Judged = Literal["ratio", "added", "ms", "MB"]
"""What a goal limits: the ratio of medians, their difference in ms, or our median in ms or MB."""

CALIBRATIONS = 15
LOOP = 300_000
BLOCK = 4096


class Watch:
    """Times a `with` block: `wall` and this process's `cpu`, in ms."""

    def __enter__(self) -> Self:
        self._wall, self._cpu = perf_counter(), process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu = (process_time() - self._cpu) * 1000
        self.wall = (perf_counter() - self._wall) * 1000


def interleaved(rounds: int, *sides: Side) -> dict[str, list[float]]:
    """Take all sides in turns, A, B, A, B …, and gather by name what they say.

    One round comes before and is not counted: it fills caches for all sides alike.
    """
    for side in sides:
        side()
    taken: dict[str, list[float]] = {}
    for _ in range(rounds):
        for side in sides:
            for name, ms in side().items():
                taken.setdefault(name, []).append(ms)
    return taken


@dataclass(frozen=True, kw_only=True)
class Line:
    """One comparison: what we took and what `against` took in the same rounds, in ms.

    Without `base` there is nothing to compare with, and no ratio. `goal` is the most that what is
    `judged` may be; None is for information.
    """

    name: str
    ours: Sequence[float]
    against: str = ""
    base: Sequence[float] = field(default=())
    goal: float | None = None
    judged: Judged = "ratio"

    @property
    def ratio(self) -> float | None:
        """Our median over theirs."""
        return median(self.ours) / median(self.base) if self.base else None

    @property
    def ratio_of_minimums(self) -> float | None:
        """Our quickest over theirs: the ratio with the least of other people's noise."""
        return min(self.ours) / min(self.base) if self.base else None

    @property
    def added(self) -> float | None:
        """Our median less theirs, in ms."""
        return median(self.ours) - median(self.base) if self.base else None

    @property
    def value(self) -> float:
        """What is judged; our median where nothing else can be had."""
        values = {"ratio": self.ratio, "added": self.added}
        value = values.get(self.judged)
        return median(self.ours) if value is None else value

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without a goal."""
        return None if self.goal is None else self.value <= self.goal


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Where a run was made, and how quick it was just then. Times are medians in ms."""

    system: str
    python: str
    cpus: int
    load: float
    loop_ms: float
    fsync_ms: float


def calibrated(folder: Path) -> Machine:
    """Look at this machine; `folder` is on the disk that the run will write to."""
    taken = interleaved(CALIBRATIONS, loop, lambda: _fsync(folder / "calibration"))
    return Machine(
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        cpus=os.cpu_count() or 1,
        load=os.getloadavg()[0],
        loop_ms=median(taken["loop"]),
        fsync_ms=median(taken["fsync"]),
    )


def loop() -> dict[str, float]:
    """The CPU ms of a fixed piece of plain Python, the same in every version of this file."""
    with Watch() as watch:
        sum(number * number for number in range(LOOP))
    return {"loop": watch.cpu}


def _fsync(path: Path) -> dict[str, float]:
    with path.open("ab") as file:
        file.write(os.urandom(BLOCK))
        file.flush()
        with Watch() as watch:
            os.fsync(file.fileno())
    return {"fsync": watch.wall}


def as_json(line: Line) -> dict[str, Any]:
    """The line with everything that was computed of it."""
    return {
        "against": line.against,
        "judged": line.judged,
        "value": line.value,
        "goal": line.goal,
        "met": line.met,
        "ratio": line.ratio,
        "ratio_of_minimums": line.ratio_of_minimums,
        "added_ms": line.added,
        "ours_ms": list(line.ours),
        "base_ms": list(line.base),
    }
