"""Plugins are found, tried in isolation, and told about; a broken one stops nothing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from domain.errors import ImageServiceError
from domain.plugins import PluginStatus
from domain.provider_errors import InvalidSettings
from domain.requests import GenerateRequest
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.config.loading import load_settings
from entrypoints.config.settings import Settings
from entrypoints.config.settings_error import SettingsError
from tests.testkit.fakes import PNG, FakeProvider, settings_in
from tests.unit.plugin_help import FAKE, Packages

pytestmark = pytest.mark.anyio
REQUEST = GenerateRequest(prompt="a red bridge", size=PNG.dimensions)
BROKEN = {
    "no-import": ("import nowhere_at_all", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
    "no-syntax": ("def build(", "SyntaxError: '(' was never closed (no_syntax.py, line 1)"),
    "no-factory": ("", "AttributeError: module 'no_factory' has no attribute 'build'"),
    "exits": ("import sys\nsys.exit('bye')", "SystemExit: bye"),
    "raises": ("def build(context): raise KeyError('RAISES_URL')", "KeyError: 'RAISES_URL'"),
    "other-kind": (
        "def build(context): return context",
        "it is not an EventSink: it has no publish",
    ),
}
"""Plugins for the group of event sinks, and why each is left out."""
SINK = """
events = []
class Sink:
    def publish(self, event):
        events.append(event)
def build(context):
    return Sink()
"""


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packages:
    return Packages(tmp_path / "packages", monkeypatch)


async def statuses(settings: Settings) -> Sequence[PluginStatus]:
    async with run_application(settings, provider=FakeProvider(PNG)) as container:
        return container.plugins().statuses()


async def generate(container: Container, model: str | None = None) -> str:
    """The provider that served a request."""
    job = await container.generate_image()(GenerateRequest(prompt="a red bridge", model=model))
    return (await job.result()).provider


async def test_each_broken_plugin_is_named_with_its_reason_and_the_others_are_loaded(
    packages: Packages, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, (code, _) in BROKEN.items():
        packages.install(name, code, event_sinks=name)
    packages.install("works", SINK, event_sinks="works")
    async with run_application(settings_in(tmp_path), provider=FakeProvider(PNG)) as container:
        assert await generate(container) == "fake"
        told = {each.name: each for each in container.plugins().statuses()}
    assert {name: each.fault for name, each in told.items()} == {
        "works": None,
        **{name: reason for name, (_, reason) in BROKEN.items()},
    }
    works = told["works"]
    assert (works.group, works.distribution, works.version) == (
        "mcp_server_gpt_image.event_sinks",
        "works",
        "1.2",
    )
    log = capfd.readouterr().err
    for name in BROKEN:
        assert log.count(f'"plugin": "{name}"') == 1, log


async def test_a_name_of_ours_an_odd_name_and_a_name_that_is_taken_are_left_out(
    packages: Packages, tmp_path: Path
) -> None:
    packages.install("one", FAKE, providers="openai fake Fake fake/x")
    packages.install("two", FAKE, providers="fake", caches="disk")
    told = [
        (each.distribution, each.name, each.fault) for each in await statuses(settings_in(tmp_path))
    ]
    odd = "its name is not lower-case letters and digits, with single hyphens"
    ours = "its name is one of this server's own"
    assert told == [
        ("one", "Fake", odd),
        ("one", "fake", None),
        ("two", "fake", "one has a plugin of this name"),
        ("one", "fake/x", odd),
        ("one", "openai", ours),
        ("two", "disk", ours),
    ]


async def test_a_provider_under_another_name_is_left_out(
    packages: Packages, tmp_path: Path
) -> None:
    packages.install("one", FAKE, providers="other")
    (status,) = await statuses(settings_in(tmp_path))
    assert status.fault == "its provider is named 'fake', not 'other'"


async def test_the_provider_that_provider_names_serves_and_has_the_safeguards(
    packages: Packages, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages.install("one", FAKE, providers="fake")
    monkeypatch.setenv("PROVIDER", "Fake")
    async with run_application(load_settings()) as container:
        job = await container.generate_image()(REQUEST)
        (image,) = (await job.result()).images
        assert image.stored is not None
        assert await generate(container, "fake/fake-1") == "fake"
        assert [each.name for each in container.list_models()().catalog.models] == ["fake-1"]


async def test_a_provider_stands_beside_others_and_is_named_by_prefix_or_model(
    packages: Packages, tmp_path: Path
) -> None:
    packages.install("one", FAKE, providers="fake")
    async with run_application(settings_in(tmp_path, openai_api_key="sk-1234567")) as container:
        names = [each.name for each in container.image_providers()]
        assert names == ["openai", "openai-responses", "fake"]
        assert await generate(container, "fake/fake-1") == "fake"
        assert await generate(container, "fake-1") == "fake"


async def test_sketches_come_alone(packages: Packages, tmp_path: Path) -> None:
    packages.install("one", FAKE, providers="fake")
    async with run_application(settings_in(tmp_path)) as container:
        assert [each.name for each in container.image_providers()] == ["sketch"]


async def test_a_server_of_the_settings_keeps_its_name(packages: Packages, tmp_path: Path) -> None:
    packages.install("one", FAKE, providers="fake")
    settings = settings_in(tmp_path, openai_compatible_urls="fake=http://127.0.0.1:1/v1")
    async with run_application(settings) as container:
        (only,) = container.image_providers()
        assert type(only).__name__ == "CompatibleImages"


async def test_a_broken_provider_that_provider_names_is_replaced_by_no_other(
    packages: Packages, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages.install("broken", "import nowhere_at_all", providers="broken")
    free = FAKE.replace("PNG)", "PNG, cost=0)")
    packages.install("one", free, providers="fake")
    monkeypatch.setenv("PROVIDER", "broken")
    monkeypatch.setenv("BUDGET_DAY_USD", "5")
    monkeypatch.setenv("BUDGET_CALL_USD", "1")
    async with run_application(load_settings()) as container:
        with pytest.raises(InvalidSettings, match="the plugin broken, which was left out: Module"):
            await generate(container)
        assert await generate(container, "fake/fake-1") == "fake"


async def test_a_factory_gets_its_own_variables_and_no_setting_of_ours(
    packages: Packages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "seen = []\ndef build(context): seen.append(context)"
    packages.install("one", code, event_sinks="openai log red-wall gpt")
    for name, value in {
        "OPENAI_API_KEY": "sk-1234567",
        "OPENAI_SIDE": "left",
        "GPT_IMAGE_OPENAI_API_KEY": "sk-7654321",
        "LOG_LEVEL": "error",
        "RED_WALL_COLOR": ' "teal" ',
        "RED_WALL_EMPTY": "",
        "RED_WALLS": "4",
        "CACHE_TTL": "7",
        "DATA_DIR": str(tmp_path / "data"),
    }.items():
        monkeypatch.setenv(name, value)
    await statuses(load_settings())
    import one  # type: ignore[import-not-found] # installed above

    settings = {each.data_folder.name: dict(each.settings) for each in one.seen}
    assert settings == {
        "openai": {"OPENAI_SIDE": "left"},
        "log": {},
        "gpt": {},
        "red-wall": {"RED_WALL_COLOR": "teal"},
    }
    assert {each.data_folder.parent for each in one.seen} == {tmp_path / "data" / "plugins"}
    assert {each.cache_ttl for each in one.seen} == {7.0}
    assert not (tmp_path / "data" / "plugins").exists()


def test_variables_count_in_an_env_file_and_not_in_that_of_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("FLAT_COLOR=red\nFLAT_SIDE=left\n")
    monkeypatch.setenv("FLAT_SIDE", "right")

    def flat(**options: Any) -> dict[str, str]:  # noqa: ANN401 - options of load_settings
        others = load_settings(**options).other_variables
        return {name: text for name, text in others.items() if name.startswith("FLAT_")}

    assert flat(local_file=True) == {"FLAT_SIDE": "right"}
    assert flat(env_file=tmp_path / ".env") == {"FLAT_COLOR": "red", "FLAT_SIDE": "right"}


LEAKY = """
from domain.provider_errors import RequestRefused
from tests.testkit.fakes import FakeProvider
def build(context):
    text = " ".join(context.settings.values())
    print("loaded with", text)
    return FakeProvider(fails=[RequestRefused(f"I know {text}.")])
