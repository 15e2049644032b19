"""The measured parts of the page: tables, charts and missed goals."""

import re
from collections.abc import Iterator, Sequence

from benchmarks.page.frame import describe
from benchmarks.page.sections import SECTIONS, Run, Section, Value, amount, heads, times, values

REGION = re.compile(r"(<!-- measured: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
"""A part of the page that is made from the run; the name says which."""
PYTHON = "Python and the libraries that this server is built on take that much."
WOULD_TAKE = {
    "spawn → tools/list, older server": "An answer before the MCP SDK is loaded.",
    "spawn → first image, older server": f"{PYTHON} It would take lighter ones than the SDKs of MCP"
    " and OpenAI.",
    "spawn → /health, older server": f"{PYTHON} It would take models that the MCP SDK builds at"
    " their first use.",
    "spawn → connection accepted": "A program that listens before Python's own start.",
    "uncached PNG, /mcp, older server, CPU": "A faster decoder of PNG, or hosts that need no"
    " preview: decoding is most of this time.",
    "uncached PNG, /mcp/stream, older server, CPU": "Fewer records for each image, which are what"
    " keeps it from being lost.",
    "100 distinct at once, /mcp, older server": "More cores, or hosts that need no preview.",
    "100 distinct at once, /mcp/stream, older server": "More cores: the server, the stand-in and"
    " the client share those of this machine.",
    "idle memory, MB": f"{PYTHON} It would take models that the MCP SDK builds at their first use,"
    " or no worker process that waits for images.",
    "list of 20 images, 100,000 images": "Fewer queries for each list: an index finds the"
    " images, and few images take almost as long.",
    "usage of 30 days, 100,000 images": "Sums for each day that are kept, instead of made.",
    "prune of one image, 100,000 images": "Records of all files of an image, so that the folder is"
    " not listed: twice 42 ms, measured apart from this run.",
    "storage within its limit, 100,000 images": "The database's sum of all bytes, asked before any"
    " file is looked at.",
    "memory 10 s after a burst of 100, MB": "Smaller caches, or an allocator that returns memory"
    " sooner.",
}
"""What each goal of the page would take, printed where it is missed."""


def fill(page: str, run: Run) -> str:
    """The page with all measured parts made anew from this run."""
    return REGION.sub(
        lambda found: found[1] + "\n".join([*_part(found[2], run), found[3]]),
        page,
    )


def _part(name: str, run: Run) -> Iterator[str]:
    if name == "machine":
        yield _machine(run)
    elif name == "missed":
        yield from _missed(run)
    else:
        section = next(each for each in SECTIONS if each.name == name)
        yield from _section(section, list(values(run, section)))


def _section(section: Section, rows: Sequence[Value]) -> Iterator[str]:
    image = f"images/cost-{section.name}"
    yield "<picture>"
    yield f'  <source media="(prefers-color-scheme: dark)" srcset="{image}-dark.svg">'
    yield f'  <img src="{image}-light.svg" alt="{describe(section, rows)}">'
    yield "</picture>"
    yield ""
    yield f"| | {' | '.join(heads(rows))} | ratio | goal | met |"
    yield "|---|---:|---:|---:|---:|---|"
    for row in rows:
        theirs, ratio = amount(row.theirs, row.unit), times(row.ratio)
        met = {True: "yes", False: "**no**", None: ""}[row.met]
        ours = amount(row.ours, row.unit)
        yield f"| {row.label} | {ours} | {theirs} | {ratio} | {_goal(row)} | {met} |"


def _goal(row: Value) -> str:
    if row.goal is None:
        return ""
    return f"≤ {row.goal:g}×" if row.judged == "ratio" else f"≤ {amount(row.goal, row.unit)}"


def _missed(run: Run) -> Iterator[str]:
    missed = [row for each in SECTIONS for row in values(run, each) if row.met is False]
    if not missed:
        yield "No goal of this page was missed in this run."
    for row in missed:
        yield f"- **{row.label}** ({_goal(row)}). {WOULD_TAKE.get(row.line, 'Not known yet.')}"


def _machine(run: Run) -> str:
    has = run["machine"]
    return (
        f"{run['at'][:10]}, version {run['version']}: {has['system']} with {has['cpus']} CPUs that"
        f" server, stand-in and client share, Python {has['python']}, a load of"
        f" {has['load']:.1f} at the start. A fixed loop of Python takes {has['loop_ms']:.1f} ms on"
        f" it, and an fsync {has['fsync_ms']:.2f} ms."
    )
