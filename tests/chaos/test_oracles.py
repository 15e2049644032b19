"""Each oracle finds a planted fault."""

import sys
import time
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from subprocess import Popen

import pytest

from tests.chaos import oracles
from tests.chaos.calls import to_outcome
from tests.chaos.canaries import KEY, SPELLINGS, TOKEN, secrets_in
from tests.chaos.disk import Disk
from tests.chaos.documented_codes import documented_codes
from tests.chaos.health_probe import MAX_LATENCY, HealthProbe
from tests.chaos.oracles import Allowed, Baseline
from tests.standin import Call, Charge, StandIn
from tests.testkit.fakes import small_image

PROMPT = "a red bridge"
TEAL = small_image("teal", (8, 8)).data


@pytest.fixture(autouse=True)
def _no_settling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracles, "SETTLE_SECONDS", 0.0)


def add_charge(api: StandIn) -> None:
    call = Call(method="POST", path="/v1/images/generations", headers={}, fields={"prompt": PROMPT})
    api.calls.append(call)
    digests = (sha256(TEAL).hexdigest(),)
    api.ledger.append(Charge(call=len(api.calls) - 1, digests=digests, formats=("png",), usage={}))


def test_a_missing_image_is_found(openai_api: StandIn, tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    add_charge(openai_api)
    (found,) = oracles.nothing_is_lost(openai_api, disk, Allowed(unknown=True), set())
    assert found.startswith("O1: of 'a red bridge'")
    disk.images.mkdir()
    (disk.images / f"img_{sha256(TEAL).hexdigest()[:32]}.png").write_bytes(TEAL)
    assert oracles.nothing_is_lost(openai_api, disk, Allowed(), set()) == []


@pytest.mark.parametrize("stem", ["img_{:.32}", "red-bridge-{:.8}", "red-{:.8}-2", "red-0_{:.8}"])
def test_a_truncated_image_is_found(openai_api: StandIn, tmp_path: Path, stem: str) -> None:
    disk = Disk(tmp_path)
    disk.images.mkdir()
    file = disk.images / f"{stem.format(sha256(TEAL).hexdigest())}.png"
    file.write_bytes(TEAL)
    assert oracles.nothing_is_lost(openai_api, disk, Allowed(), set()) == []
    file.write_bytes(TEAL[:-9])
    (found,) = oracles.nothing_is_lost(openai_api, disk, Allowed(), set())
    assert found.endswith("is truncated")


def test_a_second_charge_is_found(openai_api: StandIn) -> None:
    for _ in range(2):
        add_charge(openai_api)
    assert oracles.nothing_is_charged_twice(openai_api, Allowed()) == [
        f"O2: {PROMPT!r} took 2 POSTs"
    ]
    assert oracles.nothing_is_charged_twice(openai_api, Allowed(posts=2)) == []


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_secret_is_found_in_every_spelling(spelling: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 100 + spelling + b"y")
    assert len([*oracles.no_secret_leaks([tmp_path / "file"])]) == 1


@pytest.mark.parametrize("secret", [KEY, TOKEN])
@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
def test_a_secret_is_found_within_base64(secret: str, before: str) -> None:
    assert secrets_in(b64encode(f"{before}{secret} and more".encode()))
    assert not secrets_in(b64encode(f"{before}{secret[:-6]} and more".encode()))


def test_leaked_memory_and_descriptors_are_found() -> None:
    before = Baseline(memory=100_000_000, descriptors=20)
    assert before.allows(Baseline(memory=129_000_000, descriptors=36))
    assert not before.allows(Baseline(memory=131_000_000, descriptors=20))
    assert not before.allows(Baseline(memory=100_000_000, descriptors=37))
    with Popen([sys.executable, "-c", "input()"], stdin=-1) as process:
        assert len(oracles.no_resource_leaks(process.pid, Baseline(0, -99))) == 1
        process.communicate(b"\n")


def test_slow_or_failing_health_replies_are_found() -> None:
    probe = HealthProbe(9)
    probe.stop()
    probe.latencies = [0.001] * 98 + [MAX_LATENCY] * 2
    assert len([*oracles.health_stays_responsive(probe)]) == 1
    probe.latencies = [0.001] * 100
    assert [*oracles.health_stays_responsive(probe)] == []
    probe.failures = 1
    assert len([*oracles.health_stays_responsive(probe)]) == 1


def test_undocumented_codes_and_tracebacks_are_found() -> None:
    assert {"outcome_unknown", "unauthorized", "archive_unavailable"} <= documented_codes()
    found = [*oracles.failures_are_documented(["busy", "internal", "oops"], lambda: b"")]
    assert [line[:14] for line in found] == ["O6: 'internal'", "O6: 'oops' is "]
    assert len([*oracles.failures_are_documented([], lambda: b"x\nTraceback (most recent")]) == 1
    with pytest.raises(AssertionError, match="a bare 500"):
        to_outcome({"detail": "Internal Server Error"}, 500, time.monotonic())
