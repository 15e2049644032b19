"""What is asked for is bounded on both sides; what is installed is pinned, hashed, and fits."""

import re
from functools import cache

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.checkout import ROOT, project

FILES = MAIN, BENCH = "constraints.txt", "benchmarks/constraints.txt"
LOWER, UPPER = {">=", ">", "==", "~="}, {"<=", "<", "==", "~="}
PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[\w.+!-]+)(?: ; (?P<marker>.+))?$")
SHA256 = re.compile(r"^--hash=sha256:[0-9a-f]{64}$")


def asked_for() -> dict[str, list[str]]:
    """Every requirement in pyproject.toml, by the file that pins it."""
    said = project()
    groups: dict[str, list[str]] = said["dependency-groups"]
    assert set(groups) == {"dev", "bench"}
    return {
        MAIN: [
            *said["project"]["dependencies"],
            *groups["dev"],
            *said["build-system"]["requires"],
        ],
        BENCH: groups["bench"],
    }


def pinned_lines(file: str) -> list[list[str]]:
    """Each entry of the file as its parts: the requirement first, then its options."""
    text = (ROOT / file).read_text("utf-8")
    lines = re.sub(r"\s*\\\n\s*", "\0", text).splitlines()
    return [line.strip().split("\0") for line in lines if line.strip() and line.strip()[0] != "#"]


@cache
def pins(file: str) -> dict[str, set[str]]:
    """The versions of each distribution in the file: several where they depend on the Python."""
    found: dict[str, set[str]] = {}
    for parts in pinned_lines(file):
        if pin := PIN.match(parts[0]):
            found.setdefault(canonicalize_name(pin["name"]), set()).add(pin["version"])
    return found


def is_bounded(requirement: str) -> bool:
    operators = {specifier.operator for specifier in Requirement(requirement).specifier}
    return bool(operators & LOWER) and bool(operators & UPPER)


@pytest.mark.parametrize(
    ("file", "requirement"),
    [(file, requirement) for file, asked in asked_for().items() for requirement in asked],
)
def test_a_dependency_is_bounded_and_its_pin_fits(file: str, requirement: str) -> None:
    wanted = Requirement(requirement)
    assert is_bounded(requirement)
    for version in pins(file)[canonicalize_name(wanted.name)]:
        assert wanted.specifier.contains(version, prereleases=True)


@pytest.mark.parametrize("requirement", ["a", "a>=1", "a<2", "a!=1.5", "a>=1,!=1.5"])
def test_half_a_bound_is_none(requirement: str) -> None:
    assert not is_bounded(requirement)


@pytest.mark.parametrize("file", FILES)
def test_every_pin_is_exact_and_hashed(file: str) -> None:
    assert len(pinned_lines(file)) > len(asked_for()[file])
    for requirement, *options in pinned_lines(file):
        assert PIN.match(requirement), requirement
        assert options, requirement
        assert all(SHA256.match(option) for option in options), requirement


@pytest.mark.parametrize("file", FILES)
def test_the_pins_name_no_index(file: str) -> None:
    text = (ROOT / file).read_text("utf-8")
    assert re.findall(r"^-.*|\w+://\S*|^.* @ .*", text, re.MULTILINE) == []


def test_what_builds_is_among_what_develops() -> None:
    """The project installs without build isolation, so its build tools are pinned too."""
    said = project()
    assert set(said["build-system"]["requires"]) <= set(said["dependency-groups"]["dev"])


def test_what_both_files_pin_is_the_same() -> None:
    both = pins(MAIN).keys() & pins(BENCH).keys()
    assert "pillow" in both
    assert all(pins(MAIN)[name] == pins(BENCH)[name] for name in both)
