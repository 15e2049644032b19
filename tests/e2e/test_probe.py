"""`gpt-image probe`: what endpoints can do, without a charge or with one image."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.checkout import ROOT
from tests.conftest import KEY, environment_in
from tests.standin import Quirks, StandIn, faults, raw_faults


def run(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "entrypoints", "probe", *arguments],
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(environment["HOME"]).parent,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def findings(*arguments: str, environment: dict[str, str]) -> dict[str, Any]:
    done = run(*arguments, "--json", environment=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    result["answers"] = {each["ability"]: each["answer"] for each in result["findings"]}
    return result


@contextmanager
def server(**quirks: Any) -> Iterator[StandIn]:  # noqa: ANN401 - fields of Quirks
    with StandIn(quirks=Quirks(keyless=True, **quirks)) as standin:
        yield standin


@pytest.fixture
def nothing(tmp_path: Path, openai_api: StandIn) -> dict[str, str]:
    """An environment without any provider."""
    environment = environment_in(tmp_path, openai_api)
    del environment["OPENAI_API_KEY"], environment["OPENAI_BASE_URL"]
    return environment


FREE = {"stream": "unknown", "base64": "unknown", "size": "unknown", "format": "unknown"}
FREE |= {"usage": "unknown"}


def test_the_routes_of_openai_are_found_free_of_charge(
    environment: dict[str, str], openai_api: StandIn
) -> None:
    result = findings(environment=environment)
    assert result["answers"] == {"models": "yes", "generate": "yes", "edit": "yes", **FREE}
    assert (result["provider"], result["charged"], result["cost"]) == ("openai", "no", None)
    assert openai_api.ledger == []
    assert len(openai_api.calls) == 3


def test_azure_is_asked_at_its_own_paths(nothing: dict[str, str], openai_api: StandIn) -> None:
    nothing |= {
        "AZURE_OPENAI_ENDPOINT": openai_api.azure_url,
        "AZURE_OPENAI_API_KEY": KEY,
        "AZURE_OPENAI_DEPLOYMENTS": "gpt-image-2=studio",
    }
    result = findings("azure", environment=nothing)
    assert result["answers"] == {"models": "yes", "generate": "yes", "edit": "yes", **FREE}
    paths = {call.path for call in openai_api.posts}
    below = "/openai/deployments/studio/images"
    assert paths == {f"{below}/generations", f"{below}/edits"}


@pytest.mark.parametrize("status", [404, 405])
def test_a_url_is_probed_without_any_setting(nothing: dict[str, str], status: int) -> None:
    with server(no_edits=status) as local:
        result = findings(local.base_url, environment=nothing)
        assert local.ledger == []
        assert not any("authorization" in call.headers for call in local.calls)
    assert (result["answers"]["generate"], result["answers"]["edit"]) == ("yes", "no")
    assert (result["provider"], result["endpoint"]) == ("probe", local.base_url)


def test_a_key_of_another_vendor_is_not_sent_to_a_url(environment: dict[str, str]) -> None:
    environment["OPENAI_COMPATIBLE_KEYS"] = "probe=sk-of-the-probe"
    with server() as local:
        findings(local.base_url, environment=environment)
        sent = {call.headers.get("authorization") for call in local.calls}
    assert sent == {"Bearer sk-of-the-probe"}


def test_a_service_that_accepts_an_empty_request_may_have_charged(
    nothing: dict[str, str],
) -> None:
    with server() as local:
        local.script(raw_faults.page({}), raw_faults.page({}, code=500))
        local.serve("/v1/models", raw_faults.body(b"", code=404))
        result = findings(local.base_url, environment=nothing)
    assert result["charged"] == "maybe"
    answers = result["answers"]
    assert (answers["models"], answers["generate"], answers["edit"]) == ("no", "unknown", "unknown")


def test_one_image_shows_what_only_an_image_shows(nothing: dict[str, str]) -> None:
    with server() as local:
        result = findings(local.base_url, "--paid", "--yes", environment=nothing)
        assert len(local.ledger) == 1
        post = local.posts[-1]
    assert result["answers"] == {
        "models": "yes",
        "generate": "yes",
        "edit": "yes",
        **dict.fromkeys(FREE, "yes"),
    }
    assert (result["charged"], result["cost"]) == ("yes", None)
    assert post.fields.get("n", 1) == 1


def test_what_is_not_honored_is_found(nothing: dict[str, str]) -> None:
    nothing |= {"OPENAI_COMPATIBLE_MODELS": "local=gpt-image-2"}
    with server(no_streams=True) as local:
        nothing["OPENAI_COMPATIBLE_URLS"] = f"local={local.base_url}"
        local.default = faults.Fault(size=(32, 32), format="png", usage=False, data="link")
        result = findings("local", "--paid", "--yes", environment=nothing)
    assert {name: result["answers"][name] for name in FREE} == dict.fromkeys(FREE, "no")


def test_without_a_terminal_and_yes_no_image_is_requested(
    environment: dict[str, str], openai_api: StandIn
) -> None:
    done = run("--paid", environment=environment)
    assert done.returncode == 2
    assert "may cost about $0.0" in done.stderr
    assert "--yes" in done.stderr
    assert openai_api.ledger == []


def test_a_paid_probe_asks_no_other_provider(
    environment: dict[str, str], openai_api: StandIn
) -> None:
    environment["FALLBACK"] = "gpt-image-2"
    with server() as local:
        environment["OPENAI_COMPATIBLE_URLS"] = f"local={local.base_url}"
        local.default = faults.bad_key()
        done = run("local", "--paid", "--yes", environment=environment)
    assert done.returncode != 0
    assert openai_api.ledger == []


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("nowhere", "No provider 'nowhere' is set up"),
        ("openai-responses", "cannot be probed"),
        ("http://localhost:8000/v1?x=1", "It has a ? or a #"),
    ],
)
def test_what_cannot_be_probed_is_said(environment: dict[str, str], target: str, said: str) -> None:
    done = run(target, environment=environment)
    assert done.returncode == 2
    assert said in done.stderr


def test_the_text_is_for_people(environment: dict[str, str]) -> None:
    done = run(environment=environment)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("openai at http://127.0.0.1:")
    assert lines[-1] == "No image was requested, so nothing was charged."
    assert KEY not in done.stdout
