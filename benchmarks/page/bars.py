"""Bar charts of ratios."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from benchmarks.page.frame import LABELS, PLOT, ROW, SPACE, TOP, Theme, bottom, frame, text
from benchmarks.page.sections import Section, Value, amount, heads, times

BAR = 18
NUMBERS = 190
"""The width of a bar's numbers. They stand right of the line at 1× where they would meet it."""


def draw_bars(section: Section, rows: Sequence[Value], theme: Theme, note: str) -> str:
    """One bar for each row: ours, in units of theirs, which is a line at 1×."""
    scale = PLOT / max([1.0, *(row.ratio for row in rows)])
    one = LABELS + scale
    line = f'x1="{one:.1f}" x2="{one:.1f}" y1="{TOP - 6}" y2="{bottom(rows) - 6}"'
    plot = [text(one, 50, f"{heads(rows)[1]} = 1×", theme.faint, 'text-anchor="middle"')]
    for number, row in enumerate(rows):
        plot += _bar(row, TOP + ROW * number, scale, theme)
    plot.append(f'<line {line} stroke="{theme.faint}" stroke-width="1.5" stroke-dasharray="4 3"/>')
    return frame(section, rows, theme, note, plot)


def _bar(row: Value, top: int, scale: float, theme: Theme) -> list[str]:
    width, middle = max(2.0, row.ratio * scale), top + BAR / 2 + 5
    color = theme.less if row.ratio <= 1 else theme.more
    beside = scale if 0 <= scale - width < NUMBERS else width
    where = LABELS + beside + SPACE
    numbers = f"{amount(row.ours, row.unit)} against {amount(row.theirs, row.unit)}"
    return [
        text(LABELS - SPACE, middle, row.label, theme.text, 'text-anchor="end"'),
        f'<rect x="{LABELS}" y="{top}" width="{width:.1f}" height="{BAR}" rx="2" fill="{color}"/>',
        f'<text x="{where:.1f}" y="{middle:.1f}" fill="{theme.faint}" font-size="13">'
        f'<tspan fill="{theme.text}" font-weight="600">{times(row.ratio)}</tspan>'
        f"  {escape(numbers)}</text>",
    ]
