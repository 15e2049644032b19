"""A real Claude Code calls a tool: what its model gets of the result.

`make claude-code` runs this: the package from npm has 400 MB. A stand-in takes the place of the
model, so no account is needed and nothing is spent.
"""

import json
import subprocess
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from domain.image import Image
from tests.e2e.host import SERVER
from tests.e2e.messages_api import serve_messages
from tests.npm import installed

pytestmark = [pytest.mark.claude_code, pytest.mark.timeout(400)]
TOOL = "mcp__images__generate_image"
TIMEOUT = 120
"""Seconds after which a test fails; no test depends on it."""


@pytest.fixture(scope="session")
def claude() -> Path:
    """The program of this platform; a session fixture runs before the environment is hidden."""
    folder = installed(Path(__file__).with_name("claude_code"), "claude-code")
    programs = folder.glob("node_modules/@anthropic-ai/claude-code-*/claude")
    return next(programs, None) or pytest.skip("Claude Code has no program for this platform")


def received(claude: Path, folder: Path, arguments: dict[str, Any], **settings: str) -> list[Any]:
    """The blocks of a tool result that the model gets, in a conversation of a fresh user."""
    folders = {f"{name}_DIR": str(folder / name) for name in ("OUTPUT", "DATA", "CACHE")}
    server = {"command": SERVER, "env": {"PROVIDER": "sketch", **folders, **settings}}
    config = folder / "mcp.json"
    config.write_text(json.dumps({"mcpServers": {"images": server}}))
    with serve_messages(TOOL, arguments) as api:
        done = subprocess.run(
            [
                *(str(claude), "-p", "draw a bridge", "--strict-mcp-config"),
                *("--mcp-config", str(config), "--allowedTools", TOOL),
            ],
            env={
                "HOME": str(folder),
                "PATH": "/usr/bin:/bin",
                "ANTHROPIC_BASE_URL": api.url,
                "ANTHROPIC_API_KEY": "of the stand-in",
                "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            },
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=TIMEOUT,
            check=False,
        )
    assert done.stdout.strip() == "Done.", done.stdout + done.stderr
    return api.received


def texts(blocks: list[Any]) -> list[str]:
    """The texts among them."""
    return [block["text"] for block in blocks if block["type"] == "text"]


def test_the_model_gets_the_image_the_link_and_all_facts(claude: Path, tmp_path: Path) -> None:
    blocks = received(claude, tmp_path, {"prompt": "a red bridge"})
    (shown,) = [block["source"] for block in blocks if block["type"] == "image"]
    assert Image(b64decode(shown["data"])).format.media_type == shown["media_type"]
    *others, facts = texts(blocks)
    told = json.loads(facts)
    (image,) = told["images"]
    assert (image["shown"], Path(image["path"]).stat().st_size) == ("full", image["bytes"])
    assert told["hints"] == ["To edit an image, pass its ID to edit_image."]
    assert any(f"image://{image['id']}" in text for text in others)


def test_the_model_gets_the_line_to_show_an_image(claude: Path, tmp_path: Path) -> None:
    arguments = {"prompt": "a red bridge", "detail": "link"}
    blocks = received(claude, tmp_path, arguments, CLIENT_PROFILE="codex")
    told = json.loads(texts(blocks)[-1])
    path = told["images"][0]["path"]
    line = f"Put this line into your answer, to show the image:\n![a red bridge]({path})"
    assert line in told["hints"]
    assert [block for block in blocks if block["type"] == "image"] == []


def test_the_model_gets_the_whole_text_of_an_error(claude: Path, tmp_path: Path) -> None:
    (text,) = texts(received(claude, tmp_path, {"prompt": "a bridge", "quality": "hd"}))
    for part in ("Did you mean high?", "Nothing was charged.", "do not retry unchanged"):
        assert part in text
