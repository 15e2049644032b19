"""What `gpt-image models --check` prints, and its exit code."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_model_check import FLARE, LIST, page_without
from tests.standin import StandIn, raw_faults

COMMAND = str(Path(sys.executable).with_name("gpt-image"))
Environment = dict[str, str]


def run(environment: Environment, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "models", "--check", *arguments],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def result(environment: Environment) -> tuple[int, Mapping[str, Any]]:
    done = run(environment, "--json")
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def test_the_command_succeeds_if_the_default_model_is_listed(
    openai_api: StandIn, environment: Environment
) -> None:
    code, found = result(environment)
    assert (code, found["ok"], found["charged"]) == (0, True, "no")
    (provider,) = found["providers"]
    assert provider["compared"]
    assert (provider["missing"], provider["unknown"], provider["dates"]) == ([], [], [])
    openai_api.serve(LIST, page_without("gpt-image-2", gpt_image_3="2028-01-01"))
    code, found = result(environment)
    (provider,) = found["providers"]
    assert (code, provider["missing"]) == (0, ["gpt-image-2"])
    assert provider["unknown"] == [{"name": "gpt-image-3", "shutdown": "2028-01-01"}]


@pytest.mark.parametrize(
    ("variables", "missing", "words"),
    [
        ({}, FLARE, f"The endpoint does not list {FLARE}."),
        ({"IMAGE_MODEL": "my-own"}, "", "The endpoint does not list my-own."),
        ({"IMAGE_MODEL": "gpt-image-1"}, "", "gpt-image-1 retired on 2026-10-23;"),
    ],
    ids=["the catalog's", "a setting's", "a retired one"],
)
def test_the_command_fails_if_the_default_model_cannot_be_used(
    variables: Environment,
    missing: str,
    words: str,
    openai_api: StandIn,
    environment: Environment,
) -> None:
    openai_api.serve(LIST, page_without(missing))
    code, found = result(environment | variables)
    assert (code, found["ok"]) == (5, False)
    assert found["default"]["requested"] == variables.get("IMAGE_MODEL", FLARE)
    assert any(problem.startswith(words) for problem in found["default"]["problems"])
    done = run(environment | variables)
    assert done.returncode == 5
    assert f"\n  {words}" in done.stdout


@pytest.mark.parametrize(
    ("status", "exit_code", "error"),
    [(401, 4, "credentials_rejected"), (404, 5, "request_refused"), (500, 8, "provider_failed")],
)
def test_the_command_fails_with_the_exit_code_of_the_error(
    status: int, exit_code: int, error: str, openai_api: StandIn, environment: Environment
) -> None:
    openai_api.serve(LIST, raw_faults.refusal({"message": "No."}, code=status))
    code, found = result(environment)
    assert (code, found["error"]["code"]) == (exit_code, error)
    done = run(environment)
    assert (done.returncode, done.stdout) == (exit_code, "")
    assert "Nothing was charged." in done.stderr


def test_without_a_key_the_command_says_so_although_the_list_of_models_needs_none(
    openai_api: StandIn, environment: Environment
) -> None:
    del environment["OPENAI_API_KEY"]
    done = run(environment)
    assert (done.returncode, done.stdout) == (4, "")
    assert "OPENAI_API_KEY is not set." in done.stderr
    assert openai_api.calls == []
