"""What a run of the benchmarks measures, and what counts as a met goal."""

from argparse import ArgumentTypeError
from pathlib import Path

import pytest

from benchmarks.groups import NAMES, parse_names
from benchmarks.measure import Judged, Line
from benchmarks.older.server import install_older_server, needed_packages

ROOT = Path(__file__).parents[2]
PACKAGE = {
    "name": "older",
    "dependencies": {"sharp": "^1"},
    "devDependencies": {"typescript": "^5", "@types/node": "^22", "gone-from-npm": "^1"},
}


@pytest.mark.parametrize(
    ("judged", "goal", "met"),
    [
        ("ratio", 0.5, True),
        ("ratio", 0.49, False),
        ("added", -10.0, True),
        ("added", -11.0, False),
        ("ms", 10.0, True),
        ("MB", 9.0, False),
        ("ratio", None, None),
    ],
)
def test_a_goal_limits_the_judged_value(judged: Judged, goal: float | None, met: object) -> None:
    line = Line(name="a", ours=[9, 10, 30], base=[20], goal=goal, judged=judged)
    assert line.met is met


def test_groups_are_chosen_by_their_names() -> None:
    assert parse_names("spawn,boot") == ("spawn", "boot")
    with pytest.raises(ArgumentTypeError, match="no group is named start; groups: spawn, "):
        parse_names("start")


def test_every_group_is_described() -> None:
    text = (ROOT / "benchmarks" / "README.md").read_text("utf-8")
    assert [name for name in NAMES if f"`{name}`" not in text] == []


def test_the_older_servers_packages_of_development_are_dropped() -> None:
    assert needed_packages(PACKAGE, build=False) == {**PACKAGE, "devDependencies": {}}


def test_a_checkout_that_is_not_built_needs_the_compiler_only() -> None:
    kept = {"typescript": "^5", "@types/node": "^22"}
    assert needed_packages(PACKAGE, build=True) == {**PACKAGE, "devDependencies": kept}


def test_a_folder_without_the_older_server_is_refused_before_anything_is_copied(
    tmp_path: Path,
) -> None:
    with pytest.raises(SystemExit, match="Pass a git checkout of the older server"):
        install_older_server(tmp_path, tmp_path / "installed", {})
    assert list(tmp_path.iterdir()) == []
