"""The first hour of an operator: secrets in files, other machines, folders, Docker's settings."""

import json
import re
from pathlib import Path
from secrets import token_hex

import pytest

from entrypoints.http.probes import STARTING
from tests.architecture.checkout import ROOT
from tests.conftest import KEY
from tests.field_reports.first_hour.newcomer import Newcomer, Running
from tests.field_reports.first_hour.readme import at, readme_commands
from tests.standin import StandIn

pytestmark = pytest.mark.timeout(120)  # processes, each of which needs 1 s of CPU time
HTTP = ("gpt-image", "http")
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - the server must refuse it, or ask for a token
NAME = "images.example.com"


def container_settings(folder: Path, allowed_hosts: str) -> dict[str, str]:
    """What the Dockerfile and docker-compose.yml set, with the volumes below this folder."""
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    image = dict(
        re.findall(r"^    (HOST|OUTPUT_DIR|DATA_DIR|CACHE_DIR)=(\S+)", dockerfile, re.MULTILINE)
    )
    volumes = {name: str(folder) + image[name] for name in image if name.endswith("_DIR")}
    compose = (ROOT / "docker-compose.yml").read_text("utf-8")
    given = dict(re.findall(r'^      ([A-Z_]+): "(.+)"$', compose, re.MULTILINE))
    given["ALLOWED_HOSTS"] = given["ALLOWED_HOSTS"].replace("${ALLOWED_HOSTS:-}", allowed_hosts)
    return image | volumes | given


def test_what_refuses_to_work_names_the_setting_and_works_with_it(
    openai_api: StandIn, tmp_path: Path
) -> None:
    newcomer = Newcomer(tmp_path, openai_api, key=False)
    key, token = tmp_path / "key", tmp_path / "token"
    key.write_text(f"{KEY}\n")
    secrets = {"OPENAI_API_KEY_FILE": str(key), "AUTH_TOKEN_FILE": str(token)}
    with newcomer.pays(0):
        start_without_secrets(newcomer)
        token.write_text(token_hex(32) + "\n")
        (tmp_path / "data").write_text("a file in the way")
        use_a_folder_that_cannot_be_written(newcomer, token, tmp_path / "data", secrets)
    settings = container_settings(tmp_path / "srv", allowed_hosts=NAME)
    with newcomer.server(*HTTP, **settings, **secrets) as server:
        use_what_was_advised(newcomer, server, token)
    assert len([*Path(settings["OUTPUT_DIR"]).glob("*.png")]) == 1
    newcomer.check_files()


def start_without_secrets(newcomer: Newcomer) -> None:
    refused = newcomer.run(*HTTP, code=2, HOST=EVERY_ADDRESS).stderr
    assert "AUTH_TOKEN: " in refused
    assert "PROVIDER: OPENAI_API_KEY or " in refused


def request(newcomer: Newcomer, server: Running, token: Path | None, *options: str) -> str:
    """What the README's first request gets."""
    words = readme_commands("curl")[0]
    bearer = ("-H", f"Authorization: Bearer {token.read_text().strip()}") if token else ()
    return newcomer.curl(*bearer, *options, *at(server.url, words))


def use_a_folder_that_cannot_be_written(
    newcomer: Newcomer, token: Path, folder: Path, secrets: dict[str, str]
) -> None:
    settings = {"HOST": EVERY_ADDRESS, "DATA_DIR": str(folder)}
    with newcomer.server(*HTTP, **settings, **secrets) as server:
        while (ready := json.loads(newcomer.curl(f"{server.url}/readyz"))) == STARTING:
            pass
        assert (ready["status"], ready["checks"]["records"]) == ("not ready", "unavailable")
        assert "Authorization: Bearer" in json.loads(request(newcomer, server, None))["hint"]
        other_name = json.loads(request(newcomer, server, token, "-H", f"Host: {NAME}"))
        assert NAME in other_name["message"] + other_name["hint"]
        assert "ALLOWED_HOSTS" in other_name["hint"]
        refused = json.loads(request(newcomer, server, token))
        assert (refused["code"], refused["charged"]) == ("archive_unavailable", "no")
        assert str(folder) in refused["message"]
        assert "Set DATA_DIR to a folder that the server can write to" in refused["hint"]
    logged = b"".join(server.log).decode()
    assert str(folder) in logged
    assert token.read_text().strip() not in logged
    assert KEY not in logged


def use_what_was_advised(newcomer: Newcomer, server: Running, token: Path) -> None:
    while (state := json.loads(newcomer.curl(f"{server.url}/readyz"))) == STARTING:
        pass
    assert state["status"] == "ready"
    with newcomer.pays(1):
        for host in ("gpt-image:3000", NAME):
            reply = json.loads(request(newcomer, server, token, "-H", f"Host: {host}"))
            assert reply["images"][0]["url"].startswith(f"http://{host}/images/")
    bearer = ("-H", f"Authorization: Bearer {token.read_text().strip()}")
    metrics = newcomer.curl("-f", *bearer, f"{server.url}/metrics")
    assert re.search(r"^gpt_image_\w+.* [1-9]", metrics, re.MULTILINE)
