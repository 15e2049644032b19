"""The domain speaks of providers, and of no vendor: their names and sources stay in adapters."""

import re

from tests.architecture.checkout import ROOT, python_files

VENDOR = re.compile(r"(?i)openai|gpt|dall-?e|gemini|imagen|anthropic|replicate|stability")


def test_the_domain_names_no_vendor() -> None:
    named = {
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in python_files(ROOT, "domain")
        if (found := VENDOR.search(path.read_text(encoding="utf-8")))
    }
    assert not named
