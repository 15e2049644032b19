"""Requirements have lower and upper bounds; their pins are exact, hashed, and within the bounds."""

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


def requirements() -> dict[str, list[str]]:
    """Every requirement in pyproject.toml, by the file that pins it."""
    content = project()
    groups: dict[str, list[str]] = content["dependency-groups"]
    assert set(groups) == {"dev", "bench"}
    return {
        MAIN: [
            *content["project"]["dependencies"],
            *groups["dev"],
            *content["build-system"]["requires"],
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
    """The versions of each distribution in the file: several if they depend on Python's."""
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
    [(file, requirement) for file, listed in requirements().items() for requirement in listed],
)
def test_a_requirement_is_bounded_and_allows_its_pin(file: str, requirement: str) -> None:
    parsed = Requirement(requirement)
    assert is_bounded(requirement)
    for version in pins(file)[canonicalize_name(parsed.name)]:
        assert parsed.specifier.contains(version, prereleases=True)


@pytest.mark.parametrize("requirement", ["a", "a>=1", "a<2", "a!=1.5", "a>=1,!=1.5"])
def test_one_bound_is_not_enough(requirement: str) -> None:
    assert not is_bounded(requirement)


@pytest.mark.parametrize("file", FILES)
def test_every_pin_is_exact_and_hashed(file: str) -> None:
    assert len(pinned_lines(file)) > len(requirements()[file])
    for requirement, *options in pinned_lines(file):
        assert PIN.match(requirement), requirement
        assert options, requirement
        assert all(SHA256.match(option) for option in options), requirement


@pytest.mark.parametrize("file", FILES)
def test_the_pins_name_no_index(file: str) -> None:
    text = (ROOT / file).read_text("utf-8")
    assert re.findall(r"^-.*|\w+://\S*|^.* @ .*", text, re.MULTILINE) == []


def test_build_requirements_are_development_requirements() -> None:
    """The project installs without build isolation, so its build tools are pinned too."""
    content = project()
    assert set(content["build-system"]["requires"]) <= set(content["dependency-groups"]["dev"])


def test_both_files_have_the_same_pins() -> None:
    both = pins(MAIN).keys() & pins(BENCH).keys()
    assert "pillow" in both
    assert all(pins(MAIN)[name] == pins(BENCH)[name] for name in both)
