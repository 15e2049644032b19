"""axe in a page of Chromium: WCAG 2.2 AA with the size of targets."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tests.architecture.checkout import ROOT
from tests.npm import installed

if TYPE_CHECKING:
    from playwright.async_api import Frame, Page

WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
PAGE_RULES = (*WCAG, "best-practice")
"""The rules of a whole page; a frame inside another page has no landmarks of its own."""
RUN = """async (tags) => {
  const { violations, passes } = await axe.run(document, {
    runOnly: tags,
    rules: { "target-size": { enabled: true } },
  });
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`));
  return { found, passed: passes.map(({ id }) => id) };
}"""


@dataclass(frozen=True)
class Audit:
    """A line for each violation, and the rules that were applied and hold."""

    found: list[str]
    passed: set[str]


async def audit(view: "Page | Frame", rules: tuple[str, ...] = PAGE_RULES) -> Audit:
    """Apply the rules with these tags; the test is skipped where axe cannot be installed."""
    await view.evaluate(_axe())
    result = await view.evaluate(RUN, list(rules))
    return Audit(found=result["found"], passed=set(result["passed"]))


@cache
def _axe() -> str:
    folder = installed(ROOT / "entrypoints" / "frontend", "frontend")
    return Path(folder, "node_modules", "axe-core", "axe.min.js").read_text("utf-8")
