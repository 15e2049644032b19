"""The protocol's conformance suite passes against our transport, and against the real server."""

from pathlib import Path

import pytest
from mcp_types.version import LATEST_HANDSHAKE_VERSION, LATEST_MODERN_VERSION

from tests.conformance.cli import HERE, Conformance
from tests.conformance.server import serve_fixtures
from tests.e2e.loopback_server import serve
from tests.e2e.transports import settings_for
from tests.standin import StandIn
from tests.testkit.fakes import settings_in

NEEDS_NO_FIXTURES = [
    "server-initialize",
    "server-session-lifecycle",
    "ping",
    "tools-list",
    "dns-rebinding-protection",
    "server-sse-multiple-streams",
    "http-header-validation",
    "resources-list",
    "sep-2164-resource-not-found",
    "prompts-list",
    "caching",
]
FEWEST_CHECKS = {LATEST_HANDSHAKE_VERSION: 84, LATEST_MODERN_VERSION: 152}

# In a new checkout, the first test waits for the installation of the suite.
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]


@pytest.fixture(scope="session")
def conformance() -> Conformance:
    """A session fixture, because it must run before other fixtures hide the environment."""
    return Conformance.installed()


async def test_the_real_server_passes_the_scenarios_without_fixtures(
    conformance: Conformance, openai_api: StandIn, tmp_path: Path
) -> None:
    async with serve(settings_for(openai_api, tmp_path)) as url:
        report = await conformance.run(f"{url}/mcp")
    for scenario in NEEDS_NO_FIXTURES:
        passed, failed = report.checks[scenario]
        assert passed, scenario
        assert not failed, report.output
    assert openai_api.calls == []


@pytest.mark.parametrize("version", FEWEST_CHECKS)
async def test_a_server_with_all_features_passes_over_our_transport(
    version: str, conformance: Conformance, tmp_path: Path
) -> None:
    async with serve_fixtures(settings_in(tmp_path)) as url:
        report = await conformance.run(url, "--spec-version", version)
    assert report.code == 0, report.output
    assert sum(passed for passed, _ in report.checks.values()) >= FEWEST_CHECKS[version]


async def test_only_the_extension_for_tasks_is_missing(
    conformance: Conformance, tmp_path: Path
) -> None:
    expected = str(HERE / "expected-failures.yml")
    async with serve_fixtures(settings_in(tmp_path)) as url:
        report = await conformance.run(url, "--expected-failures", expected)
    assert report.code == 0, report.output
    failing = {name for name, (_, failed) in report.checks.items() if failed}
    assert failing
    assert all(name.startswith("tasks-") for name in failing)