def broken(context):
    raise ValueError(" ".join(context.settings.values()))
"""


async def test_keys_and_passwords_of_plugins_are_hidden_in_errors_logs_and_the_list(
    packages: Packages, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    packages.install("one", LEAKY, providers="fake")
    packages.install("two", "from one import broken as build", event_sinks="fake")
    monkeypatch.setenv("PROVIDER", "fake")
    monkeypatch.setenv("FAKE_API_KEY", "canary-of-a-key")
    monkeypatch.setenv("FAKE_URL", "redis://me:canary-of-a-password@host")
    monkeypatch.setenv("FAKE_COLOR", "terracotta")
    async with run_application(load_settings()) as container:
        faults = [each.fault for each in container.plugins().statuses()]
        container.log_writer().write("error", "canary-of-a-key")
        with pytest.raises(ImageServiceError, match="terracotta") as refused:
            await generate(container)
    capture = capfd.readouterr()
    assert (
        "loaded with" in capture.err
    )  # it printed that itself, and not where MCP has its messages
    assert capture.out == ""
    log = capture.err.partition("\n")[2]
    assert "terracotta" in log
    assert "canary" not in f"{refused.value}{faults}{log}"


async def test_what_a_plugin_opened_is_closed_at_the_end(
    packages: Packages, tmp_path: Path
) -> None:
    code = f"{SINK}\nclosed = []\nasync def close(self): closed.append(self)\nSink.close = close\n"
    packages.install("one", code, event_sinks="one")
    packages.install("two", code.replace("closed.append(self)", "1 / 0"), event_sinks="two")
    async with run_application(settings_in(tmp_path), provider=FakeProvider(PNG)) as container:
        await generate(container)
        import one

        assert one.events
        assert one.closed == []
    assert len(one.closed) == 1


NAMED = ["PROVIDER", "IMAGE_CACHE", "IMAGE_OPTIMIZER", "IMAGE_PROCESSORS"]


@pytest.mark.parametrize("variable", NAMED)
def test_a_setting_that_names_no_plugin_is_a_fault_that_lists_those_there_are(
    variable: str, packages: Packages, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages.install(
        "one", "", providers="flat", caches="flat", optimizers="flat", image_processors="flat"
    )
    monkeypatch.setenv(variable, "float")
    with pytest.raises(SettingsError, match=rf"{variable}: Use one of: .*\bflat\. \("):
        load_settings()
    monkeypatch.setenv(variable, "FLAT")
    assert getattr(load_settings(), variable.lower()) == "flat"
