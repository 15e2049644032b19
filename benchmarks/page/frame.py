"""What all charts of the page have: colors for light and for dark pages, a title and a note."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from benchmarks.page.sections import Section, Value, heads, times

WIDTH, TOP, ROW, BOTTOM = 780, 64, 34, 36
LABELS, PLOT, SPACE = 250, 300, 8
"""Columns of the labels and the plot, and the space beside them, in pixels."""
FONT = "-apple-system, BlinkMacSystemFont, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif"


@dataclass(frozen=True, kw_only=True)
class Theme:
    """Colors. Bars are blue up to 1× and orange above, which color-blind people can distinguish."""

    name: str
    page: str
    text: str
    faint: str
    less: str
    more: str


THEMES = (
    Theme(
        name="light",
        page="#ffffff",
        text="#1f2328",
        faint="#59636e",
        less="#0072b2",
        more="#d55e00",
    ),
    Theme(
        name="dark",
        page="#0d1117",
        text="#e6edf3",
        faint="#9198a1",
        less="#56b4e9",
        more="#e69f00",
    ),
)


def frame(
    section: Section, rows: Sequence[Value], theme: Theme, note: str, plot: Sequence[str]
) -> str:
    """The SVG of a chart with these elements between its title and its note."""
    height = bottom(rows) + BOTTOM
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
            f'font-family="{FONT}" font-size="14">',
            f"<title>{escape(describe(section, rows))}</title>",
            f'<rect width="{WIDTH}" height="{height}" rx="6" fill="{theme.page}"/>',
            text(16, 26, section.title, theme.text, 'font-size="16" font-weight="600"'),
            *plot,
            text(16, height - 14, note, theme.faint, 'font-size="12"'),
            "</svg>\n",
        ]
    )


def bottom(rows: Sequence[Value]) -> int:
    """Where the rows end, in pixels."""
    return TOP + ROW * len(rows)


def describe(section: Section, rows: Sequence[Value]) -> str:
    """The chart in words, for people who do not see it."""
    told = "; ".join(f"{row.label} {times(row.ratio)}" for row in rows)
    return f"{section.title}, {' against '.join(heads(rows))}: {told}"


def text(x: float, y: float, content: str, color: str, more: str) -> str:
    """One line of text."""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{color}" {more}>{escape(content)}</text>'
