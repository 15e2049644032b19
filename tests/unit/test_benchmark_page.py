"""The page "What it costs" has the numbers of the saved run, and no others."""

import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.page.__main__ import IMAGES, LATEST, PAGE, files
from benchmarks.page.bars import draw_bars
from benchmarks.page.dots import draw_dots
from benchmarks.page.frame import LABELS, PLOT, THEMES, Theme
from benchmarks.page.sections import SECTIONS, Section, amount, heads, times, values
from benchmarks.page.text import REGION, WOULD_TAKE, fill

SECTION = Section(
    name="waiting", title="Waiting", against="older server", rows={"a": "Row A", "b": "Row B"}
)
RUN: dict[str, Any] = {
    "lines": {
        "a": {
            "against": "older server",
            "ours_ms": [20, 30, 10],
            "base_ms": [200, 200],
            "judged": "ratio",
            "goal": 0.15,
            "met": True,
        },
        "b": {
            "against": "older server",
            "ours_ms": [3000],
            "base_ms": [1500],
            "judged": "ms",
            "goal": 1600,
            "met": False,
        },
    }
}


@pytest.fixture(scope="module")
def latest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(LATEST.read_text("utf-8"))
    return found


def test_page_and_charts_are_made_from_the_saved_run(latest: dict[str, Any]) -> None:
    for file, text in files(latest):
        assert file.read_text("utf-8") == text, f"{file.name}: run `python -m benchmarks.page`"


def test_no_number_stands_outside_the_measured_parts() -> None:
    prose = REGION.sub("", PAGE.read_text("utf-8"))
    assert re.findall(r"\d", prose) == []


def test_every_part_of_the_page_is_measured_once() -> None:
    names = [name for _, name, _ in REGION.findall(PAGE.read_text("utf-8"))]
    assert sorted(names) == sorted([*(each.name for each in SECTIONS), "machine", "missed"])


def test_no_chart_is_left_from_another_run(latest: dict[str, Any]) -> None:
    made = {file for file, _ in files(latest)} - {PAGE}
    assert set(IMAGES.glob("cost-*")) == made


def test_every_missed_goal_says_what_it_would_take(latest: dict[str, Any]) -> None:
    rows = [row for each in SECTIONS for row in values(latest, each)]
    assert [row.line for row in rows if row.met is False and row.line not in WOULD_TAKE] == []


def test_a_row_has_the_medians_and_their_ratio() -> None:
    first, second = values(RUN, SECTION)
    assert (first.ours, first.theirs, first.ratio) == (20, 200, 0.1)
    assert (second.ours, second.theirs, second.ratio) == (3000, 1500, 2.0)


def test_a_line_that_was_not_measured_has_no_row() -> None:
    assert list(values({"lines": {}}, SECTION)) == []


@pytest.mark.parametrize("changed", [{"base_ms": []}, {"against": "bare mcp over HTTP"}])
def test_a_line_without_the_older_server_has_no_row(changed: dict[str, object]) -> None:
    run = {"lines": {"a": RUN["lines"]["a"] | changed}}
    assert list(values(run, SECTION)) == []


def test_lines_about_numbers_of_images_need_no_list() -> None:
    line = RUN["lines"]["b"] | {"against": "with 1,000 images"}
    run = {"lines": {"list of all, 100,000 images": line, "a": RUN["lines"]["a"]}}
    growth = next(each for each in SECTIONS if each.name == "growth")
    rows = list(values(run, growth))
    assert [row.label for row in rows] == ["list of all"]
    assert heads(rows) == ("100,000 images", "1,000 images")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0217, "ms", "0.0217 ms"),
        (5.25, "ms", "5.25 ms"),
        (99.96, "ms", "100 ms"),
        (283.4, "ms", "283 ms"),
        (1222.0, "ms", "1.22 s"),
        (1222.0, "MB", "1222 MB"),
    ],
)
def test_an_amount_has_three_digits(value: float, unit: str, text: str) -> None:
    assert amount(value, unit) == text


@pytest.mark.parametrize(("ratio", "text"), [(0.094, "0.09×"), (1.0, "1.00×"), (12.34, "12×")])
def test_a_ratio_has_two_digits(ratio: float, text: str) -> None:
    assert times(ratio) == text


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_a_bar_is_as_long_as_its_ratio_and_orange_above_the_reference(theme: Theme) -> None:
    svg = ElementTree.fromstring(draw_bars(SECTION, list(values(RUN, SECTION)), theme, "a note"))  # noqa: S314 - ours
    bars = [each for each in svg.iter() if each.tag.endswith("rect") and each.get("x")]
    short, long = (float(bar.get("width", 0)) for bar in bars)
    assert long == pytest.approx(short * 20, abs=1)
    assert [bar.get("fill") for bar in bars] == [theme.less, theme.more]
    line = next(each for each in svg.iter() if each.tag.endswith("line"))
    assert float(line.get("x1", 0)) == pytest.approx(LABELS + long / 2, abs=0.1)


def test_dots_stand_at_the_logarithm_of_their_times() -> None:
    svg = draw_dots(SECTION, list(values(RUN, SECTION)), THEMES[0], "a note")
    drawn = [each for each in ElementTree.fromstring(svg).iter() if each.tag.endswith("circle")]  # noqa: S314 - ours
    theirs, ours, slow_theirs, slow_ours = (float(dot.get("cx", 0)) for dot in drawn)
    decade = PLOT / 3  # from 10 ms to 10 s
    assert theirs - ours == pytest.approx(decade, abs=0.2)
    assert slow_ours - slow_theirs == pytest.approx(decade * 0.301, abs=0.2)
    assert [dot.get("fill") for dot in drawn][1::2] == [THEMES[0].less, THEMES[0].more]


def test_a_chart_says_its_ratios_in_words() -> None:
    text = draw_bars(SECTION, list(values(RUN, SECTION)), THEMES[0], "a note")
    told = "Waiting, this server against older server: Row A 0.10×; Row B 2.00×"
    assert f"<title>{told}</title>" in text
    assert ">a note</text>" in text


def test_a_missed_goal_is_listed_with_what_it_would_take() -> None:
    line = "idle memory, MB"
    run = {"lines": {line: {**RUN["lines"]["b"], "judged": "ratio", "goal": 1.1}}}
    page = fill("<!-- measured: missed -->\nold\n<!-- end -->\n", run)
    assert "- **Memory: idle** (≤ 1.1×). " + WOULD_TAKE[line] in page
    assert "old" not in page


def test_a_page_without_a_missed_goal_says_so() -> None:
    page = fill("<!-- measured: missed -->\n<!-- end -->", {"lines": {}})
    assert "No goal of this page was missed" in page
