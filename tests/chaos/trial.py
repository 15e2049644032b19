"""What a case runs under: servers, a stand-in provider, and the oracles at the end."""

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
from tests.chaos.doors import SMALL, AnyDoor, Arguments, PipeDoor, WebDoor
from tests.chaos.oracles import Allowed, Baseline
from tests.chaos.processes import WebServer
from tests.chaos.pulse import Pulse
from tests.e2e.host import Host
from tests.standin import StandIn

MOST_AT_ONCE = 64
WARM_UP = 24
"""Pictures that are painted at once, twice, before anything is measured: libraries are loaded then,
and connections to the provider and to the records opened, which stay."""


@dataclass
class Served:
    """A web server, its pulse, and what it took before the case began."""

    server: WebServer
    pulse: Pulse
    before: Baseline | None


@dataclass
class Trial:
    """Servers of one folder that talk to one stand-in. At the end of `with` all oracles hold.

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
                self.judge()
        if error is None:
            self.faults += oracles.no_secret_is_told(self.disk.files())
            assert not self.faults, "\n".join(self.faults)

    def environment(self, **more: str) -> dict[str, str]:
        """What a server of this trial is started with."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": self.api.base_url,
            "AUTH_TOKEN": TOKEN,
            "RATE_LIMIT": "0",
            "OUTPUT_DIR": str(self.disk.pictures),
            "DATA_DIR": str(self.disk.data),
            "CACHE_DIR": str(self.disk.cache),
            "LOG_LEVEL": "debug",
            **self.settings,
            **more,
        }

    def serve(self, *, warm: bool = True, **more: str) -> WebServer:
        """Start a web server; warmed up, so that what it holds afterwards can be compared."""
        log = self.folder / f"server-{len(self._served)}.log"
        server = WebServer(self.environment(**more), log)
        self._stack.callback(server.kill)
        if warm:
            self._warm(WebDoor("images", server.port, self.look_at))
        before = Baseline.at_rest(server.pid) if warm else None
        served = Served(server, Pulse(server.port), before)
        self._stack.callback(served.pulse.stop)
        self._served.append(served)
        return server

    def measure_anew(self, server: WebServer) -> None:
        """What it holds now is what it may hold afterwards."""
        (served,) = [served for served in self._served if served.server is server]
        served.before = Baseline.at_rest(server.pid)

    def host(self, *, warm: bool = True, **more: str) -> Host:
        """Start a server over stdio, and shake hands."""
        host = self._stack.enter_context(Host(self.environment(**more)))
        host.initialize()
        if warm:
            self._warm(PipeDoor(host))
        self._hosts.append((host, Baseline.at_rest(host.process.pid) if warm else None))
        return host

    def door(self, name: str) -> AnyDoor:
        """The door of that name, with a warm server behind it."""
        if name == "stdio":
            return PipeDoor(self.host())
        return WebDoor(name, self.serve().port, self.look_at)

    def prompt(self, words: str = "a red bridge") -> str:
        """One that nobody asked for before."""
        return f"{words}, number {next(self._numbers)}"

    def small(self, words: str = "a red bridge", **more: object) -> Arguments:
        """Arguments of a picture that nobody asked for, and that may be tiny."""
        return {"prompt": self.prompt(words), **SMALL, **more}

    def note(self, *outcomes: Outcome) -> None:
        """Count how calls ended; what they failed with is judged at the end."""
        for outcome in outcomes:
            self.counts[outcome.code or ("cut off" if outcome.cut else "painted")] += 1
            self.codes += [outcome.code] if outcome.code else []
            if "not stored" in outcome.words.lower():
                self.unstored |= {*outcome.pictures}

    def ask_at_once(self, door: WebDoor, all_arguments: Iterable[Arguments]) -> list[Outcome]:
        """Make calls in threads, MOST_AT_ONCE at the same time; note how they ended."""
        with ThreadPoolExecutor(MOST_AT_ONCE) as threads:
            outcomes = list(threads.map(door.ask, all_arguments))
        self.note(*outcomes)
        return outcomes

    def look_at(self, data: bytes) -> None:
        """O3, of an answer."""
        if found := secrets_in(data):
            self.faults.append(f"O3: an answer has {found}: {data[:500]!r}")

    def judge(self) -> None:
        """All oracles; what they find is told at the end of the trial."""
        self.judge_ledger()
        for served in self._served:
            self._judge_server(served)
        for host in self._hosts:
            self._judge_host(*host)
        said = b"\n".join(served.server.log.read_bytes() for served in self._served)
        self.look_at(said)
        self.faults += oracles.failures_have_names(self.codes, lambda: said)

    def judge_ledger(self) -> None:
        """O1 and O2, of all that the stand-in was asked for since its last reset."""
        self.faults += oracles.nothing_is_lost(self.api, self.disk, self.allowed, self.unstored)
        self.faults += oracles.nothing_is_paid_twice(self.api, self.allowed)

    def _judge_server(self, served: Served) -> None:
        if served.server.runs and served.before is not None:
            self.faults += oracles.nothing_leaks(served.server.pid, served.before)
        served.pulse.stop()
        if served.before is None:  # it is still loading libraries when the pulse begins
            return
        if not self.allowed.drowsy:
            self.faults += oracles.it_stays_awake(served.pulse)
        self.notes.append(
            f"/health p99 {served.pulse.percentile(0.99) * 1000:.0f} ms,"
            f" at most {served.pulse.percentile(1) * 1000:.0f} of {len(served.pulse.waits)}"
        )

    def _judge_host(self, host: Host, before: Baseline | None) -> None:
        if host.process.poll() is None and before is not None:
            self.faults += oracles.nothing_leaks(host.process.pid, before)
        host.process.send_signal(signal.SIGKILL)
        host.ended()
        self.look_at(b"".join(host.lines) + host.errors)
        self.faults += oracles.failures_have_names([], lambda: host.errors)

    def _warm(self, door: AnyDoor) -> None:
        for _ in range(2):
            calls = [door.begin(self.small("warming up")) for _ in range(WARM_UP)]
            outcomes = [call.outcome() for call in calls]
            assert all(outcome.painted for outcome in outcomes), outcomes
