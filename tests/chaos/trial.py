"""A trial: servers, a stand-in provider, and the oracles at the end."""

import os
import signal
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.chaos import oracles
from tests.chaos.calls import Outcome
from tests.chaos.canaries import KEY, TOKEN, secrets_in
from tests.chaos.disk import Disk
from tests.chaos.entry_points import SMALL, AnyClient, Arguments, HttpClient, StdioClient
from tests.chaos.health_probe import HealthProbe
from tests.chaos.oracles import Allowed, Baseline
from tests.chaos.processes import HttpServer
from tests.e2e.host import Host
from tests.standin import StandIn

MAX_CONCURRENT = 64
WARM_UP = 24
"""Images that are generated concurrently, twice, before anything is measured. They load libraries
and open the connections to the provider and the records that stay open."""


@dataclass
class Served:
    """An HTTP server, its health probe, and its resources before the case."""

    server: HttpServer
    probe: HealthProbe
    before: Baseline | None


@dataclass
class Trial:
    """Servers on one folder with one stand-in. At the end of `with` all oracles must hold.

    `settings` are environment variables; `notes` and `counts` are printed by `make chaos`.
    """

    api: StandIn
    folder: Path
    allowed: Allowed = field(default_factory=Allowed)
    settings: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.disk = Disk(self.folder)
        self.codes: list[str] = []
        self.faults: list[str] = []
        self.unstored: set[str] = set()
        self._stack = ExitStack()
        self._served: list[Served] = []
        self._hosts: list[tuple[Host, Baseline | None]] = []
        self._numbers = count(1)
        self._servers = count()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._stack:
            if error is None:
                self.check_oracles()
        if error is None:
            self.faults += oracles.no_secret_leaks(self.disk.files())
            assert not self.faults, "\n".join(self.faults)

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a server of this trial."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": self.api.base_url,
            "AUTH_TOKEN": TOKEN,
            "RATE_LIMIT": "0",
            "OUTPUT_DIR": str(self.disk.images),
            "DATA_DIR": str(self.disk.data),
            "CACHE_DIR": str(self.disk.cache),
            "LOG_LEVEL": "debug",
            **self.settings,
            **more,
        }

    def serve(self, *, warm: bool = True, **more: str) -> HttpServer:
        """Start an HTTP server, warmed up so that its resources can be compared afterwards."""
        log = self.folder / f"server-{next(self._servers)}.log"
        server = HttpServer(self.environment(**more), log)
        self._stack.callback(server.kill)
        if warm:
            self._warm(HttpClient("images", server.port, self.check_secrets))
        before = Baseline.at_rest(server.pid) if warm else None
        served = Served(server, HealthProbe(server.port), before)
        self._stack.callback(served.probe.stop)
        self._served.append(served)
        return server

    def reset_baseline(self, server: HttpServer) -> None:
        """Take the current resources as the baseline."""
        (served,) = [served for served in self._served if served.server is server]
        served.before = Baseline.at_rest(server.pid)

    def host(self, *, warm: bool = True, **more: str) -> Host:
        """Start a stdio server, and initialize the session."""
        host = self._stack.enter_context(Host(self.environment(**more)))
        host.initialize()
        if warm:
            self._warm(StdioClient(host))
        self._hosts.append((host, Baseline.at_rest(host.process.pid) if warm else None))
        return host

    def client(self, name: str) -> AnyClient:
        """A client of that entry point, with a warm server behind it."""
        if name == "stdio":
            return StdioClient(self.host())
        return HttpClient(name, self.serve().port, self.check_secrets)

    def prompt(self, text: str = "a red bridge") -> str:
        """A new prompt."""
        return f"{text}, number {next(self._numbers)}"

    def small(self, text: str = "a red bridge", **more: object) -> Arguments:
        """Arguments for a new image that may be tiny."""
        return {"prompt": self.prompt(text), **SMALL, **more}

    def record(self, *outcomes: Outcome) -> None:
        """Count the outcomes; their error codes are checked at the end."""
        for outcome in outcomes:
            self.counts[outcome.code or ("cut off" if outcome.cut else "succeeded")] += 1
            self.codes += [outcome.code] if outcome.code else []
            if "not stored" in outcome.text.lower():
                self.unstored |= {*outcome.images}

    def call_concurrently(
        self, client: HttpClient, all_arguments: Iterable[Arguments]
    ) -> list[Outcome]:
        """Make calls in threads, MAX_CONCURRENT at a time, and record their outcomes."""
        with ThreadPoolExecutor(MAX_CONCURRENT) as threads:
            outcomes = list(threads.map(client.call, all_arguments))
        self.record(*outcomes)
        return outcomes

    def check_secrets(self, data: bytes) -> None:
        """O3 for a reply."""
        if found := secrets_in(data):
            self.faults.append(f"O3: a reply has {found}: {data[:500]!r}")

    def check_oracles(self) -> None:
        """Check all oracles; violations are reported at the end of the trial."""
        self.check_ledger()
        for served in self._served:
            self._check_server(served)
        for host in self._hosts:
            self._check_host(*host)
        output = b"\n".join(served.server.log.read_bytes() for served in self._served)
        self.check_secrets(output)
        self.faults += oracles.failures_are_documented(self.codes, lambda: output)

    def check_ledger(self) -> None:
        """Check O1 and O2 for all calls since the stand-in's last reset."""
        self.faults += oracles.nothing_is_lost(self.api, self.disk, self.allowed, self.unstored)
        self.faults += oracles.nothing_is_charged_twice(self.api, self.allowed)

    def _check_server(self, served: Served) -> None:
        if served.server.is_running and served.before is not None:
            self.faults += oracles.no_resource_leaks(served.server.pid, served.before)
        served.probe.stop()
        if served.before is None:  # it still loads libraries when the probe begins
            return
        if not self.allowed.slow_health:
            self.faults += oracles.health_stays_responsive(served.probe)
        self.notes.append(
            f"/health p99 {served.probe.percentile(0.99) * 1000:.0f} ms,"
            f" at most {served.probe.percentile(1) * 1000:.0f} of {len(served.probe.latencies)}"
        )

    def _check_host(self, host: Host, before: Baseline | None) -> None:
        if host.process.poll() is None and before is not None:
            self.faults += oracles.no_resource_leaks(host.process.pid, before)
        host.process.send_signal(signal.SIGKILL)
        host.wait_for_exit()
        self.check_secrets(b"".join(host.lines) + host.errors)
        self.faults += oracles.failures_are_documented([], lambda: host.errors)

    def _warm(self, client: AnyClient) -> None:
        for _ in range(2):
            calls = [client.start(self.small("warming up")) for _ in range(WARM_UP)]
            outcomes = [call.outcome() for call in calls]
            assert all(outcome.succeeded for outcome in outcomes), outcomes
