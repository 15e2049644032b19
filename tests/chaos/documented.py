"""The codes of failures that the documentation tells of."""

import re
from functools import cache

from tests.architecture.checkout import ROOT

EVERY_DOOR = re.compile(r"^\| \[`(\w+)`\]\(#", re.MULTILINE)
WEB_DOOR = re.compile(r"^\| \d{3} \| `(\w+)` \|", re.MULTILINE)
OUR_FAULT = "internal"


@cache
def documented() -> frozenset[str]:
    """All but `internal`, which stands for a fault of ours, and so is none that a case may have."""
    everywhere = EVERY_DOOR.findall((ROOT / "docs" / "errors.md").read_text("utf-8"))
    web = WEB_DOOR.findall((ROOT / "docs" / "http.md").read_text("utf-8"))
    return frozenset({*everywhere, *web}) - {OUR_FAULT}
