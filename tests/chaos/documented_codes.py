"""The error codes in the documentation."""

import re
from functools import cache

from tests.architecture.checkout import ROOT

COMMON = re.compile(r"^\| \[`(\w+)`\]\(#", re.MULTILINE)
HTTP_ONLY = re.compile(r"^\| \d{3} \| `(\w+)` \|", re.MULTILINE)
INTERNAL = "internal"


@cache
def documented_codes() -> frozenset[str]:
    """All codes but `internal`: it stands for a bug of ours, so no case may end with it."""
    common = COMMON.findall((ROOT / "docs" / "errors.md").read_text("utf-8"))
    http = HTTP_ONLY.findall((ROOT / "docs" / "http.md").read_text("utf-8"))
    return frozenset({*common, *http}) - {INTERNAL}
