"""docs/observability.md lists every metric."""

import re
from pathlib import Path

from adapters.telemetry.prometheus_sink import PrometheusSink
from tests.testkit.events import every_event, publish_all

PAGE = (Path(__file__).parents[2] / "docs" / "observability.md").read_text()
ROW = re.compile(r"^\| `(gpt_image_\w+)` \| (\w+) \| (.+?) \| (.+) \|$", re.MULTILINE)
PLUGIN = "gpt_image_http_request"


def test_every_metric_is_documented() -> None:
    metrics = PrometheusSink(days_until_shutdown=lambda: {("fake", "fake-1"): 30})
    assert (
        b'gpt_image_model_days_until_shutdown{model="fake-1",provider="fake"} 30.0'
        in metrics.exposition()
    )
    publish_all(metrics, every_event())
    metrics.refused(404)
    exposed = set()
    for family in metrics.metrics.registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = sorted({label for each in family.samples for label in each.labels} - {"le"})
        exposed.add((name, family.type, tuple(labels), family.documentation))
    documented = {
        (name, kind, tuple(sorted(re.findall(r"`(\w+)`", labels))), meaning)
        for name, kind, labels, meaning in ROW.findall(PAGE)
        if not name.startswith(PLUGIN)
    }
    assert documented == exposed


def test_every_metric_in_an_alert_exists() -> None:
    documented = {name for name, *_ in ROW.findall(PAGE)}
    used = set(re.findall(r"gpt_image_\w+", PAGE.partition("## Scraping\n")[2]))
    assert used
    assert {name.removesuffix("_count") for name in used} <= documented
