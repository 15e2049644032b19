"""Settings of Azure OpenAI and of compatible servers: several entries, faults without secrets."""

import pytest

from entrypoints.config.compatible_settings import CompatibleServer
from entrypoints.config.loading import load_settings
from entrypoints.config.settings_error import SettingsError


def test_servers_have_names_and_some_have_keys_and_models(env: pytest.MonkeyPatch) -> None:
    env.setenv(
        "OPENAI_COMPATIBLE_URLS", "local=http://localhost:8000/v1 relay=https://a.example/v1"
    )
    env.setenv("OPENAI_COMPATIBLE_KEYS", "relay=sk-of-the-relay")
    env.setenv("OPENAI_COMPATIBLE_MODELS", "local=Qwen/Qwen-Image")
    settings = load_settings()
    assert settings.compatible_servers == (
        CompatibleServer(name="local", url="http://localhost:8000/v1", model="Qwen/Qwen-Image"),
        CompatibleServer(name="relay", url="https://a.example/v1", key="sk-of-the-relay"),
    )
    assert "sk-of-the-relay" in settings.secrets
    assert "sk-of-the-relay" not in f"{settings!r} {settings.model_dump()}"


def test_deployments_are_named_by_their_model_or_stand_for_themselves(
    env: pytest.MonkeyPatch,
) -> None:
    env.setenv("AZURE_OPENAI_DEPLOYMENTS", "gpt-image-2.6-flare=mine, gpt-image-2\nstudio")
    assert load_settings().deployments == {
        "gpt-image-2.6-flare": "mine",
        "gpt-image-2": "gpt-image-2",
        "studio": "studio",
    }


@pytest.mark.parametrize(
    "url",
    [
        "https://example.openai.azure.com",
        "https://example.openai.azure.com/",
        "https://example.openai.azure.com/openai/",
        "https://example.openai.azure.com/openai/v1",
        "https://example.openai.azure.com/openai/deployments/mine/images/generations",
    ],
)
def test_what_people_copy_with_the_address_of_a_resource_is_left_out(
    url: str, env: pytest.MonkeyPatch
) -> None:
    env.setenv("AZURE_OPENAI_ENDPOINT", url)
    assert load_settings().azure_openai_endpoint == "https://example.openai.azure.com"


SECRET = "sk-very-secret"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("OPENAI_COMPATIBLE_URLS", "http://localhost:8000/v1", "Entry 1 is no name=value pair"),
        ("OPENAI_COMPATIBLE_URLS", "local=localhost:8000", "local: It is not a URL"),
        ("OPENAI_COMPATIBLE_URLS", "azure=http://a.example/v1", "'azure' cannot be the name"),
        ("OPENAI_COMPATIBLE_URLS", "a=http://a.example a=http://b.example", "a occurs twice"),
        ("OPENAI_COMPATIBLE_URLS", "A=http://a.example", "'A' cannot be the name"),
        ("OPENAI_COMPATIBLE_KEYS", SECRET, "Entry 1 is no name=value pair"),
        ("OPENAI_COMPATIBLE_KEYS", f"relay=Bearer {SECRET}", "Entry 2 is no name=value pair"),
        ("OPENAI_COMPATIBLE_KEYS", f"other={SECRET}", "'other' is no server of"),
        ("OPENAI_COMPATIBLE_MODELS", "other=x", "'other' is no server of"),
        ("AZURE_OPENAI_DEPLOYMENTS", "gpt-image-2=", "Entry 1 is no name=value pair"),
        ("AZURE_OPENAI_API_VERSION", "latest", "It is no version"),
        ("AZURE_OPENAI_API_KEY", f"AZURE_KEY={SECRET}", "It repeats the variable's name"),
        ("AZURE_OPENAI_ENDPOINT", "example.openai.azure.com", "It is not a URL"),
        ("PROVIDER", "azure", "AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_DEPLOYMENTS are not set"),
        ("AZURE_OPENAI_TOKEN_COMMAND", "az 'x", "Its quotation marks have no end"),
    ],
)
def test_a_fault_names_the_setting_and_no_secret(
    name: str, text: str, said: str, env: pytest.MonkeyPatch
) -> None:
    if name != "OPENAI_COMPATIBLE_URLS":
        env.setenv("OPENAI_COMPATIBLE_URLS", "relay=https://a.example/v1")
    env.setenv(name, text)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert f"{name}: {said}" in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    return monkeypatch
