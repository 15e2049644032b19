"""The domain names no vendor: the names and sources of vendors stay in adapters."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT, python_files

VENDOR = re.compile(
    r"(?i)openai|gpt|dall-?e|azure|gemini|imagen|vertex|anthropic|replicate|stability"
)


def vendors(root: Path) -> Iterator[str]:
    """One line for each line of the domain that names a vendor or a vendor's model."""
    for file in python_files(root, "domain"):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            if found := VENDOR.search(line):
                yield f"{file.relative_to(root)}:{number} {found[0]}"


def test_the_domain_names_no_vendor() -> None:
    assert list(vendors(ROOT)) == []


@pytest.mark.parametrize("line", ["LIMIT = 4  # OpenAI", '"gpt-image-2"', "# as Azure does"])
def test_a_vendor_in_the_domain_is_found(line: str, tmp_path: Path) -> None:
    (tmp_path / "domain").mkdir()
    (tmp_path / "domain" / "planted.py").write_text(f"\n{line}\n", encoding="utf-8")
    assert [found.split()[0] for found in vendors(tmp_path)] == ["domain/planted.py:2"]
