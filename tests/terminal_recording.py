"""Makes the recordings in the README from a real run: offline sketches in an 80-column terminal.

python -m tests.terminal_recording
"""

import os
import pty
import shlex
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, MONOKAI
from rich.text import Text

COMMANDS = (
    'gpt-image generate "a fox in the snow" --size 640x448 -o fox.png',
    'gpt-image edit "make the sky green" -i last --size 640x448 -o green.png -q',
    "gpt-image images list",
)
IMAGES = Path(__file__).parents[1] / "docs/images"
THEMES = {
    IMAGES / "command-line-dark.svg": MONOKAI,
    IMAGES / "command-line-light.svg": DEFAULT_TERMINAL_THEME,
}
"""The theme of each recording."""
COLUMNS = 80


def shown(command: str, folder: Path) -> str:
    """What the command prints on a terminal."""
    terminal, side = pty.openpty()
    folders = {"OUTPUT_DIR": "images", "DATA_DIR": "records", "CACHE_DIR": "cache"}
    places = {name: str(folder / below) for name, below in folders.items()}
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "PROVIDER": "sketch",
        "TERM": "xterm-256color",
        "COLUMNS": str(COLUMNS),
        **places,
    }
    with subprocess.Popen(
        shlex.split(command), env=environment, cwd=folder, stdout=side, stderr=subprocess.DEVNULL
    ) as process:
        os.close(side)
        output = b""
        try:
            while chunk := os.read(terminal, 4096):
                output += chunk
        except OSError:  # Linux raises it when the other side is closed
            pass
    os.close(terminal)
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return output.decode().replace("\r\n", "\n").replace(str(folder), "~")


def record() -> None:
    """Run the commands once, and write what they printed in each theme."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    with tempfile.TemporaryDirectory() as folder:
        for command in COMMANDS:
            console.print(Text(f"$ {command}", style="bold green"))
            console.print(Text.from_ansi(shown(command, Path(folder))))
    for target, theme in THEMES.items():
        svg = console.export_svg(title="gpt-image", theme=theme, unique_id=target.stem, clear=False)
        target.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", "utf-8")


if __name__ == "__main__":
    record()
