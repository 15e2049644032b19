"""Which lines of a run the page shows, under which names."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

Run = Mapping[str, Any]
GROWTH = re.compile(r"(?P<work>.+), (?P<number>[\d,]+) images")
"""The names of the lines that depend on the number of images."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """One chart and one table of the lines that are compared with something like `against`.

    `rows` has their names and labels. A section without rows shows the growth of time.
    """

    name: str
    title: str
    against: str
    rows: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Value:
    """One measured line: medians in `unit`, and the goal of the judged value, if it has one."""

    line: str
    label: str
    against: str
    ours: float
    theirs: float
    unit: str
    judged: str
    goal: float | None
    met: bool | None

    @property
    def ratio(self) -> float:
        """Ours over theirs."""
        return self.ours / self.theirs


SECTIONS = (
    Section(
        name="waiting",
        title="Waiting",
        against="older server",
        rows={
            "spawn → tools/list, older server": "Start to list of tools (stdio)",
            "spawn → first image, older server": "Start to first image (stdio)",
            "spawn → /health, older server": "Start to first reply (HTTP)",
            "spawn → connection accepted": "Start to first connection",
            "uncached PNG, /mcp, older server": "New image (/mcp)",
            "uncached PNG, /mcp/stream, older server": "New image (/mcp/stream)",
            "cached, over /mcp, older server": "Cached image (/mcp)",
            "100 distinct at once, /mcp, older server": "100 new images at once (/mcp)",
            "100 distinct at once, /mcp/stream, older server": "100 at once (/mcp/stream)",
        },
    ),
    Section(
        name="work",
        title="CPU time and memory",
        against="older server",
        rows={
            "spawn → tools/list, older server, CPU": "CPU: start to list of tools",
            "spawn → first image, older server, CPU": "CPU: start to first image",
            "uncached PNG, /mcp, older server, CPU": "CPU: new image (/mcp)",
            "uncached PNG, /mcp/stream, older server, CPU": "CPU: new image (/mcp/stream)",
            "cached, over /mcp, older server, CPU": "CPU: cached image (/mcp)",
            "idle memory, MB": "Memory: idle",
            "memory 10 s after a burst of 100, MB": "Memory: after 100 at once",
        },
    ),
    Section(name="growth", title="Many images", against="with ", rows={}),
)


def values(run: Run, section: Section) -> Iterator[Value]:
    """The section's lines that the run has."""
    for name, label in (section.rows or _growth(run)).items():
        line = run["lines"].get(name)
        if line and line["base_ms"] and line["against"].startswith(section.against):
            yield Value(
                line=name,
                label=label,
                against=line["against"],
                ours=median(line["ours_ms"]),
                theirs=median(line["base_ms"]),
                unit="MB" if name.endswith("MB") else "ms",
                judged=line["judged"],
                goal=line["goal"],
                met=line["met"],
            )


def heads(rows: Sequence[Value]) -> tuple[str, str]:
    """What is measured and what it is compared with, in a few words."""
    growth = GROWTH.fullmatch(rows[0].line)
    against = rows[0].against.removeprefix("with ")
    return (f"{growth['number']} images" if growth else "this server"), against


def _growth(run: Run) -> dict[str, str]:
    """The lines about numbers of images, which say the work themselves."""
    return {name: found["work"] for name in run["lines"] if (found := GROWTH.fullmatch(name))}


def amount(value: float, unit: str) -> str:
    """The value in three significant digits at most, in seconds if it is longer than one."""
    if unit == "ms" and value >= 1000:
        value, unit = value / 1000, "s"
    return f"{value:.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def times(ratio: float) -> str:
    """A ratio in two significant digits at least."""
    return f"{ratio:.2f}×" if ratio < 10 else f"{ratio:.0f}×"
