"""How the benchmarks measure: in turns, as medians, on a calibrated machine."""

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, Literal, Self

Side = Callable[[], Mapping[str, float]]
"""Does one thing once; returns the ms that it took, by name."""
Judged = Literal["ratio", "added", "ms", "MB"]
"""What a goal limits: the ratio of medians, their difference in ms, or our median in ms or MB."""

CALIBRATIONS = 15
LOOP = 300_000
BLOCK = 4096


class Stopwatch:
    """Times a `with` block: `wall` and this process's `cpu`, in ms."""

    def __enter__(self) -> Self:
        self._wall, self._cpu = perf_counter(), process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu = (process_time() - self._cpu) * 1000
        self.wall = (perf_counter() - self._wall) * 1000


def interleave(rounds: int, *sides: Side) -> dict[str, list[float]]:
    """Run all sides in turns, A, B, A, B …, and collect their times by name.

    A first round is not counted: it fills caches for all sides.
    """
    for side in sides:
        side()
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        for side in sides:
            for name, ms in side().items():
                times.setdefault(name, []).append(ms)
    return times


@dataclass(frozen=True, kw_only=True)
class Line:
    """One comparison: our times and those of `against` in the same rounds, in ms.

    Without `base` there is no ratio. `goal` is the maximum of the `judged` value; None means that
    the line is for information.
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
        """Our minimum over theirs: the ratio with the least noise from other programs."""
        return min(self.ours) / min(self.base) if self.base else None

    @property
    def added(self) -> float | None:
        """Our median minus theirs, in ms."""
        return median(self.ours) - median(self.base) if self.base else None

    @property
    def value(self) -> float:
        """The judged value; our median where it cannot be computed."""
        values = {"ratio": self.ratio, "added": self.added}
        value = values.get(self.judged)
        return median(self.ours) if value is None else value

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without a goal."""
        return None if self.goal is None else self.value <= self.goal


@dataclass(frozen=True, kw_only=True)
class Machine:
    """The machine of a run, and its speed at that moment. Times are medians in ms."""

    system: str
    python: str
    cpus: int
    load: float
    loop_ms: float
    fsync_ms: float


def calibrate(folder: Path) -> Machine:
    """Measure this machine; `folder` is on the disk that the run writes to."""
    times = interleave(CALIBRATIONS, loop, lambda: _fsync(folder / "calibration"))
    return Machine(
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        cpus=os.cpu_count() or 1,
        load=os.getloadavg()[0],
        loop_ms=median(times["loop"]),
        fsync_ms=median(times["fsync"]),
    )


def loop() -> dict[str, float]:
    """The CPU ms of a fixed piece of plain Python, the same in every version of this file."""
    with Stopwatch() as watch:
        sum(number * number for number in range(LOOP))
    return {"loop": watch.cpu}


def _fsync(path: Path) -> dict[str, float]:
    with path.open("ab") as file:
        file.write(os.urandom(BLOCK))
        file.flush()
        with Stopwatch() as watch:
            os.fsync(file.fileno())
    return {"fsync": watch.wall}


def as_json(line: Line) -> dict[str, Any]:
    """The line with all computed values."""
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
