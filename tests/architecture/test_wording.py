"""The project uses the field's words, so that an engineer from elsewhere guesses what is meant.

Words that the project gave up, and what it says instead, are in `DROPPED`.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT, kept_files

HERE = Path(__file__)
DEBT: dict[str, int] = tomllib.loads(HERE.with_name("wording_debt.toml").read_text("utf-8"))
"""How many dropped words a file may still have. The numbers only go down; then the file goes."""

DROPPED = {
    r"picture": "image",
    r"paint": "generate, provider or generation",
    r"ticket": "job handle",
    r"doorkeeper": "host and origin check",
    r"farewell": "retirement note",
    r"\bheirs?\b": "successor",
    r"appetite": "token estimates",
    r"shelves": "index or folder",
    r"whoever|nobody|somebody|anybody|everybody": "the caller, client, process or job",
    r"\bthe (?:dead|living)\b": "ended or running processes",
    r"[a-z]\(s\)": "a real plural, or a colon and the number",
}
"""Patterns, whatever the case, and the words to use."""

WIRE = "a released wire name"
VOLUME = "a volume that deployments of the Docker image have"
COMPATIBLE = "a first line that clients of version 1 look for"
ALLOWED = [
    ("*", r"(?:Generated (?:N|\d+|\{[^}]*\})|Edited) image\(s\)(?: successfully)?", COMPATIBLE),
    ("*", r'"picture"|\bpicture_id\b', WIRE),
    ("*", '"painting"', "a released value of `state`"),
    ("entrypoints/wire/*", '"pictures"', "released JSON fields"),
    ("*", "Pictures folder|user_pictures_path", "the operating system's name of that folder"),
    ("docs/http.md", r"`data\.picture`", WIRE),
    (
        "docs/observability.md",
        r'"pictures"|\bpainted\b|\bgpt_image_pictures_total\b',
        "a released log field, label and metric",
    ),
    ("docs/operating.md", "UPDATE pictures", "a table of the released database"),
    ("*Docker*", "/pictures", VOLUME),
    ("docker-compose.yml", r"\bpictures:(?:/pictures)?", VOLUME),
    ("docs/operating.md", r"\bpictures:/pictures", VOLUME),
    ("tests/architecture/test_operating.py", "/pictures", VOLUME),
    ("adapters/telemetry/*", r'"pictures"|\bpainted\b', "a released log field and metric label"),
    ("*/__snapshots__/test_log_sink/*", '"pictures": ', "the same log field"),
    ("*", r"\b(?:asked|made)_pictures\b", "columns of the released database"),
    (
        "adapters/records/migrations.py",
        r"\bpictures\b|(?:ix_pictures_)?picture_id",
        "the same, and a table",
    ),
    ("adapters/records/schema.py", '"(?:pictures|picture_id)"', "the same, and a table"),
]
"""A pattern of files, a pattern in their text that is no fault, and the reason."""

UNREAD = ("*constraints.txt", "*package-lock.json", "LICENSE", "tests/architecture/*wording*")
READ = (
    "*/__snapshots__/*",
    "adapters/*",
    "application/*",
    "benchmarks/*",
    "docs/*",
    "domain/*",
    "entrypoints/*",
    "examples/*",
    "tests/architecture/*",
    "tests/chaos/*",
    "tests/conformance/*",
    "tests/standin/*",
    "tests/testkit/*",
)
"""Beside all files at the top of the repository."""


def is_read(name: str) -> bool:
    """Whether the wording of the file counts."""
    if any(fnmatch(name, pattern) for pattern in UNREAD):
        return False
    return "/" not in name or any(fnmatch(name, pattern) for pattern in READ)


def dropped_words(name: str, text: str) -> Iterator[str]:
    """One line for each dropped word in the file's name or text that no exception allows."""
    for pattern, allowed, _ in ALLOWED:
        if fnmatch(name, pattern):
            text = re.sub(allowed, "-", text)
    for number, line in enumerate([name, *text.splitlines()]):
        for pattern, instead in DROPPED.items():
            for found in re.finditer(pattern, line, re.IGNORECASE):
                yield f"{name}:{number} {found[0]!r}: say {instead}"


def offenders() -> dict[str, list[str]]:
    """The dropped words of each file that has some."""
    names = {file.relative_to(ROOT).as_posix(): file for file in kept_files()}
    found = {
        name: list(dropped_words(name, file.read_text("utf-8")))
        for name, file in names.items()
        if is_read(name)
    }
    return {name: lines for name, lines in found.items() if lines}


def test_no_file_uses_a_word_that_was_dropped() -> None:
    found = offenders()
    over = {name: lines for name, lines in found.items() if len(lines) > DEBT.get(name, 0)}
    assert over == {}


def test_every_exception_is_needed() -> None:
    uses: Counter[str] = Counter()
    for file in kept_files():
        name = file.relative_to(ROOT).as_posix()
        for pattern, allowed, _ in ALLOWED:
            if is_read(name) and fnmatch(name, pattern):
                uses[allowed] += len(re.findall(allowed, file.read_text("utf-8")))
    assert [allowed for _, allowed, _ in ALLOWED if not uses[allowed]] == []


@pytest.mark.parametrize(
    "line",
    [
        "two pictures",
        "def repainted() -> None:",
        "class JobTicket:",
        "the heir of it",
        "Nobody knows.",
        "f'{n} call(s)'",
        "one of the dead",
    ],
)
def test_a_dropped_word_is_found(line: str) -> None:
    (found,) = dropped_words("docs/planted.md", f"first\n{line}\n")
    assert found.startswith("docs/planted.md:2 ")


@pytest.mark.parametrize(
    "line", ["their image", "Generated 2 image(s) successfully.", "f(x)", "the deadline"]
)
def test_an_ordinary_word_is_left_alone(line: str) -> None:
    assert list(dropped_words("docs/planted.md", line)) == []


def test_a_dropped_word_in_a_file_name_is_found() -> None:
    assert len(list(dropped_words("domain/picture.py", ""))) == 1


def test_what_others_wrote_is_not_read() -> None:
    assert not is_read("constraints.txt")
    assert not is_read(str(Path("tests/e2e/inspector/package-lock.json")))
    assert is_read("README.md")
