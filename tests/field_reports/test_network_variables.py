"""Variables of the network as people and systems write them: exemptions, certificates, no proxy."""

import os
from pathlib import Path

import pytest

from adapters.openai.network.proxies import network_for
from domain.provider_errors import InvalidSettings

OPENAI = "https://api.openai.com/v1"
PROXY = "http://proxy.example:8080"


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A shell with a proxy for everything and no other variable of the network."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("SSL_CERT"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HTTP_PROXY", PROXY)
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    return monkeypatch


@pytest.mark.parametrize(
    "text",
    [
        "localhost api.openai.com",
        "localhost;api.openai.com",
        "https://api.openai.com",
        "https://api.openai.com/v1",
        "api.openai.com.",
        "'api.openai.com'",
        "localhost,\n*.openai.com",
    ],
)
def test_f11_every_form_of_no_proxy_exempts_the_endpoint(
    text: str, shell: pytest.MonkeyPatch
) -> None:
    shell.setenv("NO_PROXY", text)
    assert network_for(OPENAI).proxy is None


@pytest.mark.parametrize("text", ["openai", "api.openai", "ai.com", "<local>", "10.0.0.0/8", " ; "])
def test_f11_the_name_of_another_host_exempts_nothing(text: str, shell: pytest.MonkeyPatch) -> None:
    shell.setenv("NO_PROXY", text)
    assert network_for(OPENAI).variable == "HTTPS_PROXY"


@pytest.mark.parametrize("host", ["127.1", "127.0.1", "localhost.localdomain", "LOCALHOST"])
def test_f24_no_proxy_applies_to_another_name_of_this_machine(host: str) -> None:
    assert network_for(f"http://{host}:4000/v1").proxy is None


@pytest.mark.parametrize("text", ["none", "DIRECT", "false", "0", "http://proxy.example:99999"])
def test_f11_a_text_that_is_no_proxy_is_named(text: str, shell: pytest.MonkeyPatch) -> None:
    shell.setenv("HTTPS_PROXY", text)
    with pytest.raises(InvalidSettings, match="HTTPS_PROXY is not the URL of a proxy") as refused:
        network_for(OPENAI)
    assert "remove the variable" in refused.value.hint


@pytest.mark.parametrize(
    ("variable", "name", "words"),
    [
        ("SSL_CERT_FILE", "folder", "which is a folder"),
        ("SSL_CERT_FILE", "none.pem", "which does not exist"),
        ("SSL_CERT_FILE", "empty.pem", "no certificates that can be loaded"),
        ("SSL_CERT_DIR", "empty.pem", "which is not a folder"),
        ("SSL_CERT_DIR", "none", "which does not exist"),
    ],
)
def test_f11_certificates_that_cannot_be_used_are_named(
    variable: str, name: str, words: str, shell: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.pem").touch()
    shell.setenv(variable, str(tmp_path / name))
    with pytest.raises(InvalidSettings, match=words) as refused:
        network_for(OPENAI)
    assert variable in refused.value.message


def test_several_folders_of_certificates_are_taken(
    shell: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    shell.setenv("SSL_CERT_DIR", os.pathsep.join([str(tmp_path / "a"), str(tmp_path)]))
    assert network_for(OPENAI).variable == "HTTPS_PROXY"
