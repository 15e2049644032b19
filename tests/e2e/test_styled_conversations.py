"""Presets and styles in the turns of a conversation, in both API modes."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from domain.image import Image
from domain.image_layouts import read_layout
from entrypoints.cli.app import cli
from tests.e2e.every_tool import facts_of, text_of
from tests.e2e.transports import connect_in_memory, settings_for
from tests.standin import Call, StandIn
from tests.testkit.fakes import small_image

MODES = ["images", "responses"]
REFERENCE = small_image("black", (64, 64))
INK = 'text = "black ink"\npalette = ["#1a1a1a"]\nreferences = ["ink.png"]\n'
TEXT = "\n\nStyle: black ink\nPalette: mainly these colors: #1A1A1A.\n"
WITH_REFERENCE = "The last input image shows the style only"
LOGO = {"conversationId": "logo", "useContext": True, "quality": "low"}


@pytest.fixture
def presets(tmp_path: Path) -> Path:
    """A user's folder with the styles `ink`, which has a reference image, and `woodcut`."""
    styles = tmp_path / "presets" / "styles"
    styles.mkdir(parents=True)
    (styles / "ink.toml").write_text(INK, encoding="utf-8")
    (styles / "ink.png").write_bytes(REFERENCE.data)
    (styles / "woodcut.toml").write_text('text = "woodcut"', encoding="utf-8")
    return styles.parent


def prompt_of(call: Call) -> str:
    """The prompt that was sent, in either mode."""
    if "input" not in call.fields:
        return str(call.fields["prompt"])
    content: Any = call.fields["input"]
    return str(content[0]["content"][0]["text"])


def images_of(call: Call) -> list[bytes]:
    """The input images that were sent, in either mode."""
    return [file.data for file in call.files]


def plain(stored: Mapping[str, Any]) -> bytes:
    """The bytes of a stored image without its metadata."""
    return read_layout(Image(Path(stored["path"]).read_bytes())).without_metadata()


@pytest.mark.anyio
@pytest.mark.parametrize("mode", MODES)
async def test_a_style_is_sent_in_each_turn_that_names_it_and_in_no_other(
    mode: str, presets: Path, openai_api: StandIn, tmp_path: Path
) -> None:
    settings = settings_for(openai_api, tmp_path, api_mode=mode, presets_dir=presets)
    turns: list[Mapping[str, Any]] = []
    async with connect_in_memory(settings) as client:
        for tool, prompt, style in (
            ("generate_image", "a fox", "ink"),
            ("edit_image", "add a hat", "ink"),
            ("edit_image", "at night", "woodcut"),
            ("edit_image", "with stars", None),
        ):
            arguments = {"prompt": prompt, **LOGO, **({"style": style} if style else {})}
            turns.append(facts_of(await client.call_tool(tool, arguments)))
        shown = await client.call_tool("get_conversation", {"conversationId": "logo"})
        image_id = turns[1]["images"][0]["id"]
        recipe = await client.call_tool("get_image", {"id": image_id, "recipe": True})
        listed = await client.call_tool("list_images", {"search": "black ink"})
    first, second, third, last = openai_api.posts
    made = [turn["images"][0] for turn in turns]
    assert prompt_of(first).startswith(f"a fox{TEXT}{WITH_REFERENCE}")
    assert images_of(first) == [REFERENCE.data]
    assert f"add a hat{TEXT}{WITH_REFERENCE}" in prompt_of(second)
    assert images_of(second) == [plain(made[0]), REFERENCE.data]
    assert prompt_of(third).endswith("at night\n\nStyle: woodcut")
    assert prompt_of(last).endswith("with stars")
    kept_by_openai = mode == "responses"
    for call, edited in ((third, made[1]), (last, made[2])):
        assert images_of(call) == ([] if kept_by_openai else [plain(edited)])
        assert "Palette:" not in prompt_of(call)
        assert WITH_REFERENCE not in prompt_of(call)
    prompts = [turn["prompt"] for turn in facts_of(shown)["turns"]]
    assert prompts == ["a fox", "add a hat", "at night", "with stars"]
    assert '"style":"ink"' in text_of(recipe)
    assert "The style ink counts as it is now" in text_of(recipe)
    assert [image["id"] for image in facts_of(listed)["images"]] == [
        made[1]["id"],
        made[0]["id"],
    ]


@pytest.fixture
def run(
    presets: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """Runs a command in this process; its output."""
    for name, value in (environment | {"PRESETS_DIR": str(presets)}).items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(cli, arguments, prog_name="gpt-image")
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


@pytest.mark.parametrize("mode", MODES)
def test_presets_with_a_style_are_turns_of_a_conversation(
    mode: str, run: Callable[..., str], openai_api: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_MODE", mode)
    turn = ("--conversation", "brand", "--context", "3", "--quality", "low")
    run("generate", "--preset", "logo", "--set", "name=Northwind", "--style", "woodcut", *turn)
    run("edit", "--preset", "restyle", "--set", "look=neon signs", "--style", "ink", *turn)
    first, second = openai_api.posts
    assert prompt_of(first).startswith("Design a logo for Northwind.")
    assert prompt_of(first).endswith("\n\nStyle: woodcut")
    assert images_of(first) == []
    edit = prompt_of(second).partition("Keep what they describe")[2] or prompt_of(second)
    assert "in this style: neon signs." in edit
    assert f"{TEXT}{WITH_REFERENCE}" in edit
    assert len(images_of(second)) == 2
    assert images_of(second)[1] == REFERENCE.data
    shown = run("conversations", "show", "brand")
    assert "1. Design a logo for Northwind." in shown
    assert "2. Redraw the first input image in this style: neon signs." in shown
