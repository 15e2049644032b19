"""The alert rules and the dashboard that are shipped: valid, and about metrics that exist."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from dependency_injector.providers import Object
from prometheus_client.parser import text_string_to_metric_families as families

from tests.architecture.checkout import ROOT
from tests.e2e.asgi_client import asgi_client
from tests.testkit.events import every_event, publish_all
from tests.testkit.fakes import settings_in

pytestmark = pytest.mark.anyio
FOLDER = ROOT / "docs" / "monitoring"
ALERTS, DASHBOARD = FOLDER / "alerts.yml", FOLDER / "dashboard.json"
PAGE = (ROOT / "docs" / "observability.md").read_text("utf-8")
CASES = Path(__file__).parent / "monitoring" / "alerts_fire.yml"
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
SELECTOR = re.compile(r"\b((?:gpt_image|process)_\w+)(?:\{([^}]*)\})?")
LABEL = re.compile(r"(\w+)=~?\"")
GROUPED = re.compile(r"\b(?:by|on) \(([^)]*)\)")
OF_PROMETHEUS = {"instance", "job", "le"}
"""Labels that a scrape adds, and that of a bucket."""
VARIABLES = {"$__rate_interval": "5m", "$__range": "1d", "$job": "gpt-image"}


def alert_rules() -> list[tuple[str, str, str]]:
    """The name, the expression and the summary of each rule, without a parser of YAML."""
    rules = re.split(r"^      - alert: ", ALERTS.read_text("utf-8"), flags=re.MULTILINE)[1:]
    found = []
    for rule in rules:
        expression = re.search(r"expr: (?:>-)?(.*?)\n        (?:for|labels):", rule, re.DOTALL)
        summary = re.search(r"summary: (.+)", rule)
        assert expression
        assert summary
        found.append((rule.splitlines()[0], " ".join(expression[1].split()), summary[1]))
    return found


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana imports it."""
    read: dict[str, Any] = json.loads(DASHBOARD.read_text("utf-8"))
    return read


def panel_queries() -> Iterator[tuple[str, str]]:
    """The title of each panel, and each of its queries, as Grafana sends it."""
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", []):
            query = target["expr"]
            for name, value in VARIABLES.items():
                query = query.replace(name, value)
            yield panel["title"], re.sub(r"\$\w+", ".*", query)


def promtool(*arguments: str) -> str:
    """What promtool prints; fails if it finds a fault."""
    assert PROMTOOL is not None
    command = [PROMTOOL, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_promtool
def test_the_alert_rules_are_valid() -> None:
    assert f"{len(alert_rules())} rules found" in promtool(
        "check", "rules", "--lint=all", "--lint-fatal", str(ALERTS)
    )


@needs_promtool
def test_each_alert_fires_when_it_should_and_is_quiet_otherwise(tmp_path: Path) -> None:
    cases = CASES.read_text("utf-8")
    for name, _, _ in alert_rules():
        assert cases.count(f"alertname: {name}") >= 2, name
    file = tmp_path / "cases.yml"
    file.write_text(cases.replace("ALERTS", str(ALERTS)))
    promtool("test", "rules", str(file))


@needs_promtool
def test_every_query_of_the_dashboard_is_valid(tmp_path: Path) -> None:
    queries = [*panel_queries()]
    rules = [
        {"record": f"panel:{number}", "expr": query} for number, (_, query) in enumerate(queries)
    ]
    file = tmp_path / "panels.yml"  # JSON is YAML
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"{len(queries)} rules found" in promtool("check", "rules", str(file))


async def broken(**_: object) -> None:
    """Stands for a use case with a bug."""
    raise RuntimeError("a bug")


async def exposed(folder: Path) -> Mapping[str, set[str]]:
    """The samples of /metrics of a server to which everything has happened, and their labels."""
    settings = settings_in(folder, openai_api_key="sk-never-used")  # its models have shutdown dates
    async with asgi_client(settings) as client:
        publish_all(client.container.metrics(), every_event())
        client.container.report_usage.override(Object(broken))
        replies = [await client.request("GET", path) for path in ("/usage", "/models", "/nothing")]
        assert [reply.status for reply in replies] == [500, 200, 404]
        text = (await client.request("GET", "/metrics")).body.decode()
    found: dict[str, set[str]] = {}
    for family in families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def unknown(query: str, metrics: Mapping[str, set[str]]) -> set[str]:
    """The metrics and labels of a query that the server does not have."""
    used = SELECTOR.findall(query)
    names = {name for name, _ in used}
    labels = {
        f"{name}{{{label}}}"
        for name, matchers in used
        for label in LABEL.findall(matchers)
        if label not in metrics.get(name, set()) | OF_PROMETHEUS
    }
    grouped = {label.strip() for group in GROUPED.findall(query) for label in group.split(",")}
    known = OF_PROMETHEUS.union(*(metrics.get(name, set()) for name in names))
    return (names - metrics.keys()) | labels | (grouped - known)


async def test_every_metric_and_label_in_a_query_exists_in_metrics(tmp_path: Path) -> None:
    metrics = await exposed(tmp_path)
    queries = [*panel_queries(), *((name, expression) for name, expression, _ in alert_rules())]
    faults = {title: unknown(query, metrics) for title, query in queries}
    assert {title: found for title, found in faults.items() if found} == {}
    assert unknown('sum by (moon) (gpt_image_jobs_total{sun="1"})', metrics) == {
        "moon",
        "gpt_image_jobs_total{sun}",
    }
    assert unknown("gpt_image_moons_total", metrics) == {"gpt_image_moons_total"}


async def test_every_metric_of_this_server_is_on_the_dashboard(tmp_path: Path) -> None:
    queries = " ".join(query for _, query in panel_queries())
    own = {name for name in await exposed(tmp_path) if name.startswith("gpt_image_")}
    left_out = {
        name
        for name in own
        if name not in queries and not name.endswith(("_created", "_sum", "_count", "_bucket"))
    }
    assert left_out == set()


def test_the_panels_have_their_places_and_say_what_they_show() -> None:
    read = dashboard()
    panels = read["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    shown = [panel for panel in panels if panel["type"] != "row"]
    for panel in shown:
        assert panel["description"].endswith("."), panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
    for one, two in combinations([panel["gridPos"] for panel in panels], 2):
        beside = one["x"] + one["w"] <= two["x"] or two["x"] + two["w"] <= one["x"]
        above = one["y"] + one["h"] <= two["y"] or two["y"] + two["h"] <= one["y"]
        assert beside or above, (one, two)
    assert max(panel["gridPos"]["x"] + panel["gridPos"]["w"] for panel in panels) == 24


def test_the_page_lists_every_alert_with_its_summary() -> None:
    rows = re.findall(r"^\| `(GptImage\w+)` \| (.+) \|$", PAGE, re.MULTILINE)
    assert rows == [(name, summary) for name, _, summary in alert_rules()]
