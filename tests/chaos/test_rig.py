"""The oracles see what they are there for: each is shown a fault that was planted."""

import sys
import time
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from subprocess import Popen

import pytest

from tests.chaos import oracles
from tests.chaos.calls import outcome_of
from tests.chaos.canaries import KEY, SPELLINGS, TOKEN, secrets_in
from tests.chaos.disk import Disk
from tests.chaos.documented import documented
from tests.chaos.oracles import Allowed, Baseline
from tests.chaos.pulse import WITHIN, Pulse
from tests.standin import Call, Charge, StandIn
from tests.testkit.fakes import small_image

PROMPT = "a red bridge"
TEAL = small_image("teal", (8, 8)).data


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracles, "SETTLES_IN", 0.0)


def charged(api: StandIn) -> None:
    call = Call(method="POST", path="/v1/images/generations", headers={}, fields={"prompt": PROMPT})
    api.calls.append(call)
    digests = (sha256(TEAL).hexdigest(),)
    api.ledger.append(Charge(call=len(api.calls) - 1, digests=digests, formats=("png",), usage={}))


def test_a_picture_that_is_nowhere_is_found_out(openai_api: StandIn, tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    charged(openai_api)
    (found,) = oracles.nothing_is_lost(openai_api, disk, Allowed(unknown=True), set())
    assert found.startswith("O1: of 'a red bridge'")
    disk.pictures.mkdir()
    (disk.pictures / f"img_{sha256(TEAL).hexdigest()[:32]}.png").write_bytes(TEAL)
    assert oracles.nothing_is_lost(openai_api, disk, Allowed(), set()) == []


def test_a_picture_that_was_cut_is_found_out(openai_api: StandIn, tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.pictures.mkdir()
    (disk.pictures / f"img_{sha256(TEAL).hexdigest()[:32]}.png").write_bytes(TEAL[:-9])
    (found,) = oracles.nothing_is_lost(openai_api, disk, Allowed(), set())
    assert found.endswith("is cut")


def test_a_second_bill_is_found_out(openai_api: StandIn) -> None:
    for _ in range(2):
        charged(openai_api)
    assert oracles.nothing_is_paid_twice(openai_api, Allowed()) == [f"O2: {PROMPT!r} took 2 POSTs"]
    assert oracles.nothing_is_paid_twice(openai_api, Allowed(posts=2)) == []


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_secret_is_found_in_every_spelling(spelling: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 100 + spelling + b"y")
    assert len([*oracles.no_secret_is_told([tmp_path / "file"])]) == 1


@pytest.mark.parametrize("secret", [KEY, TOKEN])
@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
def test_a_secret_is_found_within_base64(secret: str, before: str) -> None:
    assert secrets_in(b64encode(f"{before}{secret} and more".encode()))
    assert not secrets_in(b64encode(f"{before}{secret[:-6]} and more".encode()))


def test_memory_and_descriptors_that_stay_are_found_out() -> None:
    before = Baseline(memory=100_000_000, descriptors=20)
    assert before.is_back(Baseline(memory=129_000_000, descriptors=36))
    assert not before.is_back(Baseline(memory=131_000_000, descriptors=20))
    assert not before.is_back(Baseline(memory=100_000_000, descriptors=37))
    with Popen([sys.executable, "-c", "input()"], stdin=-1) as process:
        assert len(oracles.nothing_leaks(process.pid, Baseline(0, -99))) == 1
        process.communicate(b"\n")


def test_a_server_that_dozes_is_found_out() -> None:
    pulse = Pulse(9)
    pulse.stop()
    pulse.waits = [0.001] * 98 + [WITHIN] * 2
    assert len([*oracles.it_stays_awake(pulse)]) == 1
    pulse.waits = [0.001] * 100
    assert [*oracles.it_stays_awake(pulse)] == []
    pulse.refused = 1
    assert len([*oracles.it_stays_awake(pulse)]) == 1


def test_failures_without_a_documented_name_are_found_out() -> None:
    assert {"outcome_unknown", "unauthorized", "archive_unavailable"} <= documented()
    found = [*oracles.failures_have_names(["busy", "internal", "oops"], lambda: b"")]
    assert [line[:14] for line in found] == ["O6: 'internal'", "O6: 'oops' is "]
    assert len([*oracles.failures_have_names([], lambda: b"x\nTraceback (most recent")]) == 1
    with pytest.raises(AssertionError, match="a bare 500"):
        outcome_of({"detail": "Internal Server Error"}, 500, time.monotonic())
