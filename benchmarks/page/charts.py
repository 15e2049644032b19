"""The charts of a run."""

from collections.abc import Iterator

from benchmarks.page.bars import draw_bars
from benchmarks.page.dots import draw_dots
from benchmarks.page.frame import THEMES
from benchmarks.page.sections import SECTIONS, Run, values


def charts(run: Run) -> Iterator[tuple[str, str]]:
    """The names of the files, and their SVG."""
    has = run["machine"]
    note = f"One run, {run['at'][:10]}: {has['system']}, {has['cpus']} CPUs, Python {has['python']}"
    for section in SECTIONS:
        rows, draw = list(values(run, section)), draw_bars if section.rows else draw_dots
        for theme in THEMES:
            yield f"cost-{section.name}-{theme.name}.svg", draw(section, rows, theme, note)
