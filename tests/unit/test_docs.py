"""The lists in the documents are complete."""

import re
from pathlib import Path

import pytest

from entrypoints.config.settings import Settings
from entrypoints.wire.error_codes import EXIT_CODES, HTTP_STATUSES

ROOT = Path(__file__).parents[2]
NAMES = [name.upper() for name in Settings.model_fields]


def test_every_error_has_a_section_and_a_row_with_its_exit_code() -> None:
    text = (ROOT / "docs" / "errors.md").read_text()
    sections = re.findall(r"^## (\w+)$", text, re.MULTILINE)
    rows = re.findall(r"^\| \[`(\w+)`\]\(#\w+\) \| (\d+) \| (\d+) \|", text, re.MULTILINE)
    assert sorted(sections) == sorted(kind.code for kind in EXIT_CODES)
    assert {code: (int(number), int(status)) for code, number, status in rows} == {
        kind.code: (number, HTTP_STATUSES[kind]) for kind, number in EXIT_CODES.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_described(name: str) -> None:
    description = Settings.model_fields[name.lower()].description
    assert description
    assert re.search(
        rf"^\| `{name}` \| .* \| {re.escape(description)} \|$",
        (ROOT / "docs" / "configuration.md").read_text(),
        re.MULTILINE,
    )
    assert f"# {description}\n# {name}=" in (ROOT / ".env.example").read_text()


def test_every_described_setting_exists() -> None:
    table = (ROOT / "docs" / "configuration.md").read_text()
    assert sorted(re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE)) == sorted(NAMES)
    example = (ROOT / ".env.example").read_text()
    assert sorted(re.findall(r"^# ([A-Z_]+)=", example, re.MULTILINE)) == sorted(NAMES)


def test_architecture_has_at_most_three_diagrams() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    assert 1 <= text.count("```mermaid") <= 3


LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize(
    "document",
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_every_link_within_the_repository_has_a_target(document: Path) -> None:
    for target in LINK.findall(document.read_text()):
        assert (document.parent / target).exists(), target
