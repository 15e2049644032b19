"""Charts of times with two dots a row, on a logarithmic scale."""

from collections.abc import Iterator, Sequence
from math import ceil, floor, log10

from benchmarks.page.frame import LABELS, PLOT, ROW, SPACE, TOP, WIDTH, Theme, bottom, frame, text
from benchmarks.page.sections import Section, Value, amount, heads

RADIUS = 6


def draw_dots(section: Section, rows: Sequence[Value], theme: Theme, note: str) -> str:
    """One pair of dots for each row: theirs is a ring, ours is filled, in blue or orange.

    Orange means that the row has a goal that is missed.
    """
    both = [time for row in rows for time in (row.ours, row.theirs)]
    low, high = floor(log10(min(both))), ceil(log10(max(both)))
    plot = list(_scale(low, high, rows, theme))
    ours, theirs = heads(rows)
    key = f"○ {theirs}   ● {ours}"
    plot.append(text(WIDTH - 16, 26, key, theme.faint, 'text-anchor="end" font-size="13"'))
    for number, row in enumerate(rows):
        plot += _pair(row, TOP + ROW * number + RADIUS + 2, (low, high), theme)
    return frame(section, rows, theme, note, plot)


def _scale(low: int, high: int, rows: Sequence[Value], theme: Theme) -> Iterator[str]:
    for power in range(low, high + 1):
        x = _x(10.0**power, (low, high))
        line = f'x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{bottom(rows) - 6}"'
        yield f'<line {line} stroke="{theme.faint}" stroke-opacity="0.35"/>'
        middle = 'text-anchor="middle" font-size="12"'
        yield text(x, 50, amount(10.0**power, "ms"), theme.faint, middle)


def _pair(row: Value, y: float, ends: tuple[int, int], theme: Theme) -> list[str]:
    ours, theirs = _x(row.ours, ends), _x(row.theirs, ends)
    color = theme.more if row.met is False else theme.less
    line = f'x1="{theirs:.1f}" x2="{ours:.1f}" y1="{y:.1f}" y2="{y:.1f}"'
    ring = f'fill="{theme.page}" stroke="{color}" stroke-width="2"'
    where, now = LABELS + PLOT + SPACE * 3, amount(row.ours, row.unit)
    return [
        text(LABELS - SPACE, y + 5, row.label, theme.text, 'text-anchor="end"'),
        f'<line {line} stroke="{color}" stroke-width="2"/>',
        f'<circle cx="{theirs:.1f}" cy="{y:.1f}" r="{RADIUS}" {ring}/>',
        f'<circle cx="{ours:.1f}" cy="{y:.1f}" r="{RADIUS - 1}" fill="{color}"/>',
        f'<text x="{where}" y="{y + 5:.1f}" fill="{theme.faint}" font-size="13">'
        f"{amount(row.theirs, row.unit)} →"
        f' <tspan fill="{theme.text}" font-weight="600">{now}</tspan>'
        "</text>",
    ]


def _x(ms: float, ends: tuple[int, int]) -> float:
    low, high = ends
    return LABELS + PLOT * (log10(ms) - low) / (high - low)
