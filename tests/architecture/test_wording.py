"""The project uses the field's standard terms, so that new engineers understand them.

`DROPPED` has the words that the project no longer uses, and their replacements.
"""

import re
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT, text_files

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
    ("*", r"\b[Mm]ask[-_ ]?[Pp]ainter", "the standard name of that control, in which people paint"),
    ("*", r"\bpicture_id\b", WIRE),
    ("entrypoints/http/event_json.py", '"picture"', WIRE),
    ("entrypoints/http/openapi/component_schemas.py", '"picture"', WIRE),
    ("tests/unit/test_event_json.py", '"picture"', WIRE),
    ("tests/e2e/__snapshots__/test_stream.ambr", '"picture"', WIRE),
    ("docs/http.md", '"picture"', WIRE),
    ("CHANGELOG.md", "`pictures` and `picture`", "what log fields were called"),
    ("benchmarks/report.py", '"picture"', "a name in the records of earlier runs"),
    ("*", '"painting"', "a released value of `state`"),
    ("entrypoints/frontend/src/page/runs.ts", r"\bpicture\b", WIRE),
    ("tests/*", "first-contentful-paint|FIRST_PAINT", "the browsers' name of that moment"),
    ("entrypoints/wire/*", '"pictures"', "released JSON fields"),
    (
        "*",
        "Pictures folder|Pictures, Downloads|Pictures/GPT Image|user_pictures_path",
        "the operating system's name of that folder",
    ),
    ("docs/http.md", r"`data\.picture`", WIRE),
    (
        "docs/observability.md",
        r"\bpainted\b|\bgpt_image_pictures_total\b",
        "a released label and metric",
    ),
    ("docs/operating.md", "UPDATE pictures", "a table of the released database"),
    ("README.md", "</?picture>", "an element of HTML"),
    ("docs/what-it-costs.md", "</?picture>", "an element of HTML"),
    ("benchmarks/page/text.py", "</?picture>", "an element of HTML"),
    ("*Docker*", "/pictures", VOLUME),
    ("docker-compose.yml", r"\bpictures:(?:/pictures)?", VOLUME),
    ("docs/operating.md", r"\bpictures:/pictures", VOLUME),
    ("tests/architecture/test_operating.py", "/pictures", VOLUME),
    (
        "tests/*",
        r'"(?:pictures|pictures_total|painted)"',
        "released JSON fields, labels and metrics",
    ),
    ("tests/contracts/test_pruning.py", "FROM pictures", "a table of the released database"),
    ("tests/contracts/test_migrations.py", "FROM pictures", "a table of the released database"),
    ("tests/contracts/test_uploads.py", "picture_id FROM|FROM pictures", "the same"),
    ("tests/contracts/test_saved_masks.py", "FROM pictures", "the same"),
    ("tests/contracts/test_damaged_records.py", "UPDATE pictures", "the same"),
    ("tests/hostile/*", r"\bpictures\b|\bpicture_id\b", "the same, and its columns"),
    ("benchmarks/*", "oil painting", "the subject of a sample image"),
    (
        "docs/monitoring/dashboard.json",
        r"\bgpt_image_pictures_total\b|\bpainted\b",
        "a released metric and label",
    ),
    ("adapters/telemetry/prometheus_*", r'"pictures"|\bpainted\b', "a released metric and label"),
    ("*", r"\b(?:asked|made)_pictures\b", "columns of the released database"),
    (
        "adapters/records/migrations.py",
        r"\bpictures\b|(?:ix_pictures_)?picture_id",
        "the same, and a table",
    ),
    ("adapters/records/schema.py", '"(?:pictures|picture_id)"', "the same, and a table"),
]
"""A pattern of files, a pattern of allowed text, and the reason."""

UNREAD = (
    "*constraints.txt",
    "*package-lock.json",
    "LICENSE",
    "entrypoints/frontend/dist/*",
    "tests/architecture/*wording*",
    "tests/contracts/alphas/*",
)
"""Texts of third parties, and databases of earlier versions."""
READ = (
    "*/__snapshots__/*",
    "adapters/*",
    "application/*",
    "benchmarks/*",
    "docs/*",
    "domain/*",
    "entrypoints/*",
    "examples/*",
    "tests/*",
)
"""Beside all files at the top of the repository."""


def is_read(name: str) -> bool:
    """Whether the wording of the file counts."""
    if any(fnmatch(name, pattern) for pattern in UNREAD):
        return False
    return "/" not in name or any(fnmatch(name, pattern) for pattern in READ)


def dropped_words(name: str, text: str) -> Iterator[str]:
    """One line for each dropped word in the file's name or text that no exception allows."""
    title = name
    for pattern, allowed, _ in ALLOWED:
        if fnmatch(name, pattern):
            text, title = re.sub(allowed, "-", text), re.sub(allowed, "-", title)
    for number, line in enumerate([title, *text.splitlines()]):
        for pattern, instead in DROPPED.items():
            for found in re.finditer(pattern, line, re.IGNORECASE):
                yield f"{name}:{number} {found[0]!r}: say {instead}"


def offenders() -> dict[str, list[str]]:
    """The dropped words of each file that has any."""
    names = {file.relative_to(ROOT).as_posix(): file for file in text_files()}
    found = {
        name: list(dropped_words(name, file.read_text("utf-8")))
        for name, file in names.items()
        if is_read(name)
    }
    return {name: lines for name, lines in found.items() if lines}


def test_no_file_has_a_dropped_word() -> None:
    assert offenders() == {}


def test_every_exception_is_needed() -> None:
    uses: Counter[str] = Counter()
    for file in text_files():
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


def test_a_dropped_word_is_found_in_the_keys_of_log_lines() -> None:
    line = 'facts = {"picture": 1, "pictures": []}'
    for file in ("adapters/telemetry/log_sink.py", "entrypoints/http/access_log.py"):
        assert len(list(dropped_words(file, line))) == 2


@pytest.mark.parametrize(
    "line", ["their image", "Generated 2 image(s) successfully.", "f(x)", "the deadline"]
)
def test_an_ordinary_word_is_allowed(line: str) -> None:
    assert list(dropped_words("docs/planted.md", line)) == []


def test_a_dropped_word_in_a_file_name_is_found() -> None:
    assert len(list(dropped_words("domain/picture.py", ""))) == 1


def test_third_party_files_are_not_read() -> None:
    assert not is_read("constraints.txt")
    assert not is_read(str(Path("tests/e2e/inspector/package-lock.json")))
    assert is_read("README.md")
