"""What the protocol's own suite says of our transport, and of the server that people run."""

from pathlib import Path

import pytest
from mcp_types.version import LATEST_HANDSHAKE_VERSION, LATEST_MODERN_VERSION

from tests.conformance.cli import HERE, Conformance
from tests.conformance.server import fixtures_served
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
]
FEWEST_CHECKS = {LATEST_HANDSHAKE_VERSION: 84, LATEST_MODERN_VERSION: 152}

# Whichever test comes first in a new checkout waits for the installation.
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]


@pytest.fixture(scope="session")
def conformance() -> Conformance:
    """A fixture of the session is made before any test's environment is hidden."""
    return Conformance.installed()


async def test_the_real_server_passes_what_needs_no_fixtures(
    conformance: Conformance, openai_api: StandIn, tmp_path: Path
) -> None:
    async with serve(settings_for(openai_api, tmp_path)) as url:
        report = await conformance.run(f"{url}/mcp")
    for scenario in NEEDS_NO_FIXTURES:
        passed, failed = report.checks[scenario]
        assert passed, scenario
        assert not failed, report.words
    assert openai_api.calls == []


@pytest.mark.parametrize("version", FEWEST_CHECKS)
async def test_over_our_transport_a_full_server_passes_everything(
    version: str, conformance: Conformance, tmp_path: Path
) -> None:
    async with fixtures_served(settings_in(tmp_path)) as url:
        report = await conformance.run(url, "--spec-version", version)
    assert report.code == 0, report.words
    assert sum(passed for passed, _ in report.checks.values()) >= FEWEST_CHECKS[version]


async def test_all_that_is_ever_missing_is_the_extension_for_tasks(
    conformance: Conformance, tmp_path: Path
) -> None:
    expected = str(HERE / "expected-failures.yml")
    async with fixtures_served(settings_in(tmp_path)) as url:
        report = await conformance.run(url, "--expected-failures", expected)
    assert report.code == 0, report.words
    failing = {name for name, (_, failed) in report.checks.items() if failed}
    assert failing
    assert all(name.startswith("tasks-") for name in failing)
