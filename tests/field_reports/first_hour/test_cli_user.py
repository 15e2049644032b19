"""The first hour of a CLI user, from the README's own lines."""

import re
import shlex
from pathlib import Path

import pytest

from tests.field_reports.first_hour.newcomer import Newcomer, fitting
from tests.field_reports.first_hour.readme import readme_commands
from tests.standin import StandIn

pytestmark = pytest.mark.timeout(180)  # a dozen processes, each of which needs 1 s of CPU time
PAID = ("generate", "edit")


def follow(newcomer: Newcomer, output: str, start: str) -> str:
    """Run the command that an answer advises, and return its output."""
    (line,) = [line for line in output.splitlines() if start in line]
    return newcomer.run(*shlex.split(line[line.index(start) :])).stdout


def test_every_line_of_the_readme_works_in_its_order(openai_api: StandIn, tmp_path: Path) -> None:
    newcomer = Newcomer(tmp_path, openai_api)
    known, saved = list[str](), list[str]()
    for words in readme_commands("gpt-image"):
        if words[1] == "http":
            continue
        if "delete" in words:  # the README has an ID of its own, as short as in the table
            words[-1] = known[0][:12]
        with newcomer.pays(int(words[1] in PAID)):
            done = newcomer.run(*words)
        assert "Error" not in done.stderr
        assert ("There is no display" in done.stderr) is ("--open" in words)
        known = re.findall(r"^- (img_\w+)", done.stdout, re.MULTILINE) or known
        saved += re.findall(r"^Saved (.+)$", done.stdout, re.MULTILINE)
    assert len(known) == len([*newcomer.images()]) == 4
    lighthouse, sky, chair, _ = openai_api.posts
    assert (lighthouse.fields["size"], lighthouse.fields["partial_images"]) == ("1536x1024", 2)
    assert [each.field for each in sky.files] == ["image[]"]
    assert [each.field for each in chair.files] == ["image[]", "image[]", "mask"]
    assert saved == [
        "lighthouse.png",
        "lighthouse-preview-1.png",
        "lighthouse-preview-2.png",
        "logo.png",
    ]
    newcomer.check_files(*saved)


def test_every_refusal_says_what_works(openai_api: StandIn, tmp_path: Path) -> None:
    newcomer = Newcomer(tmp_path, openai_api)
    with newcomer.pays(1):
        piped = newcomer.run("gpt-image", "generate", "-", "-o", "fox.webp", stdin=b"a red fox\n")
    assert "Saved fox.webp" in piped.stdout
    with newcomer.pays(0):
        equal = newcomer.run("gpt-image", "generate", "a red fox", "--format", "webp").stdout
    assert "Cost: nothing; from the cache" in equal
    with newcomer.pays(1):
        photo = newcomer.run("gpt-image", "edit", "make it winter", "-i", "photo.jpg", "-i", "last")
    assert "turned upright" in photo.stdout
    follow_the_advice_of_a_full_budget(newcomer)
    prune_and_bring_back(newcomer)
    assert newcomer.run("gpt-image", "jobs", "list").stdout.startswith("No jobs are unfinished")
    newcomer.check_files("fox.webp")


def follow_the_advice_of_a_full_budget(newcomer: Newcomer) -> None:
    asked = ("gpt-image", "generate", "a fox in the snow")
    with newcomer.pays(0):
        refused = newcomer.run(*asked, code=6, BUDGET_DAY_USD="0.15")
    assert "Nothing was charged" in refused.stderr
    advised = fitting(refused.stderr).items()
    options = [word for name, value in advised for word in (f"--{name}", value)]
    with newcomer.pays(1):
        done = newcomer.run(*asked, *options, BUDGET_DAY_USD="0.15")
    assert "of $0.15 in the last 24 hours" in done.stdout


def prune_and_bring_back(newcomer: Newcomer) -> None:
    before = {*newcomer.images()}
    newcomer.wait_for_hours(2)
    prune = ("gpt-image", "images", "prune", "--older-than", "1h")
    assert "Add --yes" in newcomer.run(*prune, code=2).stderr
    assert {*newcomer.images()} == before
    pruned = newcomer.run(*prune, "--yes").stdout
    assert {*newcomer.images()} == set()
    follow(newcomer, pruned, "gpt-image images restore last")
    assert {*newcomer.images()} == before
