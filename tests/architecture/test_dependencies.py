"""What is asked for is bounded on both sides; what is installed is pinned, hashed, and fits."""

import re
from functools import cache
from itertools import chain

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.checkout import ROOT, project

LOWER, UPPER = {">=", ">", "==", "~="}, {"<=", "<", "==", "~="}
PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[\w.+!-]+)(?: ; (?P<marker>.+))?$")
SHA256 = re.compile(r"^--hash=sha256:[0-9a-f]{64}$")


def asked_for() -> list[str]:
    """Every requirement in pyproject.toml: to run, to develop, to build."""
    said = project()
    groups: dict[str, list[str]] = said["dependency-groups"]
    return [
        *said["project"]["dependencies"],
        *chain.from_iterable(groups.values()),
        *said["build-system"]["requires"],
    ]


def pinned_lines() -> list[list[str]]:
    """Each entry of constraints.txt as its parts: the requirement first, then its options."""
    text = (ROOT / "constraints.txt").read_text("utf-8")
    lines = re.sub(r"\s*\\\n\s*", "\0", text).splitlines()
    return [line.strip().split("\0") for line in lines if line.strip() and line.strip()[0] != "#"]


@cache
def pins() -> dict[str, str]:
    """The version of each distribution in constraints.txt."""
    found = (PIN.match(parts[0]) for parts in pinned_lines())
    return {canonicalize_name(pin["name"]): pin["version"] for pin in found if pin}


def is_bounded(requirement: str) -> bool:
    operators = {specifier.operator for specifier in Requirement(requirement).specifier}
    return bool(operators & LOWER) and bool(operators & UPPER)


@pytest.mark.parametrize("requirement", asked_for())
def test_a_dependency_is_bounded_and_its_pin_fits(requirement: str) -> None:
    wanted = Requirement(requirement)
    assert is_bounded(requirement)
    assert wanted.specifier.contains(pins()[canonicalize_name(wanted.name)], prereleases=True)


@pytest.mark.parametrize("requirement", ["a", "a>=1", "a<2", "a!=1.5", "a>=1,!=1.5"])
def test_half_a_bound_is_none(requirement: str) -> None:
    assert not is_bounded(requirement)


def test_every_pin_is_exact_and_hashed() -> None:
    assert len(pinned_lines()) > len(asked_for())
    for requirement, *options in pinned_lines():
        assert PIN.match(requirement), requirement
        assert options, requirement
        assert all(SHA256.match(option) for option in options), requirement


def test_the_pins_name_no_index() -> None:
    text = (ROOT / "constraints.txt").read_text("utf-8")
    assert re.findall(r"^-.*|\w+://\S*|^.* @ .*", text, re.MULTILINE) == []


def test_what_builds_is_among_what_develops() -> None:
    """The project installs without build isolation, so its build tools are pinned too."""
    said = project()
    assert set(said["build-system"]["requires"]) <= set(said["dependency-groups"]["dev"])
